"""The servers, started for real on loopback: a Kafka broker and an Elasticsearch, without Docker."""
