"""Names that may be one thing, with the evidence, for a person to accept; nothing here is ever merged."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import Literal

from blastradius.estate import Estate
from blastradius.estate.routes import route
from blastradius.model import Entity, Id, Kind

LIKE = 0.86
"""How alike two spellings are, from 0 to 1 as difflib counts it, to be said."""

_NAMED = frozenset({Kind.PARTY, Kind.SERVICE, Kind.STORE, Kind.FEED, Kind.PROCESS})
_DULL = re.compile(
    r"[\s.,/&-]*\b(service|svc|api|app|deployment|inc|incorporated|ltd|limited|llc|corp|corporation|company|gmbh|ag"
    r"|plc|s\.?a|b\.?v)\.?$"
)
_LEAST = 3


@dataclass(frozen=True)
class Proposed:
    """Ids that may be one thing: why, and what to write into the workspace where they are."""

    why: Literal["same name", "same routes", "near-duplicate", "confusable"]
    ids: tuple[Id, ...]
    evidence: str
    write: str


def proposals(estate: Estate, different: Iterable[Iterable[Id]] = ()) -> list[Proposed]:
    """All that may be one thing in an estate, the surest first; ``different`` are ids that are said to be apart."""
    apart = {frozenset(pair) for ids in different for pair in combinations(sorted(ids), 2)}
    things = [entity for entity in estate.entities.values() if entity.kind in _NAMED]
    found = [
        *_same_names((*things, *estate.of_kind(Kind.SCOPE))),
        *_same_routes(estate),
        *_confusable(things),
        *_near(things),
    ]
    known: set[frozenset[Id]] = set()
    fresh = []
    for proposal in found:
        pairs = {frozenset(pair) for pair in combinations(proposal.ids, 2)} - apart
        if pairs - known:
            fresh.append(proposal)
        known |= pairs
    return fresh


def key(name: str) -> str:
    """What is left of a name without case, marks, and words that say only what kind of thing it is."""
    plain = unicodedata.normalize("NFKD", name).casefold().replace("_", " ").strip()
    while (shorter := _DULL.sub("", plain)) != plain and len(shorter) >= _LEAST:
        plain = shorter
    return "".join(char for char in plain if char.isalnum())


def _keys(entity: Entity) -> set[str]:
    """The keys of an entity's display name and of the end of its id."""
    found = {key(_shown(entity)), key(_tail(entity))}
    return {name for name in found if len(name) >= _LEAST and not name.isdigit()}


def _tail(entity: Entity) -> str:
    """An id without what a source puts before a name."""
    return re.split(r"[/:#]", entity.id)[-1] or entity.id


def _shown(entity: Entity) -> str:
    return entity.name or _tail(entity)


def _sources(entity: Entity) -> frozenset[str]:
    return frozenset(place.source for place in entity.provenance)


def _same_names(things: Iterable[Entity]) -> Iterator[Proposed]:
    groups: dict[tuple[Kind, str], list[Entity]] = defaultdict(list)
    for entity in things:
        for name in _keys(entity):
            groups[entity.kind, name].append(entity)
    for (kind, name), group in sorted(groups.items()):
        if _from_several(group):
            where = ", ".join(f"{entity.id!r} ({', '.join(sorted(_sources(entity)))})" for entity in group)
            yield _same(group, f"of kind {kind} and named {name!r}: {where}")


def _from_several(group: list[Entity]) -> bool:
    """Whether no source has two of a group: a source that does tells them apart."""
    named = [source for entity in group for source in _sources(entity)]
    return len(group) > 1 and len(set(named)) == len(named)


def _same(group: Iterable[Entity], evidence: str, why: Literal["same name", "confusable"] = "same name") -> Proposed:
    ids = tuple(sorted(entity.id for entity in group))
    one = min(ids, key=lambda name: (len(name), name))
    others = [name for name in ids if name != one]
    return Proposed(why, ids, evidence, f"same: {{{_yaml(one)}: [{', '.join(map(_yaml, others))}]}}")


