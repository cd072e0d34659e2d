"""What the boards ask, as questions to the real servers: for tests and benchmarks."""
