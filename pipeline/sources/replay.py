"""A file's tweets once more: paced, limited, looped, and moved to the present. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice, pairwise
from typing import Literal

from pipeline.domain.identity import event_id
from pipeline.domain.tweet import Tweet
from pipeline.errors import ConfigError, SourceError
from pipeline.sources.pacing import Clock, at_rate
from pipeline.sources.source import Item, Source, Unreadable

AlreadyThere = Callable[[Sequence[str]], int]
"""Ids → how many of them are indexed already."""

LOOKUP_IDS = 5_000
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ReplayOptions:
    """The options of a replay.

    Attributes:
        speed: 1 is the original pace, 60 a minute in a second; None is as fast as possible.
        rate: items per second instead of a speed.
        limit: so many items of the file, in each loop.
        loops: how often; None is without end.
        entities: added to what the rows say they are about.
        rebase: `now` moves the times to the present; `keep` leaves them.
    """

    speed: float | None = None
    rate: float | None = None
    limit: int | None = None
    loops: int | None = 1
    entities: tuple[str, ...] = ()
    rebase: Literal["now", "keep"] = "now"

    def __post_init__(self) -> None:
        if self.speed is not None and self.rate is not None:
            raise ConfigError("--speed and --rate both set the pace: take one of them")


@dataclass(frozen=True, slots=True)
class Span:
    """The times in a file: the first and the newest (None where no row has one), and how many items there are.

    `unreadable` is the first row that could not be read, where no row could.
    """

    items: int
    first: datetime | None
    newest: datetime | None
    in_order: bool
    unreadable: Unreadable | None = None


def replay(
    source: Source, plan: ReplayOptions, span: Span, *, repeats: Repeats | None = None, clock: Clock
) -> Iterator[Item]:
    """The items of a source that can be read again, as the plan says.

    With `rebase="now"`: at a speed the first is written now and the gaps are divided by the speed; without one the
    newest is written now, in each loop anew. Rows without a time keep none: they get the time of publishing.

    Raises:
        ConfigError: a speed is asked for and no row has a time.
        SourceError: the source can't be read.
    """
    if plan.speed is not None and span.first is None:
        raise ConfigError("no row has a time, so there is no original pace to keep: use --rate instead of --speed")
    for loop in count(1) if plan.loops is None else range(1, plan.loops + 1):
        items: Iterable[Item] = (_prepared(item, plan.entities, loop) for item in islice(source, plan.limit))
        if repeats is not None:
            items = repeats.watch(items)
        yield from _at_pace(items, plan, span, clock)


def scan(source: Source, limit: int | None = None) -> Span:
    """Read the source once to learn its times."""
    items, first, newest, last, in_order = 0, None, None, None, True
    unreadable: Unreadable | None = None
    tweets = False
    for item in islice(source, limit):
        items += 1
        tweets = tweets or isinstance(item, Tweet)
        if isinstance(item, Unreadable):
            unreadable = unreadable or item
        time = item.written_at if isinstance(item, Tweet) else None
        if time is None:
            continue
        in_order = in_order and (last is None or last <= time)
        last = time
        first = time if first is None else min(first, time)
        newest = time if newest is None else max(newest, time)
    return Span(items, first, newest, in_order, None if tweets else unreadable)


def joined(spans: Sequence[Span]) -> Span:
    """The times in files that are read one after the other."""
    timed = [span for span in spans if span.first is not None]
    borders = ((one.newest, two.first) for one, two in pairwise(timed))
    return Span(
        items=sum(span.items for span in spans),
        first=min((span.first for span in timed if span.first), default=None),
        newest=max((span.newest for span in timed if span.newest), default=None),
        in_order=all(span.in_order for span in spans) and all(one <= two for one, two in borders if one and two),
    )


def require_tweets(span: Span, name: str) -> None:
    """Check that there is anything to publish but what the stream rejects.

    Raises:
        SourceError: no row is a tweet; it names the file and why the first is none.
    """
    if span.items == 0:
        raise SourceError(f"{name} has a header and no rows, so nothing was published")
    if span.unreadable is not None:
        where, why = span.unreadable.where, span.unreadable.why
        raise SourceError(f"nothing in {name} is a tweet, so nothing was published ({where}: {why})")


class Repeats:
    """Finds out if everything that passes is indexed already. It stops asking once something is new.

    Args:
        already_there: asked in chunks of 5,000 ids.
    """

    def __init__(self, already_there: AlreadyThere) -> None:
        self._already_there = already_there
        self._seen: set[str] = set()
        self._all = True

    @property
    def all_there(self) -> int:
        """The number of distinct tweets that passed if all of them were there, else 0."""
        return len(self._seen) if self._all else 0

    def watch(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items unchanged, looking each chunk up before the first of it goes."""
        rest = iter(items)
        while self._all and (chunk := list(islice(rest, LOOKUP_IDS))):
            self._ask([item.id for item in chunk if isinstance(item, Tweet)])
            for item in chunk:
                if self._all and isinstance(item, Tweet):
                    self._seen.add(item.id)
                yield item
        yield from rest

    def _ask(self, ids: Sequence[str]) -> None:
        distinct = list(dict.fromkeys(ids))
        if distinct and self._already_there(distinct) < len(distinct):
            self._all = False
            self._seen.clear()


