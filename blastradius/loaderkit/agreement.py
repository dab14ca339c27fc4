"""A count of one and the words that follow it."""

from __future__ import annotations

import re

_ONE = re.compile(r"1 (?P<noun>[A-Za-z]+s)\b(?: and (?P<other>[a-z]+s)\b)?(?P<rest>[^:;,(]*)(?P<more>.*)", re.DOTALL)
_NO_PLURALS = frozenset({"access", "cors"})
_VERBS = {"are": "is", "were": "was", "have": "has", "do": "does"} | {
    verb: f"{verb}s" for verb in ("ask", "let", "list", "require", "say", "select", "speak", "state", "take")
}
_FIRST_VERB = re.compile(rf"\b(?:also )?(?P<verb>{'|'.join(_VERBS)})\b")


def agreeing(message: str) -> str:
    """A message that begins with a count, noun and first verb in the singular where it counts one: ``1 key is …``."""
    found = _ONE.fullmatch(message)
    if found is None or found["noun"] in _NO_PLURALS:
        return message
    rest = _FIRST_VERB.sub(lambda verb: verb[0].replace(verb["verb"], _VERBS[verb["verb"]]), found["rest"], count=1)
    other = f" or {_singular(found['other'])}" if found["other"] else ""
    rest = rest.replace(" their ", " its ").replace(" they name", " it names")
    return f"1 {_singular(found['noun'])}{other}{rest}{found['more']}"


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if noun.endswith(("ches", "shes", "sses", "xes")) else noun[:-1]
