"""tweetpulse's pipeline: tweets from Kafka, scored by Spark, indexed into Elasticsearch.

Private: whoever builds on it imports `tweetpulse`.
"""

__version__ = "0.1.0"
