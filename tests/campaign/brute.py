"""What questions beyond reach must answer, worked out from the spec in plain loops, one world after the other.

A new question is compared as soon as it has a row in ``BRUTE``: what is expected, and where its answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import combinations
from math import inf
from typing import Any

from blastradius import plugins
from blastradius.answer import Answer
from blastradius.engine import SEED_KINDS, World, brings_an_attacker, compile_system, plain, solve, what_if
from blastradius.engine.check.spec import spec
from blastradius.engine.cut import Lever
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import (
    SEEDS,
    Basis,
    Capability,
    Control,
    ControlKind,
    Credential,
    Entity,
    Expectation,
    ExpectedFact,
    Fact,
    Kind,
    Level,
    Operation,
    Relation,
    Scenario,
    Scope,
    Store,
    Verb,
)
from blastradius.reports.levers import LEVER_VERBS, levers_of
from blastradius.reports.remedies import removals
from blastradius.rules import APPLIES, CLOSURE, placements
from tests.campaign.estates import parts
from tests.engine.batch.test_worlds import changed
from tests.engine.single.test_arrivals import naive

Levels = dict[Fact, Level]
Numbers = tuple[tuple[str, ...], int, int, int, int]
STARTS = {Kind.PARTY: "compromise", Kind.CREDENTIAL: "leak", Kind.FEED: "poison"}


def measure(estate: Estate, scenario: Scenario, facts: Iterable[Fact]) -> Numbers:
    """Crown jewels, records, processes and entities reached, and stores read that are in no count of records.

    Where it starts is no jewel, process or entity reached.
    """
    facts = list(facts)
    reached = {fact.entity for fact in facts} - {name for way in SEED_KINDS for name in getattr(scenario, way)}
    reached = {name for name in reached if not getattr(estate.entities[name], "public", False)}
    jewels = tuple(sorted(name for name in reached if estate.crown_jewel(name)))
    processes = sum(estate.entities[name].kind is Kind.PROCESS for name in reached)
    read = {name for name, capability in facts if capability is Capability.READ}
    stores = [(entity.records or 0, originals(estate, name)) for name in sorted(read) if (entity := full(estate, name))]
    part = {name for name, capability in facts if capability in (Capability.READ, Capability.READ_SUBSET)}
    sized = {name for name in read if _said(estate, name)}
    return jewels, most(stores), processes, len(reached), len({name for name in part if full(estate, name)} - sized)


def _said(estate: Estate, name: str) -> bool:
    """Whether it is stated how many records a store has."""
    store = full(estate, name)
    return store is not None and store.records is not None


def full(estate: Estate, name: str) -> Store | None:
    """A store that counts."""
    entity = estate.entities[name]
    return entity if isinstance(entity, Store) and not entity.public else None


def most(stores: list[tuple[int, frozenset[str]]]) -> int:
    """The most that stores add up to of which no two have an original in common."""
    if not stores:
        return 0
    (records, own), *others = stores
    apart = [(count, theirs) for count, theirs in others if own.isdisjoint(theirs)]
    return max(most(others), records + most(apart))


def originals(estate: Estate, name: str) -> frozenset[str]:
    """What is behind a store and behind all that is behind itself; of stores that are behind each other the first."""
    last = {store for store in behind(estate, name) if all(store in behind(estate, it) for it in behind(estate, store))}
    return frozenset(min(behind(estate, store)) for store in last)


def behind(estate: Estate, name: str) -> set[str]:
    """A store with what it is a copy of and its parts, with what these are copies of, and so on."""
    parted = [relation for relation in estate.relations.values() if relation.verb is Verb.PART_OF]
    found = [name]
    for store in found:
        new = [*getattr(estate.entities[store], "copy_of", ())]
        new += [relation.sources[0] for relation in parted if relation.targets[0] == store]
        found += [each for each in dict.fromkeys(new) if each not in found]
    return set(found)


def starts(estate: Estate, params: Any) -> list[tuple[Entity, str]]:
    """Every party, credential and feed, and how it starts a scenario; ourselves where insiders are asked about."""
    found = [(entity, STARTS[entity.kind]) for entity in estate.entities.values() if entity.kind in STARTS]
    return [row for row in found if params.insiders or getattr(row[0], "role", None) != "self"]


def started(start: Entity, way: str, params: Any) -> Scenario:
    """The scenario of one start on its own."""
    return plain(params.asked).model_copy(update={way: (start.id,)})


def rank(estate: Estate, params: Any) -> Any:
    """Every start with its numbers, largest first; or each party taken out, with what stops and what only slows."""
    estate, rows = what_if(estate, params.asked), []
    if params.outage:
        out = [it.id for it in estate.of_kind(Kind.PARTY) if params.insiders or getattr(it, "role", None) != "self"]
        felt = {name: _felt(estate, params, [name]) for name in out}
        return sorted((name, sorted(stops), sorted(more - stops)) for name, (stops, more) in felt.items())
    for start, way in starts(estate, params):
        scenario = started(start, way, params)
        rows.append((start.id, way, *measure(estate, scenario, spec(estate, scenario))))
    if any(isinstance(it, Operation) and it.anonymous and it.direction == "exposed" for it in estate.entities.values()):
        stranger = plain(params.asked).model_copy(update={"anyone": True})
        rows.append(("anyone on the internet", "anyone", *measure(estate, stranger, spec(estate, stranger))))
    rows.sort(key=lambda row: (-len(row[2]), -row[3], -row[6], -row[4], -row[5], row[0]))
    jewels = any(map(estate.crown_jewel, estate.entities))
    return [
        (
            *(start, way, found if jewels else None, None if uncounted and not records else records),
            *(processes if estate.of_kind(Kind.PROCESS) else None, entities),
        )
        for start, way, found, records, processes, entities, uncounted in rows
    ]


def told_rank(answer: Answer) -> Any:
    rows, outages = answer.data.model_dump()["rows"], answer.data.model_dump()["outages"]
    if outages is not None:
        return sorted((it["party"], sorted(it["stops"] or ()), sorted(it["slows"] or ())) for it in outages)
    return [(r["start"], r["way"], r["crown_jewels"], r["records"], r["processes"], r["entities"]) for r in rows]


def exposure(estate: Estate, params: Any) -> Any:
    """Every start that gets there, with each capability that none includes at its level or below."""
    estate, rows = what_if(estate, params.asked), set()
    for start, way in starts(estate, params):
        levels = spec(estate, started(start, way, params))
        here = {capability: level for (name, capability), level in levels.items() if name == params.entity}
        rows |= {
            (start.id, way, str(capability), level.word)
            for capability, level in here.items()
            if not any(here.get(whole, level + 1) <= level for whole in includes(capability))
        }
    return sorted(rows), len(starts(estate, params))


def includes(part: Capability) -> set[Capability]:
    """The capabilities that include one, however far."""
    found: set[Capability] = set()
    before = None
    while found != before:
        before = set(found)
        found |= {whole for whole, less in CLOSURE if less == part or less in before}
    return found


def told_exposure(answer: Answer) -> Any:
    data = answer.data.model_dump()
    rows = {(r["start"], r["way"], str(r["capability"]), r["level"]) for r in data["exposed_to"]}
    return sorted(rows), data["starts"]


NO_LEVERS = (Verb.OWNS, Verb.PART_OF, Verb.RELIES_ON, Verb.HOLDS)
"""What is not taken away unless it is asked for; of keys that is told by what they grant."""
NOT_ADDED = ["revoked", "rotated", "expired", "insensitive", "not_exposed", "fail_closed", "compartment"]


def levers(estate: Estate, params: Any) -> Any:
    """What each relation less, and all that a key grants, cuts; what each control stops, and each failed one opens."""
    scenario = params.scenario(estate)
    estate, scenario = what_if(estate, scenario), plain(scenario)
    reached = set(spec(estate, scenario))
    now = measure(estate, scenario, reached)
    alone = Scenario(anyone=True, assume=scenario.assume, distrust=scenario.distrust, basis=scenario.basis)
    theirs = set() if scenario.anyone else set(spec(estate, alone))

    def effect(**change: Any) -> Any:
        """The difference, where something that only this scenario reaches is out of reach then."""
        left = set(spec(changed(estate, World(scenario, **change)), scenario))
        then = measure(estate, scenario, left)
        helps = left & reached - theirs < reached - theirs and not set(then[0]) - set(now[0])
        return _difference(now, then) if helps else None

    removed: dict[tuple[str, ...], Any] = {}
    for relation in estate.relations.values():
        if relation.verb == params.along or (params.along is None and relation.verb not in NO_LEVERS):
            removed[(relation.id,)] = effect(without=(relation.id,))
    grants = [relation for relation in estate.relations.values() if relation.verb is Verb.GRANTS]
    for key in estate.of_kind(Kind.CREDENTIAL) if params.along is None else ():
        all_its = tuple(relation.id for relation in grants if key.id in relation.sources)
        removed |= {all_its: effect(without=all_its)} if all_its else {}
    added = {}
    for kind, (kinds, verbs) in placements().items() if params.add else ():
        hosts = [entity.id for entity in estate.entities.values() if entity.kind in kinds]
        hosts += [relation.id for relation in estate.relations.values() if relation.verb in verbs]
        for host in hosts if kind not in NOT_ADDED else ():
            standing = [each.control for each in estate.controls_on(host) if each.control.kind == kind]
            if not any(control.status in ("working", "assumed") for control in standing):
                added[f"{kind}@{host}"] = effect(controls=((kind, host),))
    controls = [each.id for each in estate.controls.values() if each.control.status not in ("failed", "absent")]
    failed = []
    for control in controls:
        wide = scenario.model_copy(update={"distrust": (*scenario.distrust, control)})
        more = measure(estate, scenario, spec(estate, wide))
        failed += [] if more == now else [(control, *_difference(more, now))]
    helping = [sorted((name, found) for name, found in each.items() if found) for each in (removed, added)]
    return now[3], *helping, sorted(failed), len(controls)


def _difference(more: Numbers, less: Numbers) -> tuple[tuple[str, ...], int, int, int]:
    jewels = tuple(each for each in more[0] if each not in less[0])
    return jewels, more[1] - less[1], more[2] - less[2], more[3] - less[3]


def told_levers(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def numbers(row: Any) -> tuple[tuple[str, ...], int, int, int]:
        return row["crown_jewels"], row["records"] or 0, row["processes"], row["entities"]

    removed = {
        row["relations"]: numbers(row)
        for row in data["removed"]
        if row["act"] != "narrow" and (len(row["relations"]) == 1 or row["change"].startswith("revoke:"))
        if data["along"] or not row["change"].startswith("holds:")
    }
    added = {name: numbers(row) for row in data["added"] for name in (*row["controls"], *row["alike"])}
    failed = [(row["change"], *numbers(row)) for row in data["failed"]]
    entities = data["reached"]["entities"]
    return entities, sorted(removed.items()), sorted(added.items()), sorted(failed), data["failures_tried"]


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
        for fact in _kept_out(estate, expectation)
        if Fact(*_pair(fact)) in spec(after, asked)
        and Fact(*_pair(fact)) not in spec(estate, asked)
        and _excuse(estate, expectation, start, fact.entity) is not False
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


def asked_of(estate: Estate, expectation: Expectation) -> list[tuple[str | None, Scenario]]:
    """The scenarios of an expectation: of a rule for all one for each that it is about, by what is said of it."""
    rule, scenario = expectation.for_each, expectation.scenario
    if rule is None:
        return [(None, scenario)]
    usual = {"compromise": Kind.PARTY, "outage": Kind.PARTY, "poison": Kind.FEED, "wrong": Kind.FEED}
    found: list[tuple[str | None, Scenario]] = []
    for kind in Kind:
        for entity in estate.of_kind(kind):
            role = getattr(entity, "role", None)
            about = kind in SEED_KINDS[rule.way] and entity.id not in rule.excluded
            about &= role == rule.role if rule.role else role != "self"
            about &= rule.tag is None or rule.tag in entity.tags
            about &= rule.zone is None or rule.zone == entity.zone
            if not (rule.role or rule.tag or rule.zone):
                about &= kind is usual.get(rule.way, kind)
            if about:
                starts = [*getattr(scenario, rule.way), entity.id]
                found.append((entity.id, scenario.model_copy(update={rule.way: tuple(dict.fromkeys(starts))})))
    return found


def verify(estate: Estate, params: Any) -> Any:
    """What each expectation found, of a rule for all for each that it is about."""
    rows = []
    for expectation in estate.expectations:
        for start, scenario in asked_of(estate, expectation):
            levels = spec(estate, scenario)
            for which in ("reached", "not_reached", "possible"):
                facts = getattr(expectation, which) if which != "not_reached" else _kept_out(estate, expectation)
                for fact in facts:
                    level = levels.get(Fact(fact.entity, fact.capability))
                    holds, word = (level is None) == (which == "not_reached"), level.word if level else None
                    name, capability = fact.entity, str(fact.capability)
                    excuse = None if holds else _excuse(estate, expectation, start, name)
                    rows.append((expectation.name, start, which, name, capability, word, holds, excuse))
            rows += _unstated(estate, expectation, start, scenario)
    return sorted(rows, key=str)


def _kept_out(estate: Estate, expectation: Any) -> list[ExpectedFact]:
    """What is not to be reached: what is named, and all that fits what is kept."""
    found = list(expectation.not_reached)
    for kept in expectation.kept:
        for kind in Kind:
            for entity in estate.entities.values():
                fits = entity.kind is kind and (not kept.crown_jewel or estate.crown_jewel(entity.id))
                if fits and kept.zone in (None, entity.zone):
                    said = [word for word in kept.capability if word in APPLIES[kind]]
                    found += [ExpectedFact(entity=entity.id, capability=word) for word in said]
    return list(dict.fromkeys(found))


def _excuse(estate: Estate, expectation: Any, start: str | None, name: str) -> bool | None:
    """Whether the exception that is there has lapsed; ``None`` where there is none."""
    ends = [a.until for a in expectation.accepted if a.start in (None, start) and a.entity in (None, name)]
    return max(ends) < estate.day if ends else None


def _unstated(estate: Estate, expectation: Any, start: str | None, scenario: Scenario) -> list[Any]:
    rows = []
    for name, entity in estate.entities.items():
        zone = entity.zone if entity.kind in (Kind.SERVICE, Kind.STORE) and entity.zone not in estate.entities else None
        if not any(
            name in getattr(scenario, way) or (zone in getattr(scenario, way) and entity.kind in kinds)
            for way, (_, kinds) in SEEDS.items()
        ):
            continue
        for word, field in (("owner", "owner"), ("contract", "contract_end"), ("expiry", "expires")):
            if word in expectation.stated and hasattr(entity, field):
                found = getattr(entity, field)
                excuse = None if found else _excuse(estate, expectation, start, name)
                rows.append((expectation.name, start, "stated", name, None, found, found is not None, excuse))
    return rows


def told_verify(answer: Answer) -> Any:
    words = ("expectation", "start", "expected", "entity", "capability", "found", "holds")
    rows = answer.data.model_dump(mode="json")["checks"]
    return sorted(((*map(row.get, words), row["accepted"] and row["accepted"]["lapsed"]) for row in rows), key=str)


def reach(estate: Estate, params: Any) -> Any:
    """Every fact and its lowest level."""
    levels = spec(estate, params.scenario(estate))
    return sorted((name, str(capability), level.word) for (name, capability), level in levels.items())


def told_reach(answer: Answer) -> Any:
    return sorted((r["entity"], str(r["capability"]), r["level"]) for r in answer.data.model_dump()["facts"])


MOST_CUT = 2
"""How many changes are tried together; that a cut needs more is all that is known of larger ones."""


def cut(estate: Estate, params: Any) -> Any:
    """How many changes it takes, and what none of them all helps."""
    starts = _cut_starts(estate, params)
    estate = what_if(estate, params.asked)
    targets = [estate.resolve(name) for name in params.target] or [
        name for name in estate.entities if estate.crown_jewel(name)
    ]
    if not targets or not starts:
        raise UsageError("nothing to cut")
    distrusted = {name.partition("@")[0] for name in params.distrust}
    known = levers_of(compile_system(estate), keep=[estate.resolve(name) for name in params.keep], add=params.add)
    levers = [priced.lever for priced in known if priced.remedy.id.partition("@")[0] not in distrusted]
    stays = _left(estate, starts, targets, levers)
    for size in range(MOST_CUT + 1):
        if any(_left(estate, starts, targets, some) == stays for some in combinations(levers, size)):
            return size, {(number, it.entity) for number, it in stays}
    return MOST_CUT + 1, {(number, it.entity) for number, it in stays}


def _cut_starts(estate: Estate, params: Any) -> list[Scenario]:
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        found = [plain(params.scenario(estate))]
    else:
        partners = [party.id for party in estate.of_kind(Kind.PARTY) if getattr(party, "role", None) != "self"]
        groups = [tuple(partners)] if params.together and partners else [(name,) for name in partners]
        found = [plain(params.asked).model_copy(update={"compromise": group}) for group in groups]
    if any(scenario.hours is not None for scenario in found):
        raise UsageError("an outage that ends")
    return found


def _left(estate: Estate, starts: list[Scenario], targets: list[str], levers: Iterable[Lever]) -> set[Any]:
    """The targets that are reached all the same, of each start that does not begin there or own them."""
    levers = list(levers)
    without = {name for lever in levers for name in lever.relations}
    controls = {f"{kind}@{host}" for lever in levers for kind, host in lever.controls}
    changed = estate.changed(without=sorted(without), controls=sorted(controls))
    found = set()
    for number, scenario in enumerate(starts):
        begun = {name for way in SEED_KINDS for name in getattr(scenario, way)}
        owns = [it for it in estate.relations.values() if it.verb is Verb.OWNS and it.sources[0] in begun]
        spared = begun | {name for relation in owns for name in relation.targets}
        goals = set(targets) - spared
        found |= {(number, it) for it in spec(changed, scenario) if it.entity in goals}
    return found


def told_cut(answer: Answer) -> Any:
    data = answer.data.model_dump()
    stays = {(data["starts"].index(row["start"]), row["entity"]) for row in data["uncut"]}
    return min(len(data["cut"]), MOST_CUT + 1), stays


def inventory(estate: Estate, params: Any) -> Any:
    """What each third party holds, can call and reaches beyond anyone, level by level."""
    estate = what_if(estate, params.asked)
    anyone = plain(params.asked).model_copy(update={"anyone": True})
    strange = spec(estate, anyone)
    rows = []
    for party in estate.of_kind(Kind.PARTY):
        if getattr(party, "role", None) == "self":
            continue
        own, keys, opened = _ties(estate, party.id)
        brought = {name for name in own | keys | opened if estate.entities[name].kind is not Kind.OPERATION}
        brought = {name for name in brought if name in own | keys or estate.entities[name].kind is Kind.SCOPE}
        found = spec(estate, plain(params.asked).model_copy(update={"compromise": (party.id,)}))
        levels = []
        for level in range(1, params.level + 1):
            more = {fact for fact, since in found.items() if since <= level < strange.get(fact, level + 1)}
            names = {fact.entity for fact in more if not getattr(estate.entities[fact.entity], "public", False)}
            jewels = sorted(filter(estate.crown_jewel, names))
            things = {name for name in names - {party.id} if estate.crown_jewel(name) or name not in brought}
            parts = {it.entity for it in more if it.capability == "read_subset"}
            stores = sorted(name for name in parts if estate.entities[name].kind is Kind.STORE)
            levels.append((jewels, len(things), stores))
        calls = sorted(name for name in opened - own if estate.entities[name].kind is Kind.OPERATION)
        rows.append((party.id, sorted(keys), calls, levels))
    return sorted(rows)


def _ties(estate: Estate, party: str) -> tuple[set[str], set[str], set[str]]:
    """What is a party's own with what it serves and sends, its keys, and what those open that work; by fixpoint."""
    relations = list(estate.relations.values())
    own = {it.targets[0] for it in relations if it.verb is Verb.OWNS and it.sources[0] == party}
    keys = {name for name in own if estate.entities[name].kind is Kind.CREDENTIAL}
    own -= keys
    for _ in estate.entities:
        own |= {it.sources[0] for it in relations if it.verb is Verb.PART_OF and it.targets[0] in own}
    holders = own | {party}
    keys |= {it.targets[0] for it in relations if it.verb is Verb.HOLDS and it.sources[0] in holders}
    own |= {it.targets[0] for it in relations if it.verb is Verb.PUBLISHES and it.sources[0] in holders}
    opened = {key for key in keys if _works(estate, key)}
    for verb in (Verb.GRANTS, Verb.PERMITS):
        opening = [
            it for it in relations if it.verb is verb and opened.issuperset(it.sources) and _works(estate, it.id)
        ]
        opened |= {name for it in opening for name in it.targets}
    opened |= {it.targets[0] for it in relations if it.verb is Verb.SERVES and it.sources[0] in opened}
    own |= {it.targets[0] for it in relations if it.verb is Verb.SERVES and it.sources[0] in own}
    return own, keys, opened - keys


