"""The independent checker: is a certificate a proof? It shares no code with the solver or the rule table.

It knows the rules by itself, lists every ground instance of them in the estate, and then asks of the certificate: is
each step one of these instances, and is there no open instance that was not taken? A set that is well-founded and
closed is the least fixpoint.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from blastradius.engine.check.capabilities import INCLUDES, seed_names
from blastradius.engine.check.rule_instances import RuleInstance
from blastradius.engine.proof import Certificate, ProofStep
from blastradius.errors import CertificateError
from blastradius.estate import PlacedControl
from blastradius.model import Capability, Fact, Level, Scenario

_STEPPING_STONES = ("inactive", "callable", "foothold", "anyone")
_WORD = {1: "granted", 2: "abused", 3: "takeover", 4: "lateral"}


@dataclass(frozen=True)
class _Asked:
    """The scenario as the checker reads it."""

    assume: int
    hours: float | None
    distrust: frozenset[str]

    def stands(self, placed: PlacedControl) -> bool:
        control = placed.control
        return control.status != "failed" and control.kind not in self.distrust and placed.id not in self.distrust

    def standing(self, instance: RuleInstance) -> list[PlacedControl]:
        return [placed for placed in instance.guards.placed if self.stands(placed)]

    def outlasted(self, instance: RuleInstance) -> bool:
        return instance.buffer_h is not None and self.hours is not None and self.hours <= instance.buffer_h

    def shut(self, instance: RuleInstance) -> bool:
        """Whether nothing that could be reached would open the instance."""
        if instance.fail_closed and "fail_closed" not in self.distrust:
            return True
        return self.outlasted(instance) or any(placed.control.provided_by is None for placed in self.standing(instance))

    def fallen(self, instance: RuleInstance) -> tuple[Fact, ...]:
        """The controls that must have fallen for the instance to be open."""
        return tuple(Fact(placed.id, Capability.INACTIVE) for placed in self.standing(instance))


def check(instances: Sequence[RuleInstance], scenario: Scenario, certificate: Certificate) -> None:
    """Verify a certificate: sound, complete, and honest about what stopped. ``instances`` are all those of the estate.

    Raises:
        CertificateError: the first defect found.
    """
    asked = _Asked(int(scenario.assume), scenario.hours, frozenset(scenario.distrust))
    claimed = _check_sound(scenario, asked, certificate.steps, instances)
    _check_complete(asked, claimed, instances)
    _check_stops(asked, claimed, certificate, instances)


def _check_sound(
    scenario: Scenario, asked: _Asked, steps: Iterable[ProofStep], instances: Iterable[RuleInstance]
) -> dict[Fact, tuple[int, int]]:
    """Every step follows from earlier ones; returns the level and hops claimed for each fact."""
    known: dict[tuple[str, Fact, tuple[str, ...]], list[RuleInstance]] = defaultdict(list)
    for instance in instances:
        known[instance.rule, instance.conclusion, instance.along].append(instance)
    seeds = {Fact(name, capability) for capability, names in seed_names(scenario) for name in names}
    claimed: dict[Fact, tuple[int, int]] = {}
    for step in steps:
        _require(step.fact not in claimed, f"{step.fact} is proved twice")
        late = [premise for premise in step.premises if premise not in claimed]
        _require(not late, f"{step.fact} rests on {', '.join(map(str, late))}, not proved before it")
        due = _justified_cost(step, claimed, seeds, asked, known)
        _require(
            (int(step.level), step.hops) == due, f"{step.fact} is claimed at {int(step.level), step.hops}, not {due}"
        )
        _require(step.level <= asked.assume, f"{step.fact} assumes more than was asked")
        claimed[step.fact] = due
    missing = seeds - claimed.keys()
    _require(not missing, f"the seed {', '.join(sorted(map(str, missing)))} is missing")
    return claimed


def _justified_cost(
    step: ProofStep,
    claimed: Mapping[Fact, tuple[int, int]],
    seeds: set[Fact],
    asked: _Asked,
    known: Mapping[tuple[str, Fact, tuple[str, ...]], list[RuleInstance]],
) -> tuple[int, int]:
    """The level and hops that a step's premises justify."""
    if step.rule == "seed":
        _require(step.fact in seeds and not step.premises and not step.relations, f"{step.fact} is no seed")
        return 1, 0
    _require(bool(step.premises), f"{step.fact} rests on nothing")
    if step.rule == "closure":
        (whole,) = step.premises if len(step.premises) == 1 else (None,)
        included = whole is not None and whole.entity == step.fact.entity and _includes(whole, step.fact)
        _require(included and not step.relations, f"{step.fact} is not included in what it rests on")
        return claimed[step.premises[0]]
    found = known.get((step.rule, step.fact, step.relations), [])
    instance = next((entry for entry in found if _is_instance(entry, step, asked)), None)
    if instance is None:
        raise CertificateError(f"{step.rule} does not give {step.fact} from {', '.join(map(str, step.premises))}")
    levels = [claimed[premise][0] for premise in step.premises]
    return max(instance.level, *levels), instance.hop + max(claimed[premise][1] for premise in step.premises)


