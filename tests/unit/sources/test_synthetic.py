from collections import Counter
from datetime import timedelta

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.domain.record import Reason, Rejection, decode, encode
from pipeline.domain.tweet import Kind, Tweet
from pipeline.sources.moods import crisis
from pipeline.sources.phrases import BRANDS
from pipeline.sources.source import Unreadable
from pipeline.sources.synthetic import Synthetic
from tests.unit.sources.fakes import NOON

DAY = list(Synthetic(NOON, rate=10, count=20_000, history=timedelta(hours=6), history_tweets=10_000))
TWEETS = [item for item in DAY if isinstance(item, Tweet)]


def test_the_same_arguments_give_the_same_tweets():
    """Another seed or start gives others."""

    def texts(seed=1, start=NOON):
        return [getattr(item, "text", item) for item in Synthetic(start, rate=10, count=300, seed=seed)]

    assert texts() == texts()
    assert texts() != texts(seed=2)
    assert texts() != texts(start=NOON + timedelta(seconds=1))


def test_ids_are_new_in_each_run():
    """They hold the start, so that two runs never repeat each other."""
    first = next(iter(Synthetic(NOON)))
    later = next(iter(Synthetic(NOON + timedelta(milliseconds=1))))
    assert (first.id, later.id) == ("synthetic:20300101T120000.000-0", "synthetic:20300101T120000.001-0")
    assert len({tweet.id for tweet in TWEETS}) == len(TWEETS)


def test_history_leads_up_to_the_start_and_the_rate_goes_on_from_there():
    """Half of these are spread over six hours, half follow ten to the second."""
    times = [tweet.written_at for tweet in TWEETS]
    assert times == sorted(times)
    assert times[0] == NOON - timedelta(hours=6)
    assert times[-1] == NOON + timedelta(seconds=999.9)
    assert abs(sum(time < NOON for time in times) - 10_000) < 100


def test_without_a_rate_tweets_have_no_time_of_their_own():
    """They get the time of publishing."""
    assert {item.written_at for item in Synthetic(NOON, count=50) if isinstance(item, Tweet)} == {None}


def test_texts_are_many():
    """A board looks alive."""
    assert len({tweet.text for tweet in TWEETS}) > 10_000


def test_there_is_some_of_everything():
    """Brands, kinds, languages, places, authors, emoji and tags."""
    assert {entity for tweet in TWEETS for entity in tweet.entities} == {brand.name for brand in BRANDS}
    assert set(Counter(tweet.kind for tweet in TWEETS)) == set(Kind)
    assert {"en", "es", "de", "fr", "pt", "ja"} <= {tweet.lang for tweet in TWEETS}
    assert 0.1 < sum(tweet.geo is not None for tweet in TWEETS) / len(TWEETS) < 0.3
    assert len({tweet.author.name for tweet in TWEETS}) > 1_000
    assert {None, "Berlin, Germany", "berlin", "Germany", "your heart"} <= {tweet.author.location for tweet in TWEETS}
    assert sum("#" in tweet.text for tweet in TWEETS) > 5_000
    assert sum("😡" in tweet.text for tweet in TWEETS) > 20


def test_bad_records_are_of_several_kinds_and_all_else_is_accepted():
    """The stream has something to reject: what is no tweet, and nothing else."""
    outcomes = [decode(item.raw if isinstance(item, Unreadable) else encode(item)) for item in DAY]
    assert [isinstance(one, Rejection) for one in outcomes] == [isinstance(item, Unreadable) for item in DAY]
    reasons = Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Rejection))
    assert set(reasons) == {Reason.NOT_JSON, Reason.EMPTY_TEXT, Reason.NOT_A_TWEET, Reason.BAD_TIME}
    assert 20 < reasons.total() < 120


def test_a_crisis_shows_in_one_brands_mood():
    """Its compound falls by more than the other brands' while the crisis is on."""
    half = timedelta(minutes=30)
    score = SentimentIntensityAnalyzer().polarity_scores

    def mood(brand, hour):
        begin = NOON - timedelta(hours=hour)
        texts = [
            tweet.text for tweet in TWEETS
            if tweet.entities == (brand.name,) and tweet.lang == "en" and begin <= tweet.written_at < begin + half
        ]  # fmt: skip
        return sum(score(text)["compound"] for text in texts) / len(texts)

    falls = sorted(mood(brand, 1.4) - mood(brand, 0.8) for brand in BRANDS)
    assert falls[-1] > 0.4
    assert falls[-1] > falls[-2] + 0.1


def test_a_crisis_rises_and_fades():
    """None at first, one in the history, one ten minutes after the start, and again every three hours."""
    hours = 3_600
    assert crisis(-2 * hours) == 0
    assert crisis(-2_800) > 0.8
    assert crisis(500) < 0.2
    assert crisis(800) > 0.8
    assert crisis(800 + 3 * hours) == crisis(800)


def test_brands_are_no_words_of_the_lexicon():
    """A name is not a feeling."""
    lexicon = SentimentIntensityAnalyzer().lexicon
    assert [brand.name for brand in BRANDS if brand.name.lower() in lexicon] == []
