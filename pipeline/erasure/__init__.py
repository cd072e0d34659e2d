"""Forgets tweets and users: puts them on the list, deletes their documents, and reports what stays where."""
