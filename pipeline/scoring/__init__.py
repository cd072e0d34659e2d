"""From a text to numbers and words. Pure: neither Spark nor a client library."""
