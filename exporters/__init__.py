"""A process of its own that tells the truth about lag and stores while the stream is down."""
