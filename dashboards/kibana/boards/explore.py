"""The board for search: any interval, entity, language and sentiment."""

from __future__ import annotations

from dashboards.kibana import tweets
from dashboards.kibana.board import TITLES, Board, Control, Row
from dashboards.kibana.data_views import TWEETS
from dashboards.kibana.saved_searches import ALL_TWEETS
from dashboards.kibana.tweet_map import TWEET_MAP

ID = "tweetpulse-explore"
BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="Stored tweets of any interval; choose entity, language and sentiment at the top.",
    about="What was said? Choose the interval at the top right, entity, language and sentiment below it.",
    view=TWEETS,
    time_from="now-7d",
    controls=(
        Control("Entity", "tweet.entity"),
        Control("Language", "tweet.lang"),
        Control("Sentiment", "tweet.sentiment.label"),
    ),
    rows=(
        Row(6, ((16, tweets.negative_share()), (16, tweets.tweet_count()), (16, tweets.authors()))),
        Row(11, ((24, tweets.shares_over_time()), (24, tweets.volume_over_time()))),
        Row(13, ((18, tweets.entities()), (15, tweets.top_hashtags()), (15, tweets.words()))),
        Row(15, ((12, tweets.languages()), (12, tweets.countries()), (24, TWEET_MAP.panel()))),
        Row(18, ((48, ALL_TWEETS.panel()),)),
    ),
)
