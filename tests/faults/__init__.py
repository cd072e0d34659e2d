"""A world of its own whose parts are killed, frozen and rolled over, and one oracle that says what came of it."""
