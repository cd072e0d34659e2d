"""Mastodon's public timelines as a source."""
