"""Worlds whose parts are killed, frozen and rolled over, and an oracle that compares the results."""
