"""The dashboards, one module each."""

from __future__ import annotations

from dashboards.kibana.boards import care, explore, live, rejected

BOARDS = (live.BOARD, explore.BOARD, care.BOARD, rejected.BOARD)
