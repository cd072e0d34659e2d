"""Draws `watch`: a screen at a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pipeline.cli.styles import SCORED
from pipeline.cli.watch_view import Feelings, Store, View

WIDTH = 80
ROWS = 8
BAR = 22
SPARK = "▁▂▃▄▅▆▇█"
_STATES = {"running": "green", "waiting": "yellow", "silent": "yellow", "not running": "yellow"}
_TREND_SECONDS = 10.0


def screen(views: Sequence[View], notes: Sequence[str]) -> RenderableType:
    """The newest of some views, with the way that its numbers went, and what is to be said besides.

    Args:
        views: oldest first, at least one.
        notes: a line each.
    """
    now = views[-1]
    parts: list[RenderableType] = [_flow(views)]
    if now.feelings:
        parts += ["", _sentiment(now.feelings)]
    if now.stores:
        parts += ["", _stores(now.stores)]
    if notes:
        parts += ["", *(Text(note, style="yellow") for note in notes)]
    return Panel(
        Group(*parts),
        box=box.ROUNDED,
        border_style="bright_black",
        title=_title(now),
        title_align="left",
        subtitle=Text("Ctrl-C ends it", style="bright_black"),
        subtitle_align="right",
        width=WIDTH,
        padding=(1, 2),
    )


def line(view: View) -> str:
    """The view in a line, for logs and pipes."""
    errors = f"rejected {_number(view.rejected)} failed {_number(view.failed)}"
    parts = [
        _clock(view.at),
        _state(view),
        f"read {_number(view.read_rate)}/s indexed {_number(view.indexed_rate)}/s",
        f"lag {_number(view.lag)} ({_seconds(view.lag_seconds)})",
        errors,
        f"batch {_seconds(view.batch_seconds)}",
    ]
    return "  ".join(parts)


def spark(values: Sequence[float | None], width: int = 24) -> str:
    """The last values as little bars from 0 to the largest of them; a gap where one is not known."""
    shown = list(values)[-width:]
    top = max((value for value in shown if value is not None), default=0.0)
    return "".join(" " if value is None else _bar(value, top) for value in shown).rjust(width)


def _bar(value: float, top: float) -> str:
    return SPARK[0] if top <= 0 else SPARK[min(len(SPARK) - 1, int(value / top * (len(SPARK) - 0.001)))]


def _title(view: View) -> Text:
    title = Text.assemble((" tweetpulse ", "bold"), (_state(view), _STATES.get(view.state or "", "bright_black")))
    return title.append(f" · {_clock(view.at)} ", style="bright_black")


def _state(view: View) -> str:
    if view.waits:
        return "waiting for " + ", ".join(f"{sink} ({reason})" for sink, reason in view.waits)
    return view.state or "no stream"


def _flow(views: Sequence[View]) -> Table:
    now = views[-1]
    table = Table.grid(padding=(0, 2))
    for justify, width in (("left", 8), ("right", 10), ("left", 24), ("left", 24)):
        table.add_column(justify=justify, width=width, no_wrap=True)  # type: ignore[arg-type]
    table.add_row("read", _rate(now.read_rate), _line([v.read_rate for v in views]), _dim(_in_all(now.read)))
    table.add_row(
        "indexed", _rate(now.indexed_rate), _line([v.indexed_rate for v in views]), _dim(_in_all(now.indexed))
    )
    table.add_row("lag", _strong(_number(now.lag)), _line([v.lag for v in views], "yellow"), _dim(_behind(views)))
    table.add_row("batch", _strong(_seconds(now.batch_seconds)), _dim(_seen(now)), "")
    table.add_row("errors", _errors(now.rejected), _dim("rejected"), "")
    table.add_row("", _errors(now.failed), _dim("failed"), _dim(_repeats(now)))
    return table


def _sentiment(rows: Sequence[Feelings]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("sentiment", width=14, no_wrap=True, overflow="ellipsis")
    table.add_column("", width=BAR)
    for name, color in SCORED.items():
        table.add_column(Text(name, style=color), justify="right", width=8)
    table.add_column("tweets", justify="right", width=9)
    for row in rows[:ROWS]:
        counts = (row.negative, row.neutral, row.positive)
        shares = [
            Text(f"{count / row.tweets:.0%}", style=color) for count, color in zip(counts, SCORED.values(), strict=True)
        ]
        table.add_row(Text(row.entity), _bars(counts, BAR), *shares, _short(row.tweets))
    if len(rows) > ROWS:
        table.add_row(_dim(f"and {len(rows) - ROWS} more"))
    return table


def _bars(counts: Sequence[int], width: int) -> Text:
    """Shares as lengths of a bar: each end is rounded, so that all of them fill it exactly."""
    bar, done, total = Text(), 0, sum(counts)
    ends = [round(width * sum(counts[: number + 1]) / total) for number in range(len(counts))]
    for end, color in zip(ends, SCORED.values(), strict=True):
        bar.append("█" * (end - done), style=color)
        done = end
    return bar


def _stores(stores: Sequence[Store]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    table.add_column("data stream", width=34, no_wrap=True, overflow="ellipsis")
    for name, width in (("documents", 12), ("size", 9), ("newest", 11)):
        table.add_column(name, justify="right", width=width)
    for store in stores:
        age = "-" if store.age is None else f"{_age(store.age)} ago"
        table.add_row(store.name, f"{store.documents:,}", _bytes(store.size_bytes), age)
    return table


def _behind(views: Sequence[View]) -> str:
    now = views[-1]
    if now.lag is None:
        return ""
    if now.lag == 0:
        return "drained"
    then = next(view.lag for view in views if view.lag is not None and now.at - view.at <= _TREND_SECONDS)
    trend = "" if then == now.lag else ", draining" if now.lag < then else ", growing"
    return f"{_seconds(now.lag_seconds)} behind{trend}"


def _seen(view: View) -> str:
    return "" if view.seen is None else f"last sign {_age(view.seen)} ago"


def _repeats(view: View) -> str:
    return f"{view.already_there:,} already there" if view.already_there else ""


def _in_all(count: int | None) -> str:
    return "" if count is None else f"{count:,} since start"


def _rate(value: float | None) -> Text:
    return _strong("-" if value is None else f"{_number(value)}/s")


def _errors(count: int | None) -> Text:
    return Text(_number(count), style="bold red" if count else "bold")


def _strong(text: str) -> Text:
    return Text(text, style="bold")


def _dim(text: str) -> Text:
    return Text(text, style="bright_black")


def _line(values: Sequence[float | None], color: str = "cyan") -> Text:
    return Text(spark(values), style=color)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _short(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:,.1f}M"


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} s" if value < 10 else _age(value)


def _age(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1_000:
            return f"{size:.0f} {unit}"
        size /= 1_000
    return f"{size:,.1f} GB"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")
