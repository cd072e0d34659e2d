"""Saved searches: documents as rows, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.kibana.conditions import (
    ANY,
    COMPLAINT,
    NEGATIVE,
    RETWEET,
    TOPIC,
    All,
    Condition,
    Exists,
    Is,
    Json,
    Not,
    kuery,
)
from dashboards.kibana.data_views import EVENTS, REJECTED, TIME, TOPICS, TWEETS, DataView
from dashboards.kibana.panels import Reference, SavedPanel

_AS_HIGH_AS_THE_TEXT = -1
_BY_NUMBER = ("topic.number", "asc")
_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


@dataclass(frozen=True)
class SavedSearch:
    """Rows of a data view that fulfil a condition, with these fields as columns; each of so many `lines`."""

    id: str
    title: str
    description: str
    view: DataView
    columns: tuple[str, ...]
    condition: Condition = ANY
    lines: int = _AS_HIGH_AS_THE_TEXT
    order: tuple[str, str] = (TIME, "desc")

    def saved_object(self) -> Json:
        """With attributes that all versions since 8.8 know."""
        return {
            "id": self.id,
            "type": "search",
            "typeMigrationVersion": "8.0.0",
            "attributes": {
                "title": self.title,
                "description": self.description,
                "columns": list(self.columns),
                "sort": [list(self.order)],
                "grid": {
                    "columns": {name: {"width": _WIDTHS[name]} for name in (TIME, *self.columns) if name in _WIDTHS}
                },
                "hideChart": False,
                "rowHeight": self.lines,
                "kibanaSavedObjectMeta": {
                    "searchSourceJSON": {"indexRefName": _INDEX, "query": kuery(self.condition), "filter": []}
                },
            },
            "references": [Reference(_INDEX, "index-pattern", self.view.id).json()],
        }

    def panel(self, since: str = "") -> SavedPanel:
        """The search on a dashboard; `since`: with a time range of its own."""
        return SavedPanel(self.title, self.description, "search", self.id, since=since)


_WIDTHS = {
    TIME: 230,
    "tweet.entity": 130,
    "tweet.sentiment.label": 130,
    "tweet.sentiment.compound": 130,
    "tweet.lang": 120,
    "tweet.complaint.reason": 160,
    "tweet.complaint.probability": 140,
    "user.name": 140,
    "tweet.author.followers": 130,
    "url.full": 130,
    "error.type": 160,
    "error.message": 260,
    "kafka.topic": 120,
    "kafka.partition": 120,
    "kafka.offset": 120,
    "event.action": 160,
    "event.end": 230,
    "tags": 160,
    "topic.number": 70,
    "topic.tweets": 110,
    "topic.share": 100,
    "topic.before.share": 105,
    "topic.negative_share": 120,
    "topic.complaint_share": 140,
    "topic.state": 110,
    "topic.tweet": 330,
    "topic.url": 130,
}
"""In pixels, so that no name and no value is cut off. What has none takes the rest: the text."""

NEGATIVE_TWEETS = SavedSearch(
    id="tweetpulse-negative-tweets",
    title="Latest negative tweets",
    description="Newest first; the link opens the tweet. Retweets are left out.",
    view=TWEETS,
    columns=("tweet.entity", "message", "tweet.sentiment.compound", "user.name", "url.full"),
    condition=All((NEGATIVE, Not(RETWEET))),
)
COMPLAINTS = SavedSearch(
    id="tweetpulse-complaints",
    title="Complaints",
    description="What the complaint model holds for a complaint, newest first, without retweets; empty until a model "
    "is promoted.",
    view=TWEETS,
    columns=(
        *("tweet.entity", "message", "tweet.complaint.reason", "tweet.complaint.probability"),
        *("user.name", "tweet.author.followers", "url.full"),
    ),
    condition=All((COMPLAINT, Not(RETWEET))),
)
ALL_TWEETS = SavedSearch(
    id="tweetpulse-all-tweets",
    title="Tweets",
    description="Every tweet that the filters let through, newest first, without retweets.",
    view=TWEETS,
    columns=("tweet.entity", "message", "tweet.sentiment.label", "tweet.sentiment.compound", "tweet.lang", "url.full"),
    condition=Not(RETWEET),
)
REJECTED_RECORDS = SavedSearch(
    id="tweetpulse-rejected-documents",
    title="Latest rejected records",
    description="Why each was rejected, where it lies in Kafka, and its first 1,000 characters, escaped.",
    view=REJECTED,
    columns=("error.type", "error.message", "kafka.topic", "kafka.partition", "kafka.offset", "event.original"),
    lines=3,
)
EVENT_LIST = SavedSearch(
    id="tweetpulse-event-list",
    title="Events",
    description="Restarts, replays, promotions and campaigns, newest first.",
    view=EVENTS,
    columns=("event.action", "message", "tweet.entity", "event.end", "tags"),
)
_SHARES = ("topic.share", "topic.before.share", "topic.negative_share", "topic.complaint_share")
TOPIC_LIST = SavedSearch(
    id="tweetpulse-topic-list",
    title="Topics and their words",
    description="The topic of most tweets first. Share: of all tweets in a topic, beside that of the same time "
    "before. Negative: of its scored tweets. Complaints: of those that the complaint model has seen.",
    view=TOPICS,
    columns=("topic.number", "topic.words", "topic.tweets", *_SHARES, "topic.state"),
    condition=TOPIC,
    order=_BY_NUMBER,
)
TOPIC_CHANGES = SavedSearch(
    id="tweetpulse-topic-changes",
    title="New and vanished topics",
    description="Those without similar words in the same time before, and those of then that are there no more.",
    view=TOPICS,
    columns=("topic.state", "topic.words", "topic.tweets", "topic.share", "topic.before.share"),
    condition=All((Is("topic.kind", "topic"), Exists("topic.state"), Not(Is("topic.state", "kept")))),
    order=_BY_NUMBER,
)
TOPIC_EXAMPLES = SavedSearch(
    id="tweetpulse-topic-examples",
    title="Examples of topics",
    description="The clearest tweets of each topic; click one to read it.",
    view=TOPICS,
    columns=("topic.number", "topic.name", "topic.tweet", "topic.url"),
    condition=Is("topic.kind", "example"),
    order=_BY_NUMBER,
)
SEARCHES = (
    *(NEGATIVE_TWEETS, COMPLAINTS, ALL_TWEETS, REJECTED_RECORDS, EVENT_LIST),
    *(TOPIC_LIST, TOPIC_CHANGES, TOPIC_EXAMPLES),
)