def _works(estate: Estate, host: str) -> bool:
    kinds = {str(it.control.kind) for it in estate.controls_on(host) if it.control.status in ("working", "assumed")}
    return kinds.isdisjoint({"revoked", "rotated", "expired"})


def told_inventory(answer: Answer) -> Any:
    def calls(row: Any) -> list[str]:
        return sorted(name for api in row["calls"] for name in api["operations"])

    def reach(row: Any) -> Any:
        return [(sorted(it["crown_jewels"] or ()), it["things"], sorted(it["stores"])) for it in row["reach"]]

    rows = answer.data.model_dump()["parties"]
    return sorted((it["party"], sorted(key["key"] for key in it["keys"]), calls(it), reach(it)) for it in rows)


def dependence(estate: Estate, params: Any) -> Any:
    """Each third party taken out in turn: what stops and slows, alone, with who relies on it, without any fallback."""
    estate = what_if(estate, params.asked)
    parties = [it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"]
    rows, needs, sets = [], [], set()
    for party in parties:
        relying = [it for it in parties if it != party and party in _behind_it(estate, it)]
        alone, rolled = _felt(estate, params, [party]), _felt(estate, params, [party, *relying])
        bare = _felt(estate, params, [party], fallbacks=False)
        dealt_with = sorted(it for it in relying if getattr(estate.entities[it], "role", None) != "upstream")
        rows.append((party, dealt_with, sorted(alone[0]), sorted(alone[1] - alone[0]), sorted(rolled[0])))
        for it in bare[1]:
            worse = "stops" if it in bare[0] - alone[0] else "slows" if it in bare[1] - alone[1] else None
            needs.append((it, party, it in alone[0], it in alone[1], worse))
        sets |= {(frozenset(alone[0]), party, "by")}
        sets |= {(frozenset(rolled[0]), party, "through")} if rolled != alone else set()
    for service in estate.of_kind(Kind.SERVICE):
        sets.add((frozenset(_felt(estate, params, [service.id])[0]), service.id, "by"))
    return sorted(rows), sorted(needs, key=str), {row for row in sets if len(row[0]) > 1}


def _behind_it(estate: Estate, party: str) -> set[str]:
    found: set[str] = {party}
    for _ in estate.of_kind(Kind.PARTY):
        relied = [it for it in estate.relations.values() if it.verb is Verb.RELIES_ON and it.sources[0] in found]
        found |= {it.targets[0] for it in relied}
    return found


def _felt(estate: Estate, params: Any, out: list[str], *, fallbacks: bool = True) -> tuple[set[str], set[str]]:
    """The processes that stop, and those that stop or slow."""
    distrust = params.distrust if fallbacks else (*params.distrust, ControlKind.FALLBACK)
    asked = {"outage": tuple(out), "hours": getattr(params, "hours", None), "distrust": distrust}
    facts = spec(estate, plain(params.asked).model_copy(update=asked))
    here = [fact for fact in facts if estate.entities[fact.entity].kind is Kind.PROCESS]
    stops = {fact.entity for fact in here if fact.capability is Capability.DENY}
    return stops, stops | {fact.entity for fact in here if fact.capability is Capability.DEGRADE}


def told_dependence(answer: Answer) -> Any:
    data = answer.data.model_dump()
    rows = [
        (
            it["party"],
            sorted(it["stands_behind"]),
            sorted(it["stops"]),
            sorted(it["slows"]),
            sorted(it["stops_together"]),
        )
        for it in data["providers"]
    ]
    needs = [
        (
            it["process"],
            it["provider"],
            it["stops_at_h"] is not None,
            it["slows_at_h"] is not None,
            it["without_fallback"],
        )
        for it in data["needs"]
    ]
    together = [(it, how) for it in data["shared"] for how in ("by", "through")]
    sets = {(frozenset(it["processes"]), name, how) for it, how in together for name in it[how]}
    return sorted(rows), sorted(needs, key=str), sets


def joint(estate: Estate, params: Any) -> Any:
    """For each pair, or each set named, the facts of all together less those of each."""
    parties = [it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"]
    sets = [tuple(text.split(",")) for text in params.set] or list(combinations(parties, 2))
    if any(not set(some) <= set(parties) for some in sets):
        raise UsageError("ourselves")
    estate, asked, rows = what_if(estate, params.asked), plain(params.asked), {}

    @cache
    def fall(basis: Basis, *names: str) -> frozenset[Fact]:
        found = spec(estate, asked.model_copy(update={params.fall: names, "basis": basis}))
        return frozenset(fact for fact in found if not getattr(estate.entities[fact.entity], "public", False))

    def more(some: Iterable[str]) -> frozenset[Fact]:
        return fall(asked.basis, *some).difference(*(fall(asked.basis, name) for name in some))

    for some in sets:
        rows[some] = {
            (name, str(it), next(str(basis) for basis in Basis if Fact(name, it) in fall(basis, *some)))
            for name, it in more(some)
            if not any(Fact(name, whole) in more(some) for whole in includes(it))
        }
    further = more(parties).difference(*map(more, sets)) if parties and not params.set else ()
    return {some: row for some, row in rows.items() if row}, sorted({fact.entity for fact in further})


def told_joint(answer: Answer) -> Any:
    data = answer.data.model_dump(mode="json")
    rows = {
        tuple(row["parties"]): {(it["entity"], it["capability"], it["known"]) for it in row["gained"]}
        for row in data["rows"]
    }
    return rows, data["further"] or []


def brief(estate: Estate, params: Any) -> Any:
    """Who reaches what, the ways at the lowest level, which controls hold others closed, the most one change closes."""
    changed_estate = what_if(estate, params.asked)
    rows = [(party, levels) for party, _, _, levels in inventory(estate, params)]
    found = [place for place in range(params.level) if any(levels[place][0] for _, levels in rows)]
    at = found[0] if found else params.level - 1
    asked = plain(params.asked).model_copy(update={"assume": Level(at + 1)})
    parties = [party for party, _ in rows]
    anyones = set(spec(changed_estate, asked.model_copy(update={"anyone": True})))
    ways = _open_ways(changed_estate, asked, parties, anyones)
    assumed = [it.id for it in changed_estate.controls.values() if _is_only_assumed(it.control)]
    failing = {it: asked.model_copy(update={"distrust": (*asked.distrust, it)}) for it in assumed}
    rests = {it: _open_ways(changed_estate, failed, parties, anyones) - ways for it, failed in failing.items()}
    closed = [0]
    for party in dict.fromkeys(party for party, _ in sorted(ways)):
        for remedy in removals(solve(changed_estate, asked.model_copy(update={"compromise": (party,)}))):
            if remedy.act != "remove" or _is_quick(changed_estate, remedy.id):
                less = changed_estate.changed(without=remedy.without)
                closed.append(len(ways - _open_ways(less, asked, parties, anyones)))
    some = [(party, levels) for party, levels in rows if any(jewels or things for jewels, things, _ in levels)]
    reaching = {party: [jewels for jewels, _, _ in levels] for party, levels in some}
    stops = {it for it in parties if _felt(changed_estate, params, [it])[0]}
    rests = {it: more for it, more in rests.items() if more}
    changed = _changed_since(params.since, estate, params) if params.since is not None else None
    return reaching, at + 1 if found else None, ways, rests, max(closed), stops, changed


def _changed_since(base: Estate, head: Estate, params: Any) -> Any:
    """Who is new and gone, the way of each to a jewel of either estate before and now, and what stops without whom."""
    jewels = {it for estate in (base, head) for it in estate.entities if _is_private_jewel(estate, it)}
    sides = []
    for estate in (base, head):
        parties = {it.id for it in estate.of_kind(Kind.PARTY) if getattr(it, "role", None) != "self"}
        levels: dict[tuple[str, str], int] = {}
        for level in (level for level in Level if level <= params.level):
            asked = plain(params.asked).model_copy(update={"assume": level})
            anyones = spec(estate, asked.model_copy(update={"anyone": True})).keys()
            for party in parties:
                beyond = spec(estate, asked.model_copy(update={"compromise": (party,)})).keys() - anyones
                for fact in beyond:
                    if fact.entity in jewels:
                        levels.setdefault((party, fact.entity), level.value)
        stops = {(it, name) for it in parties for name in _felt(estate, params, [it])[0]}
        sides.append((parties, levels, stops))
    (before, was, stopped), (now, is_now, stop) = sides
    moved = {way: (was.get(way), is_now.get(way)) for way in {*was, *is_now} if was.get(way) != is_now.get(way)}
    return now - before, before - now, moved, stop - stopped, stopped - stop


def _is_private_jewel(estate: Estate, name: str) -> bool:
    return estate.crown_jewel(name) and not getattr(estate.entities[name], "public", False)


def _is_quick(estate: Estate, relation: str) -> bool:
    return estate.relations[relation].verb in LEVER_VERBS and not compile_system(estate).is_telling(relation)


def _is_only_assumed(control: Control) -> bool:
    unsaid = control.kind is ControlKind.MFA and "phishable" not in control.model_fields_set
    return control.status == "assumed" or (control.status == "working" and unsaid)


def _open_ways(estate: Estate, asked: Scenario, parties: Iterable[str], anyones: set[Fact]) -> set[tuple[str, str]]:
    """The third parties and the crown jewels that each reaches beyond what anyone does now."""
    return {
        (party, fact.entity)
        for party in parties
        for fact in spec(estate, asked.model_copy(update={"compromise": (party,)})).keys() - anyones
        if _is_private_jewel(estate, fact.entity)
    }


def told_brief(answer: Answer) -> Any:
    data = answer.data.model_dump()
    reaching = {row["party"]: [sorted(it["crown_jewels"] or ()) for it in row["reach"]] for row in data["reaching"]}
    level = data["level"] and Level[data["level"].upper()].value
    at = next((place for place, it in enumerate(Level) if it.value == level), -1)
    ways = {(party, jewel) for party, levels in reaching.items() for jewel in levels[at]}
    rests = {row["control"]: {tuple(way) for way in row["ways"]} for row in data["rests_on"]}
    most_closed = max((len(row["ways"]) for row in data["cuts"]), default=0)
    stops = {it["party"] for it in data["stops"]}
    changed = data["since"] and _told_since(data["since"])
    return reaching, level, ways if data["level"] else set(), rests, most_closed, stops, changed


def _told_since(data: Any) -> Any:
    rows = [row for name in ("new_ways", "gone_ways", "nearer", "farther") for row in data[name]]
    levels = {level.word: level.value for level in Level}
    moved = {(row["party"], row["jewel"]): (levels.get(row["before"]), levels.get(row["level"])) for row in rows}
    parties = ({row["party"] for row in data[name]} for name in ("new_parties", "gone_parties"))
    stops = ({(row["party"], row["process"]) for row in data[name]} for name in ("new_stops", "gone_stops"))
    return (*parties, moved, *stops)


def governance(estate: Estate, params: Any) -> Any:
    """What hangs on each third party with whom we deal, and of each measure whether it is kept."""
    base, rows = what_if(estate, params.asked), []
    grants = _verdicts(estate, params)
    for party, keys, calls, levels in inventory(estate, params):
        entity: Any = base.entities[party]
        if entity.role == "upstream":
            continue
        own, _, opened = _ties(base, party)
        live = [key for key in keys if _works(base, key)]
        over = entity.contract_end is not None and entity.contract_end < base.day
        states = {
            "owner": "kept" if entity.owner else "unknown",
            "last_review": "kept" if "last review" in entity.governance else "unknown",
            "contract": "lacking" if over and live else "kept" if _contract(entity) else "unknown",
        }
        held = [verdict for holders, verdict in grants if holders & (own | {party})]
        if held:
            states["least_access"] = "lacking" if "excess" in held else "unknown" if "unknown" in held else "kept"
        if live:
            ends: list[Any] = [base.entities[key] for key in live]
            states["key_expiry"] = "kept" if all(key.expires for key in ends) else "unknown"
        feeds = {name for name in own if base.entities[name].kind is Kind.FEED}
        scopes = {name for name in opened if base.entities[name].kind is Kind.SCOPE}
        doors = {*keys, *scopes, *calls, *feeds}
        if doors:
            controls = [it.control for name in doors for it in base.controls_on(name)]
            controls = [it for it in controls if it.kind not in ("revoked", "rotated", "expired")]
            lost = any(it.status in ("failed", "absent") for it in controls)
            shown = controls and not any(map(_is_only_assumed, controls))
            states["checks"] = "lacking" if lost else "kept" if shown else "unknown"
            seen = any(base.entities[name].seen_by for name in doors | {party})
            states["noticed"] = "kept" if seen else "unknown"
        stops = _felt(base, params, [party])[0]
        if stops:
            exit_plan = any("exit" in key.casefold() for key in entity.governance)
            states["exit"] = "kept" if exit_plan or entity.substitutability else "unknown"
        jewels = {jewel for names, _, _ in levels for jewel in names}
        rows.append((party, sorted(jewels), sorted(stops), states))
    return sorted(rows, key=str)


def _contract(party: Any) -> bool:
    return "contract end" in party.governance or party.contract_end is not None


def _verdicts(estate: Estate, params: Any) -> list[tuple[set[str], str]]:
    """The holders of each grant and what overgrant finds of it, from the need and the use."""
    asked = type("Asked", (), {"holder": None, "asked": params.asked})()
    base, found = what_if(estate, params.asked), []
    for name, need, use, *_ in overgrant(estate, asked):
        keys = base.relations[name].sources
        holders = {it.sources[0] for it in base.relations.values() if it.verb is Verb.HOLDS and it.targets[0] in keys}
        holders = {it for it in holders if getattr(base.entities[it], "role", None) != "self"}
        excess = need != "needed" and use != "used" and (need, use) != ("unsaid", "unsaid")
        found.append((holders, "excess" if excess else "unknown" if need == use == "unsaid" else "fine"))
    return found


def told_governance(answer: Answer) -> Any:
    rows = answer.data.model_dump()["rows"]
    states = ({it["id"]: it["state"] for it in row["measures"] if it["id"] != "validated"} for row in rows)
    both = zip(rows, states, strict=True)
    return sorted(
        ((row["party"], sorted(row["crown_jewels"] or ()), sorted(row["stops"] or ()), of) for row, of in both), key=str
    )


Told = Callable[[Answer], Any]


def contain(estate: Estate, params: Any) -> Any:
    """By loops over arrivals: what is reached by the hour, and in the end without each relation and each key."""
    scenario = params.scenario(estate)
    estate, scenario = what_if(estate, scenario), plain(scenario)
    endless = scenario.model_copy(update={"hours": None})
    if scenario.hours == 0:  # what comes at once comes although the outage is over
        scenario = scenario.model_copy(update={"hours": 1e-9})

    def fast(rule: str, along: tuple[str, ...]) -> float:
        return estate.clock.get(rule, 0) + sum(estate.relations[name].delay_h or 0 for name in along)

    def slow(rule: str, along: tuple[str, ...]) -> float:
        said = [estate.relations[it].delay_h is not None or estate.relations[it].buffer_h is not None for it in along]
        return fast(rule, along) if rule in estate.clock or (said and all(said)) else 1e15

    def left(without: tuple[str, ...]) -> tuple[Any, Any]:
        most = _cut_then(estate, scenario, fast, without, params.at)
        return most & _cut_then(estate, endless, slow, without, params.at), most

    def counted(facts: Iterable[Fact]) -> tuple[tuple[str, ...], int]:
        found = measure(estate, scenario, facts)
        return found[0], found[3]

    soon = {it for it, at in naive(estate, scenario, fast).items() if at < params.at}
    surely = soon & {it for it, at in naive(estate, endless, slow).items() if at < params.at}
    everything = left(())[1]
    grants = [relation for relation in estate.relations.values() if relation.verb is Verb.GRANTS]
    keys = [tuple(it.id for it in grants if key.id in it.sources) for key in estate.of_kind(Kind.CREDENTIAL)]
    singles = [(it.id,) for it in estate.relations.values() if it.verb not in NO_LEVERS]
    rows = {without: left(without) for without in (*singles, *keys) if without}
    helping = {
        without: (counted(least), counted(most))
        for without, (least, most) in rows.items()
        if least < everything or most < everything
    }
    return counted(surely), counted(soon), counted(everything), sorted(helping.items())


def _cut_then(
    estate: Estate, asked: Scenario, delay: Any, without: tuple[str, ...], at: float, told: Iterable[Fact] = ()
) -> set[Fact]:
    """What was there before, and what follows without what was cut; who was let in by that is let in no more."""
    before = {it: hour for it, hour in naive(estate, asked, delay).items() if hour < at} if without else {}
    before = dict.fromkeys(told, at) | before
    lasting = {it: hour for it, hour in before.items() if str(it.capability) not in ("use", "operate")}
    return {*before, *naive(estate, asked, delay, dict.fromkeys(without, 0.0), lasting)}


def told_contain(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def counted(row: Any) -> tuple[tuple[str, ...], int]:
        return row["crown_jewels"], row["things"]

    rows = {
        row["relations"]: (counted(row["at_least"]), counted(row["at_most"]))
        for row in data["alone"]
        if not row["change"].startswith("holds:")
        if len(row["relations"]) == 1 or row["change"].startswith("revoke:")
    }
    now = data["reached"]
    return *(counted(now[when]) for when in ("surely", "at_most", "in_the_end")), sorted(rows.items())


def exercise(estate: Estate, params: Any) -> Any:
    """By loops over arrivals: what each choice leaves, and which injects it averts, from the point of its inject on."""
    asked: Any = plugins.query("exercise").run(estate, params).data
    if asked.answers is None:
        return sorted((it.inject, it.lever) for it in asked.options)
    estate, scenario = what_if(estate, params.scenario(estate)), plain(params.scenario(estate))
    proofs = solve(estate, scenario).proofs
    endless = scenario.model_copy(update={"hours": None})
    if scenario.hours == 0:
        scenario = scenario.model_copy(update={"hours": 1e-9})

    def fast(rule: str, along: tuple[str, ...]) -> float:
        return estate.clock.get(rule, 0) + sum(estate.relations[name].delay_h or 0 for name in along)

    def slow(rule: str, along: tuple[str, ...]) -> float:
        said = [estate.relations[it].delay_h is not None or estate.relations[it].buffer_h is not None for it in along]
        return fast(rule, along) if rule in estate.clock or (said and all(said)) else 1e15

    soonest, latest = naive(estate, scenario, fast), naive(estate, endless, slow)
    steps = [step for step in proofs.values() if step.relations]
    by_hours = bool(steps) and all(slow(step.rule, step.relations) < 1e15 for step in steps)
    by_hours = by_hours or bool((scenario.outage or scenario.hours is not None) and not brings_an_attacker(scenario))

    def place(it: Fact) -> tuple[float, ...]:
        step, at = proofs[it], soonest[it]
        return (at, step.level, step.hops) if by_hours else (step.level, at, step.hops)

    facts = {row.inject: Fact(row.entity, row.capability) for row in asked.answers.evidence}
    names, found = list(facts), []
    for card in asked.answers.cards:
        fact = facts[card.inject]
        until = max(soonest[fact], latest[fact])
        told = {it for it in soonest if it in proofs and place(it) <= place(fact) and soonest[it] <= until}
        most = _cut_then(estate, scenario, fast, card.without, until + 1e-9 if until < 1e15 else inf)
        least = _cut_then(estate, endless, slow, card.without, soonest[fact] + 1e-9, told) & most
        later = names[names.index(card.inject) + 1 :]
        counts = [measure(estate, scenario, it) for it in (soonest, least, most)]
        averts = tuple(name for name in later if facts[name] not in least)
        found.append((card.inject, card.lever, *((it[0], it[3]) for it in counts), averts))
    for name, without in {None: (), **{card.lever: card.without for card in asked.answers.cards}}.items():
        less = estate.changed(without=without)
        alone = measure(less, scenario, spec(less, scenario))
        found.append((name, len(alone[0]), alone[3]))
    return found


def told_exercise(answer: Answer) -> Any:
    data: Any = answer.data
    if data.answers is None:
        return sorted((it.inject, it.lever) for it in data.options)
    cards = data.answers.cards
    found = [
        (it.inject, it.lever, *((row.crown_jewels, row.things) for row in (it.now, it.at_least, it.at_most)), it.averts)
        for it in cards
    ]
    decided = {None, *(card.lever for card in cards)}
    matrix = [(it.lever, *it.crown_jewels, *it.things) for it in data.answers.matrix if it.lever in decided]
    return [*found, *matrix]


def overgrant(estate: Estate, params: Any) -> Any:
    """Every grant of a key that others hold: whether a call needs it, whether it is seen used, what it alone adds."""
    holder = params.holder and estate.resolve(params.holder, (Kind.PARTY, Kind.SERVICE))
    estate = what_if(estate, params.asked)
    relations = list(estate.relations.values())
    held = [(it.sources[0], it.targets[0]) for it in relations if it.verb is Verb.HOLDS]
    calls = [(it, _keys_of(relations, held, it)) for it in relations if it.verb is Verb.CALLS]
    found = set()
    for grant in (it for it in relations if it.verb is Verb.GRANTS):
        holders = {name for name, key in held if key in grant.sources}
        others = {name for name in holders if getattr(estate.entities[name], "role", None) != "self"}
        if holder not in holders if holder else holders and not others:
            continue
        needs = _broken_calls(estate, grant, calls)
        target: Any = estate.entities[grant.targets[0]]
        stated, used = getattr(target, "needed", None), getattr(target, "used", None)
        need = "needed" if stated or any(needs) else "unsaid" if stated is None and not needs else "not needed"
        seen = [_seen(relations, calls, grant, key) for key in grant.sources]
        idle = any(getattr(estate.entities[key], "dormant", False) for key in grant.sources)
        is_used = used or all(yes for yes, _ in seen)
        use = "used" if is_used else "not seen" if used is False or idle or all(any_ for _, any_ in seen) else "unsaid"
        start = {"compromise": tuple(sorted(others))} if others else {"leak": grant.sources}
        scenario = plain(params.asked).model_copy(update=start)
        now = measure(estate, scenario, spec(estate, scenario))
        less = estate.changed(without=(grant.id,))
        then = measure(less, scenario, spec(less, scenario))
        alone = (now[1] - then[1], now[2] - then[2], now[3] - then[3], max(0, now[4] - then[4]))
        found.add((grant.id, need, use, tuple(sorted({*now[0]} - {*then[0]})), *alone))
    return found


def _keys_of(relations: list[Relation], held: list[tuple[str, str]], call: Relation) -> tuple[str, ...]:
    """What a call may be made with: the keys it names, else any of who calls and of who owns that."""
    owners = {it.sources[0] for it in relations if it.verb is Verb.OWNS and it.targets[0] == call.sources[0]}
    return call.keys or tuple(key for name, key in held if name in owners | {call.sources[0]})


def _broken_calls(estate: Estate, grant: Relation, calls: list[tuple[Relation, tuple[str, ...]]]) -> list[bool]:
    """For each call that keys of a grant serve as it is, whether they do not without the grant."""
    found = []
    for call, keys in calls:
        scenario = Scenario(use=keys, assume=Level.GRANTED, distrust=(ControlKind.APPROVAL,))
        wanted = Fact(call.targets[0], Capability.USE)
        if set(keys) & set(grant.sources) and wanted in spec(estate, scenario):
            found.append(wanted not in spec(estate.changed(without=(grant.id,)), scenario))
    return found


def _seen(
    relations: list[Relation], calls: list[tuple[Relation, tuple[str, ...]]], grant: Relation, key: str
) -> tuple[bool, bool]:
    """Whether a key was seen to use what a grant opens, and whether it was seen to use anything."""
    used = {it.targets[0] for it in relations if it.verb is Verb.GRANTS and key in it.sources and _was_seen(it)}
    used |= {it.targets[0] for it, keys in calls if key in keys and _was_seen(it)}
    opened = {it.targets[0] for it in relations if it.verb is Verb.PERMITS and grant.targets[0] in it.sources}
    return bool(used & (opened | {grant.targets[0]})), bool(used)


def _was_seen(relation: Relation) -> bool:
    return "observed" in {*relation.also, relation.basis}


def told_overgrant(answer: Answer) -> Any:
    rows = answer.data.model_dump()["rows"]
    return {
        (
            *(row["grant"], row["need"], row["use"], row["crown_jewels"] or ()),
            *(row["records"] or 0, row["processes"] or 0, row["entities"], row["uncounted"]),
        )
        for row in rows
    }


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


def controls(estate: Estate, params: Any) -> Any:
    """By one world after the other: what each control lets through that fails, each pair, and each put in its place."""
    if params.hours is not None:
        raise UsageError("an outage that ends")
    if params.anyone or any(getattr(params, way) for way in SEED_KINDS):
        starts = [plain(params.scenario(estate))]
    else:
        parties = [party.id for party in estate.of_kind(Kind.PARTY) if getattr(party, "role", None) != "self"]
        starts = [plain(params.asked).model_copy(update={"compromise": (name,)}) for name in parties]
    estate = what_if(estate, params.asked)
    placed = {it.id: it for it in estate.controls.values()}
    gone = {name: it for name, it in placed.items() if it.control.status in ("failed", "absent")}
    force = [
        name for name, it in placed.items() if name not in gone and not {name, it.control.kind} & {*params.distrust}
    ]
    now = [set(spec(estate, scenario)) for scenario in starts]

    def failing(*names: str) -> list[set[Fact]]:
        wider = [it.model_copy(update={"distrust": (*it.distrust, *names)}) for it in starts]
        return [set(spec(estate, scenario)) for scenario in wider]

    def opened(before: list[set[Fact]], after: list[set[Fact]], compared: list[set[Fact]], numbers: bool = True) -> Any:
        """What is in ``after`` and not in ``compared``, by whether something was held of it ``before``."""
        new, more, records = set[str](), set[str](), []
        for start, (scenario, least, most) in enumerate(zip(starts, before, after, strict=True)):
            own = {name for way in SEED_KINDS for name in getattr(scenario, way)}
            about = {it.entity for it in most - compared[start]} - own
            about = {name for name in about if not getattr(estate.entities[name], "public", False)}
            old = {it.entity for it in least}
            new, more = new | (about - old), more | (about & old)
            one, other = (measure(estate, scenario, facts) for facts in (most, least))
            if about and numbers:
                records.append(None if one[1] == other[1] and one[4] != other[4] else one[1] - other[1])
        jewels = sorted(name for name in new if estate.crown_jewel(name))
        processes = sorted(name for name in new if estate.kind_of(name) is Kind.PROCESS)
        told = [it for it in records if it is not None]
        found = jewels, max(told, default=None if records else 0), processes, len(new), len(more - new)
        return found if new or more else None

    alone = {name: failing(name) for name in force}
    pairs = {}
    for one, other in combinations(sorted(force), 2):
        union = [one_of | other_of for one_of, other_of in zip(alone[one], alone[other], strict=True)]
        both = failing(one, other)
        pairs[one, other] = opened(now, both, union, numbers=False)
    kept = {}
    for name, it in gone.items():
        there = ((it.control.kind, it.host),)
        then = [set(spec(changed(estate, World(scenario, controls=there)), scenario)) for scenario in starts]
        kept[name] = opened(then, now, then)
    held = {name: opened(now, then, now) for name, then in alone.items()}
    fallen = {(name, start) for name in force for start, facts in enumerate(now) if _falls(estate, name, facts, params)}
    return _some(held), _some(pairs), _some(kept), sorted(fallen), len(force)


def _some(found: dict[Any, Any]) -> list[Any]:
    return sorted((name, told) for name, told in found.items() if told is not None)


def _falls(estate: Estate, name: str, facts: set[Fact], params: Any) -> bool:
    """Whether a control falls with what provides it."""
    control = estate.controls[name].control
    if control.provided_by is None:
        return False
    held = {it.capability for it in facts if it.entity == control.provided_by}
    service = estate.kind_of(control.provided_by) is Kind.SERVICE
    closes = control.fails == "closed" and control.kind not in ("fallback", "immutable_backup")
    swayed = control.misled or control.kind in ("second_source", "out_of_band")
    return bool(
        (Capability.STEER if service else Capability.CONTROL) in held
        or (Capability.DENY in held and (not closes or "fail_closed" in params.distrust))
        or (Capability.TAINT in held and swayed)
    )


def told_controls(answer: Answer) -> Any:
    data = answer.data.model_dump()

    def told(row: Any, records: bool = True) -> Any:
        things = row["things"], row["more_of"]
        return [*(row["crown_jewels"] or ())], row["records"] if records else 0, [*(row["processes"] or ())], *things

    holding = sorted((row["id"], told(row["opens"])) for row in data["holding"])
    pairs = sorted((tuple(sorted(row["controls"])), told(row["opens"], records=False)) for row in data["together"])
    kept = sorted((row["id"], told(row["keeps"])) for row in data["gone"] if row["keeps"] and row["keeps"]["starts"])
    starts = [None] if data["starts"] is None else data["starts"]
    fallen = sorted((row["id"], starts.index(it["start"])) for row in data["fallen"] for it in row["with_starts"])
    return holding, pairs, kept, fallen, data["in_force"]


BRUTE: dict[str, tuple[Callable[[Estate, Any], Any], Told]] = {
    "overgrant": (overgrant, told_overgrant),
    "brief": (brief, told_brief),
    "governance": (governance, told_governance),
    "inventory": (inventory, told_inventory),
    "dependence": (dependence, told_dependence),
    "joint": (joint, told_joint),
    "contain": (contain, told_contain),
    "exercise": (exercise, told_exercise),
    "controls": (controls, told_controls),
    "rank": (rank, told_rank),
    "exposure": (exposure, told_exposure),
    "levers": (levers, told_levers),
    "cut": (cut, told_cut),
    "grant": (grant, told_grant),
    "verify": (verify, told_verify),
    "reach": (reach, told_reach),
    "scenarios": (scenarios, told_scenarios),
}
"""For each question what its answer must be, and how it says so."""
