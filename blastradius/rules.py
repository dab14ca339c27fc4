"""The rule table: how compromise, bad data and failure travel, and what stops each step. Nothing else.

A flow is written the way it is read: along which relation, what must hold at one end, what follows at the
other. ``every`` needs all sources together, ``whole`` all relations that lead to one target, ``lost`` counts
suppliers that are denied, ``any`` needs one of a group, ``quorum`` counts feeds. ``on`` names controls, and the
ends whose own count besides those on the relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple, cast

from blastradius.model import SIGNATURES, Capability, ControlKind, Kind, Level, Verb

End = Literal["from", "to"]
Place = Literal["along", "second", "from", "to", "middle", "keys"]
"""Where a control may stand: on the relations that a step runs along (or the second of them alone), at its ends, on
what two relations meet in, on the keys of a call."""
Gate = Literal["each", "every", "whole", "driven", "secrets", "lost", "any", "quorum"]
Implied = Literal[
    "in_api", "in_flat_zone", "open_to_anyone", "through", "itself", "joint_key", "dropped", "drops", "key_of_call"
]
Condition = Literal[
    "single", "group", "all", "subset", "brittle", "halts", "defaults", "stops", "obeys", "hard", "soft", "depends",
    "capacity_loss", "one_key", "many_keys", "mixed_keys", "keyed", "unkeyed", "needing", "unnamed", "unguarded",
    "ours", "others", "phishable", "bound", "complete",
]  # fmt: skip
"""What a relation must say, or what must be so about its ends, for a flow to run along it."""
Only = Literal["", "of_others", "of_password", "unphishable"]
"""Which controls of a kind count: all, those that another entity provides, those on the road of a password (of which
``unphishable`` leaves out MFA that can be phished)."""


class Stop(NamedTuple):
    """Controls of some kinds, where they stand when they stop a step, and which of them count."""

    kinds: tuple[ControlKind, ...]
    at: tuple[Place, ...]
    only: Only = ""


class Flow(NamedTuple):
    """One way in which a rule carries something along a relation.

    ``source_kinds`` and ``target_kinds`` limit the ends (empty: any that the verb allows), ``when`` what the
    relation must say, ``hop`` how many hops the step counts; ``also`` is needed besides: that somebody means it, or
    the keys that a call needs. ``waits`` says that the step takes as long as the relation's buffer lasts. ``level`` is
    that of the rule where it is not stated.
    """

    along: Verb | Implied
    gate: Gate
    needs: tuple[End, Capability]
    gives: tuple[End, Capability]
    stops: tuple[Stop, ...]
    source_kinds: frozenset[Kind]
    target_kinds: frozenset[Kind]
    when: tuple[Condition, ...]
    hop: int
    also: Literal["", "anyone", "keys_needed"]
    waits: bool
    level: Level | None

    def __str__(self) -> str:
        gate = "" if self.gate == "each" else f"{self.gate} "
        needs, gives = (f"{end}.{capability}" for end, capability in (self.needs, self.gives))
        return f"{self.along}: {gate}{needs} → {gives}"


class Rule(NamedTuple):
    """One row of the table: its level, what it says, the field's names for it, and its flows."""

    id: str
    level: Level
    says: str
    refs: tuple[str, ...]
    flows: tuple[Flow, ...]


def _end(text: str) -> tuple[End, Capability]:
    end, _, capability = text.partition(".")
    return cast(End, end), Capability(capability)


def _kinds(text: str) -> frozenset[Kind]:
    return frozenset(map(Kind, text.split()))


def on(kinds: str, at: str = "", only: Only = "", *, along: str = "along") -> Stop:
    """Controls that stop a flow on its relations and at the places named."""
    return Stop(tuple(map(ControlKind, kinds.split())), cast("tuple[Place, ...]", (*along.split(), *at.split())), only)


