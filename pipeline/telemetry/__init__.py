"""Metrics and events of the stream itself."""

from __future__ import annotations

from prometheus_client import disable_created_metrics

# Otherwise each counter would have a second series, `_created`. Here, so that it holds for each page that is made of
# these modules, whichever of them a command imports.
disable_created_metrics()  # type: ignore[no-untyped-call]
