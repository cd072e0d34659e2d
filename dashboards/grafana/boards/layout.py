"""From rows of panels to a board: places on the grid, ids, and what every board has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models import dashboard as sdk

from dashboards.grafana import config

GRID = 24
REFRESH = ["15s", "30s", "1m", "5m", "15m"]


@dataclass(frozen=True)
class Line:
    """Panels side by side, with their widths in 24ths."""

    height: int
    panels: Sequence[tuple[int, sdk.Panel]]


@dataclass(frozen=True)
class Row:
    """A question and the panels that answer it. What is for the second look is `collapsed`."""

    question: str
    lines: Sequence[Line]
    collapsed: bool = False


@dataclass(frozen=True)
class Board:
    """A board's own parts."""

    uid: str
    title: str
    description: str
    tag: str
    rows: Sequence[Row]
    variables: Sequence[sdk.VariableModel]
    annotations: Sequence[sdk.AnnotationQuery]
    since: str
    refresh: str


def dashboard(board: Board) -> sdk.Dashboard:
    """The board as Grafana's model."""
    return sdk.Dashboard(
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=[config.TAG, board.tag],
        editable=False,
        graph_tooltip=sdk.DashboardCursorSync.CROSSHAIR,
        time=sdk.DashboardDashboardTime(from_val=board.since, to="now"),
        timepicker=sdk.TimePickerConfig(refresh_intervals=REFRESH),
        refresh=board.refresh,
        version=1,
        templating=sdk.DashboardDashboardTemplating(list_val=list(board.variables)),
        annotations=sdk.AnnotationContainer(list_val=[*board.annotations]),
        links=_navigation(board.tag),
        panels=_placed(board.rows),
    )


def _placed(rows: Sequence[Row]) -> list[sdk.Panel | sdk.RowPanel]:
    placed: list[sdk.Panel | sdk.RowPanel] = []
    y, ident = 0, 1
    for row in rows:
        head = sdk.RowPanel(
            title=row.question, collapsed=row.collapsed, id_val=ident, panels=[], grid_pos=_at(0, y, GRID, 1)
        )
        panels = _lines(row.lines, y + 1, ident + 1)
        placed.append(head)
        if row.collapsed:
            head.panels = panels
        else:
            placed.extend(panels)
        y += 1 + sum(line.height for line in row.lines)
        ident += 1 + len(panels)
    return placed


def _lines(lines: Sequence[Line], y: int, ident: int) -> list[sdk.Panel]:
    placed: list[sdk.Panel] = []
    for line in lines:
        x = 0
        for width, panel in line.panels:
            panel.grid_pos = _at(x, y, width, line.height)
            panel.id_val = ident + len(placed)
            placed.append(panel)
            x += width
        y += line.height
    return placed


def _at(x: int, y: int, width: int, height: int) -> sdk.GridPos:
    return sdk.GridPos(x=x, y=y, w=width, h=height)


def _navigation(tag: str) -> list[sdk.DashboardLink]:
    # Boards of other kinds have other data sources in a variable of the same name.
    return [_links_to(each, variables=each == tag) for each in config.TAGS]


def _links_to(tag: str, *, variables: bool) -> sdk.DashboardLink:
    return sdk.DashboardLink(
        type_val=sdk.DashboardLinkType.DASHBOARDS,
        title=f"tweetpulse: {tag}",
        tags=[config.TAG, tag],
        keep_time=True,
        include_vars=variables,
        icon="external link",
        url="",
    )
