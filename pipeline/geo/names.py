"""Names that the gazetteer lacks: regions outside of the USA, countries in their own languages; and jokes."""

from __future__ import annotations

from collections.abc import Mapping

Region = tuple[str, str]
"""ISO 3166-1 alpha-2 code of the country, and GeoNames's code of its first-level division."""

REGIONS: Mapping[Region, tuple[str, ...]] = {
    ("GB", "ENG"): ("England",),
    ("GB", "SCT"): ("Scotland",),
    ("GB", "WLS"): ("Wales", "Cymru"),
    ("GB", "NIR"): ("Northern Ireland",),
    ("CA", "01"): ("Alberta", "AB"),
    ("CA", "02"): ("British Columbia", "BC"),
    ("CA", "03"): ("Manitoba", "MB"),
    ("CA", "04"): ("New Brunswick", "NB"),
    ("CA", "05"): ("Newfoundland and Labrador", "NL", "Newfoundland"),
    ("CA", "07"): ("Nova Scotia", "NS"),
    ("CA", "08"): ("Ontario", "ON", "Ont"),
    ("CA", "09"): ("Prince Edward Island", "PE", "PEI"),
    ("CA", "10"): ("Quebec", "QC"),
    ("CA", "11"): ("Saskatchewan", "SK"),
    ("AU", "01"): ("Australian Capital Territory", "ACT"),
    ("AU", "02"): ("New South Wales", "NSW"),
    ("AU", "03"): ("Northern Territory", "NT"),
    ("AU", "04"): ("Queensland", "QLD"),
    ("AU", "05"): ("South Australia", "SA"),
    ("AU", "06"): ("Tasmania", "TAS"),
    ("AU", "07"): ("Victoria", "VIC"),
    ("AU", "08"): ("Western Australia", "WA"),
}
"""Divisions that people name beside a city, as they do the states of the USA. The first name is the one shown."""

US_STATES: Mapping[str, tuple[str, ...]] = {
    "AZ": ("Ariz",),
    "CA": ("Calif", "Cali"),
    "CO": ("Colo",),
    "CT": ("Conn",),
    "FL": ("Fla",),
    "IL": ("Ill",),
    "MA": ("Mass",),
    "MI": ("Mich",),
    "MN": ("Minn",),
    "NC": ("N Carolina",),
    "OR": ("Ore",),
    "PA": ("Penn", "Penna"),
    "SC": ("S Carolina",),
    "TN": ("Tenn",),
    "TX": ("Tex",),
    "WA": ("Wash", "Washington State"),
    "WI": ("Wis", "Wisc"),
}
"""Abbreviations of states beside their codes of two letters."""

COUNTRIES: Mapping[str, tuple[str, ...]] = {
    "AE": ("UAE", "Emirates", "الإمارات"),
    "AR": ("República Argentina",),
    "AT": ("Österreich",),
    "BA": ("Bosnia",),
    "BE": ("België", "Belgique"),
    "BR": ("Brasil",),
    "BY": ("Беларусь",),
    "CH": ("Schweiz", "Suisse", "Svizzera"),
    "CI": ("Côte d'Ivoire",),
    "CN": ("People's Republic of China", "PRC", "中国"),
    "CZ": ("Czech Republic", "Česko", "Česká republika"),
    "DE": ("Deutschland",),
    "DK": ("Danmark",),
    "DO": ("República Dominicana",),
    "EG": ("مصر",),
    "ES": ("España", "Espanya"),
    "FI": ("Suomi",),
    "GB": ("UK", "U K", "Great Britain", "Britain"),
    "GR": ("Ελλάδα", "Hellas"),
    "HU": ("Magyarország",),
    "ID": ("NKRI",),
    "IE": ("Republic of Ireland", "Éire"),
    "IN": ("Bharat", "भारत"),
    "IR": ("ایران",),
    "IT": ("Italia",),
    "JP": ("日本", "Nippon"),
    "KR": ("Republic of Korea", "대한민국", "한국"),
    "MA": ("Maroc",),
    "MM": ("Burma",),
    "MX": ("México",),
    "NL": ("Netherlands", "Nederland", "Holland"),
    "NO": ("Norge",),
    "NZ": ("Aotearoa",),
    "PE": ("Perú",),
    "PH": ("Pilipinas", "PHL"),
    "PL": ("Polska",),
    "RU": ("Россия", "Russian Federation"),
    "SA": ("KSA", "السعودية"),
    "SE": ("Sverige",),
    "TH": ("ประเทศไทย",),
    "TR": ("Türkiye",),
    "UA": ("Україна",),
    "US": ("USA", "United States of America", "America", "U S A", "U S", "Estados Unidos"),
    "VN": ("Viet Nam", "Việt Nam"),
}
"""Other names of countries than the English one."""

WORDS_TOO = frozenset({"KSA", "NSW", "UAE", "UK", "USA"})
"""Abbreviations that are no words in small letters either, and so count as names."""

NICKNAMES: Mapping[str, tuple[str, str, str]] = {
    "DC": ("Washington", "US", "DC"),
    "Washington DC": ("Washington", "US", "DC"),
    "New York": ("New York City", "US", "NY"),
    "NYC": ("New York City", "US", "NY"),
}
"""Names that are read as this city and nothing else: its name in the gazetteer, its country and its region."""

NO_PLACES = frozenset({
    "anywhere", "atlantis", "cloud", "cyberspace", "earth", "eden", "elsewhere", "everywhere", "galaxy", "global",
    "globe", "gotham", "hades", "heaven", "hell", "here", "hogwarts", "home", "hope", "imagination", "independence",
    "internet", "jupiter", "liberty", "love", "mars", "mobile", "moon", "narnia", "neverland", "normal", "nowhere",
    "online", "orange", "paradise", "planet", "reading", "somewhere", "space", "surprise", "there", "twitter",
    "universe", "valhalla", "venus", "wakanda", "wonderland", "world", "worldwide", "yes",
})  # fmt: skip
"""Words that people write for fun and that some city is called, too. Alone they name no place; `Reading, UK` does."""
