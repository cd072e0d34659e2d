"""Kinds of panels. Each function makes a whole panel; the board gives it its place."""
