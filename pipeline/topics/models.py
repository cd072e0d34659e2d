"""Finds topics by scikit-learn: NMF on tf-idf, or online LDA on counts. The same tweets give the same topics."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from pipeline.topics.quality import Floats, Quality, quality_of

KS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30)
"""The numbers of topics that `auto` tries."""
NEAR = 0.75
"""A quality is near the best if it is at least this part of it."""
LDA_TWEETS = 60_000
"""LDA reads about so many tweets, a smaller sample more often."""
MOST_PASSES = 10
MOST_K = 100

_SEED = 0


class Method(StrEnum):
    """How topics are found."""

    NMF = "nmf"
    LDA = "lda"


@dataclass(frozen=True)
class Model:
    """Topics as a method found them.

    Attributes:
        method: that found them.
        weights: topics × terms; each topic's add up to 1.
        quality: on the tweets that they were found in.
        seconds: that it took.
        shares_of: the weights of the topics in tweets (tweets × terms, sparse), tweets × topics.
    """

    method: Method
    weights: Floats
    quality: Quality
    seconds: float
    shares_of: Callable[[Any], Floats]

    @property
    def k(self) -> int:
        """How many topics."""
        return len(self.weights)


def one_thread() -> AbstractContextManager[object]:
    """The matrices are small: threads would only wait for each other, for minutes where others use the cores.

    Nor do sums depend on the number of cores.
    """
    # Only libraries that are loaded are limited.
    import sklearn.decomposition  # noqa: F401
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def matrix(rows: Sequence[Sequence[int]], width: int) -> Any:
    """Tweets × terms, sparse: 1 where a tweet has a term."""
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *map(len, rows)])
    places = np.fromiter((place for row in rows for place in row), np.int32, int(starts[-1]))
    return csr_matrix((np.ones(len(places), np.float32), places, starts), shape=(len(rows), width))


def best(tweets: Any, ks: Iterable[int], told: Callable[[int, Quality], None]) -> Model:
    """The topics of NMF with a good number of topics: the largest whose quality is near the best.

    Few broad topics are a little more coherent than many fine ones, which say more.

    Args:
        tweets: as `matrix` has them.
        ks: the numbers to try.
        told: each number, and its quality.
    """
    found = []
    for k in ks:
        found.append(nmf(tweets, k))
        told(k, found[-1].quality)
    highest = max(model.quality.product for model in found)
    return max((model for model in found if model.quality.product >= near(highest)), key=lambda model: model.k)


def near(quality: float) -> float:
    """The least quality that is near this one."""
    return quality * NEAR if quality > 0 else quality


def fitted(method: Method, tweets: Any, k: int) -> Model:
    """`k` topics by a method."""
    return nmf(tweets, k) if method is Method.NMF else lda(tweets, k)


def nmf(tweets: Any, k: int) -> Model:
    """Non-negative matrix factorisation of the tweets' tf-idf."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfTransformer

    began = time.perf_counter()
    tfidf = TfidfTransformer()
    weighed = tfidf.fit_transform(tweets)
    # The start is of the singular values, and not random; it has no more of them than the matrix.
    model = NMF(_at_most(k, tweets), init="nndsvda", random_state=_SEED, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # It stops before the last digit is settled, which no reader of topics would see.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(weighed)
    return _model(Method.NMF, model.components_, tweets, began, lambda some: model.transform(tfidf.transform(some)))


def lda(tweets: Any, k: int) -> Model:
    """Latent Dirichlet allocation, online (Hoffman, Blei and Bach, 2010)."""
    from sklearn.decomposition import LatentDirichletAllocation

    began = time.perf_counter()
    passes = min(MOST_PASSES, max(1, round(LDA_TWEETS / tweets.shape[0])))
    model = LatentDirichletAllocation(
        _at_most(k, tweets),
        learning_method="online",
        batch_size=1_024,
        max_iter=passes,
        random_state=_SEED,
    )
    model.fit(tweets)
    return _model(Method.LDA, model.components_, tweets, began, model.transform)


def _model(method: Method, components: Any, tweets: Any, began: float, shares_of: Callable[[Any], Floats]) -> Model:
    weights = np.asarray(components, np.float64)
    sums = weights.sum(axis=1, keepdims=True)
    # A topic that nothing is in has no weights; dividing would make them no numbers.
    weights = weights / np.where(sums > 0, sums, 1.0)
    return Model(method, weights, quality_of(weights, tweets), time.perf_counter() - began, shares_of)


def _at_most(k: int, tweets: Any) -> int:
    rows, columns = tweets.shape
    return min(k, int(rows), int(columns))
