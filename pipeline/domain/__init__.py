"""What a tweet, a sentiment, a document and a batch's outcome are. Pure: no I/O, no Spark, no clients."""
