"""A small HDFS for tests of the archive."""
