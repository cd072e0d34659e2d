"""What is being said right now?"""

from __future__ import annotations

from dashboards.kibana import tweets
from dashboards.kibana.board import TITLES, Board, Control, Row
from dashboards.kibana.data_views import TWEETS
from dashboards.kibana.saved_searches import NEGATIVE_TWEETS
from dashboards.kibana.tweet_map import TWEET_MAP

ID = "tweetpulse-live"
BOARD = Board(
    id=ID,
    title=TITLES[ID],
    description="The last 15 minutes, every 10 seconds: how negative, how many, about whom, with which words.",
    about="What is being said right now? The last 15 minutes, renewed every 10 seconds, without retweets.",
    view=TWEETS,
    time_from="now-15m",
    refresh_seconds=10,
    controls=(Control("Entity", "tweet.entity"),),
    rows=(
        Row(
            6,
            (
                (12, tweets.negative_share()),
                (12, tweets.tweet_count()),
                (12, tweets.authors()),
                (12, tweets.newest_tweet()),
            ),
        ),
        Row(11, ((24, tweets.shares_over_time()), (24, tweets.volume_over_time()))),
        Row(13, ((18, tweets.entities()), (15, tweets.hashtags()), (15, tweets.words()))),
        Row(15, ((48, NEGATIVE_TWEETS.panel()),)),
        Row(16, ((30, TWEET_MAP.panel()), (18, tweets.countries()))),
    ),
)
