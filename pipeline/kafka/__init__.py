"""Kafka: clients and their identity, topics, the publisher, dead letters and sending them again."""
