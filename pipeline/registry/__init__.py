"""The registry of trained models: versions, and a champion for each task."""
