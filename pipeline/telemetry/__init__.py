"""Metrics and events of the stream itself."""
