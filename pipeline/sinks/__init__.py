"""Where scored tweets and rejected records go."""
