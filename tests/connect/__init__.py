"""A real worker of Kafka Connect, the connectors that can be had, and a real database for one of them."""
