"""What an estate and a scenario may contain that some rule treats in a way of its own, each with how to tell."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from blastradius.estate import Estate
from blastradius.model import SEEDS, Basis, Control, Kind, Level, Relation, Scenario, Verb

Test = Callable[[Estate, Scenario], bool]
BINDING = frozenset({"ip_allowlist", "token_binding", "device_policy"})
SECOND_FACTOR = frozenset({"mfa", "hard_mfa"})


def _of(built: Estate, *verbs: Verb) -> list[Relation]:
    return [relation for verb in verbs for relation in built.by_verb[verb]]


def _kind(built: Estate, name: str) -> Kind:
    return built.kind_of(name)


def _relation(verb: Verb, holds: Callable[[Relation], object] = lambda _: True) -> Test:
    """Some relation of a verb is so."""
    return lambda built, _: any(holds(relation) for relation in built.by_verb[verb])


def _ends(verb: Verb, source: Kind | None = None, target: Kind | None = None) -> Test:
    """Some relation of a verb begins or ends at an entity of a kind."""
    return lambda built, _: any(
        (source is None or _kind(built, relation.sources[0]) == source)
        and (target is None or _kind(built, relation.targets[0]) == target)
        for relation in built.by_verb[verb]
    )


def _seed(way: str) -> Test:
    return lambda _, asked: bool(getattr(asked, way))


def _level(level: Level) -> Test:
    return lambda _, asked: asked.assume == level


def _known(basis: Basis) -> Test:
    return lambda built, _: any(relation.basis == basis for relation in built.relations.values())


def _control(holds: Callable[[Control], object]) -> Test:
    return lambda built, _: any(holds(placed.control) for placed in built.controls.values())


def _several(verb: Verb) -> Test:
    """Two relations of a verb end at the same thing."""
    return lambda built, _: len({relation.targets for relation in built.by_verb[verb]}) < len(built.by_verb[verb])


def _to_itself(verb: Verb) -> Test:
    return _relation(verb, lambda relation: relation.sources[0] in relation.targets)


def _circle(verb: Verb) -> Test:
    """Relations of a verb lead back to where they began, in more than one step."""

    def there(built: Estate, _: Scenario) -> bool:
        steps = {(a, b) for r in built.by_verb[verb] for a, b in product(r.sources, r.targets) if a != b}
        while more := {(a, d) for (a, b), (c, d) in product(steps, steps) if b == c} - steps:
            steps |= more
        return any(a == b for a, b in steps)

    return there


def _owners(built: Estate, _: Scenario) -> bool:
    """One thing is ours and another's at once."""
    roles: dict[str, set[bool]] = {}
    for relation in built.by_verb[Verb.OWNS]:
        ours = getattr(built.entities[relation.sources[0]], "role", None) == "self"
        roles.setdefault(relation.targets[0], set()).add(ours)
    return {True, False} in roles.values()


def _guarded_grant(kinds: frozenset[str], place: Callable[[Relation], tuple[str, ...]]) -> Test:
    """A control of some kinds stands at some place of a grant."""
    return _any_grant(
        lambda built, relation: any(
            placed.control.kind in kinds for host in place(relation) for placed in built.controls_on(host)
        )
    )


def _any_grant(holds: Callable[[Estate, Relation], bool]) -> Test:
    return lambda built, _: any(holds(built, relation) for relation in built.by_verb[Verb.GRANTS])


def _mixed(built: Estate, relation: Relation) -> bool:
    return len({getattr(built.entities[key], "type", None) for key in relation.sources}) > 1


def _chained_buffers(built: Estate, asked: Scenario) -> bool:
    """Who has a buffer depends on who has one, and the outage ends."""
    buffered = [relation for relation in _of(built, Verb.DEPENDS_ON, *TAKEN_IN) if relation.buffer_h]
    return asked.hours is not None and any(
        other.sources[0] in relation.targets for relation, other in product(buffered, buffered)
    )


def _names_zone(built: Estate, asked: Scenario) -> bool:
    return any(name in built.zones for way in SEEDS for name in getattr(asked, way))


def _empty_zone(built: Estate, asked: Scenario) -> bool:
    zones = {entity.zone for entity in built.entities.values() if entity.kind in (Kind.SERVICE, Kind.STORE)}
    return any(name in built.zones and name not in zones for way in SEEDS for name in getattr(asked, way))


def _out(built: Estate, asked: Scenario) -> bool:
    return any(built.entities[name].kind == Kind.CREDENTIAL for name in asked.outage if name in built.entities)