def _yaml(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _same_routes(estate: Estate) -> Iterator[Proposed]:
    """APIs of different sources that have methods and paths in common."""
    routes: dict[str, dict[tuple[str, str], Id]] = defaultdict(dict)
    sources: dict[str, set[str]] = defaultdict(set)
    for operation in estate.of_kind(Kind.OPERATION):
        own = route(operation)
        if own:
            api, method, path = own
            routes[api].setdefault((method, path), operation.id)
            sources[api] |= _sources(operation)
    having: dict[tuple[str, str], list[str]] = defaultdict(list)
    for api, known in routes.items():
        for shared_route in known:
            having[shared_route].append(api)
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for apis in having.values():
        for one, other in combinations(sorted(apis), 2) if len(apis) <= _CROWD else ():
            shared[one, other] += 1
    for (one, other), count in sorted(shared.items()):
        least = min(len(routes[one]), len(routes[other]))
        if not sources[one] & sources[other] and (count >= 2 or count == least):
            yield _one_api(one, other, count, least, routes)


_CROWD = 20
"""A route that more APIs than this have, such as GET /health, says nothing of them."""


def _one_api(one: str, other: str, count: int, least: int, routes: dict[str, dict[tuple[str, str], Id]]) -> Proposed:
    common = sorted(routes[one].keys() & routes[other].keys())
    some = ", ".join(f"{method} {path}" for method, path in common[:3])
    evidence = f"APIs {one!r} and {other!r} have {count} of {least} methods and paths in common: {some}"
    ids = tuple(dict.fromkeys(routes[api][shared] for shared in common for api in (one, other)))
    return Proposed("same routes", ids, evidence, f"apis: {{{_yaml(one)}: {{also: [{_yaml(other)}]}}}}")


def _confusable(things: Iterable[Entity]) -> Iterator[Proposed]:
    """Names that look alike and are written with other characters."""
    groups: dict[tuple[Kind, str], dict[str, Entity]] = defaultdict(dict)
    for entity in things:
        groups[entity.kind, _skeleton(_shown(entity))].setdefault(_shown(entity), entity)
    for (_, shown), group in sorted(groups.items()):
        if len(group) > 1:
            spelled = ", ".join(f"{entity.id!r} ({_strange(_shown(entity))})" for entity in group.values())
            yield _same(group.values(), f"names that look like {shown!r} and are not: {spelled}", "confusable")


@lru_cache(maxsize=100_000)
def _skeleton(name: str) -> str:
    """A name with every character that looks like a Latin one put as that one."""
    plain = unicodedata.normalize("NFKC", name)
    if plain.isascii():
        return plain
    from confusable_homoglyphs.confusables import is_confusable

    for confusable in is_confusable(plain, greedy=True, preferred_aliases=["latin"]) or ():
        plain = plain.replace(confusable["character"], confusable["homoglyphs"][0]["c"])
    return plain


def _strange(name: str) -> str:
    """The characters of a name that are not ASCII, by their names."""
    odd = dict.fromkeys(char for char in name if not char.isascii())
    return ", ".join(unicodedata.name(char, f"U+{ord(char):04X}").lower() for char in odd) or "plain"


def _near(things: Iterable[Entity]) -> Iterator[Proposed]:
    """Names that people spell nearly alike; those with digits tell things apart on purpose."""
    groups: dict[tuple[Kind, str], list[tuple[Id, str]]] = defaultdict(list)
    for entity in things:
        shown = _shown(entity)
        name = key(shown)
        if any(map(str.isdigit, name)):
            continue
        for less in {name, *(name[:place] + name[place + 1 :] for place in range(len(name)))}:
            groups[entity.kind, less].append((entity.id, shown))
    seen: set[tuple[Id, Id]] = set()
    for (_, less), group in sorted(groups.items()):
        pairs = combinations(sorted(group), 2) if len(less) > _LEAST and len(group) <= _CROWD else ()
        for (one, shown), (other, alike) in pairs:
            if (one, other) not in seen and _is_near(shown, alike):
                seen.add((one, other))
                evidence = f"{shown!r} and {alike!r} are spelled nearly alike"
                yield Proposed("near-duplicate", (one, other), evidence, f"same: {{{_yaml(one)}: [{_yaml(other)}]}}")


def _is_near(one: str, other: str) -> bool:
    """Whether two names differ as a slip does: in a letter of a longer word, not in a short word of its own."""
    words, others = (re.findall(r"\w+", name.casefold()) for name in (one, other))
    if len(words) == len(others):
        differing = [min(map(len, pair)) for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
        if not differing or min(differing) <= _LEAST:
            return False
    return key(one) != key(other) and SequenceMatcher(None, key(one), key(other)).ratio() >= LIKE
