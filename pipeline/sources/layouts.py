"""Layouts of files: presets for well-known sets, X's own, and any other by `--columns`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from pipeline.errors import ConfigError, SourceError

Role = Literal[
    "id", "text", "time", "entity", "author", "lang", "label", "reason", "coordinates", "location",
    "likes", "retweets", "replies", "quotes", "bookmarks", "impressions",
]  # fmt: skip
"""What a column can hold. `label` is what people said of the text; `reason`, why it complains, only training reads."""

ROLES: tuple[Role, ...] = get_args(Role)

COUNTED: Mapping[Role, str] = {
    "likes": "like_count",
    "retweets": "retweet_count",
    "replies": "reply_count",
    "quotes": "quote_count",
    "bookmarks": "bookmark_count",
    "impressions": "impression_count",
}
"""Role → which of the tweet's public metrics it is."""


@dataclass(frozen=True)
class Layout:
    """The roles of a file's columns, or of the fields of its JSON objects.

    Attributes:
        name: also the origin of ids that are made of the content.
        columns: role → the column's name, or its position from 1 in a file without a header; of JSON, a dotted path.
        own_ids: the ids are tweets' own (the Kaggle set has six texts to an id).
        optional: columns by name that a file may also lack.
    """

    name: str
    columns: Mapping[Role, str | int]
    own_ids: bool = True
    optional: Mapping[Role, str] = field(default_factory=dict)

    @property
    def has_header(self) -> bool:
        return any(isinstance(column, str) for column in self.columns.values())


@dataclass(frozen=True)
class Columns:
    """A layout bound to one file: role → position from 0, and how many columns each row has."""

    layout: Layout
    positions: Mapping[Role, int]
    width: int

    def value(self, row: Sequence[str], role: Role) -> str:
        """The row's value for a role, or `""` where the layout has none."""
        position = self.positions.get(role)
        return "" if position is None else row[position]


AIRLINE = Layout(
    "airline",
    {
        "id": "tweet_id", "text": "text", "time": "tweet_created", "entity": "airline", "author": "name",
        "label": "airline_sentiment", "coordinates": "tweet_coord", "location": "tweet_location",
    },
    optional={"reason": "negativereason", "retweets": "retweet_count"},
)  # fmt: skip
KAGGLE = Layout("kaggle", {"id": 1, "entity": 2, "label": 3, "text": 4}, own_ids=False)
SEMEVAL = Layout("semeval", {"id": "tweet_id", "time": "created_at_from_snowflake", "label": "label", "text": "text"})
COMPLAINTS = Layout("complaints", {"id": "tweet_id", "text": "text", "label": "complaint"})
ASOS = Layout("asos", {"label": "sentiment", "text": "text"})

PRESETS = {layout.name: layout for layout in (AIRLINE, KAGGLE, SEMEVAL, COMPLAINTS, ASOS)}
V1 = Layout("twitter-v1", {})
V2 = Layout("twitter-v2", {})
OF_X = {layout.name: layout for layout in (V1, V2)}
"""JSON objects of X's API, v1.1 and v2, which have no columns."""

OWN = "file"
"""The layout of a file whose columns are named by `--columns`, or are known by their usual names."""

KNOWN = ", ".join((*PRESETS, *OF_X))
KAGGLE_LABELS = {"positive", "negative", "neutral", "irrelevant"}

USUAL_NAMES: Mapping[Role, tuple[str, ...]] = {
    "text": ("text", "full_text", "tweet", "tweet_text", "content", "message"),
    "id": ("tweet_id", "id_str", "status_id", "id"),
    "time": ("created_at", "tweet_created", "timestamp", "time", "date"),
    "author": (
        "username", "screen_name", "user_name", "user.screen_name", "author.username", "author", "user",
    ),
    "lang": ("lang", "language"),
    "entity": ("entity", "brand"),
    "likes": ("like_count", "public_metrics.like_count", "favorite_count", "favourites_count", "likes", "favorites"),
    "retweets": ("retweet_count", "public_metrics.retweet_count", "retweets"),
    "replies": ("reply_count", "public_metrics.reply_count", "replies"),
    "quotes": ("quote_count", "public_metrics.quote_count", "quotes"),
    "bookmarks": ("bookmark_count", "public_metrics.bookmark_count", "bookmarks"),
    "impressions": ("impression_count", "public_metrics.impression_count", "view_count", "impressions", "views"),
}  # fmt: skip
"""Names by which `auto` knows the columns of a file that no preset fits; text is all that it needs."""

Of = Literal["column", "field"]
"""The names of a CSV file's columns, or of a JSON object's fields."""

_TOLD: Mapping[Of, str] = {"column": "the first row has", "field": "the first objects have"}
_FIELD = re.compile(r"[\w.@:$-]+")
_TEXTUAL = re.compile("text|tweet|body|content|message|post|comment|what")


def named(name: str) -> Layout:
    """A preset by its name.

    Raises:
        ConfigError: there is none.
    """
    found = (PRESETS | OF_X).get(name)
    if found is None:
        raise ConfigError(f"there is no layout {name!r}: take {KNOWN}, auto, or --columns")
    return found


