"""The queries of boards: to Elasticsearch for tweets (`tweets`), to Prometheus for the flow (`flow`)."""
