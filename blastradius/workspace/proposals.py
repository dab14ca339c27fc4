"""Names that may be one thing, with the evidence, for a person to accept; nothing here is ever merged."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import Any, Literal

import yaml

from blastradius.estate import Estate
from blastradius.estate.routes import route
from blastradius.model import Entity, Id, Kind, Verb
from blastradius.workspace.firms import LEAST, firm, has_form, is_host, says_only_the_trade, shortened

LIKE = 0.86
"""How alike two spellings are, from 0 to 1 as difflib counts it, to be said."""

_NAMED = frozenset({Kind.PARTY, Kind.SERVICE, Kind.STORE, Kind.FEED, Kind.PROCESS})
_DULL = re.compile(
    r"[\s.,/&-]*\b(service|svc|api|app|deployment|inc|incorporated|ltd|limited|llc|corp|corporation|company|gmbh|ag"
    r"|plc|s\.?a|b\.?v)\.?$"
)
_LEAST = 3
Routes = dict[str, dict[tuple[str, str], Id]]
"""The operations of each API by method and path."""


Why = Literal["same name", "same firm", "its own", "same routes", "near-duplicate", "confusable"]


@dataclass(frozen=True)
class Proposed:
    """Ids that may be one thing: why, and what to write into the workspace where they are."""

    why: Why
    ids: tuple[Id, ...]
    evidence: str
    write: str


def proposals(estate: Estate, different: Iterable[Iterable[Id]] = ()) -> list[Proposed]:
    """All that may be one thing in an estate, the surest first; ``different`` are ids that are said to be apart."""
    apart = {frozenset(pair) for ids in different for pair in combinations(sorted(ids), 2)}
    things = [entity for entity in estate.entities.values() if entity.kind in _NAMED]
    firms = [thing for thing in things if thing.kind == Kind.PARTY]
    others = [thing for thing in things if thing.kind != Kind.PARTY]
    found = [
        *_same_firms(firms),
        *_same_names((*others, *estate.of_kind(Kind.SCOPE))),
        *_same_routes(estate),
        *_its_own(estate, firms),
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


def as_sections(found: Iterable[Proposed]) -> dict[str, list[str]]:
    """The surest proposals as lines of a workspace, by section: one for each thing, with all its other names."""
    sections: dict[str, dict[str, Any]] = {"same": {}, "apis": {}}
    for proposal in found:
        for section, things in yaml.safe_load(proposal.write).items() if proposal.why in _SURE else ():
            for name, said in things.items():
                sections[section][name] = _both(sections[section].get(name), said)
    return {
        section: [f"{_yaml(name)}: {json.dumps(said, ensure_ascii=False)}" for name, said in things.items()]
        for section, things in sections.items()
        if things
    }


_SURE = ("same name", "same firm", "same routes")


def _both(one: Any, other: Any) -> Any:
    """Two lists, or mappings of lists, as one with what either has."""
    if isinstance(other, dict):
        return {key: _both((one or {}).get(key, []), other.get(key, [])) for key in {**(one or {}), **other}}
    return list(dict.fromkeys([*(one or []), *other]))


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
    """An id without what a source puts before a name; a slash in a firm's name is its own, as in ``A/S``."""
    if entity.kind == Kind.PARTY and ":" not in entity.id:
        return entity.id
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
            yield _same(group, f"{kind} with the name {name!r}: {_listed(group)}")


def _same_firms(parties: Sequence[Entity]) -> Iterator[Proposed]:
    """Parties of one name but for legal forms, spaces and what a key is for; and one that another begins with."""
    groups: dict[str, dict[Id, Entity]] = defaultdict(dict)
    spelled: dict[tuple[str, str], None] = {}
    for entity in parties:
        for name in dict.fromkeys((_shown(entity), _tail(entity))):
            if len(firm(name)) >= _LEAST and not firm(name).isdigit():
                groups[firm(name)].setdefault(entity.id, entity)
                spelled[firm(name), name] = None
    for short, (whole, more) in sorted(shortened(spelled).items()):
        one, other = ({*map(_sources, groups[name].values())} for name in (short, whole))
        apart = not frozenset[str]().union(*one) & frozenset[str]().union(*other)
        if (apart or says_only_the_trade(more)) and groups[short].keys() != groups[whole].keys():
            group = (groups[short] | groups[whole]).values()
            yield _same(group, f"the only one whose name begins with {short!r}: {_listed(group)}", "same firm")
    for name, found in sorted(groups.items()):
        if len(found) > 1:
            yield _same(
                found.values(), f"alike but for form and spelling, {name!r}: {_listed(found.values())}", "same firm"
            )


