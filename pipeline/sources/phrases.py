"""The words of the synthetic source: invented brands, and sentences of our own that say something of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mood(StrEnum):
    """The properties of a synthetic tweet."""

    HAPPY = "happy"
    ANGRY = "angry"
    CALM = "calm"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Brand:
    """An invented brand: its name, the tags people use, and the things they talk of."""

    name: str
    tags: tuple[str, ...]
    things: tuple[str, ...]
    weight: float


BRANDS = (
    Brand(
        "Ostrakel", ("#ostrakel", "#flying", "#travel"), ("flight", "boarding", "cabin crew", "legroom", "luggage"), 1.6
    ),
    Brand(
        "Quorvane", ("#quorvane", "#smartphone", "#tech"), ("battery", "camera", "new phone", "update", "screen"), 1.3
    ),
    Brand(
        "Fennimar", ("#fennimar", "#banking", "#money"), ("app", "card", "transfer", "branch", "savings account"), 0.9
    ),
    Brand(
        "Plinkwell",
        ("#plinkwell", "#streaming", "#tv"),
        ("series", "player", "subscription", "finale", "catalogue"),
        1.1,
    ),
    Brand("Tarvessa", ("#tarvessa", "#fashion", "#ootd"), ("coat", "parcel", "sneakers", "size chart", "sale"), 0.8),
    Brand(
        "Zumbrick",
        ("#zumbrick", "#coffee", "#breakfast"),
        ("espresso", "cold brew", "queue", "loyalty card", "oat latte"),
        0.7,
    ),
)

SENTENCES: dict[Mood, tuple[str, ...]] = {
    Mood.HAPPY: (
        "I {love} the {thing} at {brand}{end}",
        "{brand} {thing} was {great} {when}{end}",
        "{opening} the {brand} {thing} is {great}{end}",
        "So {happy} with my {thing} from {brand}{end}",
        "Thank you {brand}, the {thing} {when} was {great}{end}",
        "Never had a better {thing} than {when} with {brand}{end}",
        "{opening} {brand} fixed my {thing} in minutes. {great}!",
    ),
    Mood.ANGRY: (
        "I {hate} the {thing} at {brand}{end}",
        "{brand} {thing} was {awful} {when}{end}",
        "{opening} the {brand} {thing} is {awful}{end}",
        "So {sad} about the {thing} from {brand}{end}",
        "{brand} ruined my {thing} {when}{end}",
        "The worst {thing} in years, and it had to be {brand}{end}",
        "{opening} never again {brand}. The {thing} is {awful}{end}",
    ),
    Mood.CALM: (
        "Trying the {thing} from {brand} {when}.",
        "Is the {brand} {thing} the same everywhere?",
        "{opening} {brand} has changed the {thing} again.",
        "Reading about the {thing} of {brand} {when}.",
        "Which {thing} do people take at {brand}?",
        "{brand} says more about its {thing} {when}.",
    ),
    Mood.COMPLAINT: (
        "@{handle} my {thing} has not worked since {since}, can someone please look into it?",
        "@{handle} I was charged twice for the {thing}. How do I get a refund?",
        "@{handle} I have waited {since} for an answer about my {thing}. Nobody replies.",
        "@{handle} the {thing} I ordered {when} never came. Order {number}, please help.",
        "@{handle} your {thing} failed again {when} and support hung up on me.",
    ),
}

SLOTS: dict[str, tuple[str, ...]] = {
    "love": ("love", "adore", "really like", "enjoy"),
    "hate": ("hate", "can't stand", "regret", "am done with"),
    "great": ("great", "wonderful", "amazing", "so good", "excellent", "surprisingly nice", "a joy"),
    "awful": ("awful", "terrible", "so bad", "a disaster", "horrible", "broken", "a joke"),
    "happy": ("happy", "pleased", "glad", "delighted"),
    "sad": ("disappointed", "angry", "sad", "frustrated", "upset"),
    "opening": ("Honestly,", "Ok,", "Wow,", "Update:", "Not gonna lie,", "Just saying,", "Again:", "Fun fact:"),
    "when": ("today", "this morning", "last night", "yesterday", "on Monday", "right now", "this week"),
    "since": ("two days", "Monday", "a week", "yesterday noon", "three hours", "the last update"),
    "end": (".", "!", "!!", " ...", ""),
    "number": ("48213", "90177", "33508", "71964", "20851"),
}


EMOJI: dict[Mood, tuple[str, ...]] = {
    Mood.HAPPY: ("😍", "🎉", "❤️", "👏", "🙌", "😊"),
    Mood.ANGRY: ("😡", "🤬", "😞", "👎", "💔", "🙄"),
    Mood.CALM: ("🤔", "👀", "✈️", "☕", "📱"),
    Mood.COMPLAINT: ("😤", "🙏", "😩"),
}

FOREIGN: dict[str, tuple[str, ...]] = {
    "es": (
        "Me encanta {brand}, todo perfecto {tag}",
        "Muy mal servicio de {brand} hoy {tag}",
        "Probando {brand} por primera vez {tag}",
    ),
    "de": (
        "{brand} ist wirklich klasse {tag}",
        "Schon wieder Ärger mit {brand} {tag}",
        "Wer kennt {brand} schon länger? {tag}",
    ),
    "fr": (
        "Merci {brand}, service impeccable {tag}",
        "Franchement déçu par {brand} {tag}",
        "Quelqu'un a déjà essayé {brand} ? {tag}",
    ),
    "pt": (
        "Adorei a {brand}, recomendo {tag}",
        "A {brand} me deixou na mão de novo {tag}",
        "Alguém aqui usa {brand}? {tag}",
    ),
    "it": (
        "{brand} mi ha sorpreso in positivo {tag}",
        "Mai più con {brand}, che delusione {tag}",
        "Oggi provo {brand} {tag}",
    ),
    "tr": ("{brand} gerçekten çok iyi {tag}", "{brand} yine bekletti beni {tag}", "{brand} kullanan var mı? {tag}"),
    "ja": ("{brand}が大好きです {tag}", "{brand}のサービスにがっかりした {tag}", "今日は{brand}を試してみます {tag}"),
    "ar": ("خدمة {brand} ممتازة {tag}", "تجربة سيئة مع {brand} {tag}", "هل جرب أحد {brand}؟ {tag}"),
}

CITIES = (
    ("London", "United Kingdom", 51.507, -0.128),
    ("Berlin", "Germany", 52.520, 13.405),
    ("Paris", "France", 48.857, 2.352),
    ("Madrid", "Spain", 40.417, -3.704),
    ("Lisbon", "Portugal", 38.722, -9.139),
    ("Rome", "Italy", 41.903, 12.496),
    ("Istanbul", "Türkiye", 41.008, 28.978),
    ("Cairo", "Egypt", 30.044, 31.236),
    ("Lagos", "Nigeria", 6.524, 3.379),
    ("Nairobi", "Kenya", -1.292, 36.822),
    ("Cape Town", "South Africa", -33.925, 18.424),
    ("Mumbai", "India", 19.076, 72.878),
    ("Tokyo", "Japan", 35.690, 139.692),
    ("Seoul", "South Korea", 37.567, 126.978),
    ("Singapore", "Singapore", 1.352, 103.820),
    ("Sydney", "Australia", -33.869, 151.209),
    ("Auckland", "New Zealand", -36.848, 174.763),
    ("Toronto", "Canada", 43.653, -79.383),
    ("New York", "United States", 40.713, -74.006),
    ("Chicago", "United States", 41.878, -87.630),
    ("Denver", "United States", 39.739, -104.990),
    ("Los Angeles", "United States", 34.052, -118.244),
    ("Mexico City", "Mexico", 19.433, -99.133),
    ("Bogotá", "Colombia", 4.711, -74.072),
    ("São Paulo", "Brazil", -23.551, -46.633),
    ("Buenos Aires", "Argentina", -34.604, -58.382),
)
