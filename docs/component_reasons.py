"""The closed lists of components: why they wait, why they refuse, what they look at; with the meaning of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

from exporters.server import scrape_of
from pipeline.archive.faults import WAITS
from pipeline.doctor import shown
from pipeline.doctor.checks import checks
from pipeline.domain.faults import Fault, GapOutcome
from pipeline.domain.record import Reason
from pipeline.settings import Settings
from pipeline.sinks.elasticsearch.sink import ElasticsearchSink
from pipeline.sinks.elasticsearch.window_store import EXPIRED, FULLER, RESULTS, WRITTEN
from pipeline.sources.live.feed import Interrupted, Waits
from pipeline.telemetry import windows
from pipeline.telemetry.metrics import KAFKA
from pipeline.topics.said import MEANINGS, LeftOut

_WAITS = {
    "connection": "nobody answers at its address, or the connection breaks",
    "timeout": "no answer within `elasticsearch.request_timeout`, or status 408",
    "too_many_requests": "status 429: it has more to do than it can take",
    "bad_gateway": "status 502, usually of a proxy in front of it",
    "unavailable": "status 503, such as while no master is elected",
    "gateway_timeout": "status 504, usually of a proxy in front of it",
    "server_error": "any other status from 500 on",
    "malformed": "an answer that is cut off, or not Elasticsearch's, such as a proxy's page",
    "read_only": "the index takes no writes: a full disk, or somebody's block",
    "index_closed": "somebody has closed the index",
    "index_missing": "somebody has deleted the data stream; the stream makes it again",
}
_FAILURES = {
    "mapping": "a field and its mapping disagree",
    "too_large": "the document alone is larger than a request may be",
    "failure_store": "Elasticsearch put it into the failure store, where no board looks",
    "other": "any other refusal of this one document",
}
_FAULTS = {
    Fault.NETWORK: "the server can't be reached, or the connection breaks",
    Fault.SERVER: "it answers with a status from 500 on",
    Fault.RATE_LIMIT: "too many requests: it is asked again when the limit is reset",
    Fault.QUOTA: "the account's budget is used up",
    Fault.STALL: "nothing came for `stall_seconds`",
    Fault.DISCONNECTED: "the server ended the connection",
    Fault.MALFORMED: "a line or an answer that is not what the API promises",
    Fault.UNAUTHORIZED: "the token is refused; the collector ends with exit code 2",
    Fault.FORBIDDEN: "the account may not do that; the collector ends with exit code 2",
    Fault.OTHER: "anything else",
}
_GAPS = {
    GapOutcome.REFILLED: "what was missed has been fetched, and Kafka has acknowledged it",
    GapOutcome.LOST: "the server can't list it any more",
}
_ARCHIVE_WAITS = {
    "kafka": "Kafka does not answer, or has no such topic now",
    "away": "the store does not answer, or there is no table at its address now",
    "denied": "the store does not let this user write, or its disk is read-only",
    "full": "the disk of the store is full",
    "conflict": "another commit came between; the next attempt finds out whose",
    "other": "anything else that the store says",
}
_OF_WINDOWS_RECORDS = {
    windows.COUNTED: "the tweet is in its windows",
    windows.LATE: "it came after the watermark had passed it",
    windows.REPEATED: "a tweet with its id was counted before",
    windows.AHEAD: "it is dated more than an hour after Kafka got it",
    windows.UNREADABLE: "the message is not a scored tweet with an id and a time",
}
_OF_WINDOWS_DOCUMENTS = {
    WRITTEN: "the window is in the index",
    FULLER: "a state of it with more tweets is there, and stays",
    EXPIRED: "it is older than windows of its length are kept, so it is not written",
}
_ATTEMPTS = 100
"""After so many, a wait grows no more."""


def of_elasticsearch() -> str:
    """Why it waits, and why it refuses a document."""
    return "\n\n".join(
        [
            _listed("Reasons to wait", "`tweetpulse_sink_waiting`", ElasticsearchSink.waits, _WAITS),
            _listed(
                "Reasons of refused documents",
                "`tweetpulse_documents_failed_total`",
                ElasticsearchSink.failures,
                _FAILURES,
            ),
        ]
    )


def of_the_stream() -> str:
    """Why it waits, and why it rejects."""
    rejected = ", ".join(f"`{reason}`" for reason in Reason)
    return (
        "## Reasons\n\n"
        "It waits while a sink does (`tweetpulse_sink_waiting`, with the sink's reasons), or while Kafka does not "
        f"answer (`{KAFKA}`).\n\n"
        f"It rejects a record for one of these [reasons](../reference/rejections.md): {rejected}."
    )


def of_the_archive() -> str:
    """Why it waits."""
    metric = "`tweetpulse_archive_waiting`, `tweetpulse_archive_faults_total`"
    return _listed("Reasons to wait", metric, WAITS, _ARCHIVE_WAITS)


def of_the_collector() -> str:
    """Faults of a source, and what becomes of gaps."""
    return "\n\n".join(
        [
            _listed("Faults", "`tweetpulse_source_errors_total`", Fault, _FAULTS),
            _listed("Outcomes of gaps", "`tweetpulse_source_gaps_total`", GapOutcome, _GAPS, "outcome"),
        ]
    )


def of_a_source(waits: Waits) -> str:
    """How long a live source waits, by fault."""
    named = [fault for fault in Fault if fault in waits.lost and fault != Fault.OTHER]
    rows = [f"| `{fault}` | {_grown(waits, fault, refused=False)} |" for fault in named]
    rows += [f"| `{fault}`, when connecting | {_grown(waits, fault, refused=True)} |" for fault in waits.refused]
    rows.append(f"| any {'other ' if named else ''}fault | {_grown(waits, Fault.OTHER, refused=False)} |")
    told = (
        "The wait before each next attempt, in seconds, up to a quarter longer at random. What the server itself says "
        f"counts instead, up to {waits.longest_told:,.0f}. All collectors have the same [faults](collector.md#faults)."
    )
    return "\n".join(["## Waits", "", told, "", "| after | seconds |", "| - | - |", *rows])


def of_topics() -> str:
    """Why a tweet is in no topic."""
    told = "Tweets read = in a topic + left out, each for the first of these reasons."
    rows = [f"| `{reason}` | {MEANINGS[reason]} |" for reason in LeftOut]
    return "\n".join(["## Reasons to leave a tweet out", "", told, "", "| reason | |", "| - | - |", *rows])


def of_windows() -> str:
    """What becomes of a record, and of a window."""
    records = _listed(
        "Results of records", "`tweetpulse_windows_records_total`", windows.RESULTS, _OF_WINDOWS_RECORDS, "result"
    )
    return "\n\n".join(
        [
            f"{records}\n\nRecords read = the sum of all of them.",
            _listed(
                "Results of windows", "`tweetpulse_windows_documents_total`", RESULTS, _OF_WINDOWS_DOCUMENTS, "result"
            ),
        ]
    )


def of_the_doctor() -> str:
    """Each check, and what it looks at."""
    found = {check.subject: getattr(check.look, "func", check.look) for check in checks(Settings())}
    found |= {"kibana": shown.kibana, "prometheus": shown.prometheus_}
    rows = [f"| {subject} | {_first(look)} |" for subject, look in found.items()]
    told = (
        "Kibana is looked at if a setting says where it is, Prometheus if `tweetpulse up --dashboards` has started it."
    )
    return "\n".join(["## Checks", "", told, "", "| check | |", "| - | - |", *rows])


def of_the_exporter() -> str:
    """Its metrics collectors."""
    scrape = scrape_of(Settings())
    found = [track.collector for track in scrape._tracks]
    rows = [f"| `{one.name}` | {_first(type(one))} |" for one in found]
    return "\n".join(["## Metrics collectors", "", "| label `collector` | |", "| - | - |", *rows])


def _listed(title: str, metric: str, closed: Iterable[str], meanings: Mapping[str, str], label: str = "reason") -> str:
    names = [str(name) for name in closed]
    if wrong := sorted({*names} ^ {str(name) for name in meanings}):
        raise LookupError(f"docs/component_reasons.py does not say what {wrong[0]} means, or it is gone")
    rows = [f"| `{name}` | {meanings[name]} |" for name in names]
    return "\n".join([f"## {title}", "", f"The label `{label}` of {metric}.", "", "| | |", "| - | - |", *rows])


def _first(documented: object) -> str:
    """The first line of its docstring."""
    return (documented.__doc__ or "").split("\n")[0]


def _grown(waits: Waits, fault: Fault, *, refused: bool) -> str:
    grow = waits.of(Interrupted(fault, refused=refused))
    found = [grow(SimpleNamespace(attempt_number=number)) for number in range(1, _ATTEMPTS + 1)]
    first = ", ".join(f"{seconds:g}" for seconds in found[:3])
    return f"{first}, … up to {max(found):g}"