def _its_own(estate: Estate, parties: Sequence[Entity]) -> Iterator[Proposed]:
    """Hosts that nobody runs and keys that nobody holds, which are called as one party is."""
    named: dict[str, list[Entity]] = defaultdict(list)
    for entity in parties:
        named[firm(_shown(entity))].append(entity)
    taken = {
        name
        for verb in (Verb.OWNS, Verb.HOLDS)
        for relation in estate.by_verb.get(verb, ())
        for name in relation.targets
    }
    hosts = [thing for thing in estate.of_kind(Kind.SERVICE) if is_host(thing.name or thing.id)]
    for verb, things in (("owns", hosts), ("holds", estate.of_kind(Kind.CREDENTIAL))):
        for thing in things:
            if thing.id in taken:
                continue
            names = {firm(name) for name in (_shown(thing), _tail(thing), thing.id)}
            whose = {party.id: party for name in names for party in named.get(name, ()) if len(name) >= LEAST}
            if len(whose) == 1:
                (party,) = whose.values()
                evidence = f"{thing.kind} {_listed([thing])} is called as {_listed([party])}, and nobody {verb} it"
                write = f"in an estate file: parties: {{{_yaml(party.id)}: {{{verb}: [{_yaml(thing.id)}]}}}}"
                yield Proposed("its own", (party.id, thing.id), evidence, write)


def _listed(group: Iterable[Entity]) -> str:
    """Things by display name, with the id where that is another, and their sources."""
    return ", ".join(f"{_shown(entity)!r} ({', '.join(_where(entity))})" for entity in group)


def _where(entity: Entity) -> list[str]:
    return [*([entity.id] if _shown(entity) != entity.id else []), *sorted(_sources(entity))]


def _from_several(group: list[Entity]) -> bool:
    """Whether no source has two of a group: a source that does tells them apart."""
    named = [source for entity in group for source in _sources(entity)]
    return len(group) > 1 and len(set(named)) == len(named)


def _same(group: Iterable[Entity], evidence: str, why: Why = "same name") -> Proposed:
    """Things that may be one: under the id that is a plain name, first one with a legal form, then the shortest."""
    ids = tuple(sorted(entity.id for entity in group))
    one = min(ids, key=lambda name: (":" in name, not has_form(name), len(name), name))
    others = [name for name in ids if name != one]
    return Proposed(why, ids, evidence, f"same: {{{_yaml(one)}: [{', '.join(map(_yaml, others))}]}}")


def _yaml(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _same_routes(estate: Estate) -> Iterator[Proposed]:
    """APIs of different sources that have methods and paths in common, or all of them behind a prefix of one."""
    routes: Routes = defaultdict(dict)
    sources: dict[str, set[str]] = defaultdict(set)
    for operation in estate.of_kind(Kind.OPERATION):
        own = route(operation)
        if own:
            api, method, path = own
            routes[api].setdefault((method, path), operation.id)
            sources[api] |= _sources(operation)
    shared = _shared_routes(routes)
    best: dict[frozenset[str], tuple[int, str, str, str]] = {}
    for (one, other, base), common in sorted(shared.items()):
        count, least = len(common), min(len(routes[one]), len(routes[other]))
        if not sources[one] & sources[other] and (count >= 2 or (count == least and _is_telling(common, base))):
            found = (count, base, one, other)
            best[frozenset((one, other))] = max(best.get(frozenset((one, other)), found), found)
    for _, base, one, other in sorted(best.values(), key=lambda found: (found[2:], found[1])):
        yield _one_api(one, other, base, shared[one, other, base], routes)


def _shared_routes(routes: Routes) -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """The routes that two APIs share where one of them has a prefix before its paths, by the two and the prefix.

    The first of the two is the one without it; with no prefix the one that comes first.
    """
    having: dict[tuple[str, str], list[str]] = defaultdict(list)
    for api, known in routes.items():
        for shared_route in known:
            having[shared_route].append(api)
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for api, known in routes.items():
        for method, path in known:
            for base, rest in _split(path):
                plain = having.get((method, rest), ())
                for other in plain if len(plain) <= _CROWD else ():
                    if other != api and (base or other < api):
                        found[other, api, base].append((method, rest))
    return found


def _split(path: str) -> Iterator[tuple[str, str]]:
    """A path as prefix and rest: whole, and with up to four segments before the rest that are no parameters."""
    yield "", path
    segments = path.split("/")
    for count in range(2, min(len(segments), 6)):
        if "{}" in segments[count - 1]:
            return
        yield "/".join(segments[:count]), "/" + "/".join(segments[count:])


def _is_telling(common: list[tuple[str, str]], base: str) -> bool:
    """Whether a single route says something: behind a prefix it has two segments or more, as ``/health`` has not."""
    return not base or any(path.count("/") > 1 for _, path in common)


_CROWD = 20
"""A route that more APIs than this have, such as GET /health, says nothing of them."""


def _one_api(one: str, other: str, base: str, shared: list[tuple[str, str]], routes: Routes) -> Proposed:
    """Two APIs as one, under the name of the one with more operations."""
    least = min(len(routes[one]), len(routes[other]))
    some = ", ".join(f"{method} {path}" for method, path in sorted(shared)[:3])
    behind = f", behind {base!r} in {other!r}" if base else ""
    evidence = f"APIs {one!r} and {other!r} have {len(shared)} of {least} methods and paths in common{behind}: {some}"
    both = ((one, ""), (other, base))
    ids = tuple(
        dict.fromkeys(routes[api][method, f"{before}{path}"] for method, path in sorted(shared) for api, before in both)
    )
    main, also = sorted((one, other), key=lambda api: (-len(routes[api]), api))
    more = f", base: [{_yaml(base)}]" if base else ""
    return Proposed("same routes", ids, evidence, f"apis: {{{_yaml(main)}: {{also: [{_yaml(also)}]{more}}}}}")


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
