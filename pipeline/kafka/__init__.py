"""What talks to Kafka: clients and who they are, topics, the publisher, dead letters and sending them again."""
