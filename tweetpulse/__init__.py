"""tweetpulse for whoever builds on it: what a tweet is, what a source yields, and what is said of a text.

Only what is named here is public: it changes with a new minor version at the earliest, and the changelog says so.
Everything in `pipeline`, `exporters` and `dashboards` is private and may change at any time.

>>> from tweetpulse import classify
>>> classify("not bad at all").label
<Label.POSITIVE: 'positive'>
"""

from __future__ import annotations

from functools import cache

from pipeline import __version__
from pipeline.domain.faults import Fault
from pipeline.domain.identity import content_id
from pipeline.domain.sentiment import Label, Sentiment
from pipeline.domain.tweet import Author, Geo, Kind, Tweet
from pipeline.errors import PipelineError
from pipeline.scoring.analysis import Analyzer
from pipeline.settings import ScoringSettings
from pipeline.sources.source import LiveSource, Source, SourceEvents, Unreadable

__all__ = [
    "Author",
    "Fault",
    "Geo",
    "Kind",
    "Label",
    "LiveSource",
    "PipelineError",
    "Sentiment",
    "Source",
    "SourceEvents",
    "Tweet",
    "Unreadable",
    "__version__",
    "classify",
    "content_id",
]


def classify(text: str) -> Sentiment:
    """What VADER says of an English text, as the stream would by its defaults: @mentions are not scored.

    No file and no server is asked; settings in the environment and trained models do not count.

    Raises:
        PipelineError: VADER's lexicon can't be read.
    """
    return _analyzer().classify(text)


@cache
def _analyzer() -> Analyzer:
    return Analyzer(ScoringSettings())
