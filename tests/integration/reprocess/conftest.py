"""The Spark of the live run that a reprocessing is held against."""

from __future__ import annotations

from tests.integration.stream.conftest import spark

__all__ = ["spark"]
