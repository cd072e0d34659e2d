"""Java and the jars: found, or fetched and checked."""
