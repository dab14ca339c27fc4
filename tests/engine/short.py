"""Estates, scenarios and facts in short: ``grants:k1+k2>o``, ``compromise p leak k``, ``deny(s)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    Capability,
    Control,
    Entity,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Zone,
)

Attributes = Mapping[str, Any]
LETTERS = {
    "p": Kind.PARTY,
    "k": Kind.CREDENTIAL,
    "c": Kind.SCOPE,
    "o": Kind.OPERATION,
    "s": Kind.SERVICE,
    "d": Kind.STORE,
    "f": Kind.FEED,
    "b": Kind.PROCESS,
}
"""An entity's kind is the first letter of its id."""
_LISTS = ("keys", "needs")


def estate(*relations: str, controls: Attributes | None = None, entities: Attributes | None = None) -> Estate:
    """An estate from relations written as ``verb:a+b>c+d key=value``; ``entities`` adds attributes by id.

    ``controls`` are by host, one or several. There is a zone ``flat``, which is, and one ``zone``, which is not.
    """
    placed = {host: _several(stated) for host, stated in (controls or {}).items()}
    read = [_relation(text, placed) for text in relations]
    names = {name for relation in read for name in (*relation.sources, *relation.targets, *relation.keys)}
    names |= {name for relation in read for name in relation.needs} | (entities or {}).keys()
    names |= {control.provided_by for stated in placed.values() for control in stated if control.provided_by}
    built = [_entity(name, (entities or {}).get(name, {}), placed) for name in sorted(names)]
    zones = (Zone(id="flat", flat=True), Zone(id="zone"))
    return Estate.build([Loaded(entities=tuple(built), relations=tuple(read), zones=zones)])


def _several(stated: Control | tuple[Control, ...]) -> tuple[Control, ...]:
    return (stated,) if isinstance(stated, Control) else stated


def _relation(text: str, placed: Mapping[str, tuple[Control, ...]]) -> Relation:
    shape, *attributes = text.split()
    verb, _, ends = shape.partition(":")
    sources, _, targets = ends.partition(">")
    stated: dict[str, Any] = dict(attribute.split("=") for attribute in attributes)
    stated |= {word: tuple(stated[word].split("+")) for word in _LISTS if word in stated}
    stated |= {"verb": verb, "sources": tuple(sources.split("+")), "targets": tuple(targets.split("+"))}
    return Relation.model_validate({**stated, "controls": placed.get(shape, ())})


def _entity(name: str, attributes: Attributes, placed: Mapping[str, tuple[Control, ...]]) -> Entity:
    stated = {"id": name, "controls": placed.get(name, ()), **attributes}
    return ENTITY_TYPES[LETTERS[name[0]]].model_validate(stated)


def scenario(seed: str, level: Level = Level.LATERAL, **more: object) -> Scenario:
    """A scenario from ``way name way name …``."""
    words = seed.split()
    seeds: dict[str, tuple[str, ...]] = {}
    for way, name in zip(words[::2], words[1::2], strict=True):
        seeds[way] = (*seeds.get(way, ()), name)
    return Scenario.model_validate({**seeds, "assume": level, **more})


def fact(text: str) -> Fact:
    """``deny(s)``."""
    capability, _, name = text.rstrip(")").partition("(")
    return Fact(name, Capability(capability))


def facts(text: str) -> set[Fact]:
    """``deny(s) taint(b)``."""
    return set(map(fact, text.split()))
