"""Scores archived tweets again, with today's scorers and champions, into another namespace."""
