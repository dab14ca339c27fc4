"""What is written over a picture, as texts with gaps, so that a page that draws by itself fills the same ones."""

from __future__ import annotations

CAPTIONS = {
    "reaches": "How far could it reach: {starts}",
    "feels": "What would feel it: {starts}",
    "stops": "What would stop or slow: {starts}",
    "assumed": "assumed: {word} ({says}){timed}",
    "unmeant": "{what}, nobody attacks{timed}",
    "outage": "an outage",
    "mistake": "a mistake",
    "lasts": "; for {hours}",
    "endless": "; however long it lasts",
    "hour": "{count} hour",
    "hours": "{count} hours",
    "after": " after {hours}",
    "at_once": " at once",
    "within": "{reached} of {things} within reach",
    "felt": "{reached} of {things} would feel it",
    "unmarked": "no crown jewel is marked",
    "stopped": "{steps} stopped by controls",
    "checked": "proof checked",
    "checked_here": "proof checked by the page that drew it",
    "drawn": " · drawn: {what} (--full draws all)",
    "drawn_here": " · drawn: {what}",
    "reached": "only what is reached",
    "to_jewels": "only the ways to crown jewels",
    "to_processes": "only the ways to processes",
    "grant": "What the grant adds: {who}",
    "anyone": "anyone on the internet",
    "proposed": "what is proposed",
    "granted": "granted: {what}; {assumed}",
    "lit": "in colour: what is newly reached, or more of it than before",
    "plain": "on the way there: part of what is proposed, or reached before",
    "still": " · (still): a smaller grant that serves what is needed adds it, too",
    "still_added": "still",
    "ourselves": "ourselves",
    "double": "{label} ({id})",
    "some": "some {known}",
    "or": " or ",
    "and": " and ",
    "between": " · ",
}
"""The texts, by what they say; a name in braces is a gap."""


def caption(name: str, /, **gaps: str) -> str:
    """A text with its gaps filled."""
    return CAPTIONS[name].format(**gaps)
