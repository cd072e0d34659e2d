"""X, by its API v2: rules, the filtered stream, recent search, and what was missed meanwhile."""
