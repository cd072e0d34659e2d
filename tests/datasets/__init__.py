"""Data sets for tests: generated ones, which are always there, and real ones, which `make data` fetches."""
