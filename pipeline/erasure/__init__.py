"""What was asked to be forgotten is put on the list, taken out of Elasticsearch, and reported, with what stays where."""
