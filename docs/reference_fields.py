"""The page of the documents' fields: from the mappings, with what each field holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from pipeline.domain.alias import ALIAS
from pipeline.domain.document import EVENTS, ORIGINAL_CHARS, REJECTED, SCORED, data_stream
from pipeline.domain.prediction import CLOSED_LABELS, Task
from pipeline.domain.sentiment import SCORED as SHARES
from pipeline.domain.sentiment import THRESHOLD, Label
from pipeline.domain.tweet import GeoSource, Kind
from pipeline.topics.documents import DATASET as TOPICS
from pipeline.topics.documents import EVERYTHING, NEWEST
from pipeline.topics.models import Method
from pipeline.windows.documents import ALL, ENTITY, QUANTILES, TOP_HASHTAGS, UNKNOWN_LANGUAGE
from pipeline.windows.documents import DATASET as WINDOWS

TITLE = "Fields of the documents"

_HEAD = f"""\
Tweets are in the data streams `{data_stream(SCORED, "*")}` and under the alias `{ALIAS}`, rejected records
in `{data_stream(REJECTED, "*")}`, events in `{data_stream(EVENTS, "*")}`, labels in the index
`tweetpulse-labels`, and topics in `tweetpulse-topics`. The names are those of the Elastic Common Schema where it has
one; `tweet.*` is ours. A field without a value is left out. The mappings are strict: a document with any other field is
refused.
"""


def _either(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels)


_MODEL = {
    "label": "the prediction",
    "probability": "how sure the model is, 0 to 1",
    "version": "the version of the model that predicted it",
}

_SHARED = {
    "@timestamp": "of a tweet: when it was written, or when Kafka got it if nobody says; of a rejected record: when "
    "Kafka got it; of an event: when it began",
    "message": "the text of the tweet, or of the event",
    "tags": "of an event: what boards may filter by",
    "ecs.version": "the version of the Elastic Common Schema",
    "data_stream.type": "`logs`",
    "data_stream.dataset": _either((SCORED, REJECTED, EVENTS)),
    "data_stream.namespace": "the setting `elasticsearch.namespace`",
    "event.id": "also the `_id`. Of a tweet: `<origin>:<its id there>`, such as `x:123`; of a rejected record: topic, "
    "partition, offset and time",
    "event.kind": "`event`; of a rejected record `pipeline_error`",
    "event.dataset": "the same as `data_stream.dataset`",
    "event.action": "of an event: what kind it is, such as `annotate`, `replay`, `stream-started`",
    "event.created": "when Kafka got the record",
    "event.ingested": "when the document was made",
    "event.end": "of an event: when it ended, if it lasted",
    "event.original": f"of a rejected record: its first {ORIGINAL_CHARS:,} characters, to be read; not searchable",
    "error.type": "of a rejected record: the [reason](rejections.md)",
    "error.message": "of a rejected record: what is wrong, without its content",
    "kafka.topic": "where the record is: its topic",
    "kafka.partition": "its partition",
    "kafka.offset": "its offset",
}
_SCORED = {
    "user.id": "the id of the author",
    "user.name": "the name of the author, without @",
    "url.full": "a link to the tweet",
    "tweet.lang": "the language: as the source says, else as found in the text",
    "tweet.source": "the source: `twitter`, `mastodon`, `replay`, `synthetic`, or the name of your own",
    "tweet.kind": f"{_either(tuple(Kind))}; boards leave retweets out",
    "tweet.entity": "the brands that the tweet is about: those that the source names, and the tracked ones in the text",
    "tweet.hashtags": "lower-cased, without #",
    "tweet.mentions": "without @",
    "tweet.words": "each keyword once, for lists of the most frequent ones",
    "tweet.clean": "the text without links, mentions and signs; not searchable",
    "tweet.original_timestamp": "the time in the file, if a replay has moved `@timestamp`",
    "tweet.author.followers": "followers of the author when the tweet was read",
    **{
        f"tweet.public_metrics.{name}_count": f"how often it had been {done} when it was read"
        for name, done in {
            "like": "liked",
            "retweet": "retweeted",
            "reply": "answered",
            "quote": "quoted",
            "bookmark": "bookmarked",
            "impression": "seen",
        }.items()
    },
    "tweet.label.given": "the sentiment that people gave it, if the file that it comes from says so",
    "tweet.geo.location": "latitude and longitude; none where only a country or a state is known",
    "tweet.geo.place": "the name of the place",
    "tweet.geo.country": "the country, as the source writes it; of a profile, in English",
    "tweet.geo.country_code": "the country, as ISO 3166-1 alpha-2; none in documents of earlier versions",
    "tweet.geo.source": f"what says so: {_either(tuple(GeoSource))}; `point` in documents of earlier versions",
    "tweet.geo.confidence": "how sure it is, 0 to 1: [places](../geo.md); none in documents of earlier versions",
    "tweet.sentiment.label": f"{_either(tuple(Label))}; the last one if no scorer speaks the language",
    "tweet.sentiment.compound": f"VADER's score, -1 to 1: positive from {THRESHOLD}, negative up to -{THRESHOLD}",
    **{f"tweet.sentiment.{name}": f"the share of the text that is {name}; the three add up to 1" for name in SHARES},
    "tweet.sentiment.is_negative": "1 if the label is `negative`, else 0; its mean is the negative share",
    **{f"tweet.model.{name}": text for name, text in _MODEL.items()},
    **{f"tweet.complaint.{name}": text for name, text in _MODEL.items()},
    "tweet.model.label": f"the model's sentiment: {_either(CLOSED_LABELS[Task.SENTIMENT])}",
    "tweet.complaint.label": f"whether somebody should answer: {_either(CLOSED_LABELS[Task.COMPLAINT])}",
    "tweet.complaint.reason": "why it complains, as one of the labels of the model of reasons",
}
_OF_EVENTS = {"tweet.entity": "the brands that the event is about"}
_OF_LABELS = {
    "@timestamp": "when the label was given",
    "message": "the text of the tweet, which is kept longer here than in its data stream",
    "event.id": "the tweet's",
    "user.name": "who gave the label",
    "tweet.entity": "the tweet's",
    "tweet.lang": "the tweet's",
    "tweet.written": "when the tweet was written",
    "label.task": _either(tuple(Task)),
    "label.name": "the label",
    "label.previous": "the label before this one",
    "ecs.version": "the version of the Elastic Common Schema",
}
_OF_TOPICS = {
    "@timestamp": "of a topic: the begin of the period; of an interval: its own; of an example: when it was written",
    "event.id": "also the `_id`",
    "event.kind": "`metric`",
    "event.dataset": f"`{TOPICS}`",
    "event.created": "when the topics were found",
    "event.start": "the begin of the period",
    "event.end": "its end",
    "run.id": "what was asked: the same for the same period, entity, languages, method and namespace",
    "run.namespace": "the setting `elasticsearch.namespace`",
    "run.entity": "the brand that the tweets are about, if one was asked for",
    "run.about": f"the same, or `{EVERYTHING}`",
    "run.names": "what boards call it: by its end (UTC), length, languages and method; the one that ends last, of its "
    f"namespace and entity, has the name `{NEWEST}` too",
    "run.languages": "the languages that were asked for",
    "run.method": f"how the topics were found: {_either(tuple(Method))}",
    "run.topics": "how many there are",
    "run.coherence": "how well the words of the topics go together, −1 to 1",
    "run.diversity": "how much the topics differ, 0 to 1",
    "topic.kind": "`topic`; `interval`: the tweets in an interval of the period; `example`: one of its tweets",
    "topic.number": "from 1, that of most tweets first",
    "topic.name": "its three strongest words",
    "topic.words": "its ten strongest words, the strongest first",
    "topic.weights": "their parts of the topic, in the same order",
    "topic.tweets": "its tweets",
    "topic.scored": "of them, those that are scored",
    "topic.negative": "of them, negative ones",
    "topic.neutral": "of them, neutral ones",
    "topic.positive": "of them, positive ones",
    "topic.share": "its part of all tweets that are in a topic",
    "topic.negative_share": "negative ones among the scored",
    "topic.complaints": "complaints among its tweets",
    "topic.complaint_share": "among those that the complaint model has seen",
    "topic.state": "`new`, `kept` or `vanished`, beside the period before; absent if that had too few tweets",
    "topic.before.name": "the same topic in the period before",
    "topic.before.share": "its share then",
    "topic.tweet": "of an example: the `event.id` of the tweet",
    "topic.url": "of an example: a link to the tweet",
    "ecs.version": "the version of the Elastic Common Schema",
}
_OF_WINDOWS = {
    "@timestamp": "the begin of the window",
    "event.id": "also the `_id`: the same for the same window, entity, language and namespace",
    "event.kind": "`metric`",
    "event.dataset": f"`{WINDOWS}`",
    "event.start": "the begin of the window",
    "event.end": "its end, which is not in it",
    "tweet.entity": "the brand that the tweets are about; absent if all tweets are counted",
    "tweet.lang": f"their language; `{UNKNOWN_LANGUAGE}` if it is not known",
    "window.namespace": "the setting `elasticsearch.namespace`",
    "window.length": "as in the setting `windows.lengths`, such as `1h`",
    "window.seconds": "the same in seconds",
    "window.scope": f"`{ENTITY}`: the tweets of an entity; `{ALL}`: all tweets, whatever they are about",
    "window.tweets": "tweets without retweets; all other numbers are of these",
    "window.retweets": "retweets",
    "window.scored": "tweets that are negative, neutral or positive",
    **{f"window.{label}": f"tweets that are {label}" for label in Label},
    **{f"window.{label}_share": f"{label} ones among the scored; absent without any" for label in SHARES},
    "window.compound.count": "tweets with a compound",
    "window.compound.sum": "of their compounds: over several windows, the mean is the sum of sums by the sum of counts",
    "window.compound.mean": "their mean",
    "window.compound.deviation": "their standard deviation (of the population)",
    **{
        f"window.compound.p{percent}": f"so that {percent} % of the tweets are at most there, to 0.01"
        for percent in QUANTILES
    },
    "window.compound.values": "the middles of the histogram's bins that are not empty; not searchable",
    "window.compound.counts": "their tweets, in the same order; not searchable",
    "window.judged": "tweets that the complaint model has seen",
    "window.complaints": "complaints among them",
    "window.complaint_share": "complaints among the judged; absent without any",
    "window.reasons": "complaints by reason: a field for each, such as `window.reasons.late_flight`",
    "window.authors": "distinct authors: exact up to 2,048, then to about 2 %",
    "window.hashtags": f"the {TOP_HASHTAGS} most frequent hashtags, the most frequent first",
    "window.hashtag_counts": "their tweets, in the same order; not searchable",
    "window.hashtags_left_out": "how often a hashtag was not counted, because the window had too many different ones",
    "ecs.version": "the version of the Elastic Common Schema",
}
_SECTIONS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("All data streams", "tweets@mappings", _SHARED),
    ("Tweets, in addition", "tweets@scored", _SCORED),
    ("Events, in addition", "tweets@events", _OF_EVENTS),
    ("Labels", "tweetpulse-labels", _OF_LABELS),
    ("Topics", "tweetpulse-topics", _OF_TOPICS),
    ("Windows", "tweetpulse-windows", _OF_WINDOWS),
)


def page() -> str:
    """A table for each mapping."""
    return "\n\n".join([_HEAD.strip(), *(_section(*one) for one in _SECTIONS)]) + "\n"


def _section(title: str, resource: str, meanings: Mapping[str, str]) -> str:
    mapped = dict(_fields(_properties(resource)))
    if wrong := sorted(mapped.keys() ^ meanings.keys()):
        raise LookupError(f"{resource}.json and docs/reference_fields.py differ in {', '.join(wrong)}")
    rows = [f"| `{name}` | {kind} | {meanings[name]} |" for name, kind in mapped.items()]
    return "\n".join([f"## {title}", "", "| field | type | holds |", "| - | - | - |", *rows])


def _properties(resource: str) -> dict[str, Any]:
    text = files("pipeline.sinks.elasticsearch").joinpath("resources", f"{resource}.json").read_text("utf-8")
    found = json.loads(text)
    properties: dict[str, Any] = found.get("template", found)["mappings"]["properties"]
    return properties


def _fields(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, one in properties.items():
        if "properties" in one:
            yield from _fields(one["properties"], f"{above}{name}.")
        else:
            yield f"{above}{name}", one["type"]
