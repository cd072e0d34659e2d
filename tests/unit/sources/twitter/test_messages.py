import threading

import pytest
from pydantic import SecretStr

from pipeline.errors import ConfigError
from pipeline.settings import TwitterSettings
from pipeline.sources.twitter.messages import CAPACITY, Alive, Mailbox
from pipeline.sources.twitter.search import Stopped
from pipeline.sources.twitter.source import REMEMBERED, _Seen, token_of


@pytest.fixture
def end():
    return threading.Event()


def filled(end):
    mailbox = Mailbox(end.is_set)
    for number in range(CAPACITY):
        mailbox.put(Alive(number))
    return mailbox


def test_who_is_faster_waits(end):
    """A full one takes nothing more until somebody takes: memory is bounded, and the stream slows down."""
    mailbox, put = filled(end), []

    def more():
        mailbox.put(Alive(CAPACITY))
        put.append(True)

    thread = threading.Thread(target=more)
    thread.start()
    thread.join(0.3)
    assert put == []
    taken = iter(mailbox)
    assert next(taken) == Alive(0)
    thread.join(10)
    assert put == [True]


def test_a_stop_ends_the_wait(end):
    """What is there by then still comes, and then no more."""
    mailbox = filled(end)
    threading.Timer(0.2, end.set).start()
    with pytest.raises(Stopped):
        mailbox.put(Alive(CAPACITY))
    assert [message.id for message in mailbox] == list(range(CAPACITY))


def test_the_last_ids_are_remembered():
    """So many, and no more."""
    seen = _Seen()
    assert (seen.add(1), seen.add(1)) == (True, False)
    assert all(seen.add(number) for number in range(2, REMEMBERED + 2))
    assert (seen.add(1), seen.add(REMEMBERED)) == (True, False)


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
