"""The dashboards, one module each."""

from __future__ import annotations

from dashboards.kibana.boards import care, explore, history, live, rejected, topics

BOARDS = (live.BOARD, explore.BOARD, care.BOARD, topics.BOARD, history.BOARD, rejected.BOARD)
