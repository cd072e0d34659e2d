"""Boards as code. Imports nothing of the project: what it names, tests check."""
