"""Estates to push: random ones, those of the examples, and one of any size."""

from __future__ import annotations

import random
from pathlib import Path

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Control, ControlKind, Credential, Party, Provenance, Relation, Scope, Verb

ROOT = Path(__file__).parents[2]
EXAMPLES = [ROOT / "examples" / name for name in ("northwind", "meridian", "mail_agent", "signers")]


def sized(parties: int, seed: int = 0) -> Estate:
    """An estate of so many parties, each with a key to some of the scopes."""
    rng = random.Random(seed)
    at = (Provenance(source="test", file="made.yaml", line=1),)
    scopes = [Scope(id=f"scope-{number}", provenance=at) for number in range(max(1, parties // 10))]
    holders = [
        Party(id=f"party-{number}", name=f"Party {number} of {seed}", provenance=at) for number in range(parties)
    ]
    keys = [
        Credential(id=f"key-{number}", provenance=at, controls=(Control(kind=ControlKind.IP_ALLOWLIST),))
        for number in range(parties)
    ]
    relations = [
        Relation(verb=Verb.HOLDS, sources=(p.id,), targets=(k.id,)) for p, k in zip(holders, keys, strict=True)
    ]
    relations += [Relation(verb=Verb.GRANTS, sources=(k.id,), targets=(rng.choice(scopes).id,)) for k in keys]
    return Estate.build([Loaded(entities=(*holders, *keys, *scopes), relations=tuple(relations))])
