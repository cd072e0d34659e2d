"""Where tweets come from, and the publisher that writes them to Kafka."""
