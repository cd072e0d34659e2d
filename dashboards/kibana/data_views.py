"""Data views: what Kibana calls an index pattern with the format of its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from dashboards.kibana import grafana, palette
from dashboards.kibana.conditions import Is, Json

TIME = "@timestamp"


@dataclass(frozen=True)
class DataView:
    """Some indices. `dataset` is what the field `says` has in all of their documents.

    `labels` is what Kibana calls fields, as in the heads of columns.
    """

    id: str
    name: str
    indices: str
    dataset: str
    formats: Json = field(default_factory=dict, hash=False)
    labels: Json = field(default_factory=dict, hash=False)
    says: str = "data_stream.dataset"

    @property
    def condition(self) -> Is:
        """The filters of every dashboard on these indices."""
        return Is(self.says, self.dataset)

    def saved_object(self) -> Json:
        """With `allowNoIndex`: it can be imported before the first document is there."""
        return {
            "id": self.id,
            "type": "index-pattern",
            "typeMigrationVersion": "8.0.0",
            "attributes": {
                "title": self.indices,
                "name": self.name,
                "timeFieldName": TIME,
                "allowNoIndex": True,
                "fieldFormatMap": self.formats,
                "fieldAttrs": {name: {"customLabel": label} for name, label in self.labels.items()},
                "fields": [],
                "sourceFilters": [],
                "runtimeFieldMap": {},
                "typeMeta": {},
            },
            "references": [],
        }


_NUMBER = {"id": "number", "params": {"pattern": "0.00"}}
_WHOLE = {"id": "number", "params": {"pattern": "0"}}
_PERCENT = {"id": "percent", "params": {"pattern": "0%"}}
_AGO = {"id": "relative_date", "params": {}}
_KAFKA = {"kafka.topic": "Topic", "kafka.partition": "Partition", "kafka.offset": "Offset"}
_LINK = {"id": "url", "params": {"labelTemplate": "open the tweet", "openLinkInCurrentTab": False}}
_ON_COLOUR = "#000000"


def _coloured(kind: str, key: str, colours: list[tuple[str, str]]) -> Json:
    # The last one that fits wins, and a range includes both of its ends.
    shared = {"range": "-Infinity:Infinity", "regex": "<insert regex>", "text": _ON_COLOUR}
    return {
        "id": "color",
        "params": {
            "fieldType": kind,
            "colors": [shared | {key: what, "background": colour} for what, colour in colours],
        },
    }


_COMPOUND = _coloured(
    "number",
    "range",
    [("-0.05:0.05", palette.NEUTRAL), ("-1:-0.05", palette.NEGATIVE), ("0.05:1", palette.POSITIVE)],
)
_LABEL = _coloured("string", "regex", [(f"^{label}$", colour) for label, colour in palette.SENTIMENT.items()])

TWEETS = DataView(
    id="tweetpulse-tweets",
    name="Tweets",
    indices="tweetpulse-tweets",
    dataset="tweets.scored",
    formats={
        "url.full": _LINK,
        "tweet.entity": grafana.entity_link(),
        "tweet.sentiment.compound": _COMPOUND,
        "tweet.sentiment.label": _LABEL,
        "tweet.sentiment.is_negative": _PERCENT,
        "tweet.complaint.probability": _NUMBER,
        "tweet.model.probability": _NUMBER,
        "event.ingested": _AGO,
        "kafka.offset": _WHOLE,
    },
    labels={
        "message": "Tweet",
        "tweet.entity": "Entity",
        "tweet.lang": "Language",
        "tweet.sentiment.label": "Sentiment",
        "tweet.sentiment.compound": "Compound",
        "tweet.complaint.reason": "Reason",
        "tweet.complaint.probability": "Probability",
        "tweet.author.followers": "Followers",
        "user.name": "Author",
        "url.full": "Link",
    },
)
REJECTED = DataView(
    id="tweetpulse-rejected",
    name="Rejected records",
    indices="logs-tweets.rejected-*",
    dataset="tweets.rejected",
    formats={"event.ingested": _AGO, "kafka.offset": _WHOLE},
    labels={"error.type": "Reason", "error.message": "Why", "event.original": "Record"} | _KAFKA,
)
EVENTS = DataView(
    id="tweetpulse-events",
    name="Events",
    indices="logs-tweets.events-*",
    dataset="tweets.events",
    labels={"event.action": "Event", "message": "What", "tweet.entity": "Entity", "event.end": "Until", "tags": "Tags"},
)
WINDOWS = DataView(
    id="tweetpulse-windows",
    name="Tweet windows",
    indices="tweetpulse-windows-*",
    dataset="tweets.windows",
    says="event.dataset",
    formats={"tweet.entity": grafana.entity_link()},
    labels={"tweet.entity": "Entity", "tweet.lang": "Language", "window.namespace": "Namespace"},
)
_TWEET = 'event.id: "{{value}}"'
_READ = quote(f"(query:(language:kuery,query:'{_TWEET}'))", safe="(){}:,'")
TOPICS = DataView(
    id="tweetpulse-topics",
    name="Tweet topics",
    indices="tweetpulse-topics",
    dataset="tweets.topics",
    says="event.dataset",
    formats={
        **{f"topic.{name}": _PERCENT for name in ("share", "before.share", "negative_share", "complaint_share")},
        "topic.tweet": {
            "id": "url",
            "params": {
                "urlTemplate": f"/app/discover#/view/tweetpulse-all-tweets?_g=(time:(from:now-10y,to:now))&_a={_READ}",
                "labelTemplate": "{{value}}",
                "openLinkInCurrentTab": False,
            },
        },
        "topic.url": _LINK,
    },
    labels={
        "run.namespace": "Namespace",
        "run.about": "About",
        "run.names": "Found",
        "topic.number": "No.",
        "topic.name": "Topic",
        "topic.words": "Words, the strongest first",
        "topic.tweets": "Tweets",
        "topic.share": "Share",
        "topic.before.share": "Before",
        "topic.negative_share": "Negative",
        "topic.complaint_share": "Complaints",
        "topic.state": "State",
        "topic.tweet": "Tweet",
        "topic.url": "Link",
    },
)
