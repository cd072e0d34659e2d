import pytest
from pydantic import SecretStr

from pipeline.errors import ConfigError
from pipeline.sources.twitter.settings import TwitterSettings
from pipeline.sources.twitter.source import token_of


@pytest.mark.parametrize("given", ["AAAA%2Bbb", " AAAA%2Bbb\n", "Bearer AAAA%2Bbb"])
def test_a_token_from_the_environment_or_a_file(tmp_path, given):
    """As people paste it."""
    path = tmp_path / "token"
    path.write_text(given)
    assert token_of(TwitterSettings(bearer_token=SecretStr(given))) == "AAAA%2Bbb"
    assert token_of(TwitterSettings(bearer_token_file=path)) == "AAAA%2Bbb"


@pytest.mark.parametrize("given", ["two words", "sécret", "a\nb", "a\x00b"])
def test_what_is_no_token_is_not_quoted(given):
    """It could not stand in a header, and what refuses it there would show it."""
    with pytest.raises(ConfigError) as raised:
        token_of(TwitterSettings(bearer_token=SecretStr(given)))
    assert given not in raised.value.message


@pytest.mark.parametrize("given", ["", "  "])
def test_no_token_says_where_to_get_one(given):
    for settings in (TwitterSettings(bearer_token=SecretStr(given)), TwitterSettings()):
        with pytest.raises(ConfigError, match=r"get one at https://developer.x.com/.*TWEETPULSE_TWITTER__BEARER_TOKEN"):
            token_of(settings)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone can.t be read"):
        token_of(TwitterSettings(bearer_token_file=tmp_path / "gone"))
