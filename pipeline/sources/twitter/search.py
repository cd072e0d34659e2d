"""X's recent search over a span of time: all rules side by side, page by page, with the waits that X asks for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Literal

from pipeline.domain.tweet import Kind, Tweet
from pipeline.sources.live.feed import Ask
from pipeline.sources.source import Item
from pipeline.sources.twitter.answers import Refused, interruption
from pipeline.sources.twitter.api import Api, Json
from pipeline.sources.twitter.ids import native_id
from pipeline.sources.twitter.rules import Rule
from pipeline.sources.twitter.tweets import response_items

NAME = "twitter"

BAD_REQUEST = 400

Found = tuple[int, Item]
"""An item and its place in the order of ids, the newest first."""


class Search:
    """Reads spans of ids.

    Args:
        api: where to ask.
        rules: the queries, and what their tweets are about.
        retweets: `leave_out` drops those that come all the same.
        is_strict: a rule that X refuses by itself ends it; else it is passed over, and in `refused` afterwards.
    """

    def __init__(
        self,
        api: Api,
        rules: Sequence[Rule],
        retweets: Literal["mark", "leave_out"] = "mark",
        is_strict: bool = True,
    ) -> None:
        self._api = api
        self._rules = rules
        self._retweets = retweets
        self.is_strict = is_strict
        self.refused: list[Rule] = []

    def between(self, after: int, until: int, ask: Ask) -> Iterator[Item]:
        """The tweets between two ids, both exclusive; the newest first, and each once, with all its brands.

        Raises:
            Refused: X will not answer, however often it is asked.
            Stopped: the source is being closed.
        """
        self.refused = []
        by_rule = [self._of(rule, after, until, ask) for rule in self._rules]
        # Merged while they are read: of each rule only one page is in memory.
        for _, same in groupby(heapq.merge(*by_rule, key=_place, reverse=True), key=_place):
            yield from _united([item for _, item in same])

    def _of(self, rule: Rule, after: int, until: int, ask: Ask) -> Iterator[Found]:
        try:
            yield from self._pages(rule, after, until, ask)
        except Refused as refused:
            self.refused.append(rule)
            # If X refuses every rule, the fault is not in one of them.
            is_of_the_rule = refused.refusal.status == BAD_REQUEST and len(self.refused) < len(self._rules)
            if self.is_strict or not is_of_the_rule:
                raise

    def _pages(self, rule: Rule, after: int, until: int, ask: Ask) -> Iterator[Found]:
        token, place = None, until
        while True:
            page = ask(partial(self._page, rule.value, after, until, token))
            for item in response_items(page, "a page of the search", source=NAME) if page.get("data") else ():
                if isinstance(item, Tweet):
                    place = native_id(item)
                    if self._retweets == "leave_out" and item.kind is Kind.RETWEET:
                        continue
                    item = replace(item, entities=(rule.brand,) if rule.brand else ())  # noqa: PLW2901
                # What is unreadable has no id, so it stays behind the tweet before it.
                yield place, item
            token = (page.get("meta") or {}).get("next_token")
            if not token:
                return

    def _page(self, query: str, after: int, until: int, token: str | None) -> Json:
        try:
            return self._api.search(query, since_id=after, until_id=until, page=token)
        except Refused as refused:
            if refused.refusal.is_final:
                raise
            raise interruption(refused.refusal) from None


def _place(found: Found) -> int:
    return found[0]


def _united(items: list[Item]) -> Iterator[Item]:
    """One tweet that several rules have found is about all their brands."""
    tweets = [item for item in items if isinstance(item, Tweet)]
    if tweets:
        brands = dict.fromkeys(brand for tweet in tweets for brand in tweet.entities)
        yield replace(tweets[0], entities=tuple(brands))
    yield from (item for item in items if not isinstance(item, Tweet))
