"""Elasticsearch: client, set-up, bulk requests and their verdicts."""