def flow(
    along: str,
    says: str,
    *stops: Stop,
    of: str = "",
    to: str = "",
    when: str = "",
    hop: int = 1,
    also: Literal["", "anyone", "keys_needed"] = "",
    waits: bool = False,
    level: int | None = None,
) -> Flow:
    """Read a flow from its short form, such as ``flow("serves", "to.use -> from.control")``."""
    needs, gives = says.split(" -> ")
    gate, _, need = needs.rpartition(" ")
    return Flow(
        along=Verb(along) if along in set(Verb) else cast(Implied, along),
        gate=cast(Gate, gate or "each"),
        needs=_end(need),
        gives=_end(gives),
        stops=stops,
        source_kinds=_kinds(of),
        target_kinds=_kinds(to),
        when=cast("tuple[Condition, ...]", tuple(when.split())),
        hop=hop,
        also=also,
        waits=waits,
        level=None if level is None else Level(level),
    )


def rule(rule_id: str, level: int, refs: str, says: str, *flows: Flow) -> Rule:
    """One row of the table."""
    return Rule(rule_id, Level(level), says, tuple(refs.split()), flows)


_SPENT = "revoked rotated expired"
_BOUND = "ip_allowlist token_binding device_policy"
_MFA = "mfa hard_mfa"
_CHECKED = "validated quarantined human_review second_source insensitive"
_VETTED = "pinned verified staged not_exposed"
_WALLS = "segmented hard_mfa pam"
_ASSETS = "service store feed"


_OBEYED = on("human_review quarantined validated out_of_band", "from")


def _taken_in(says: str, *stops: Stop, when: str, by: str = "service process", level: int | None = None) -> list[Flow]:
    """The same flow from all that is taken in: feeds, what a service reads, answers to its calls."""
    takers = {"consumes": by, "reads": "service", "calls": "service"}
    return [flow(verb, says, *stops, of=taker, when=when, level=level) for verb, taker in takers.items()]


def _lost(along: str, *, of: str = "", extra: str = "") -> list[Flow]:
    """R11 for one kind of dependence: too few suppliers left stop it, too few that are not slow, or lost, slow it."""
    fallback = on("fallback", "from")
    found = [
        flow(along, "lost to.deny -> from.deny", fallback, of=of, when="hard stops", waits=True),
        flow(along, "lost to.degrade -> from.degrade", fallback, of=of, when="hard stops", waits=True),
        flow(along, "lost to.deny -> from.degrade", fallback, of=of, when="soft stops", waits=True),
    ]
    if extra:
        found.append(
            flow(along, "any to.deny -> from.degrade", fallback, of=of, when=f"{extra} depends stops", waits=True)
        )
    return found


