"""Hides personal data, and keeps the list of the forgotten. Nothing here logs, or shows hidden values."""
