"""Sinks for scored tweets and rejected records."""
