"""Bugs to seed: rule tables that are wrong in one flow, columns that lose a word, and the worlds to notice them in."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import cast

import numpy as np

from blastradius.columns.ragged import RaggedArray
from blastradius.columns.tables import NO_INDEX, Columns
from blastradius.estate import Estate
from blastradius.model import Capability, Control, ControlKind, Kind, Level, Scenario
from blastradius.rules import RULES, Condition, End, Flow, Place, Rule, Stop
from tests.engine.random_estates import random_estate, random_scenario
from tests.engine.short import estate, scenario
from tests.engine.test_rules_needed import CONTROL_CASES, RULE_CASES
from tests.engine.test_words_needed import CASES
from tests.rules.golden import estate as golden
from tests.rules.golden import expected, rules

WORLDS = 400
Change = Callable[[Flow], Flow | None]
K, C = ControlKind, Capability


def worlds() -> list[tuple[Estate, Scenario]]:
    """A world for every rule, control and word, those of the golden estates, and random ones, always the same."""
    found = [
        (estate(*relations, controls={host: Control(kind=kind)}, entities=entities), scenario(seed))
        for kind, relations, entities, host, seed, _ in CONTROL_CASES
    ]
    found += [(built, scenario(seed)) for _, built, seed, _ in RULE_CASES]
    found += [(case.said, case.asked) for case in CASES]
    found += [world for rule in rules() for world in golden_worlds(rule)]
    for seed in range(WORLDS):
        rng = random.Random(seed)
        built = random_estate(rng)
        found.append((built, random_scenario(rng, built)))
    return found


def golden_worlds(rule: str | None) -> list[tuple[Estate, Scenario]]:
    """The golden estate of a rule, with what is asked of it; nothing where there is none."""
    return [(golden(rule), case.scenario) for case in expected(rule)] if rule in rules() else []


def changed(rule: str, change: Change) -> tuple[Rule, ...]:
    """The rule table with the flows of one rule changed, or taken out."""
    return tuple(
        row._replace(flows=tuple(found for flow in row.flows if (found := change(flow)) is not None))
        if row.id == rule
        else row
        for row in RULES
    )


def at_level(rule: str, level: Level) -> tuple[Rule, ...]:
    """The rule table with one rule at another level."""
    return tuple(row._replace(level=level) if row.id == rule else row for row in RULES)


def without_stop(*kinds: ControlKind) -> Change:
    """No control of these kinds stops a flow."""
    return lambda flow: flow._replace(stops=tuple(_fewer(stop, kinds) for stop in flow.stops))


def _fewer(stop: Stop, kinds: tuple[ControlKind, ...]) -> Stop:
    return stop._replace(kinds=tuple(kind for kind in stop.kinds if kind not in kinds))


def without_place(*places: Place) -> Change:
    """No control in these places stops a flow."""
    return lambda flow: flow._replace(
        stops=tuple(stop._replace(at=tuple(at for at in stop.at if at not in places)) for stop in flow.stops)
    )


def all_count(flow: Flow) -> Flow:
    """Of controls all count, whoever provides them and whosesoever road they guard."""
    return flow._replace(stops=tuple(stop._replace(only="") for stop in flow.stops))


def giving(capability: Capability) -> Change:
    """A flow gives another capability at the same end."""
    return lambda flow: flow._replace(gives=(flow.gives[0], capability))


def backwards(flow: Flow) -> Flow:
    """A flow runs the other way."""
    ends: dict[End, End] = {"from": "to", "to": "from"}
    (needed, need), (given, gain) = flow.needs, flow.gives
    turned = flow._replace(needs=(ends[needed], need), gives=(ends[given], gain))
    return turned._replace(source_kinds=flow.target_kinds, target_kinds=flow.source_kinds)


def whatever(*conditions: Condition) -> Change:
    """A flow does not ask for these conditions."""
    return lambda flow: flow._replace(when=tuple(name for name in flow.when if name not in conditions))


def lost(part: str) -> Change:
    """The flows in whose short form this stands are not there."""
    return lambda flow: None if part in str(flow) else flow


def only(part: str, change: Change) -> Change:
    """A change of the flows in whose short form this stands."""
    return lambda flow: change(flow) if part in str(flow) else flow


def not_of(kind: Kind, word: str = "") -> Change:
    """The flows that begin at a kind are not there, or of these those that ask for a condition."""
    return lambda flow: None if kind in flow.source_kinds and (not word or word in flow.when) else flow


SPENT = (K.REVOKED, K.ROTATED, K.EXPIRED)
TABLE_BUGS: dict[str, tuple[Rule, ...]] = {
    "R1 forgets compartments": changed("R1", without_stop(K.COMPARTMENT)),
    "R1 hands out only control": changed("R1", lost("possess")),
    "R2 copies what cannot be copied": changed("R2", without_stop(K.NON_EXPORTABLE)),
    "R2 drives the keys of calls by steering": changed("R2", whatever("unnamed")),
    "R2 drives no key by steering": changed("R2", lost("steer")),
    "R2 copies a key by steering": changed("R2", only("steer", giving(C.POSSESS))),
    "R3 takes any key for all": changed("R3", lambda f: f._replace(gate="each") if f.gate == "every" else f),
    "R3 forgets revocation": changed("R3", without_stop(*SPENT)),
    "R3 forgets the allow-list": changed("R3", without_stop(K.IP_ALLOWLIST, K.TOKEN_BINDING, K.DEVICE_POLICY)),
    "R3 wants all keys driven or all copied": changed("R3", lambda f: None if f.gate in ("driven", "secrets") else f),
    "R3 asks a driven key where it calls from": changed("R3", lost("driven")),
    "R3 takes two driven passwords for copied ones": changed("R3", lost("secrets")),
    "R3 has mfa stop any key": changed("R3", all_count),
    "R3 forgets what stands on one of several keys": changed("R3", only("joint_key", without_place("from"))),
    "R3p is lost": changed("R3p", lambda _: None),
    "R3p phishes what cannot be phished": changed("R3p", without_stop(K.HARD_MFA)),
    "R3p phishes whatever is mfa": changed("R3p", without_stop(K.MFA)),
    "R3p phishes as granted": at_level("R3p", Level.GRANTED),
    "R3p phishes one key alone": changed("R3p", lambda f: None if "many_keys" in f.when else f),
    "R3a is lost": changed("R3a", lambda _: None),
    "R3a calls what is switched off": changed("R3a", without_stop(*SPENT)),
    "R3b takes any scope for all": changed("R3b", lambda f: f._replace(gate="each")),
    "R3b forgets approval": changed("R3b", without_stop(K.APPROVAL)),
    "R3b calls what is switched off": changed("R3b", without_stop(*SPENT)),
    "R3c is lost": changed("R3c", lambda _: None),
    "R3c goes past scopes": changed("R3c", whatever("unguarded")),
    "R3c forgets approval": changed("R3c", without_stop(K.APPROVAL)),
    "R3c calls what is switched off": changed("R3c", without_stop(*SPENT)),
    "R4 gives all rows for own rows": changed("R4", lambda f: f._replace(when=()) if f.gives[1] == C.READ else f),
    "R4 writes where it reads": changed("R4", only("to.read", giving(C.WRITE))),
    "R4 pauses without approval": changed("R4", only("disables", without_stop(K.APPROVAL))),
    "R5 forgets object checks": changed("R5", without_stop(K.OBJECT_AUTHZ)),
    "R6 forgets function checks": changed("R6", without_stop(K.FUNCTION_AUTHZ)),
    "R6 calls what is switched off": changed("R6", without_stop(*SPENT)),
    "R7 needs all rows": changed("R7", lambda f: f._replace(needs=("from", C.READ))),
    "R7 forgets redaction": changed("R7", without_stop(K.REDACTED, K.PURGED, K.EXPIRED)),
    "R8 makes wrong data chosen": changed("R8", lambda f: None if f.along == "through" else giving(C.WRITE)(f)),
    "R8 forgets validation": changed("R8", without_stop(K.VALIDATED, K.QUARANTINED)),
    "R8 forgets small errors": changed("R8", without_stop(K.INSENSITIVE)),
    "R8 flows no further than the caller": changed("R8", lost("through")),
    "R8 writes without approval": changed("R8", only("through", without_stop(K.APPROVAL))),
    "R8 calls with spent keys": changed("R8", only("through", without_stop(*SPENT))),
    "R8 has a check of answers guard what is sent": changed(
        "R8", only("through", lambda f: f._replace(stops=tuple(s._replace(at=(*s.at, "along")) for s in f.stops)))
    ),
    "R8 has operations read nothing wrong": changed(
        "R8", only("reads", lambda f: f._replace(source_kinds=frozenset({Kind.SERVICE})))
    ),
    "R8 tells no process": changed(
        "R8", only("consumes", lambda f: f._replace(source_kinds=frozenset({Kind.SERVICE})))
    ),
    "R8q lets one feed decide": changed("R8q", lambda f: f._replace(gate="any", needs=("to", C.DENY))),
    "R8q forgets validation": changed("R8q", without_stop(K.VALIDATED)),
    "R9a forgets bulkheads": changed("R9a", without_stop(K.BULKHEAD, K.VALIDATED)),
    "R9a needs tricks": at_level("R9a", Level.ABUSED),
    "R9a breaks those who only read": changed("R9a", whatever("brittle")),
    "R9a spares who calls": changed("R9a", lost("calls")),
    "R9b breaks into others' systems as into ours": changed("R9b", lambda f: f._replace(level=None)),
    "R9b is broken into by errors": changed("R9b", lambda f: f._replace(needs=("to", C.TAINT))),
    "R9c is lost": changed("R9c", lost("to.taint")),
    "R9c forgets bulkheads": changed("R9c", without_stop(K.BULKHEAD)),
    "R9c halts who carries on": changed("R9c", whatever("halts")),
    "R9c loses nothing that it drops": changed("R9c", lost("drops")),
    "R9d is lost": changed("R9d", lambda _: None),
    "R9d forgets checks": changed("R9d", without_stop(K.VALIDATED, K.HUMAN_REVIEW)),
    "R9d takes anybody's default": changed("R9d", whatever("defaults")),
    "R9d waits for calls without their key": changed("R9d", lost("key_of_call")),
    "R10 gives control to a fault": changed("R10", lambda f: f._replace(needs=("to", C.TAINT))),
    "R10 forgets pinning": changed("R10", without_stop(K.PINNED, K.VERIFIED, K.STAGED, K.NOT_EXPOSED)),
    "R10 installs feeds only": changed("R10", lambda f: f._replace(target_kinds=frozenset({Kind.FEED}))),
    "R10 has an egress filter stop faults": changed(
        "R10", lambda f: f._replace(stops=tuple(s._replace(kinds=(*s.kinds, K.EGRESS_FILTER)) for s in f.stops))
    ),
    "R11 stops what only slows": changed("R11", lambda f: giving(C.DENY)(f) if f.gives == ("from", C.DEGRADE) else f),
    "R11 falls with the first supplier": changed("R11", lambda f: f._replace(gate="any") if f.gate == "lost" else f),
    "R11 forgets fallbacks": changed("R11", without_stop(K.FALLBACK)),
    "R11 passes no slowness on": changed("R11", lost("lost to.degrade")),
    "R11 waits for nothing": changed("R11", lambda f: f._replace(waits=False)),
    "R11 stops a feed with its first publisher": changed("R11", only("publishes", lambda f: f._replace(gate="each"))),
    "R11 stops a function with its first server": changed(
        "R11", only("whole", lambda f: f._replace(gate="each") if f.along == "serves" else f)
    ),
    "R11 slows no function": changed("R11", lost("serves: from.degrade")),
    "R11 calls without keys": changed("R11", lost("key_of_call")),
    "R11 stops where a default goes on": changed("R11", whatever("stops")),
    "R11 passes slowness on to who can spare it": changed("R11", only("degrade", whatever("hard"))),
    "R12 forgets hardening": changed("R12", without_stop(K.HARDENED, K.SANDBOXED)),
    "R12 breaks into others' systems as into ours": changed("R12", lambda f: f._replace(level=None)),
    "R12 spares others' systems": changed("R12", lambda f: None if "others" in f.when else f),
    "R13 forgets encryption": changed("R13", without_stop(K.ENCRYPTED_ELSEWHERE)),
    "R13 controls nothing of what it serves": changed("R13", lost("serves")),
    "R13 asks its own checks": changed("R13", all_count),
    "R13 asks nobody's checks": changed("R13", without_stop(K.OBJECT_AUTHZ, K.APPROVAL)),
    "R13 calls without the keys that are needed": changed("R13", lambda f: f._replace(also="")),
    "R13 calls with spent keys": changed("R13", without_stop(*SPENT)),
    "R13 has the steered tell everybody": changed("R13", without_stop(K.EGRESS_FILTER)),
    "R13 steers no hand": changed("R13", lambda f: None if f.needs[1] == C.STEER and f.along == "calls" else f),
    "R13w forgets backups": changed("R13w", without_stop(K.IMMUTABLE_BACKUP)),
    "R15 walks through walls": changed("R15", without_stop(K.SEGMENTED, K.HARD_MFA, K.PAM)),
    "R15 walks backwards": changed("R15", lambda f: backwards(f) if Kind.SERVICE in f.source_kinds else f),
    "R15 knows no remote access": changed("R15", not_of(Kind.OPERATION)),
    "R16 is lost": changed("R16", lambda _: None),
    "R16 needs nobody who means it": changed("R16", lambda f: f._replace(also="")),
    "R16 hands over who obeys": changed("R16", giving(C.CONTROL)),
    "R16 forgets a second way to see": changed("R16", without_stop(K.OUT_OF_BAND)),
    "R16 steers who only reads": changed("R16", whatever("obeys")),
    "R16 needs no trick": at_level("R16", Level.GRANTED),
    "R17 is lost": changed("R17", lambda _: None),
    "R17 forgets approval": changed("R17", without_stop(K.APPROVAL)),
    "R17 copies what cannot be copied": changed("R17", without_stop(K.NON_EXPORTABLE)),
    "R17 asks its own approval": changed("R17", all_count),
    "R17 hands out no rights": changed("R17", lost("to.use")),
    "R18 is lost": changed("R18", lambda _: None),
    "R18 climbs from guest to host": changed("R18", backwards),
    "R18 forgets fallbacks": changed("R18", without_stop(K.FALLBACK)),
    "R18 forgets encryption": changed("R18", without_stop(K.ENCRYPTED_ELSEWHERE)),
    "R18 slows no guest": changed("R18", lost("degrade")),
    "R19 is lost": changed("R19", lambda _: None),
    "R19 takes some of the parts for all": changed("R19", lambda f: f._replace(gate="each")),
    "R19 takes the parts that are told for all": changed("R19", whatever("complete")),
    "R19 takes what came up down again": changed(
        "R19", lambda f: backwards(f) if f.gives == ("to", C.TAINT) else f
    ),
    "R19 forgets encryption": changed("R19", without_stop(K.ENCRYPTED_ELSEWHERE)),
    "R19 forgets fallbacks": changed("R19", without_stop(K.FALLBACK)),
    "R12 a level too low": at_level("R12", Level.GRANTED),
    "R5 a level too high": at_level("R5", Level.LATERAL),
    "a step counts for two": changed("R13", lambda f: f._replace(hop=2)),
}  # fmt: skip
Loss = Callable[[Columns], Columns]


def saying(table: str, column: str, value: object) -> Loss:
    """Columns of which one says the same of all its rows."""

    def change(columns: Columns) -> Columns:
        part = getattr(columns, table)
        return columns._replace(**{table: part._replace(**{column: _filled(getattr(part, column), value)})})

    return change


def _filled(column: object, value: object) -> object:
    if isinstance(column, RaggedArray):
        return RaggedArray(np.zeros(len(column) + 1, np.int64), np.zeros(0, np.int64))
    if isinstance(column, np.ndarray):
        return np.full_like(column, value)
    return [value] * len(cast("list[object]", column))


COLUMN_BUGS: dict[str, Loss] = {
    f"{table}: {column} is {value} everywhere": saying(table, column, value)
    for table, column, values in (
        ("controls", "misled", (False, True)),
        ("controls", "phishable", (False, True)),
        ("controls", "slower", (False, True)),
        ("controls", "starts_after_h", (0.0, 99.0)),
        ("controls", "fails_closed", (False, True)),
        ("controls", "failed", (False, True)),
        ("controls", "provider", (NO_INDEX,)),
        ("relations", "subset", (False, True)),
        ("relations", "brittle", (False, True)),
        ("relations", "capacity_loss", (False, True)),
        ("relations", "dependency", (None, "hard", "none")),
        ("relations", "buffer_h", (0.0, 99.0)),
        ("relations", "at_least", (0, 1)),
        ("relations", "vote_min", (0, 1)),
        ("relations", "on_bad", (0, 1, 2)),
        ("relations", "defaults", (False, True)),
        ("relations", "obeys", (False, True)),
        ("relations", "keys", ("none",)),
        ("relations", "needs", ("none",)),
        ("relations", "basis", (0, 3)),
        ("entities", "complete", (False, True)),
        ("entities", "ourselves", (False, True)),
        ("entities", "password", (False, True)),
        ("entities", "anonymous", (False,)),
        ("entities", "api", (NO_INDEX,)),
        ("entities", "flat_zone", (NO_INDEX,)),
    )
    for value in values
}
"""What a solver finds that reads one word of all that is said as if it were never said, or always."""
