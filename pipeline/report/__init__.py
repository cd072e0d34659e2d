"""A page of what Elasticsearch holds for a period: queries, figures, charts, HTML."""
