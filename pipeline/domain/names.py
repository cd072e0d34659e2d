"""Names that metrics, checkpoints and boards share."""

QUERY = "score"
"""The streaming query that scores and indexes; a metric's label, and its checkpoint's folder."""

WINDOWS = "windows"
"""The streaming query of the windows; its checkpoint's folder too."""

OTHER = "other"
"""The label of all entities that are not tracked: a metric's label set must be bounded."""
