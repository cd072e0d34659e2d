"""What is to be forgotten is put on the list and taken out of Elasticsearch; a report says what stays where."""
