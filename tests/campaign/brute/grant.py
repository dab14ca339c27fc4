"""What a grant adds, what would do instead, and what would hold it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from types import SimpleNamespace
from typing import Any

from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS, World, plain, what_if
from blastradius.engine.check.spec import spec
from blastradius.estate import Estate
from blastradius.model import (
    Capability,
    Control,
    ControlKind,
    Credential,
    Entity,
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
from tests.campaign.brute.verify import asked_of, excused, kept_out, unstated
from tests.campaign.estates import parts
from tests.engine.batch.test_worlds import changed

Levels = dict[Fact, Level]


def grant(estate: Estate, params: Any) -> Any:
    """What is newly reached, or lower; what each grant adds to; which expectations break; which grants would do."""
    if params.proposal is not None:
        return proposed(estate, params)
    estate = what_if(estate, params.asked)
    scenario = plain(params.asked).model_copy(update={"compromise": (params.holder,)})
    before = spec(estate, scenario)
    after = granted(estate, params, params.grant) if params.grant else estate
    added = _added(before, spec(after, scenario)) if params.grant else []
    reached = [
        counted(estate, (row[0] for row in _added(before, spec(granted(estate, params, (one,)), scenario))))
        for one in params.grant
    ]
    rows = least(estate, smaller(estate, params) if params.needs else ())
    told = sorted(((params.holder, *row) for row in added), key=str)
    return told, [len(name) for name in reached], sorted(broken(estate, after), key=str), sorted({*rows}, key=str)


def least(estate: Estate, found: Iterable[tuple[Changes, frozenset[Fact]]]) -> list[Any]:
    """Of each grant what has to be made, how many things it adds something to, and the crown jewels among them."""
    named = [(changes, {fact.entity for fact in facts}) for changes, facts in found]
    return [(changes, len(names), tuple(sorted(filter(estate.crown_jewel, names)))) for changes, names in named]


def broken(estate: Estate, after: Estate) -> list[Any]:
    """The expectations of an estate that do not hold afterwards and did, or are about what is new."""
    found = []
    for expectation in estate.expectations:
        for start, asked in asked_of(after, expectation):
            known = start is None or start in estate.entities
            was, is_now = spec(estate, asked) if known else {}, spec(after, asked)
            facts = [Fact(*_pair(fact)) for fact in kept_out(after, expectation)]
            rows = [(fact.entity, str(fact.capability)) for fact in facts if fact in is_now and fact not in was]
            new = [row for row in unstated(after, expectation, start, asked) if row[3] not in estate.entities]
            rows += [(row[3], "stated") for row in new if not row[6]]
            broken = [row for row in rows if excused(after, expectation, start, row[0]) is not False]
            found += [(expectation.name, start, *row) for row in broken]
    return found


def proposed(estate: Estate, params: Any) -> Any:
    """The same of all that another estate states, or a part of one; by worlds that are built anew."""
    new = [it for it in params.proposal.entities if it.id not in estate.entities]
    ties = [it for it in params.proposal.relations if it.id not in estate.relations]
    estate = what_if(estate, params.asked)
    after = _with(estate, new, ties)
    granting = [it for it in ties if it.verb is Verb.GRANTS]
    starts, theirs = _starts(after, new, ties)
    one = _one_key(estate, new, ties)
    if one:
        starts, theirs = {one[0]: "compromise"}, {one[1]} - estate.entities.keys()
    added = _all_added(estate, after, starts, theirs, params)
    apart = []
    for grant in granting if one or (added and len(granting) > 1) else ():
        less = _with(estate, new, [it for it in ties if it is grant or it not in granting])
        apart.append(len(counted(after, (row[1] for row in _all_added(estate, less, starts, theirs, params)))))
    rows = []
    for key in dict.fromkeys(name for it in granting for name in it.sources):
        mine = [it for it in granting if key in it.sources]
        holders = _holders(after, ties, key)
        needs = params.needs or _called(after, ties, key, holders)
        if len(holders) == 1 and needs:
            calls = [it for it in ties if it.verb is Verb.CALLS and not {*needs}.isdisjoint(it.targets)]
            base = _with(estate, new, [it for it in ties if it not in mine and it not in calls])
            asked: Any = SimpleNamespace(holder=holders[0], key=key, needs=needs, asked=params.asked, holding=[])
            if one:
                base = _with(estate, [it for it in new if it.id != key], [])
                asked.made = [it for it in new if it.id == key]
                asked.holding = [it for it in ties if it.verb is Verb.HOLDS]
            rows += least(base, smaller(base, asked))
    return sorted(added, key=str), apart, sorted(broken(estate, after), key=str), sorted({*rows}, key=str)


def _one_key(estate: Estate, new: list[Entity], ties: list[Relation]) -> tuple[str, str] | None:
    """The holder and the key where a proposal is about one of each and nothing else."""
    granted = {name for it in ties if it.verb is Verb.GRANTS for name in it.sources}
    keys = granted | {name for it in ties if it.verb is Verb.HOLDS for name in it.targets}
    if not granted or len(keys) != 1 or any(it.verb not in (Verb.HOLDS, Verb.GRANTS) for it in ties):
        return None
    (key,) = keys
    holders = _holders(estate, ties, key)
    return (holders[0], key) if len(holders) == 1 and {it.id for it in new} <= {key, *holders} else None


def _with(estate: Estate, new: Iterable[Entity], ties: Iterable[Relation]) -> Estate:
    said = parts(estate)
    more = {"entities": (*said.entities, *new), "relations": (*said.relations, *ties)}
    return Estate.build([said.model_copy(update=more)])


def _starts(after: Estate, new: list[Entity], ties: list[Relation]) -> tuple[dict[str | None, str], set[str]]:
    """Who starts and how, and what is new and theirs."""
    third = {it.id for it in after.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"}
    theirs = set(third)
    for _ in after.entities:
        for it in ties:
            if it.verb in (Verb.OWNS, Verb.PUBLISHES, Verb.SERVES) and theirs & {*it.sources}:
                theirs |= {*it.targets} & {entity.id for entity in new}
            if it.verb is Verb.PART_OF and theirs & {*it.targets}:
                theirs |= {*it.sources} & {entity.id for entity in new}
    theirs |= {it.id for it in new if it.kind in (Kind.PARTY, Kind.CREDENTIAL)}
    theirs &= {it.id for it in new}
    starts: dict[str | None, str] = dict.fromkeys(third, "compromise")
    if any(getattr(it, "anonymous", False) for it in after.entities.values()):
        starts[None] = "anyone"
    holders = {it.sources[0] for it in ties if it.verb is Verb.HOLDS} - theirs
    starts |= {it: "compromise" for it in holders if after.kind_of(it) in SEED_KINDS["compromise"]}
    starts |= {it.id: "poison" for it in new if it.kind is Kind.FEED and it.id not in theirs}
    held = {name for it in after.relations.values() if it.verb is Verb.HOLDS for name in it.targets}
    starts |= {name: "leak" for it in ties if it.verb is Verb.GRANTS for name in it.sources if name not in held}
    return starts, theirs


def _all_added(estate: Estate, after: Estate, starts: Any, theirs: set[str], params: Any) -> list[Any]:
    """What each start reaches newly, or at a lower level; what anyone does so only of anyone."""
    found = {}
    for start, way in starts.items():
        more = {"anyone": True} if start is None else {way: (start,)}
        scenario = plain(params.asked).model_copy(update=more)
        anyone = plain(params.asked).model_copy(update={"anyone": True})
        before = spec(estate, scenario if start in estate.entities else anyone)
        levels = spec(after, scenario)
        found[start] = {fact: (level, before.get(fact)) for fact, level in levels.items()}
        found[start] = {fact: row for fact, row in found[start].items() if row[1] is None or row[1] > row[0]}
    rows = []
    for start, new in found.items():
        anyones = found.get(None, {}) if start is not None else {}
        kept = {it: row for it, row in new.items() if it.entity not in {start, *theirs}}
        kept = {it: row for it, row in kept.items() if it not in anyones or anyones[it][0] > row[0]}
        levels = {fact: row[0] for fact, row in kept.items()}
        olds = {fact: row[1] for fact, row in kept.items() if row[1] is not None}
        rows += [(start, *row) for row in _added(olds, levels)]
    return rows


def _holders(estate: Estate, ties: list[Relation], key: str) -> list[str]:
    """Who is to hold a key, or whose it is by what they own."""
    new = [it.sources[0] for it in ties if it.verb is Verb.HOLDS and key in it.targets]
    there = [it.sources[0] for it in estate.relations.values() if it.verb is Verb.HOLDS and key in it.targets]
    if len({*new}) == 1:
        return new[:1]
    found = []
    for holder in new or there:
        owning = [it for it in estate.relations.values() if it.verb is Verb.OWNS and holder in it.targets]
        found.append(owning[0].sources[0] if len(owning) == 1 else holder)
    return list(dict.fromkeys(found))


def _called(after: Estate, ties: list[Relation], key: str, holders: list[str]) -> tuple[str, ...]:
    owned = {it.targets[0] for it in after.relations.values() if it.verb is Verb.OWNS and it.sources[0] in holders}
    calls = [it for it in ties if it.verb is Verb.CALLS]
    calls = [it for it in calls if (key in it.keys if it.keys else it.sources[0] in owned | {*holders})]
    names = dict.fromkeys(name for it in calls for name in it.targets)
    return tuple(name for name in names if after.kind_of(name) is Kind.OPERATION)


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
    relations = getattr(params, "holding", relations) + [
        Relation(verb=Verb.GRANTS, sources=(key,), targets=(grant,)) for grant in grants
    ]
    said = parts(estate)
    new = [relation for relation in relations if relation.id not in estate.relations]
    made = getattr(params, "made", [] if params.key else [Credential(id=key)])
    entities = (*said.entities, *made)
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
    added = [
        (start, row["entity"], str(row["capability"]), row["level"], row["before"])
        for row in data["added"]
        for start in row["starts"]
    ]
    broken = [(r["expectation"], r["start"], r["entity"], str(r["capability"] or "stated")) for r in data["broken"]]
    made = {"scope": (), "operation": ("alone",), "own rows": ("alone", "checked")}
    smaller = {
        (
            tuple(sorted((change, m["name"]) for m in r["means"] for change in made[m["kind"]])),
            r["entities"],
            r["crown_jewels"],
        )
        for r in data["smaller"]
    }
    return (
        sorted(added, key=str),
        [r["entities"] for r in data["parts"]],
        sorted(broken, key=str),
        sorted(smaller, key=str),
    )