TAKEN_IN = (Verb.CONSUMES, Verb.READS, Verb.CALLS)
HOW: dict[str, Callable[[Relation], object]] = {
    "brittle": lambda relation: relation.brittle,
    "on_bad drop": lambda relation: relation.on_bad == "drop",
    "on_bad halt": lambda relation: relation.on_bad == "halt",
    "on_missing default": lambda relation: relation.on_missing == "default",
    "obeys": lambda relation: relation.obeys,
}
PLACES: dict[str, Callable[[Relation], tuple[str, ...]]] = {
    "key": lambda grant: grant.sources,
    "grant": lambda grant: (grant.id,),
    "target": lambda grant: grant.targets,
}
CONSTRUCTS: dict[str, Test] = {
    **{str(verb): _relation(verb) for verb in Verb},
    **{f"{verb} {how}": _relation(verb, holds) for verb in TAKEN_IN for how, holds in HOW.items()},
    **{f"{way} seed": _seed(way) for way in SEEDS},
    **{f"level {level.word}": _level(level) for level in Level},
    **{f"{basis} relation": _known(basis) for basis in Basis},
    **{f"{name} on {place}": _guarded_grant(kinds, at) for name, kinds in
       (("binding", BINDING), ("second factor", SECOND_FACTOR)) for place, at in PLACES.items()},
    "a basis is asked for": lambda _, asked: asked.basis != Basis.ASSUMED,
    "anyone": lambda _, asked: asked.anyone,
    "no attacker": lambda _, asked: bool(asked.wrong or asked.outage)
    and not any(getattr(asked, way) for way in SEEDS if way not in ("wrong", "outage")),
    "zone seed": _names_zone,
    "empty zone seed": _empty_zone,
    "credential out": _out,
    "distrust": lambda _, asked: bool(asked.distrust),
    "hours": lambda _, asked: asked.hours is not None,
    "chained buffers": _chained_buffers,
    "buffer of 0": lambda built, _: any(relation.buffer_h == 0 for relation in built.relations.values()),
    "part of itself": _to_itself(Verb.PART_OF),
    "runs on itself": _to_itself(Verb.RUNS_ON),
    "circle of parts": _circle(Verb.PART_OF),
    "circle of hosts": _circle(Verb.RUNS_ON),
    "complete parts": lambda built, _: any(
        getattr(built.entities[relation.targets[0]], "parts", None) for relation in built.by_verb[Verb.PART_OF]
    ),
    "several parts": _several(Verb.PART_OF),
    "several publishers": _several(Verb.PUBLISHES),
    "several servers": _several(Verb.SERVES),
    "two owners": _owners,
    "calls with keys": _relation(Verb.CALLS, lambda relation: relation.keys),
    "calls with needs": _relation(Verb.CALLS, lambda relation: relation.needs),
    "joint grant": _relation(Verb.GRANTS, lambda relation: len(relation.sources) > 1),
    "joint grant of mixed types": _any_grant(_mixed),
    "grant to service": _ends(Verb.GRANTS, target=Kind.SERVICE),
    "joint permission": _relation(Verb.PERMITS, lambda relation: len(relation.sources) > 1),
    "install from store": _ends(Verb.INSTALLS, target=Kind.STORE),
    "connects from operation": _ends(Verb.CONNECTS, source=Kind.OPERATION),
    "store runs_on": _ends(Verb.RUNS_ON, source=Kind.STORE),
    "issues scope": _ends(Verb.ISSUES, target=Kind.SCOPE),
    "issues credential": _ends(Verb.ISSUES, target=Kind.CREDENTIAL),
    "process consumes": _ends(Verb.CONSUMES, source=Kind.PROCESS),
    "group of feeds": _relation(Verb.CONSUMES, lambda relation: len(relation.targets) > 1),
    "vote_min": _relation(Verb.CONSUMES, lambda relation: relation.vote_min),
    "at_least": _relation(Verb.DEPENDS_ON, lambda relation: relation.at_least),
    "capacity_loss": _relation(Verb.DEPENDS_ON, lambda relation: relation.capacity_loss),
    "misled": _control(lambda control: control.misled and control.provided_by),
    "phishable": _control(lambda control: control.phishable),
    "absent": _control(lambda control: control.status == "absent"),
    "failed": _control(lambda control: control.status == "failed"),
    "slower": _control(lambda control: control.slower),
    "starts_after_h": _control(lambda control: control.starts_after_h),
    "fails closed": _control(lambda control: control.fails == "closed" and control.provided_by),
}  # fmt: skip
