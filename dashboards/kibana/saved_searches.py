"""Saved searches: documents as rows, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.kibana.conditions import ANY, COMPLAINT, NEGATIVE, RETWEET, All, Condition, Json, Not, kuery
from dashboards.kibana.data_views import EVENTS, REJECTED, TIME, TWEETS, DataView
from dashboards.kibana.panels import Reference, SavedPanel

_AS_HIGH_AS_THE_TEXT = -1
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
                "sort": [[TIME, "desc"]],
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

    def panel(self) -> SavedPanel:
        """The search on a dashboard."""
        return SavedPanel(self.title, self.description, "search", self.id)


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
SEARCHES = (NEGATIVE_TWEETS, COMPLAINTS, ALL_TWEETS, REJECTED_RECORDS, EVENT_LIST)
