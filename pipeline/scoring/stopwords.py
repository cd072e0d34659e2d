"""English words that say nothing of what a tweet is about."""

from __future__ import annotations


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


STOP_WORDS = _words(
    """
    a an the this that these those here there
    i me my mine myself we us our ours ourselves you your yours yourself yourselves u ur
    he him his himself she her hers herself it its itself they them their theirs themselves
    who whom whose which what when where why how
    i'm i've i'll i'd we're we've we'll we'd you're you've you'll you'd he's he'll he'd she's she'll she'd
    it's it'll it'd they're they've they'll they'd that's that'll there's here's what's who's where's how's let's
    im ive id youre youve theyre thats theres
    am is are was were be been being do does did doing have has had having
    will would shall should can could may might must gonna gotta
    and or but if then than so as because while though although until unless since
    of at by for with about against between into through during before after above below to from up
    in out on off over under again onto upon within per via
    all any both each few more most other some such own same too very just also even still yet ever
    once only really quite now
    rt amp http https www com
    """
)

NEGATIONS = _words(
    """
    no not nor never none nobody nothing nowhere neither without cannot
    aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt shouldnt wasnt werent wont wouldnt
    """
)
"""With every word in "n't": kept in the clean text, whose meaning they turn, and out of tag clouds."""
