"""The page of the reasons of rejection: the closed list, with what each means and what to do."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.domain.identity import MAX_ID_BYTES
from pipeline.domain.record import MAX_CHARS, MAX_ENTITIES, MAX_TEXT_CHARS, Reason
from pipeline.settings import StreamSettings

TITLE = "Reasons of rejection"

_HEAD = """\
A record that is not a tweet is rejected: it is kept with its original bytes in the topic of rejected records, has a
document with its reason in `error.type`, and is counted. `tweetpulse rejected list` shows the rejected records, and
`tweetpulse rejected replay --reason REASON` sends those of one reason again, which helps only after a fix. A producer
that wrote wrong records has to publish right ones.
"""
_LIMITS = f"""\
## Limits of the fields

A field that is longer is rejected as `{Reason.BAD_FIELD}`. In characters:
"""


class Told(NamedTuple):
    """The meaning of a reason, and its cure."""

    meaning: str
    cure: str


_LARGEST = StreamSettings().max_record_bytes
_PRODUCER = "mend the producer, and publish again"
_MEANINGS = {
    Reason.NO_VALUE: Told("the record has a key at most, and no value", "the producer must not write such records"),
    Reason.NOT_JSON: Told("the value is not JSON in UTF-8", _PRODUCER),
    Reason.NOT_A_TWEET: Told("not a JSON object, or one without `id` or `text`", _PRODUCER),
    Reason.BAD_ID: Told(
        f"`id` is empty, not a string, or longer than {MAX_ID_BYTES} bytes", "the producer must shorten or hash it"
    ),
    Reason.EMPTY_TEXT: Told("`text` is empty, or only spaces", "nothing: there is nothing to score"),
    Reason.TOO_LONG: Told(f"`text` has more than {MAX_TEXT_CHARS:,} characters", "nothing: it is not a tweet"),
    Reason.TOO_LARGE: Told(
        f"the record is larger than `stream.max_record_bytes` ({_LARGEST:,} by default), "
        "or its document larger than Elasticsearch takes",
        "if such records are meant: raise the setting, and send them again",
    ),
    Reason.BAD_TIME: Told(
        "`created_at` or `original_created_at` is not an ISO 8601 time with an offset", f"{_PRODUCER}, with an offset"
    ),
    Reason.BAD_FIELD: Told(
        f"another field has the wrong type, is too long (below), or there are more than {MAX_ENTITIES} entities; "
        "`error.message` names it",
        _PRODUCER,
    ),
    Reason.MAPPING: Told(
        "Elasticsearch refuses the document: a field and its mapping disagree",
        "`tweetpulse setup`, then send them again ([runbook](../runbook.md#tweetpulsedocumentsfailed))",
    ),
    Reason.FORGOTTEN: Told(
        "the tweet, or its author, is on the list of the forgotten",
        "nothing: it is meant so ([privacy](../privacy.md)). Only its count is kept",
    ),
}


def page() -> str:
    """A row for each reason, and the limits that one of them speaks of."""
    if missing := [reason for reason in Reason if reason not in _MEANINGS]:
        raise LookupError(f"docs/reference_rejections.py does not say what {missing[0]} means")
    rows = [f"| `{reason}` | {_MEANINGS[reason].meaning} | {_MEANINGS[reason].cure} |" for reason in Reason]
    limits = [f"| `{name}` | {most:,} |" for name, most in MAX_CHARS.items()]
    head = ["| reason | meaning | what to do |", "| - | - | - |"]
    return "\n".join([_HEAD, *head, *rows, "", _LIMITS, "| field of the record | at most |", "| - | -: |", *limits, ""])
