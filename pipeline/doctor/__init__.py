"""Is everything as the stream needs it? Gathers facts, judges them, and says what cures what is wrong."""
