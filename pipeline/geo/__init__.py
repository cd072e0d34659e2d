"""Where a tweet is from: its coordinates, else its place, else what its author's profile says."""
