"""The long series: numbers of all tweets in each window of event time, by entity and language."""
