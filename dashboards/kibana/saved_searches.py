"""Saved searches: documents as rows, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.kibana.conditions import ANY, COMPLAINT, NEGATIVE, RETWEET, All, Condition, Json, Not, kuery
from dashboards.kibana.data_views import EVENTS, REJECTED, TIME, TWEETS, DataView
from dashboards.kibana.panels import Reference, SavedPanel

_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index"


@dataclass(frozen=True)
class SavedSearch:
    """Rows of a data view that fulfil a condition, with these fields as columns."""

    id: str
    title: str
    description: str
    view: DataView
    columns: tuple[str, ...]
    condition: Condition = ANY
    widths: tuple[tuple[str, int], ...] = ()

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
                "grid": {"columns": {name: {"width": width} for name, width in self.widths}},
                "hideChart": False,
                "kibanaSavedObjectMeta": {
                    "searchSourceJSON": {"indexRefName": _INDEX, "query": kuery(self.condition), "filter": []}
                },
            },
            "references": [Reference(_INDEX, "index-pattern", self.view.id).json()],
        }

    def panel(self) -> SavedPanel:
        """The search on a dashboard."""
        return SavedPanel(self.title, self.description, "search", self.id)


_WIDTHS = ((TIME, 200), ("url.full", 130), ("tweet.entity", 130), ("tweet.sentiment.compound", 110))

NEGATIVE_TWEETS = SavedSearch(
    id="tweetpulse-negative-tweets",
    title="Latest negative tweets",
    description="Newest first; the link opens the tweet. Retweets are left out.",
    view=TWEETS,
    columns=("url.full", "tweet.entity", "message", "tweet.sentiment.compound", "user.name"),
    condition=All((NEGATIVE, Not(RETWEET))),
    widths=_WIDTHS,
)
COMPLAINTS = SavedSearch(
    id="tweetpulse-complaints",
    title="Complaints",
    description="What the complaint model holds for a complaint, newest first; empty until a model is promoted.",
    view=TWEETS,
    columns=(
        *("url.full", "tweet.entity", "message", "tweet.complaint.reason", "tweet.complaint.probability"),
        *("user.name", "tweet.author.followers"),
    ),
    condition=COMPLAINT,
    widths=(*_WIDTHS, ("tweet.complaint.reason", 150), ("tweet.complaint.probability", 110)),
)
ALL_TWEETS = SavedSearch(
    id="tweetpulse-all-tweets",
    title="Tweets",
    description="Every tweet that the filters let through, newest first.",
    view=TWEETS,
    columns=("url.full", "tweet.entity", "message", "tweet.sentiment.label", "tweet.sentiment.compound", "tweet.lang"),
    widths=_WIDTHS,
)
REJECTED_RECORDS = SavedSearch(
    id="tweetpulse-rejected-documents",
    title="Latest rejected records",
    description="Why each was rejected, where it lies in Kafka, and its first 1,000 characters, escaped.",
    view=REJECTED,
    columns=("error.type", "error.message", "kafka.topic", "kafka.partition", "kafka.offset", "event.original"),
    widths=((TIME, 200), ("error.type", 130), ("kafka.topic", 110)),
)
EVENT_LIST = SavedSearch(
    id="tweetpulse-event-list",
    title="Events",
    description="Restarts, replays, promotions and campaigns, newest first.",
    view=EVENTS,
    columns=("event.action", "message", "tweet.entity", "event.end", "tags"),
    widths=((TIME, 200), ("event.action", 150)),
)
SEARCHES = (NEGATIVE_TWEETS, COMPLAINTS, ALL_TWEETS, REJECTED_RECORDS, EVENT_LIST)
