"""The speed of it, against a plain loop and against the ceiling, in one run."""
