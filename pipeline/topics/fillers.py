"""English words that keep their place in a tag cloud, and tell no topic from another."""

from __future__ import annotations

_WORDS = """
    get gets getting got gotten go goes going gone went come comes coming came make makes making made
    take takes taking took taken put keep let lets give gives giving given gave use used using
    see seen saw look looking looks find know knows knew think thought guess feel
    say says saying said tell tells told talk ask asked mean means seem seems
    want wants wanted need needs like try trying tried
    one ones two three thing things something anything everything nothing someone anyone everyone stuff
    way lot lots bit kind sort every many much another else ever never always able
    well good better sure right actually already around without maybe probably
    yes yeah yep ok okay please pls plz oh hey hi hello wow lol lmao haha omg
    guys guy people man dude everybody somebody
    today tomorrow tonight yesterday day days week weeks month months year years morning night
    time times back since ago again first last next new
    gt lt
    """

FILLERS = frozenset(_WORDS.split())