RULES: tuple[Rule, ...] = (
    rule("R1", 1, "T1199", "a party falls with all it owns",
         flow("owns", "from.control -> to.control", on("compartment", "to"), to=_ASSETS),
         flow("owns", "from.deny -> to.deny", on("compartment", "to"), to=_ASSETS),
         flow("owns", "from.control -> to.operate", on("compartment", "to"), to="credential"),
         flow("owns", "from.control -> to.possess", on("compartment", "to"), to="credential")),
    rule("R2", 1, "T1528 T1552",
         "who controls the holder of a key can use it, and copy it where it can be copied; who steers the holder "
         "can use keys that none of its calls names",
         flow("holds", "from.control -> to.operate"),
         flow("holds", "from.control -> to.possess", on("non_exportable", "to")),
         flow("holds", "from.steer -> to.operate", of="service", when="unnamed")),
    rule("R3", 1, "T1078 T1550.001",
         "a key, or all the keys needed together, opens what it grants; a copy must pass what stops copies",
         flow("grants", "every from.operate -> to.use", on(_SPENT, "from to")),
         flow("grants", "each from.possess -> to.use", on(f"{_SPENT} {_BOUND}", "from to"),
              on(_MFA, "from to", "of_password"), when="one_key"),
         flow("grants", "every from.present -> to.use", on(_SPENT, "from to"), on(_BOUND, "to"),
              on(_MFA, "to", "of_password"), when="many_keys"),
         flow("grants", "driven from.present -> to.use", on(_SPENT, "from to"), on("token_binding", "to"),
              on(_MFA, "to", "of_password"), when="many_keys"),
         flow("grants", "secrets from.present -> to.use", on(_SPENT, "from to"), on("token_binding", "to"),
              when="mixed_keys"),
         flow("joint_key", "from.operate -> to.present", hop=0),
         flow("joint_key", "from.possess -> to.present", on(_BOUND, "from"), on(_MFA, "from", "of_password"), hop=0)),
    rule("R3p", 2, "T1621 T1557", "a code typed in, or a push to accept, is talked out of people",
         flow("grants", "each from.possess -> to.use", on(f"{_SPENT} {_BOUND}", "from to"),
              on(_MFA, "from to", "unphishable"), when="one_key phishable"),
         flow("grants", "every from.present -> to.use", on(_SPENT, "from to"), on(_BOUND, "to"),
              on(_MFA, "to", "unphishable"), when="many_keys phishable"),
         flow("grants", "driven from.present -> to.use", on(_SPENT, "from to"), on("token_binding", "to"),
              on(_MFA, "to", "unphishable"), when="many_keys phishable"),
         flow("joint_key", "from.possess -> to.present", on(_BOUND, "from"), on(_MFA, "from", "unphishable"),
              when="phishable", hop=0)),
    rule("R3a", 1, "API2:2023", "strangers can call an exposed operation that asks for no key",
         flow("open_to_anyone", "to.anyone -> from.use", on(f"ip_allowlist {_SPENT}", "from"))),
    rule("R3b", 1, "T1078", "a scope, or all the scopes needed together, permits its operations",
         flow("permits", "every from.use -> to.use", on("approval", "to"), on(_SPENT, "from to"))),
    rule("R3c", 1, "T1078", "whoever may use a service may call what it serves, where no scope guards it",
         flow("serves", "from.use -> to.use", on(f"approval {_SPENT}", "to"), when="unguarded")),
    rule("R4", 1, "T1213 T1530",
         "an operation does what it does for whoever may call it, on own rows only where it is limited to them",
         flow("reads", "from.use -> to.read", on("encrypted_elsewhere", "from to"), of="operation", when="all"),
         flow("reads", "from.use -> to.read_subset", on("encrypted_elsewhere", "from to"), of="operation",
              when="subset"),
         flow("writes", "from.use -> to.write", on("approval", "from to"), of="operation", when="all"),
         flow("writes", "from.use -> to.taint", on("approval", "from to"), of="operation", when="subset"),
         flow("controls", "from.use -> to.control", on("approval", "from to")),
         flow("disables", "from.use -> to.deny", on("approval", "from to"))),
    rule("R5", 2, "API1:2023", "own rows become all rows where nobody checks whose they are",
         flow("reads", "from.use -> to.read", on("object_authz encrypted_elsewhere", "from to"), of="operation",
              when="subset"),
         flow("writes", "from.use -> to.write", on("object_authz approval", "from to"), of="operation",
              when="subset")),
    rule("R6", 2, "API5:2023", "one function of an API opens the others where nobody checks which were granted",
         flow("in_api", "from.use -> to.callable", hop=0),
         flow("in_api", "to.callable -> from.use", on(f"function_authz {_SPENT}", "from"))),
    rule("R7", 2, "T1552 T1213", "keys left in readable data are found",
         flow("contains", "from.read_subset -> to.possess",
              on("redacted encrypted_elsewhere expired purged", "from to"))),
    rule("R8", 1, "API10:2023 T1565", "what is wrong makes wrong whoever takes it in, and what they write",
         flow("publishes", "from.taint -> to.taint", on(_CHECKED, "to")),
         flow("consumes", "to.taint -> from.taint", on(_CHECKED, "from"), when="single"),
         flow("writes", "from.taint -> to.taint", on(_CHECKED, "to"), of="service"),
         flow("reads", "to.taint -> from.taint", on(_CHECKED, "from")),
         flow("derives_from", "to.taint -> from.taint", on(_CHECKED, "from")),
         flow("informs", "from.taint -> to.taint", on(_CHECKED, "to")),
         flow("serves", "from.taint -> to.taint", on(_CHECKED, "to")),
         flow("calls", "to.taint -> from.taint", on(_CHECKED, "from")),
         flow("through", "from.taint -> to.taint", on(f"{_CHECKED} approval", "middle to", along="second"),
              on(_SPENT, "middle keys", along=""))),
    rule("R8q", 1, "API10:2023 T1565", "a vote is wrong when enough of the feeds still alive are wrong",
         flow("consumes", "quorum to.taint -> from.taint", on(_CHECKED, "from"), when="group")),
    rule("R9a", 1, "API10:2023 T1499", "wrong input stops a consumer that is brittle",
         *_taken_in("to.taint -> from.deny", on("bulkhead validated", "from"), when="brittle")),
    rule("R9b", 3, "API10:2023 T1190",
         "chosen input breaks into a brittle consumer: ours at this level, others' at the next",
         flow("consumes", "to.write -> from.control", on("bulkhead validated", "from"), of="service",
              when="brittle ours"),
         flow("reads", "to.write -> from.control", on("bulkhead validated", "from"), of="service",
              when="brittle ours"),
         flow("consumes", "to.write -> from.control", on("bulkhead validated", "from"), of="service",
              when="brittle others", level=4),
         flow("reads", "to.write -> from.control", on("bulkhead validated", "from"), of="service",
              when="brittle others", level=4)),
    rule("R9c", 1, "API10:2023 T1499", "a consumer that halts on wrong input stops; one that drops it goes without",
         *_taken_in("to.taint -> from.deny", on("bulkhead", "from"), when="halts"),
         flow("drops", "from.taint -> to.lost", hop=0)),
    rule("R9d", 1, "T1565", "a consumer that goes on with a default when its input is missing may be wrong",
         *_taken_in("any to.deny -> from.taint", on(_CHECKED, "from"), when="defaults"),
         flow("key_of_call", "to.deny -> from.taint", on(_CHECKED, "from"), when="defaults")),
    rule("R10", 1, "T1195 T1072",
         "what is installed runs: a fault in it stops the host, what somebody chose controls it",
         flow("installs", "to.taint -> from.deny", on(_VETTED, "from")),
         flow("installs", "to.write -> from.control", on(f"{_VETTED} egress_filter", "from"))),
    rule("R11", 1, "T1499 DORA-28 DORA-29",
         "who depends on too few that are still up stops or slows, when the buffer is used up",
         *_lost("depends_on", extra="capacity_loss"),
         *_lost("calls"),
         *_lost("reads", of="service"),
         *_lost("consumes"),
         flow("key_of_call", "to.deny -> from.deny", on("fallback", "from"), when="hard stops", waits=True),
         flow("key_of_call", "to.deny -> from.degrade", on("fallback", "from"), when="depends stops", waits=True),
         flow("publishes", "whole from.deny -> to.deny", on("fallback", "to")),
         flow("serves", "whole from.deny -> to.deny", on("fallback", "to")),
         flow("serves", "from.degrade -> to.degrade", on("fallback", "to")),
         flow("dropped", "from.deny -> to.lost", hop=0),
         flow("dropped", "to.lost -> to.strained", hop=0),
         flow("dropped", "from.degrade -> to.strained", hop=0)),
    rule("R12", 3, "T1190 T1210",
         "whoever can call a service may break into it: ours at this level, others' at the next",
         flow("serves", "to.use -> from.control", on("hardened sandboxed", "from"), when="ours"),
         flow("serves", "to.use -> from.control", on("hardened sandboxed", "from"), when="others", level=4)),
    rule("R13", 1, "T1078 T1195",
         "who controls a service has its rights and controls all it serves; who steers it has it use them",
         flow("reads", "from.control -> to.read", on("encrypted_elsewhere", "to"), of="service"),
         flow("reads", "from.steer -> to.read", on("encrypted_elsewhere", "to"), on("egress_filter", "from"),
              of="service"),
         flow("writes", "from.steer -> to.write", of="service"),
         flow("calls", "from.control -> to.use", on(_SPENT, "keys to"), when="unkeyed needing"),
         flow("calls", "from.steer -> to.use", on(_SPENT, "keys to"), also="keys_needed"),
         flow("publishes", "from.control -> to.write", on("two_party_signing", "to"), of="party"),
         flow("publishes", "from.steer -> to.write", on("two_party_signing", "to"), of="service"),
         flow("serves", "from.control -> to.control"),
         flow("reads", "from.control -> to.read", on("encrypted_elsewhere", "from to"),
              on("object_authz", "from", "of_others"), on("object_authz", "to", along=""), of="operation",
              when="subset"),
         flow("reads", "from.control -> to.read", on("encrypted_elsewhere", "from to"), of="operation", when="all"),
         flow("writes", "from.control -> to.write", on("approval object_authz", "from", "of_others"),
              on("approval object_authz", "to", along=""), of="operation", when="subset"),
         flow("writes", "from.control -> to.write", on("approval", "from", "of_others"),
              on("approval", "to", along=""), of="operation", when="all"),
         flow("controls", "from.control -> to.control", on("approval", "from", "of_others"),
              on("approval", "to", along="")),
         flow("disables", "from.control -> to.deny", on("approval", "from", "of_others"),
              on("approval", "to", along=""))),
    rule("R13w", 2, "T1485 T1486", "what can be changed can be deleted or encrypted",
         flow("itself", "from.write -> from.deny", on("immutable_backup", "from"), of="store")),
    rule("R14", 1, "T1562",
         "a control falls with whoever provides it (taken over, tricked, or down unless it fails closed) and when "
         "it believes what is wrong"),
    rule("R15", 4, "T1021 T1210", "attackers walk on, over connections, remote access and flat networks",
         flow("connects", "from.control -> to.control", on(_WALLS, "to"), of="service"),
         flow("connects", "from.use -> to.control", on(_WALLS, "to"), of="operation"),
         flow("in_flat_zone", "from.control -> to.foothold", hop=0),
         flow("in_flat_zone", "to.foothold -> from.control", on(_WALLS, "from"))),
    rule("R16", 2, "LLM01 T1204 T1656", "who does what its input says does what an attacker writes there",
         flow("consumes", "to.taint -> from.steer", _OBEYED, of="service", when="obeys", also="anyone"),
         flow("reads", "to.taint -> from.steer", _OBEYED, of="service", when="obeys", also="anyone"),
         flow("calls", "to.taint -> from.steer", _OBEYED, of="service", when="obeys", also="anyone")),
    rule("R17", 1, "T1098 T1550", "whoever may call what hands out keys or rights gets them",
         flow("issues", "from.use -> to.possess", on("approval", "from to"), on("non_exportable", "to"),
              to="credential"),
         flow("issues", "from.use -> to.operate", on("approval", "from to"), to="credential", when="bound"),
         flow("issues", "from.use -> to.use", on("approval", "from to"), to="scope"),
         flow("issues", "from.control -> to.possess", on("approval", "from", "of_others"),
              on("approval", "to", along=""), on("non_exportable", "to"), to="credential"),
         flow("issues", "from.control -> to.operate", on("approval", "from", "of_others"),
              on("approval", "to", along=""), to="credential", when="bound"),
         flow("issues", "from.control -> to.use", on("approval", "from", "of_others"),
              on("approval", "to", along=""), to="scope")),
    rule("R18", 1, "T1611", "who controls, slows or stops a host does so to what runs on it",
         flow("runs_on", "to.control -> from.control", of="service"),
         flow("runs_on", "to.control -> from.read", on("encrypted_elsewhere", "from"), of="store"),
         flow("runs_on", "to.control -> from.write", of="store"),
         flow("runs_on", "to.deny -> from.deny", on("fallback", "from")),
         flow("runs_on", "to.degrade -> from.degrade", on("fallback", "from"))),
    rule("R19", 1, "T1213 T1565 T1499",
         "what happens to a whole happens to its parts; what happens to a part is true of some of the whole",
         flow("part_of", "to.control -> from.control"),
         flow("part_of", "to.steer -> from.steer", of="service"),
         flow("part_of", "to.use -> from.use", of="service"),
         flow("part_of", "to.read -> from.read", on("encrypted_elsewhere", "from")),
         flow("part_of", "to.write -> from.write"),
         flow("part_of", "to.deny -> from.deny", on("fallback", "from")),
         flow("part_of", "from.read_subset -> to.read_subset"),
         flow("part_of", "from.taint -> to.taint"),
         flow("part_of", "from.degrade -> to.degrade"),
         flow("part_of", "whole from.read -> to.read", when="complete"),
         flow("part_of", "whole from.deny -> to.deny", when="complete"),
         flow("part_of", "whole from.control -> to.control", when="complete")),
)  # fmt: skip

