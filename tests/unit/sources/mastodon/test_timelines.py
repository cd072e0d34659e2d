import pytest

from pipeline.errors import ConfigError
from pipeline.sources.mastodon.settings import MastodonSettings
from pipeline.sources.mastodon.timelines import Tag, Timeline, tags_of, timelines_of


def test_tags_are_told_with_their_brands():
    """With or without #, in small letters, each once; one without a brand is its own."""
    assert tags_of(("acme", "#Fail", "Acme Inc:acme", " B : été ")) == (
        Tag("acme", "Acme Inc"), Tag("fail", "Fail"), Tag("été", "B"),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "#", "two words", "7", ":acme", "a/b", "a?b=c", "acme:"])
def test_what_is_no_hashtag_is_said(text):
    """In one line."""
    with pytest.raises(ConfigError, match="is no hashtag"):
        tags_of((text,))


def test_too_many_tags_are_refused():
    """Each is a connection."""
    with pytest.raises(ConfigError, match="21 tags are too many"):
        tags_of(tuple(f"t{n}" for n in range(21)))


def test_timelines_are_where_the_api_has_them():
    """Of tags or of everybody, and of the server's own people."""
    assert timelines_of(MastodonSettings()) == (
        Timeline("public", "/api/v1/streaming/public", "/api/v1/timelines/public?local=false"),
    )
    assert timelines_of(MastodonSettings(local=True)) == (
        Timeline("public/local", "/api/v1/streaming/public/local", "/api/v1/timelines/public?local=true"),
    )
    assert timelines_of(MastodonSettings(tags=("été",), local=True)) == (
        Timeline(
            "hashtag/local/été",
            "/api/v1/streaming/hashtag/local?tag=%C3%A9t%C3%A9",
            "/api/v1/timelines/tag/%C3%A9t%C3%A9?local=true",
        ),
    )
