"""The runtime of live sources: it reads, reconnects, refills gaps and remembers; a source says only what is its own."""
