"""The boards. A new one is a module with a `board()` and a name in this list."""

from __future__ import annotations

from dashboards.grafana.boards import entity, history, models, overview, pipeline, topics
from dashboards.grafana.boards.layout import Board


def boards() -> list[Board]:
    """All boards, made anew."""
    return [overview.board(), entity.board(), pipeline.board(), models.board(), history.board(), topics.board()]
