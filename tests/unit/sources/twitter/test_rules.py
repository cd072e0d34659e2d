import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.sources.twitter.rules import TAG, Held, Rule, brands_of, plan_of, rules_of


def one(text, **options):
    (rule,) = rules_of([text], **options)
    return rule


@pytest.mark.parametrize(
    ("text", "value", "brand"),
    [
        ("lufthansa", "lufthansa", "lufthansa"),
        ("#oatmilk", "#oatmilk", "oatmilk"),
        ("@Acme", "@Acme", "Acme"),
        ("$TSLA", "$TSLA", "TSLA"),
        ('"oat milk"', '"oat milk"', "oat milk"),
        ('"oat milk"~3', '"oat milk"~3', "oat milk"),
        ("😃", "😃", "😃"),
        ("Acme:@acme OR #acme", "@acme OR #acme", "Acme"),
        ("Acme: @acme", "@acme", "Acme"),
        ('"Acme Air":"acme air" lang:en', '"acme air" lang:en', "Acme Air"),
        ('"from":acme', "acme", "from"),
        ("AT&T:@att", "@att", "AT&T"),
        ("oat milk", "oat milk", None),
        ("from:acme", "from:acme", None),
        ("FROM:acme", "FROM:acme", None),
        ("-is:retweet acme", "-is:retweet acme", None),
        ("oat lang:en", "oat lang:en", None),
        ('(a OR "b c") -d', '(a OR "b c") -d', None),
        ('url:"https://acme.example"', 'url:"https://acme.example"', None),
        ("place_country:US acme", "place_country:US acme", None),
        ("point_radius:[2.35 48.8 16km] acme", "point_radius:[2.35 48.8 16km] acme", None),
    ],
)
def test_what_is_tracked(text, value, brand):
    """A brand is named before a colon, unless that is one of X's operators; a single word is its own brand."""
    assert one(text) == Rule(value, brand)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("Acme:", "it is empty"),
        ("lang:en", "nothing that can stand alone"),
        ("has:links OR is:retweet", "nothing that can stand alone"),
        ("acme OR has:media", "nothing that can stand alone"),
        ("-acme", "nothing that can stand alone"),
        ("-a -b", "nothing that can stand alone"),
        ("acme -(a OR b)", "X negates no groups"),
        ("(acme", "a bracket is not closed"),
        ("acme)", "a bracket is closed that was not opened"),
        ("()", "something is missing"),
        ('"acme', "a quotation mark is not closed"),
        ("acme OR", "something is missing beside an OR"),
        ("OR acme", "something is missing beside an OR"),
        ("a OR OR b", "something is missing beside an OR"),
        ("a or b", "write OR, or quote it"),
        ("a and b", "a space already means it"),
        ("a AND b", "AND is written as a space"),
        ("a NOT b", "a minus sign"),
        ("acme is:nullcast", "only negated"),
        ("acme lang: en", "no space may follow the colon"),
        ("form:acme", "did you mean from:? A brand of that name is written \"form\":acme"),
        ("https://acme.example", 'url:"https://acme.example"'),
        ("#", "# has nothing behind it"),
        ("(" * 30 + "a" + ")" * 30, "nested too deeply"),
        ("a " * 513 + "a", "1027 characters, and X takes 1024"),
    ],
)  # fmt: skip
def test_what_x_would_refuse_is_said_before(text, why):
    """One line that names the rule."""
    with pytest.raises(ConfigError) as raised:
        one(text)
    assert why in raised.value.message
    assert f"the rule {text!r} is invalid" in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("acme has:pictures", "X has no has:pictures that is known here: there are cashtags"),
        ("acme is:Retweet", "X has no is:Retweet that is known here"),
        ("Deutsche Bahn:@DB", "X has no operator Bahn: that is known here (a phrase with a colon"),
        ("acme colour:red", "X has no operator colour: that is known here"),
        ("(colour:red)", "X has no operator colour: that is known here"),
        ("acme OR -mood:bad (mood:good)", "X has no operator mood: that is known here"),
    ],
)
def test_what_is_not_known_here_is_doubted_and_sent(text, doubt):
    """X adds operators, and validates every rule itself: ours is no reason to refuse one."""
    rule = one(text)
    assert rule.value == text
    assert rule.doubts[0].startswith(doubt)