CLOSURE: tuple[tuple[Capability, Capability], ...] = (
    (Capability.CONTROL, Capability.READ),
    (Capability.CONTROL, Capability.WRITE),
    (Capability.CONTROL, Capability.DENY),
    (Capability.CONTROL, Capability.USE),
    (Capability.CONTROL, Capability.STEER),
    (Capability.CONTROL, Capability.TAINT),
    (Capability.STEER, Capability.TAINT),
    (Capability.WRITE, Capability.TAINT),
    (Capability.DENY, Capability.DEGRADE),
    (Capability.READ, Capability.READ_SUBSET),
)
"""What a capability over an entity includes, on the same entity, where it can be said of that kind at all."""


def _capabilities(text: str) -> frozenset[Capability]:
    return frozenset(map(Capability, text.split()))


_DATA = "read_subset read taint write degrade deny control"
APPLIES: dict[Kind, frozenset[Capability]] = {
    Kind.PARTY: _capabilities("control taint deny degrade"),
    Kind.CREDENTIAL: _capabilities("operate possess deny degrade"),
    Kind.SCOPE: _capabilities("use"),
    Kind.OPERATION: _capabilities("use control taint deny degrade"),
    Kind.SERVICE: _capabilities(f"{_DATA} use steer"),
    Kind.STORE: _capabilities(_DATA),
    Kind.FEED: _capabilities(_DATA),
    Kind.PROCESS: _capabilities("taint deny degrade"),
}
"""What can be said of each kind of entity."""