def _prepared(item: Item, entities: tuple[str, ...], loop: int) -> Item:
    if not isinstance(item, Tweet) or (loop == 1 and not entities):
        return item
    id_ = item.id if loop == 1 else looped_id(item.id, loop)
    return replace(item, id=id_, entities=tuple(dict.fromkeys((*entities, *item.entities))))


def looped_id(id_: str, loop: int) -> str:
    """The id of a tweet in a later loop: `x:1#2`."""
    origin, _, native_id = id_.partition(":")
    return event_id(origin, f"{native_id}#{loop}")


def _at_pace(items: Iterable[Item], plan: ReplayOptions, span: Span, clock: Clock) -> Iterator[Item]:
    is_moved = plan.rebase == "now"
    if plan.speed is not None and span.first is not None:
        ordered = items if span.in_order else _in_order(items)
        return _at_speed(ordered, plan.speed, span.first, clock, is_moved=is_moved)
    if is_moved and span.newest is not None:
        items = _moved(items, clock.now() - span.newest)
    return iter(items) if plan.rate is None else at_rate(items, plan.rate, clock)


def _at_speed(items: Iterable[Item], speed: float, first: datetime, clock: Clock, *, is_moved: bool) -> Iterator[Item]:
    now, begun = clock.now(), clock.monotonic()
    for item in items:
        if isinstance(item, Tweet) and item.written_at is not None:
            after = (item.written_at - first) / speed
            clock.wait_until(begun + after.total_seconds())
            yield rebased(item, now + after) if is_moved else item
        else:
            yield item


def _moved(items: Iterable[Item], shift: timedelta) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Tweet) and item.written_at is not None:
            yield rebased(item, item.written_at + shift)
        else:
            yield item


def rebased(tweet: Tweet, written_at: datetime) -> Tweet:
    """The tweet as written at another time; the original time stays known."""
    return replace(tweet, written_at=written_at, original_written_at=tweet.original_written_at or tweet.written_at)


def _in_order(items: Iterable[Item]) -> list[Item]:
    """By time, in memory; what has none stays behind what it followed."""
    timed: list[tuple[datetime, int, Item]] = []
    time: datetime | None = None
    for number, item in enumerate(items):
        time = (item.written_at if isinstance(item, Tweet) else None) or time
        timed.append((time or _EARLIEST, number, item))
    # Items themselves can't be compared.
    return [item for _, _, item in sorted(timed, key=lambda entry: entry[:2])]
