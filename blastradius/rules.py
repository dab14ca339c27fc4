"""The rule table: how compromise, bad data and failure travel, and what stops each step. Nothing else.

A flow is written the way it is read: along which relation, what must hold at one end, what follows at the
other. ``every`` needs all sources together, ``lost`` counts suppliers that are denied, ``any`` needs one of
a group, ``quorum`` counts feeds. ``at`` names the ends whose own controls count besides the relation's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from blastradius.model import SIGNATURES, Capability, ControlKind, Kind, Level, Verb

End = Literal["from", "to"]
Gate = Literal["each", "every", "lost", "any", "quorum"]
Implied = Literal["in_api", "in_flat_zone", "open_to_anyone", "is_party", "through", "itself"]
Condition = Literal["single", "group", "all", "subset", "brittle", "hard", "capacity_loss"]


@dataclass(frozen=True)
class Flow:
    """One way in which a rule carries something along a relation.

    ``source_kinds`` and ``target_kinds`` limit the ends (empty: any that the verb allows), ``when`` what the
    relation must say, ``hop`` how many hops the step counts.
    """

    along: Verb | Implied
    gate: Gate
    needs: tuple[End, Capability]
    gives: tuple[End, Capability]
    stops: tuple[ControlKind, ...]
    at: tuple[End, ...]
    source_kinds: frozenset[Kind]
    target_kinds: frozenset[Kind]
    when: tuple[Condition, ...]
    hop: int

    def __str__(self) -> str:
        gate = "" if self.gate == "each" else f"{self.gate} "
        needs, gives = (f"{end}.{capability}" for end, capability in (self.needs, self.gives))
        return f"{self.along}: {gate}{needs} → {gives}"


@dataclass(frozen=True)
class Rule:
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


def flow(
    along: str,
    says: str,
    *,
    stops: str = "",
    at: str = "",
    of: str = "",
    to: str = "",
    when: str = "",
    hop: int = 1,
) -> Flow:
    """Read a flow from its short form, such as ``flow("serves", "to.use -> from.control")``."""
    needs, gives = says.split(" -> ")
    gate, _, need = needs.rpartition(" ")
    return Flow(
        along=Verb(along) if along in set(Verb) else cast(Implied, along),
        gate=cast(Gate, gate or "each"),
        needs=_end(need),
        gives=_end(gives),
        stops=tuple(map(ControlKind, stops.split())),
        at=cast("tuple[End, ...]", tuple(at.split())),
        source_kinds=_kinds(of),
        target_kinds=_kinds(to),
        when=cast("tuple[Condition, ...]", tuple(when.split())),
        hop=hop,
    )


def rule(rule_id: str, level: int, refs: str, says: str, *flows: Flow) -> Rule:
    """One row of the table."""
    return Rule(rule_id, Level(level), says, tuple(refs.split()), flows)


_SPENT = "revoked rotated expired"
_BOUND = "ip_allowlist token_binding device_policy mfa"
_CHECKED = "validated quarantined human_review second_source"
_VETTED = "pinned verified staged not_exposed"
_WALLS = "segmented hard_mfa pam"
_ASSETS = "service store feed"

RULES: tuple[Rule, ...] = (
    rule("R1", 1, "T1199", "a party falls with all it owns",
         flow("owns", "from.control -> to.control", to=_ASSETS, stops="compartment", at="to"),
         flow("owns", "from.deny -> to.deny", to=_ASSETS, stops="compartment", at="to"),
         flow("owns", "from.control -> to.operate", to="credential", stops="compartment", at="to"),
         flow("owns", "from.control -> to.possess", to="credential", stops="compartment", at="to")),
    rule("R2", 1, "T1528 T1552", "whoever controls a holder can use its keys, and copy those that can be copied",
         flow("holds", "from.control -> to.operate"),
         flow("holds", "from.control -> to.possess", stops="non_exportable", at="to")),
    rule("R3", 1, "T1078 T1550.001", "a key, or all the keys needed together, opens what it grants",
         flow("grants", "every from.operate -> to.use", stops=_SPENT, at="from to"),
         flow("grants", "every from.possess -> to.use", stops=f"{_SPENT} {_BOUND}", at="from to")),
    rule("R3a", 1, "API2:2023", "anyone can call an exposed operation that asks for no credential",
         flow("is_party", "from.control -> to.anyone", hop=0),
         flow("open_to_anyone", "to.anyone -> from.use", stops="ip_allowlist", at="from")),
    rule("R3b", 1, "T1078", "a scope, or all the scopes needed together, permits its operations",
         flow("permits", "every from.use -> to.use", stops="approval", at="to")),
    rule("R4", 1, "T1213 T1530", "an operation gives what it does to what it touches; own rows only where so limited",
         flow("reads", "from.use -> to.read", of="operation", when="all", stops="encrypted_elsewhere", at="from to"),
         flow("reads", "from.use -> to.read_subset", of="operation", when="subset",
              stops="encrypted_elsewhere", at="from to"),
         flow("writes", "from.use -> to.write", of="operation", when="all", stops="approval", at="from to"),
         flow("writes", "from.use -> to.taint", of="operation", when="subset", stops="approval", at="from to"),
         flow("controls", "from.use -> to.control", stops="approval", at="from to"),
         flow("disables", "from.use -> to.deny")),
    rule("R5", 2, "API1:2023", "own rows become all rows where the object is not checked",
         flow("reads", "from.use -> to.read", of="operation", when="subset",
              stops="object_authz encrypted_elsewhere", at="from to"),
         flow("writes", "from.use -> to.write", of="operation", when="subset",
              stops="object_authz approval", at="from to")),
    rule("R6", 2, "API5:2023", "one function of an API opens its others where the function is not checked",
         flow("in_api", "from.use -> to.callable", hop=0),
         flow("in_api", "to.callable -> from.use", stops="function_authz", at="from")),
    rule("R7", 2, "T1552 T1213", "secrets in readable data are found",
         flow("contains", "from.read_subset -> to.possess",
              stops="redacted encrypted_elsewhere expired purged", at="from to")),
    rule("R8", 1, "API10:2023 T1565", "wrong data flows on to whoever takes it in",
         flow("publishes", "from.taint -> to.taint", stops=_CHECKED, at="to"),
         flow("consumes", "to.taint -> from.taint", when="single", stops=_CHECKED, at="from"),
         flow("writes", "from.taint -> to.taint", of="service", stops=_CHECKED, at="to"),
         flow("reads", "to.taint -> from.taint", of="service", stops=_CHECKED, at="from"),
         flow("derives_from", "to.taint -> from.taint", stops=_CHECKED, at="from"),
         flow("informs", "from.taint -> to.taint", stops=_CHECKED, at="to"),
         flow("serves", "from.taint -> to.taint", stops=_CHECKED, at="to"),
         flow("calls", "to.taint -> from.taint", stops=_CHECKED, at="from"),
         flow("through", "from.taint -> to.taint", stops=_CHECKED, at="to")),
    rule("R8q", 1, "API10:2023 T1565", "a quorum is wrong when enough of its live feeds are",
         flow("consumes", "quorum to.taint -> from.taint", when="group", stops=_CHECKED, at="from")),
    rule("R9a", 2, "API10:2023 T1499", "bad input stops a brittle consumer",
         flow("consumes", "any to.taint -> from.deny", when="brittle", stops="bulkhead validated", at="from")),
    rule("R9b", 3, "API10:2023 T1190", "chosen input breaks into a brittle consumer",
         flow("consumes", "any to.write -> from.control", when="brittle", stops="bulkhead validated", at="from")),
    rule("R10", 1, "T1195 T1072", "what is installed runs: faulty code stops the host, chosen code controls it",
         flow("installs", "to.taint -> from.deny", stops=_VETTED, at="from"),
         flow("installs", "to.write -> from.control", stops=f"{_VETTED} egress_filter", at="from")),
    rule("R11", 1, "T1499 DORA-28 DORA-29", "who depends on too few that still stand, stops or slows",
         flow("depends_on", "lost to.deny -> from.deny", when="hard", stops="fallback", at="from"),
         flow("depends_on", "lost to.deny -> from.degrade", stops="fallback", at="from"),
         flow("depends_on", "any to.deny -> from.degrade", when="capacity_loss", stops="fallback", at="from"),
         flow("calls", "lost to.deny -> from.deny", when="hard", stops="fallback", at="from"),
         flow("calls", "lost to.deny -> from.degrade", stops="fallback", at="from"),
         flow("reads", "lost to.deny -> from.deny", of="service", when="hard", stops="fallback", at="from"),
         flow("reads", "lost to.deny -> from.degrade", of="service", stops="fallback", at="from"),
         flow("consumes", "lost to.deny -> from.deny", when="hard", stops="fallback", at="from"),
         flow("consumes", "lost to.deny -> from.degrade", stops="fallback", at="from"),
         flow("publishes", "from.deny -> to.deny", stops="fallback", at="to"),
         flow("serves", "from.deny -> to.deny", stops="fallback", at="to")),
    rule("R12", 3, "T1190 T1210", "whoever can call a service's operation may break into the service",
         flow("serves", "to.use -> from.control", stops="hardened sandboxed", at="from")),
    rule("R13", 1, "T1078 T1195", "whoever controls a service has its own rights",
         flow("reads", "from.control -> to.read", of="service", stops="encrypted_elsewhere", at="to"),
         flow("writes", "from.control -> to.write", of="service"),
         flow("calls", "from.control -> to.use"),
         flow("publishes", "from.control -> to.write", stops="two_party_signing", at="to")),
    rule("R13w", 2, "T1485 T1486", "what can be written can be deleted or encrypted",
         flow("itself", "from.write -> from.deny", of="store", stops="immutable_backup", at="from")),
    rule("R14", 1, "T1562", "a control falls with what provides it, and when that stops unless it fails closed"),
    rule("R15", 4, "T1021 T1210", "an attacker walks on inside",
         flow("connects", "from.control -> to.control", stops=_WALLS, at="to"),
         flow("in_flat_zone", "from.control -> to.foothold", hop=0),
         flow("in_flat_zone", "to.foothold -> from.control", stops=_WALLS, at="from")),
)  # fmt: skip

CLOSURE: tuple[tuple[Capability, Capability], ...] = (
    (Capability.CONTROL, Capability.READ),
    (Capability.CONTROL, Capability.WRITE),
    (Capability.CONTROL, Capability.DENY),
    (Capability.CONTROL, Capability.USE),
    (Capability.WRITE, Capability.TAINT),
    (Capability.DENY, Capability.DEGRADE),
    (Capability.READ, Capability.READ_SUBSET),
)
"""What a capability over an entity includes, on the same entity."""


def included(capability: Capability) -> tuple[Capability, ...]:
    """What a capability includes in any number of steps of ``CLOSURE``, itself first."""
    found = [capability]
    for held in found:
        found += [part for whole, part in CLOSURE if whole == held and part not in found]
    return tuple(found)


def placements() -> dict[ControlKind, tuple[frozenset[Kind], frozenset[Verb]]]:
    """For each control, the kinds of entity and the verbs where some rule looks for it."""
    found: dict[ControlKind, tuple[set[Kind], set[Verb]]] = {kind: (set(), set()) for kind in ControlKind}
    for step in (step for row in RULES for step in row.flows):
        for kind in step.stops:
            kinds, verbs = found[kind]
            verbs |= _verbs_of(step)
            kinds |= {place for end in step.at for place in _kinds_at(step, end)}
    return {kind: (frozenset(kinds), frozenset(verbs)) for kind, (kinds, verbs) in found.items()}


_IMPLIED_KINDS: dict[str, dict[End, Kind]] = {
    "in_api": {"from": Kind.OPERATION},
    "open_to_anyone": {"from": Kind.OPERATION},
    "in_flat_zone": {"from": Kind.SERVICE},
    "itself": {"from": Kind.STORE},
    "through": {"from": Kind.SERVICE, "to": Kind.STORE},
}


def _verbs_of(step: Flow) -> set[Verb]:
    if step.along == "through":
        return {Verb.CALLS, Verb.WRITES}
    return {step.along} if isinstance(step.along, Verb) else set()


def _kinds_at(step: Flow, end: End) -> frozenset[Kind]:
    if not isinstance(step.along, Verb):
        return frozenset({_IMPLIED_KINDS[step.along][end]})
    ends = SIGNATURES[step.along]
    limit, allowed = (step.source_kinds, ends.sources) if end == "from" else (step.target_kinds, ends.targets)
    return limit or allowed
