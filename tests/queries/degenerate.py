"""Estates at the edge: empty, of one thing, without a relation, leading to themselves, all open and all guarded."""

from __future__ import annotations

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind
from tests.engine.test_rules_needed import estate

_CHAIN = ("owns:p>s", "holds:s>k", "grants:k>o", "reads:o>d")
ESTATES: dict[str, Estate] = {
    "empty": Estate.build([Loaded()]),
    "alone": estate(entities={"p": {}}),
    "without a relation": estate(entities={"p": {}, "k": {}, "c": {}, "s": {}, "d": {}}),
    "to itself": estate("connects:s>s", "depends_on:s>s", "owns:p>s", "grants:k>c"),
    "there and back": estate("connects:s1>s2", "connects:s2>s1", "owns:p>s1", "grants:k>c"),
    "open": estate(*_CHAIN),
    "guarded": estate(
        *_CHAIN,
        controls={
            "owns:p>s": Control(kind=ControlKind.COMPARTMENT),
            "grants:k>o": Control(kind=ControlKind.REVOKED),
            "reads:o>d": Control(kind=ControlKind.ENCRYPTED_ELSEWHERE),
        },
    ),
}
