"""Estate and rule table become steps: one for every way something can travel, with what stands in its way.

Compiling knows nothing of a scenario; solving knows nothing of rules or relations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field

from blastradius.estate import Estate, PlacedControl
from blastradius.model import (
    Capability,
    ControlKind,
    Credential,
    Fact,
    Kind,
    Operation,
    Relation,
    Verb,
)
from blastradius.rules import RULES, Condition, End, Flow, Rule

INTERNET = "internet"
Holds = Callable[[Set[Fact]], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One way for one fact to follow from others.

    All ``premises`` are needed, unless ``gate`` says which held ones are enough (a monotone test).
    ``blockers`` are the controls that stop it; ``buffer_h`` the hours of outage it outlasts; ``fails_closed``
    that only distrust in ``fail_closed`` opens it.
    """

    rule: str
    level: int
    hop: int
    premises: tuple[Fact, ...]
    conclusion: Fact
    relations: tuple[str, ...] = ()
    blockers: tuple[PlacedControl, ...] = ()
    buffer_h: float | None = None
    fails_closed: bool = False
    gate: Holds | None = None


@dataclass(frozen=True)
class System:
    """All the steps of an estate, in the order of the rule table."""

    estate: Estate
    steps: tuple[Step, ...]
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Strand:
    """What a flow runs along: a relation, two joined, or something the estate implies."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    ids: tuple[str, ...] = ()
    relation: Relation | None = None


def compile_system(estate: Estate) -> System:
    """Ground every rule in an estate."""
    strands = _strands(estate)
    steps = [
        step
        for rule in RULES
        for flow in rule.flows
        for strand in strands[flow.along]
        if _fits(estate, flow, strand)
        for step in _steps(estate, rule, flow, strand)
    ]
    return System(estate, (*steps, *_fallen_controls(estate)))


def _strands(estate: Estate) -> dict[str, list[_Strand]]:
    found: dict[str, list[_Strand]] = defaultdict(list)
    for verb, relations in estate.by_verb.items():
        found[verb] = [_Strand(each.sources, each.targets, (each.id,), each) for each in relations]
    for entity in estate.entities.values():
        name = (entity.id,)
        if isinstance(entity, Operation):
            if entity.api is not None:
                found["in_api"].append(_Strand(name, (entity.api,)))
            if entity.anonymous and entity.direction == "exposed":
                found["open_to_anyone"].append(_Strand(name, (INTERNET,)))
        elif entity.kind == Kind.PARTY:
            found["is_party"].append(_Strand(name, (INTERNET,)))
        elif entity.kind == Kind.STORE:
            found["itself"].append(_Strand(name, name))
        elif entity.kind == Kind.SERVICE and entity.zone is not None and _is_flat(estate, entity.zone):
            found["in_flat_zone"].append(_Strand(name, (entity.zone,)))
    found["through"] = list(_through(estate))
    return found


def _is_flat(estate: Estate, zone: str) -> bool:
    return zone in estate.zones and estate.zones[zone].flat


def _through(estate: Estate) -> Iterator[_Strand]:
    """A caller writes through the operations it calls."""
    writes: dict[str, list[Relation]] = defaultdict(list)
    for each in estate.by_verb[Verb.WRITES]:
        writes[each.sources[0]].append(each)
    for call in estate.by_verb[Verb.CALLS]:
        for write in writes.get(call.targets[0], ()):
            yield _Strand(call.sources, write.targets, (call.id, write.id))


def _fits(estate: Estate, flow: Flow, strand: _Strand) -> bool:
    for kinds, names in ((flow.source_kinds, strand.sources), (flow.target_kinds, strand.targets)):
        if kinds and estate.entities[names[0]].kind not in kinds:
            return False
    relation = strand.relation
    if relation is None:
        return True
    if flow.gate == "lost" and _dependency(relation) == "none":
        return False
    return all(_CONDITIONS[each](relation) for each in flow.when)


def _dependency(relation: Relation) -> str:
    return relation.dependency or ("hard" if relation.verb == Verb.DEPENDS_ON else "soft")


def _is_group(relation: Relation) -> bool:
    return len(relation.targets) > 1 or relation.vote_min is not None


_CONDITIONS: dict[Condition, Callable[[Relation], bool]] = {
    "single": lambda r: not _is_group(r),
    "group": _is_group,
    "all": lambda r: r.extent == "all",
    "subset": lambda r: r.extent == "subset",
    "brittle": lambda r: r.brittle,
    "hard": lambda r: _dependency(r) == "hard",
    "capacity_loss": lambda r: r.capacity_loss,
}


def _steps(estate: Estate, rule: Rule, flow: Flow, strand: _Strand) -> Iterator[Step]:
    end, capability = flow.needs
    premises = tuple(Fact(name, capability) for name in _names(strand, end))
    blockers = _blockers(estate, flow, strand)
    for name in _names(strand, flow.gives[0]):
        for some, gate in _gated(flow, strand, premises):
            yield Step(
                rule=rule.id,
                level=int(rule.level),
                hop=flow.hop,
                premises=some,
                conclusion=Fact(name, flow.gives[1]),
                relations=strand.ids,
                blockers=blockers,
                buffer_h=_buffer(flow, strand),
                gate=gate,
            )


def _names(strand: _Strand, end: End) -> tuple[str, ...]:
    return strand.sources if end == "from" else strand.targets


def _gated(flow: Flow, strand: _Strand, premises: tuple[Fact, ...]) -> Iterator[tuple[tuple[Fact, ...], Holds | None]]:
    relation = strand.relation
    if flow.gate in ("each", "any") or relation is None:
        yield from (((each,), None) for each in premises)
    elif flow.gate == "lost":
        standing = relation.at_least or (len(premises) if relation.verb == Verb.DEPENDS_ON else 1)
        yield premises, _lost(premises, len(premises) - standing + 1)
    elif flow.gate == "quorum":
        denials = tuple(Fact(each.entity, Capability.DENY) for each in premises)
        yield (*premises, *denials), _quorum(relation.targets, relation.vote_min or 1)
    else:
        yield premises, None


def _lost(premises: tuple[Fact, ...], need: int) -> Holds:
    return lambda held: sum(each in held for each in premises) >= need


def _quorum(feeds: tuple[str, ...], vote_min: int) -> Holds:
    return lambda held: _outvoted(feeds, vote_min, held)


def _outvoted(feeds: tuple[str, ...], vote_min: int, held: Set[Fact]) -> bool:
    """Whether some choice of what is held makes the vote come out wrong: a wrong feed may also be down."""
    wrong = [Fact(each, Capability.TAINT) in held for each in feeds]
    down = [Fact(each, Capability.DENY) in held for each in feeds]
    only_down = sum(d and not w for d, w in zip(down, wrong, strict=True))
    both = sum(d and w for d, w in zip(down, wrong, strict=True))
    for off in range(both + 1):
        votes = sum(wrong) - off
        live = len(feeds) - off - only_down
        if votes >= (live // 2 + 1 if live >= vote_min else 1):
            return True
    return False


def _buffer(flow: Flow, strand: _Strand) -> float | None:
    if strand.relation is None or "hard" not in flow.when:
        return None
    return strand.relation.buffer_h or 0.0


def _blockers(estate: Estate, flow: Flow, strand: _Strand) -> tuple[PlacedControl, ...]:
    if not flow.stops:
        return ()
    hosts = dict.fromkeys((*strand.ids, *(name for end in flow.at for name in _names(strand, end))))
    password = any(_is_password(estate, name) for name in strand.sources)
    return tuple(
        placed
        for host in hosts
        for placed in estate.controls_on(host)
        if placed.control.kind in flow.stops and (password or placed.control.kind != ControlKind.MFA)
    )


def _is_password(estate: Estate, name: str) -> bool:
    entity = estate.entities.get(name)
    return isinstance(entity, Credential) and entity.type == "password"


def _fallen_controls(estate: Estate) -> Iterator[Step]:
    """R14: a control falls with what provides it."""
    level = next(int(rule.level) for rule in RULES if rule.id == "R14")
    for placed in estate.controls.values():
        provider = placed.control.provided_by
        if provider is not None:
            gone = Fact(placed.id, Capability.INACTIVE)
            closed = placed.control.fails == "closed"
            yield Step("R14", level, 1, (Fact(provider, Capability.CONTROL),), gone)
            yield Step("R14", level, 1, (Fact(provider, Capability.DENY),), gone, fails_closed=closed)