def _includes(whole: Fact, part: Fact) -> bool:
    return part.capability in INCLUDES.get(whole.capability, ())


def _is_instance(instance: RuleInstance, step: ProofStep, asked: _Asked) -> bool:
    """Whether a step's premises are an instance's own, none to spare, and all its controls have fallen."""
    if asked.shut(instance):
        return False
    fallen = set(asked.fallen(instance))
    own = set(step.premises) - fallen
    return set(step.premises) >= fallen and own <= set(instance.premises) and instance.enough(own)


def _check_complete(asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], instances: Iterable[RuleInstance]) -> None:
    """No open instance leads out of the set, or to a fact more cheaply than claimed."""
    for fact, cost in claimed.items():
        for part in INCLUDES.get(fact.capability, ()):
            _check_not_cheaper(claimed, Fact(fact.entity, part), cost, "closure")
    for instance in instances:
        if instance.level <= asked.assume and not asked.shut(instance):
            best = _cheapest(instance, asked.fallen(instance), claimed)
            if best is not None and best[0] <= asked.assume:
                _check_not_cheaper(claimed, instance.conclusion, best, instance.rule)


def _check_not_cheaper(claimed: Mapping[Fact, tuple[int, int]], fact: Fact, cost: tuple[int, int], rule: str) -> None:
    _require(fact in claimed, f"{fact} follows by {rule} and is not claimed")
    _require(claimed[fact] <= cost, f"{fact} follows by {rule} at {cost} and is claimed at {claimed[fact]}")


def _cheapest(
    instance: RuleInstance, fallen: tuple[Fact, ...], claimed: Mapping[Fact, tuple[int, int]]
) -> tuple[int, int] | None:
    """The lowest level, and there the fewest hops, at which an instance's premises hold; ``None`` if they do not."""
    if any(fact not in claimed for fact in fallen):
        return None
    held = {premise: claimed[premise] for premise in instance.premises if premise in claimed}
    if not instance.enough(held.keys()):
        return None
    floor = max([instance.level, *(claimed[fact][0] for fact in fallen)])
    level = _least(
        {cost[0] for cost in held.values()} | {floor}, floor, lambda top: instance.enough(_upto(held, 0, top))
    )
    near = {premise: cost for premise, cost in held.items() if cost[0] <= level}
    least = max([0, *(claimed[fact][1] for fact in fallen)])
    hops = _least(
        {cost[1] for cost in near.values()} | {least}, least, lambda top: instance.enough(_upto(near, 1, top))
    )
    return level, instance.hop + hops


def _upto(held: Mapping[Fact, tuple[int, int]], part: int, top: int) -> set[Fact]:
    return {premise for premise, cost in held.items() if cost[part] <= top}


def _least(values: set[int], floor: int, fits: Callable[[int], bool]) -> int:
    return next(value for value in sorted(values) if value >= floor and fits(value))


def _check_stops(
    asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], certificate: Certificate, instances: Iterable[RuleInstance]
) -> None:
    """The stops that are listed are the stops there are, and the controls relied on those that stop."""
    due: Counter[_Stop] = Counter(
        stop for instance in instances if (stop := _stop(instance, asked, claimed)) is not None
    )
    said: Counter[_Stop] = Counter(
        (stop.rule, stop.fact, stop.relations, stop.because, stop.by, stop.premises) for stop in certificate.stopped
    )
    for differing in sorted(map(str, (due - said) + (said - due))):
        raise CertificateError(f"what stopped is not what is listed: {differing}")
    relied = sorted({name for _, _, _, because, by, _ in due if because == "control" for name in by})
    _require(tuple(relied) == certificate.relies_on, "the controls relied on are not those that stop something")


_Stop = tuple[str, Fact, tuple[str, ...], str, tuple[str, ...], tuple[Fact, ...]]


def _stop(instance: RuleInstance, asked: _Asked, claimed: Mapping[Fact, tuple[int, int]]) -> _Stop | None:
    if instance.conclusion in claimed or instance.conclusion.capability in _STEPPING_STONES:
        return None
    held = tuple(premise for premise in instance.premises if premise in claimed)
    if not held:
        return None
    because, by = _reason(instance, asked, claimed, held)
    return instance.rule, instance.conclusion, instance.along, because, by, held


def _reason(
    instance: RuleInstance, asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], held: tuple[Fact, ...]
) -> tuple[str, tuple[str, ...]]:
    if not instance.enough(held):
        return "premise", tuple(sorted(str(premise) for premise in instance.premises if premise not in claimed))
    if instance.level > asked.assume:
        return "level", (_WORD[instance.level],)
    if asked.outlasted(instance):
        return "buffer", (f"buffer of {instance.buffer_h:g} h",)
    return "control", tuple(sorted(placed.id for placed in asked.standing(instance)))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateError(otherwise)


assert set(_WORD) == set(Level)  # noqa: S101 - the two lists are written apart on purpose