def test_what_is_known_is_not_doubted():
    """Also where it is written large or negated."""
    assert one('acme -is:retweet FROM:ann has:links -is:nullcast url:"acme.example"').doubts == ()


def test_an_unknown_operator_that_looks_like_a_known_one_has_a_way_in():
    """At the beginning a name with a colon is a brand; in brackets it is an operator."""
    assert one("(form:acme)") == Rule("(form:acme)", None)


@given(st.text('ab:()"-#@ OR[]~1', max_size=40))
def test_no_text_breaks_the_reading(text):
    """It is a rule, or it is said why not."""
    try:
        said = one(text).value
    except ConfigError as error:
        said = error.message
    assert said


def test_the_length_is_that_of_where_it_goes():
    """The stream takes more than the search; what leaves retweets out counts too; a setting says otherwise."""
    text = "a" * 512
    assert one(text, mode="search").value == text
    for options in ({"mode": "search", "retweets": "leave_out"}, {"longest": 511}):
        with pytest.raises(ConfigError, match="characters, and X takes 51"):
            one(text, **options)
    assert len(one("a" * 2_000, longest=2_048).value) == 2_000


def test_retweets_are_left_out_of_every_alternative():
    """AND binds tighter than OR, so alternatives are grouped first."""
    assert one("Acme:@acme", retweets="leave_out").value == "@acme -is:retweet"
    assert one("Acme:@acme OR #acme", retweets="leave_out").value == "(@acme OR #acme) -is:retweet"


def test_there_has_to_be_something_to_track():
    with pytest.raises(ConfigError, match="nothing to track: name a word"):
        rules_of([])


def test_a_rule_is_there_once():
    """X refuses a second one of the same text."""
    with pytest.raises(ConfigError, match="'acme' is there twice"):
        rules_of(["A:acme", "B:acme"])


def test_a_plan_makes_the_missing_and_deletes_ours():
    """Foreign ones stay; one whose brand has changed is made anew; somebody else's that says the same is used."""
    wanted = rules_of(["Kept:kept", "New:new", "Renamed:named", "Shared:shared"])
    held = [
        Held("1", "kept", TAG + "Kept"),
        Held("2", "named", TAG + "Before"),
        Held("3", "gone", TAG + "Gone"),
        Held("4", "other", "theirs"),
        Held("5", "shared", "theirs too"),
        Held("6", "untagged", ""),
    ]
    plan = plan_of(wanted, held)
    assert [rule.brand for rule in plan.create] == ["New", "Renamed"]
    assert [rule.id for rule in plan.delete] == ["2", "3"]
    assert [(rule.id, ours.brand) for rule, ours in plan.keep] == [("1", "Kept"), ("5", "Shared")]
    assert [rule.id for rule in plan.foreign] == ["4", "6"]


def test_what_is_as_wanted_stays():
    wanted = rules_of(["A:a", "b"])
    plan = plan_of(wanted, [Held(str(number), rule.value, rule.tag) for number, rule in enumerate(wanted)])
    assert (plan.create, plan.delete, plan.foreign) == ((), (), ())


def test_brands_are_those_of_our_rules():
    """Without our mark; one of somebody else's says nothing, unless it stands for ours."""
    ours, unnamed = {"id": "1", "tag": TAG + "Acme"}, {"id": "2", "tag": TAG}
    foreign, adopted = {"id": "3", "tag": "Theirs"}, {"id": "5", "tag": "Theirs"}
    brands = {"5": Rule("x", "Shared")}
    assert brands_of([ours, foreign, ours], brands) == ("Acme",)
    assert brands_of([unnamed], brands) == ()
    assert brands_of([adopted, ours], brands) == ("Shared", "Acme")
    assert brands_of([foreign, {"id": "4"}], brands) is None
    assert brands_of([], brands) is None
