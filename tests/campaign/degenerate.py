"""Estates at the edge, through every question and every renderer: an answer or a reason, and the same in any order."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path
from typing import Any

from blastradius import plugins
from blastradius.answer import Answer, Query
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, SIGNATURES, Entity, Kind, Relation, Verb, Zone
from blastradius.render import RENDERERS
from blastradius.render.dot import to_dot
from tests.campaign.asking import ask, stated
from tests.campaign.estates import broken, described_estate, parts, reduced_estate, still_broken
from tests.campaign.trial import BrokenError

BARE = ("nothing", "one", "of each kind", "of one kind", "all to all", "to itself", "in a circle")


def attempt(rng: random.Random, _home: Path) -> str:
    """Ask a degenerate estate one question, twice, the second time with its facts in another order.

    Raises:
        BrokenError: the answer depends on the order, or does not fit its own type.
    """
    what = rng.choice((*BARE, "random"))
    estate = described_estate(rng) if what == "random" else degenerate(rng, what)
    query = plugins.query(rng.choice(list(plugins.queries())))
    asked = stated(rng, query, estate)
    check = partial(wrong, query, asked, rng.getrandbits(32))
    try:
        why = broken(check, estate)
    except UsageError as refused:
        if "\n" in str(refused) or not str(refused).strip():
            raise BrokenError("a refusal is not one line") from refused
        return f"{query.name} refused"
    if why:
        smallest = reduced_estate(estate, still_broken(check, why))
        shown = {"estate": smallest, "question": query.name, "parameters": asked}
        raise BrokenError(f"{query.name}: {why}", {"shown.json": json.dumps(shown, indent=1)})
    return query.name


def degenerate(rng: random.Random, what: str) -> Estate:
    """An estate at the edge in one way."""
    kinds = {"nothing": [], "one": [rng.choice(list(Kind))], "of one kind": [rng.choice(list(Kind))] * 6}
    chosen = kinds.get(what, list(Kind) * (2 if what == "in a circle" else 1))
    entities = [ENTITY_TYPES[kind].model_validate({"id": f"x{n}", "zone": "z"}) for n, kind in enumerate(chosen)]
    relations = [] if what in ("nothing", "one", "of each kind") else _related(rng, what, entities)
    loaded = Loaded(entities=tuple(entities), relations=tuple(relations), zones=(Zone(id="z", flat=True),))
    return Estate.build([loaded])


def _related(rng: random.Random, what: str, entities: list[Entity]) -> list[Relation]:
    found = {}
    for verb in Verb:
        ends = SIGNATURES[verb]
        for source in entities:
            for target in entities:
                fits = source.kind in ends.sources and target.kind in ends.targets
                fits = fits and (verb != Verb.PART_OF or source.kind == target.kind)
                if fits and (what != "to itself" or source is target) and (what == "all to all" or rng.random() < 0.5):
                    made = Relation(verb=verb, sources=(source.id,), targets=(target.id,))
                    found[made.id] = made
    return list(found.values())


def wrong(query: Query, asked: dict[str, Any], order: int, estate: Estate) -> str | None:
    """What is wrong about an answer.

    Raises:
        UsageError: as the question says.
    """
    answer = ask(query, estate, asked)
    again = ask(query, reordered(estate, order), asked)
    if query.data is not None and not isinstance(answer.data, query.data):
        return "the answer is not of its type"
    if written(answer) != written(again):
        return "the answer depends on the order of the facts"
    return None


def written(answer: Answer) -> list[str]:
    """An answer in every form of text."""
    drawn = [to_dot(answer.picture)] if answer.picture else []
    return [*(render(answer) for render in RENDERERS.values()), *drawn]


def reordered(estate: Estate, order: int) -> Estate:
    """The same estate, its facts told in another order."""
    rng, said = random.Random(order), parts(estate)
    shuffled = {
        name: tuple(rng.sample(each, len(each)))
        for name, each in (("entities", said.entities), ("relations", said.relations), ("zones", said.zones))
    }
    return Estate.build([said.model_copy(update=shuffled)])
