"""What a grant adds, what would do instead, and what would hold it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import World, plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Credential,
    Fact,
    Kind,
    Level,
    Relation,
    Scenario,
    Scope,
    Verb,
)
from blastradius.rules import placements
from tests.campaign.brute.shared import NOT_ADDED, includes
from tests.campaign.brute.verify import asked_of, excused, kept_out
from tests.campaign.estates import parts
from tests.engine.batch.test_worlds import changed

Levels = dict[Fact, Level]


def grant(estate: Estate, params: Any) -> Any:
    """What is newly reached, or lower; what each grant adds to; which expectations break; which grants would do."""
    estate = what_if(estate, params.asked)
    scenario = plain(params.asked).model_copy(update={"compromise": (params.holder,)})
    before = spec(estate, scenario)
    added = _added(before, spec(granted(estate, params, params.grant), scenario)) if params.grant else []
    reached = [
        counted(estate, (row[0] for row in _added(before, spec(granted(estate, params, (one,)), scenario))))
        for one in params.grant
    ]
    after = granted(estate, params, params.grant) if params.grant else estate
    broken = [
        (expectation.name, start, fact.entity, str(fact.capability))
        for expectation in estate.expectations
        for start, asked in asked_of(estate, expectation)
        for fact in kept_out(estate, expectation)
        if Fact(*_pair(fact)) in spec(after, asked)
        and Fact(*_pair(fact)) not in spec(estate, asked)
        and excused(estate, expectation, start, fact.entity) is not False
    ]
    rows = [
        (changes, len(names), tuple(sorted(filter(estate.crown_jewel, names))))
        for changes, found in (smaller(estate, params) if params.needs else ())
        if (names := {fact.entity for fact in found}) is not None
    ]
    return sorted(added, key=str), [len(name) for name in reached], broken, sorted(rows, key=str)


def holding(after: Estate, scenario: Scenario, before: Levels, there: set[str]) -> dict[str, list[str]]:
    """Every control that is not there by what it keeps out of what is newly reached."""
    levels = spec(after, scenario)
    nearer = {fact.entity for fact, level in levels.items() if before.get(fact, level) > level}
    new = [fact for fact in levels if fact not in before and fact.entity in there - nearer]
    new = [fact for fact in new if after.entities[fact.entity].kind is not Kind.SCOPE]
    found = {}
    for kind, (kinds, verbs) in placements().items():
        hosts = [entity.id for entity in after.entities.values() if entity.kind in kinds]
        hosts += [relation.id for relation in after.relations.values() if relation.verb in verbs]
        for host in hosts if kind not in NOT_ADDED else ():
            standing = [it.control for it in after.controls_on(host) if it.control.kind == kind]
            if not any(control.status in ("working", "assumed") for control in standing):
                left = spec(changed(after, World(scenario, controls=((kind, host),))), scenario)
                still = {fact.entity for fact in new if fact in left}
                found[f"{kind}@{host}"] = sorted({fact.entity for fact in new} - still)
    return {name: away for name, away in found.items() if away}


def counted(estate: Estate, names: Iterable[str], needs: Iterable[str] = ()) -> set[str]:
    """The entities that count: those the estate has, without scopes and what is needed."""
    return {name for name in names if name in estate.entities and estate.kind_of(name) != Kind.SCOPE} - {*needs}


Changes = tuple[tuple[str, str], ...]


def smaller(estate: Estate, params: Any) -> set[tuple[Changes, frozenset[Fact]]]:
    """Of all that could be granted for the needs, in any number: what serves them all and adds least, by what is made.

    Of what is added the facts; two grants that add the same are one.
    """
    scenario = plain(params.asked).model_copy(update={"compromise": (params.holder,)})
    before = spec(estate, scenario)
    legitimate = scenario.model_copy(update={"assume": Level.GRANTED, "distrust": (*scenario.distrust, "approval")})
    permits = [each for each in estate.relations.values() if each.verb is Verb.PERMITS]
    scopes = {("scope", name) for each in permits if set(each.targets) & set(params.needs) for name in each.sources}
    choices = [*sorted(scopes), *(("operation", need) for need in params.needs)]
    choices += [("own rows", need) for need in params.needs if _is_wide(estate, need)]
    found: dict[tuple[Changes, frozenset[tuple[Fact, Level]]], None] = {}
    for chosen in (part for count in range(len(choices) + 1) for part in combinations(choices, count)):
        after = _with_means(estate, params, chosen)
        calls = spec(after, legitimate)
        if all(
            Fact(name, Capability.USE) in calls or Fact(_own(name), Capability.USE) in calls for name in params.needs
        ):
            levels = spec(after, scenario)
            new = {(fact, level) for fact, level in levels.items() if before.get(fact, level + 1) > level}
            kept = counted(estate, (fact.entity for fact, _ in new), params.needs)
            made = {("alone", name) for kind, name in chosen if kind != "scope"}
            made |= {("checked", name) for kind, name in chosen if kind == "own rows"}
            found[tuple(sorted(made)), frozenset(pair for pair in new if pair[0].entity in kept)] = None
    least = [one for one in found if not any(other != one and _is_less(other, one) for other in found)]
    return {(changes, frozenset(fact for fact, _ in added)) for changes, added in least}


def _is_less(one: Any, other: Any) -> bool:
    levels = dict(other[1])
    return set(one[0]) <= set(other[0]) and all(levels.get(fact, Level.LATERAL + 1) <= level for fact, level in one[1])


def _is_wide(estate: Estate, operation: str) -> bool:
    """Whether an operation gives more than own rows to whoever tries."""
    works = {
        placed.host
        for placed in estate.controls.values()
        if placed.control.kind == "object_authz" and placed.control.status in ("working", "assumed")
    }
    return any(
        relation.extent == "all" or works.isdisjoint((relation.id, operation, *relation.targets))
        for relation in estate.relations.values()
        if relation.sources == (operation,) and relation.verb in (Verb.READS, Verb.WRITES)
    )


def _own(name: str) -> str:
    return f"variant of {name}"


def _with_means(estate: Estate, params: Any, chosen: Iterable[tuple[str, str]]) -> Estate:
    """The estate in which scopes, operations, and variants that give own rows only are granted."""
    chosen = list(chosen)
    own = [name for kind, name in chosen if kind == "own rows"]
    said = parts(estate)
    entities, relations = [*said.entities], [*said.relations]
    for name in own:
        entity = estate.entities[name]
        entities += [entity.model_copy(update={"id": _own(name), "anonymous": False}), Scope(id=f"scope of {name}")]
        relations.append(Relation(verb=Verb.PERMITS, sources=(f"scope of {name}",), targets=(_own(name),)))
        for relation in said.relations:
            stated: dict[str, Any] = {field: getattr(relation, field) for field in relation.model_fields_set}
            if relation.verb is Verb.SERVES and relation.targets == (name,):
                relations.append(Relation(**{**stated, "targets": (_own(name),)}))
            elif relation.sources == (name,) and relation.verb in (Verb.READS, Verb.WRITES):
                checks = [each for each in relation.controls if each.kind != "object_authz"]
                checks.append(Control(kind=ControlKind.OBJECT_AUTHZ))
                new = {"sources": (_own(name),), "extent": "subset", "controls": tuple(checks)}
                relations.append(Relation(**stated | new))
            elif relation.sources == (name,) and relation.verb not in (Verb.PERMITS, Verb.SERVES):
                relations.append(Relation(**{**stated, "sources": (_own(name),)}))
    around = Estate.build([said.model_copy(update={"entities": tuple(entities), "relations": tuple(relations)})])
    names = [f"scope of {name}" if kind == "own rows" else name for kind, name in chosen]
    return granted(around, params, names) if names else around


def _pair(fact: Any) -> tuple[str, Capability]:
    return fact.entity, fact.capability


def granted(estate: Estate, params: Any, grants: Iterable[str]) -> Estate:
    """The estate in which the holder has the key and the key is granted this."""
    key = params.key or "proposed key"
    relations = [Relation(verb=Verb.HOLDS, sources=(params.holder,), targets=(key,))]
    relations += [Relation(verb=Verb.GRANTS, sources=(key,), targets=(grant,)) for grant in grants]
    said = parts(estate)
    new = [relation for relation in relations if relation.id not in estate.relations]
    entities = said.entities if params.key else (*said.entities, Credential(id=key))
    return Estate.build([said.model_copy(update={"entities": entities, "relations": (*said.relations, *new)})])


def _added(before: Levels, after: Levels) -> list[Any]:
    new = {fact: level for fact, level in after.items() if before.get(fact, level + 1) > level}
    return [
        (
            name,
            str(capability),
            level.word,
            before[Fact(name, capability)].word if (name, capability) in before else None,
        )
        for (name, capability), level in new.items()
        if name != "proposed key"
        and not any(new.get(Fact(name, whole), level + 1) <= level for whole in includes(capability))
    ]


def told_grant(answer: Answer) -> Any:
    data = answer.data.model_dump()
    added = [(r["entity"], str(r["capability"]), r["level"], r["before"]) for r in data["added"]]
    broken = [(r["expectation"], r["start"], r["entity"], str(r["capability"])) for r in data["broken"]]
    made = {"scope": (), "operation": ("alone",), "own rows": ("alone", "checked")}
    smaller = {
        (
            tuple(sorted((change, m["name"]) for m in r["means"] for change in made[m["kind"]])),
            r["entities"],
            r["crown_jewels"],
        )
        for r in data["smaller"]
    }
    return sorted(added, key=str), [r["entities"] for r in data["parts"]], broken, sorted(smaller, key=str)
