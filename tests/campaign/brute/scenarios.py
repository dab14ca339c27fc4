"""What each kind of scenario starts from, and how far it reaches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Basis,
    ControlKind,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Verb,
)
from tests.campaign.brute.shared import measure


def scenarios(estate: Estate, params: Any) -> Any:
    """What each kind of scenario starts from, how far that reaches, and how far beyond the exercises that were held."""
    estate = what_if(estate, params.asked)
    tried, past = set[Fact](), [it for it in estate.exercises if it.date <= estate.day]
    for it in past:
        facts = spec(estate, it.scenario.model_copy(update={"basis": params.asked.basis}))
        tried |= {fact for fact in facts if not it.scope or fact.entity in it.scope}
    open_ = Scenario(anyone=True, assume=Level.GRANTED, distrust=params.distrust, basis=params.asked.basis)
    tried |= set(spec(estate, open_))
    known = list(Basis)[: list(Basis).index(params.asked.basis) + 1]
    relations = [it for it in estate.relations.values() if it.basis in known]
    rows = []
    for name, found in playable(estate, relations).items():
        for way, starts, away in found if name in (params.template or [name]) else ():
            rows.append(_played(estate, params, (name, way, starts, away), tried if past else None))
    return sorted(rows, key=str), sorted(name for name in PLAYED if name in (params.template or [name]))


PLAYED = {
    "stolen-tokens": Level.ABUSED,
    "third-party-taken-over": Level.LATERAL,
    "vendor-stop": Level.GRANTED,
    "region-out": Level.GRANTED,
    "poisoned-feed": Level.ABUSED,
    "wrong-feed": Level.GRANTED,
    "malicious-update": Level.LATERAL,
    "told-by-a-message": Level.ABUSED,
    "talked-round": Level.ABUSED,
}

Played = tuple[str, tuple[str, ...], tuple[str, ...]]


def _played(estate: Estate, params: Any, found: tuple[str, str, tuple[str, ...], tuple[str, ...]], tried: Any) -> Any:
    name, way, starts, away = found
    scenario = plain(params.asked).model_copy(
        update={
            way: starts,
            "assume": min(PLAYED[name], params.level),
            "hours": 24.0 if name == "region-out" else None,
            "distrust": (*away, *params.distrust),
        }
    )
    facts = set(spec(estate, scenario))
    jewels, _, _, things, _ = measure(estate, scenario, facts)
    new = None
    if tried is not None:
        beyond = measure(estate, scenario, facts - tried)
        new = (beyond[0] if any(map(estate.crown_jewel, estate.entities)) else None, beyond[3])
    return name, way, starts, set(away), jewels, things, new


def playable(estate: Estate, relations: list[Relation]) -> dict[str, list[Played]]:
    """For each kind of scenario where it could start: the way, the starts, the controls that are asked away."""

    def ends(*verbs: Verb, of: Kind, side: str = "targets") -> set[str]:
        named = [name for it in relations if it.verb in verbs for name in getattr(it, side)]
        return {name for name in named if estate.kind_of(name) is of}

    def each(way: str, names: Iterable[str]) -> list[Played]:
        return [(way, (name,), ()) for name in sorted(names)]

    third = {it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"}
    owners: dict[str, set[str]] = {}
    for relation in relations:
        if relation.verb is Verb.OWNS:
            owners.setdefault(relation.targets[0], set()).add(relation.sources[0])
    whose = {name: set(owning) for name, owning in owners.items()}
    for relation in relations:
        if relation.verb in (Verb.HOLDS, Verb.PUBLISHES):
            source = relation.sources[0]
            told = {source} if estate.kind_of(source) is Kind.PARTY else owners.get(source, {"nobody's"})
            whose.setdefault(relation.targets[0], set()).update(told)
    feeds = {it.id for it in estate.of_kind(Kind.FEED) if it.id not in whose or whose[it.id] & third}
    heard = [it for it in relations if it.verb in (Verb.CONSUMES, Verb.READS)]
    taken = {name for it in heard if not it.obeys for name in it.targets} & feeds
    said = {name for it in relations if it.obeys for name in it.targets}
    said |= {it.sources[0] for it in relations if it.verb is Verb.SERVES and it.targets[0] in said}
    put = ends(Verb.INSTALLS, of=Kind.FEED)
    vendors = ends(Verb.OWNS, Verb.PUBLISHES, of=Kind.PARTY, side="sources") | ends(Verb.DEPENDS_ON, of=Kind.PARTY)
    active = ends(Verb.OWNS, Verb.PUBLISHES, Verb.HOLDS, of=Kind.PARTY, side="sources")
    by_kind = {kind: {name for name in said if estate.kind_of(name) is kind} for kind in Kind}
    return {
        "stolen-tokens": _tokens(estate, relations, whose, third),
        "third-party-taken-over": each("compromise", active & third),
        "vendor-stop": each("outage", vendors & third),
        "region-out": _regions(estate, relations, whose, third),
        "poisoned-feed": each("poison", (it for it in taken if getattr(estate.entities[it], "content", "") != "code")),
        "wrong-feed": each("wrong", feeds & (put | {name for it in heard for name in it.targets})),
        "malicious-update": each("poison", put | ends(Verb.INSTALLS, of=Kind.STORE)),
        "told-by-a-message": [
            *each("poison", by_kind[Kind.FEED] | by_kind[Kind.STORE]), *each("compromise", by_kind[Kind.SERVICE]),
        ],
        "talked-round": _passwords(estate, relations),
    }  # fmt: skip


def _opening(estate: Estate, relations: list[Relation], types: Iterable[str]) -> list[str]:
    """The keys of these types that open something."""
    opening = {name for it in relations if it.verb is Verb.GRANTS for name in it.sources}
    return sorted(
        key.id for key in estate.of_kind(Kind.CREDENTIAL) if getattr(key, "type", "") in types and key.id in opening
    )


def _tokens(estate: Estate, relations: list[Relation], whose: dict[str, set[str]], third: set[str]) -> list[Played]:
    keys = _opening(estate, relations, ("oauth_token", "api_key", "client_secret", "session", "job_token"))
    found: list[Played] = [("leak", (key,), ()) for key in keys if key not in whose]
    theirs = {party: tuple(key for key in keys if party in whose.get(key, ())) for party in third}
    return found + [("leak", some, ()) for some in theirs.values() if some]


def _regions(estate: Estate, relations: list[Relation], whose: dict[str, set[str]], third: set[str]) -> list[Played]:
    services = {it.id: it.zone for it in estate.of_kind(Kind.SERVICE)}
    foreign = {name for name in services if whose.get(name, set()) & third}
    starts = set()
    for relation in relations:
        stands = relation.verb is Verb.RUNS_ON or (relation.verb is Verb.DEPENDS_ON and relation.sources[0] in services)
        behind_it = {it.sources[0] for it in relations if it.verb is Verb.SERVES and it.targets[0] in relation.targets}
        for name in ({*relation.targets} | behind_it) & foreign if stands else ():
            zone = services[name]
            whole = all(it in foreign for it in services if services[it] == zone) and zone not in estate.entities
            starts.add(zone if zone and whole else name)
    return [("outage", (name,), ()) for name in sorted(starts)]


def _passwords(estate: Estate, relations: list[Relation]) -> list[Played]:
    found: list[Played] = []
    for key in _opening(estate, relations, ["password"]):
        hosts = [key, *(it.id for it in relations if it.verb is Verb.GRANTS and key in it.sources)]
        placed = [it for it in estate.controls.values() if it.host in hosts]
        up = [it for it in placed if it.control.status in ("working", "assumed")]
        away = tuple(it.id for it in up if it.control.kind is ControlKind.MFA or it.control.misled)
        found += [("leak", (key,), away)] if away else []
    return found


def told_scenarios(answer: Answer) -> Any:
    data = answer.data.model_dump()
    told = []
    for row in data["rows"]:
        (way,) = {seed["way"] for seed in row["seeds"]}
        starts = tuple(seed["entity"] for seed in row["seeds"])
        away = {it for it in row["distrusted"] if it not in data["distrusted"]}
        new = None if row["new_things"] is None else (row["new_crown_jewels"], row["new_things"])
        told.append((row["template"], way, starts, away, row["crown_jewels"] or (), row["things"], new))
    return sorted(told, key=str), sorted(row["template"] for row in data["templates"])
