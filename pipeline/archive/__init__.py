"""The raw archive: every record of the topic of tweets, as it came, in a Delta table."""
