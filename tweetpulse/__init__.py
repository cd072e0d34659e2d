"""The public module of tweetpulse: tweets, sources, scorers, sinks, and `classify`.

Only what is named here is public: it changes with a new minor version at the earliest, and the changelog says so.
Everything in `pipeline`, `exporters` and `dashboards` is private and may change at any time.

>>> from tweetpulse import classify
>>> classify("not bad at all").label
<Label.POSITIVE: 'positive'>
"""

from __future__ import annotations

from functools import cache

from pipeline import __version__
from pipeline.domain.delivery import Attempt, Delivery, Entry, Fate, Report, Verdict
from pipeline.domain.faults import Fault
from pipeline.domain.identity import content_id
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.domain.tweet import Author, Geo, GeoSource, Kind, PublicMetrics, Tweet
from pipeline.errors import PipelineError, SinkUnavailable
from pipeline.ports import Scorer, Sink
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import ScoringSettings
from pipeline.sources.live.feed import LiveSource
from pipeline.sources.source import Source, SourceEvents, Unreadable

__all__ = [
    "Attempt",
    "Author",
    "Delivery",
    "Entry",
    "Fate",
    "Fault",
    "Geo",
    "GeoSource",
    "Kind",
    "Label",
    "LiveSource",
    "PipelineError",
    "PublicMetrics",
    "Report",
    "Scorer",
    "Sentiment",
    "Sink",
    "SinkUnavailable",
    "Source",
    "SourceEvents",
    "Tweet",
    "Unreadable",
    "Verdict",
    "__version__",
    "classify",
    "content_id",
]


def classify(text: str) -> Sentiment:
    """The sentiment of a text, as the stream would say it by its defaults: VADER for English, else `unsupported`.

    @mentions are not scored. Where the text does not tell its language, it is taken for English.

    No file and no server is asked; settings in the environment and trained models do not count.

    Raises:
        PipelineError: VADER's lexicon can't be read.
    """
    return _analyzer().analyze(Tweet(id="", text=text, source="")).sentiment


@cache
def _analyzer() -> Analyzer:
    return Analyzer(ScoringSettings())