def included(capability: Capability, kind: Kind | None = None) -> tuple[Capability, ...]:
    """What a capability over an entity (of a kind) includes in any number of steps of ``CLOSURE``, itself first."""
    found = [capability]
    applies = frozenset(Capability) if kind is None else APPLIES[kind]
    for held in found:
        found += [part for whole, part in CLOSURE if whole == held and part in applies and part not in found]
    return tuple(found)


@cache
def placements() -> Mapping[ControlKind, tuple[frozenset[Kind], frozenset[Verb]]]:
    """For each control, the kinds of entity and the verbs where some rule looks for it."""
    found: dict[ControlKind, tuple[set[Kind], set[Verb]]] = {kind: (set(), set()) for kind in ControlKind}
    for step in (step for row in RULES for step in row.flows):
        for stop in step.stops:
            for kind in stop.kinds:
                kinds, verbs = found[kind]
                verbs |= {verb for place in stop.at for verb in _verbs_at(step, place)}
                kinds |= {there for place in stop.at for there in _kinds_at(step, place)}
    return {kind: (frozenset(kinds), frozenset(verbs)) for kind, (kinds, verbs) in found.items()}


_IMPLIED_KINDS: dict[str, dict[End, Kind]] = {
    "in_api": {"from": Kind.OPERATION},
    "open_to_anyone": {"from": Kind.OPERATION},
    "in_flat_zone": {"from": Kind.SERVICE},
    "itself": {"from": Kind.STORE},
    "through": {"from": Kind.SERVICE, "to": Kind.STORE},
    "joint_key": {"from": Kind.CREDENTIAL},
    "key_of_call": {"from": Kind.SERVICE},
}
_IMPLIED_VERBS: dict[str, dict[str, Verb]] = {
    "through": {"along": Verb.CALLS, "second": Verb.WRITES},
    "key_of_call": {"along": Verb.CALLS},
}


def _verbs_at(step: Flow, place: Place) -> set[Verb]:
    if place not in ("along", "second"):
        return set()
    if isinstance(step.along, Verb):
        return {step.along}
    return {verb for here, verb in _IMPLIED_VERBS.get(step.along, {}).items() if here == place}


def _kinds_at(step: Flow, place: Place) -> frozenset[Kind]:
    if place == "keys":
        return frozenset({Kind.CREDENTIAL})
    if place == "middle":
        return frozenset({Kind.OPERATION})
    if place not in ("from", "to"):
        return frozenset()
    if not isinstance(step.along, Verb):
        return frozenset({_IMPLIED_KINDS[step.along][place]})
    ends = SIGNATURES[step.along]
    limit, allowed = (step.source_kinds, ends.sources) if place == "from" else (step.target_kinds, ends.targets)
    return limit or allowed
