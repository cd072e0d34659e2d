"""Batch jobs: training, evaluation and promotion of models."""
