"""Data views: what Kibana calls an index pattern with the format of its fields."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboards.kibana.conditions import Is, Json

TIME = "@timestamp"


@dataclass(frozen=True)
class DataView:
    """Some indices. `dataset` is what `data_stream.dataset` says in all of their documents."""

    id: str
    name: str
    indices: str
    dataset: str
    formats: Json = field(default_factory=dict, hash=False)

    @property
    def condition(self) -> Is:
        """The filters of every dashboard on these indices."""
        return Is("data_stream.dataset", self.dataset)

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
                "fields": [],
                "sourceFilters": [],
                "runtimeFieldMap": {},
                "typeMeta": {},
            },
            "references": [],
        }


_NUMBER = {"id": "number", "params": {"pattern": "0.00"}}

TWEETS = DataView(
    id="tweetpulse-tweets",
    name="Tweets",
    indices="tweetpulse-tweets",
    dataset="tweets.scored",
    formats={
        "url.full": {"id": "url", "params": {"labelTemplate": "open the tweet", "openLinkInCurrentTab": False}},
        "tweet.sentiment.compound": _NUMBER,
        "tweet.complaint.probability": _NUMBER,
        "tweet.model.probability": _NUMBER,
    },
)
REJECTED = DataView(
    id="tweetpulse-rejected", name="Rejected records", indices="logs-tweets.rejected-*", dataset="tweets.rejected"
)
EVENTS = DataView(id="tweetpulse-events", name="Events", indices="logs-tweets.events-*", dataset="tweets.events")
