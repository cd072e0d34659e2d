"""The streaming query: Kafka, decode, score, index."""
