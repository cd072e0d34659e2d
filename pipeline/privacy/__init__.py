"""What of people leaves the stream, and what was asked to be forgotten. Nothing here logs, or shows what it hides."""
