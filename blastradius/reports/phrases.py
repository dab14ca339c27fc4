"""The sentences that answers put together, with gaps: a page that answers by itself fills in the same ones."""

from __future__ import annotations

from blastradius.model import Kind

PHRASES = {
    # how many, and when
    "and more": "{} and {} more",
    "at once": "at once",
    "at hour": "at {} h",
    "unknown": "unknown",
    # where it starts, and how far it reaches
    "stranger": "anyone on the internet",
    "felt": "{}: {} of {} would feel it; {}",
    "reached": "{}: {} of {} could be reached under level {}; {}",
    "strangers too": "; anyone on the internet could reach {} of these things as well",
    "no jewel": "no crown jewel is marked",
    "aside": "{} ({})",
    "anyone could": "anyone could, at {}",
    "later": "; {}: {}",
    "as asked": "as asked",
    "level line": "{} ({}): {}",
    "more over": "more over {} already named",
    "nothing more": "nothing more",
    "records line": "records that could be read: {}",
    "records": "up to {}",
    "records and": "up to {}, and those of {}",
    "records unknown": "unknown: those of {}",
    "no records": "none",
    "uncounted": "{} whose number nobody stated, or of which a part could be read",
    "unfelt": "no process of {} slows or stops by it",
    "how well": "how well it is known: {}",
    "only starts": "nothing but where it starts",
    "one firm": "the one thing rests on nothing weaker than what is documented",
    "all firm": "all {} rest on nothing weaker than what is documented",
    "some firm": "{} of these {} rest on nothing weaker than what is documented; {}",
    "on weaker": "{} on something {}",
    # where nothing is said
    "silent": "nothing is said about: {}; silence is not safety",
    # why
    "why": "{}{}, in {}",
    "under level": ", under level {}",
    "known": "how well it is known: the best proof of it rests on nothing weaker than what is {}",
    "stranger has it": "anyone on the internet could have as much, under level {}",
    "stated unknown": "stated to be unknown of {}: {}",
    # why not, and what would change it
    "no path": "nothing stated leads to {}; no path among {}, even with every control off; silence is not safety",
    "not at level": "not under level {}",
    "not so": "not so",
    "stopped": "{}: {}; what stands in the way: {}",
    "nothing here": "nothing here",
    "needs": "needs also: {}",
    "if also": "if also: {}",
    "only at level": "only under level {}",
    "assume": "--assume {}",
    "buffer": "the buffer of {} h outlasts it",
    "longer": "a longer outage",
    "only known": "is only {}",
    "accept": "--basis {}",
    "distrust": "--distrust {}",
    # what is only a step on the way
    "present": "the key {} comes with it",
    "fallen": "a control no longer holds: {}",
    "inactive": "no longer so at {}: {}",
    "callable": "{}: some function of it can be used",
    "foothold": "somebody is inside {}",
    "anyone": "somebody on the internet means it",
    "lost": "{}: goes without {}",
    "strained": "{}: {} is gone or slow",
    # what a decision in an exercise does
    "between": "{} to {}",
    "none marked": "none marked",
    "none stated": "none stated",
    "does nothing": "takes nothing out of reach: {}",
    "late": "too late: what it could have changed has happened",
    "other ways": "there are other ways",
    "kept out": "out of reach{}: {}",
    "unless before": ", unless reached before",
    "keeps no thing": "takes from them some of what they could do, and no thing",
    "averts": "{}; no longer comes: {}",
    "averts none": "{}; all injects come",
    "averted surely": "in any case",
    "averted perhaps": "unless it was reached before, which nobody can tell: hours are not stated",
    "exercise": "an exercise of {} minutes: {}, {}",
    "exercise from": "{}, from {}",
}
"""By a short name of each; ``{}`` is a gap."""

UNSAID = {
    Kind.CREDENTIAL: "what it opens",
    Kind.SCOPE: "what it permits",
    Kind.OPERATION: "what it touches",
    Kind.FEED: "who takes it in",
}
"""What is not said of a thing of which nothing leads anywhere."""


def phrase(name: str, *filled: object) -> str:
    """A sentence by its short name, its gaps filled in."""
    return PHRASES[name].format(*filled)