def detected(first: Sequence[str], of: Of = "column") -> Layout:
    """The layout of a file by its first row, the most telling preset first, then by the columns' usual names.

    Raises:
        SourceError: nothing fits.
    """
    found = next((layout for layout in PRESETS.values() if fits(layout, first)), None)
    return found or _by_usual_names(first, of)


def fits(layout: Layout, first: Sequence[str]) -> bool:
    """True if a file that begins with this row can have a preset's layout."""
    if layout is KAGGLE:
        # It has no header, so only the values of the first row can tell it.
        return len(first) == 4 and first[0].strip().isdigit() and first[2].strip().lower() in KAGGLE_LABELS
    return layout not in OF_X.values() and set(layout.columns.values()) <= set(first)


def misfit(name: str, first: Sequence[str]) -> str:
    """What is said of a layout that does not fit the first row: the one that would."""
    told = f"it does not have the layout {name}"
    fitting = next((layout.name for layout in PRESETS.values() if fits(layout, first)), None)
    if fitting:
        return f"{told}: take --layout {fitting}, or leave it out"
    try:
        _by_usual_names(first)
    except SourceError as error:
        return f"{told}; {error.message}"
    return f"{told}, but columns whose names are known: leave --layout out"


def from_columns(spec: str) -> Layout:
    """The layout that `id=tweet_id,text=text` describes; positions (`id=1,text=3`) for a file without a header.

    Raises:
        ConfigError: a role is unknown or doubled, none is `text`, or names and positions are mixed.
    """
    columns: dict[Role, str | int] = {}
    for part in spec.split(","):
        role, _, column = (piece.strip() for piece in part.partition("="))
        if role not in ROLES or role in columns or not column:
            raise ConfigError(f"--columns: {part!r} is not role=column with one of {', '.join(ROLES)}, each once")
        columns[role] = int(column) if column.isdigit() else column
    if "text" not in columns:
        raise ConfigError("--columns: which one is the text? Add text=COLUMN")
    if len({type(column) for column in columns.values()}) > 1:
        raise ConfigError("--columns: use names (the file has a header) or positions from 1 (it has none), not both")
    return Layout(OWN, columns)


def bind(layout: Layout, first: Sequence[str]) -> Columns:
    """The layout's columns in a file that begins with this row.

    Raises:
        SourceError: the file lacks one of them.
    """
    positions: dict[Role, int] = {}
    for role, column in layout.columns.items():
        position = column - 1 if isinstance(column, int) else _position(first, column)
        if not 0 <= position < len(first):
            raise SourceError(
                f"no column {column} for {role}: the file has {listed(first, is_header=layout.has_header)}"
            )
        positions[role] = position
    positions |= {role: first.index(column) for role, column in layout.optional.items() if column in first}
    return Columns(layout, positions, len(first))


def _position(first: Sequence[str], column: str) -> int:
    return first.index(column) if column in first else -1


def _by_usual_names(first: Sequence[str], of: Of = "column") -> Layout:
    # Reversed, so that the first of two names wins that differ only in upper and lower case.
    lower = {name.strip().lower(): name for name in reversed(first)}
    columns: dict[Role, str | int] = {}
    for role, names in USUAL_NAMES.items():
        known = next((lower[name] for name in names if name in lower), None)
        if known is not None:
            columns[role] = known
    if "text" not in columns:
        raise SourceError(
            f"no layout fits ({KNOWN}): {_TOLD[of]} {listed(first, is_header=_is_header(first, of), of=of)}; "
            f"say which is which, for example --columns {_example(first, of)}"
        )
    return Layout(OWN, columns)


def _example(first: Sequence[str], of: Of) -> str:
    """A guess at `--columns`, by the file's own names, or by positions where the first row is not one of names."""
    lengths = [len(value) for value in first]
    if of == "field" and (not first or not _is_header(first, of)):
        return "text=NAME"
    if not _is_header(first, of):
        return f"text={lengths.index(max(lengths)) + 1}"
    lower = [name.strip().lower() for name in first]
    texts = [place for place, name in enumerate(lower) if _TEXTUAL.search(name) and not name.endswith("id")]
    text = texts[0] if texts else len(first) - 1
    native_id = next((place for place, name in enumerate(lower) if place != text and name.endswith("id")), None)
    return ("" if native_id is None else f"id={first[native_id]},") + f"text={first[text]}"


def _is_header(first: Sequence[str], of: Of) -> bool:
    """True if the row may be shown, as names are short words: content must not be."""
    if of == "field":
        return all(len(name) <= 60 and _FIELD.fullmatch(name) for name in first)
    return all(len(name) <= 40 and name.replace("_", "").replace(" ", "").isalpha() for name in first)


def listed(first: Sequence[str], *, is_header: bool, of: Of = "column") -> str:
    """How many names these are, and, where they are names and not content, which."""
    return f"{len(first)} {of}{'s' * (len(first) != 1)}" + (f": {', '.join(first[:20])}" if is_header else "")
