"""What boards ask: Elasticsearch for tweets (`tweets`), Prometheus for the flow (`flow`)."""
