"""tweetpulse's pipeline: tweets from Kafka, scored by Spark, indexed into Elasticsearch."""

__version__ = "0.1.0"
