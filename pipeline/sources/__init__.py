"""Sources of tweets."""
