"""The types: tweet, sentiment, document, outcome of a batch. Pure: no I/O, no Spark, no clients."""
