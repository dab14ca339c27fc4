"""The independent checker: is a certificate a proof? It shares no code with the solver or the rule table.

It knows the rules by itself, lists every way in which one could apply to the estate, and then asks of the
certificate: does each step follow one of these ways, and is there no open way that was not taken? A set that
is well-founded and closed is the least fixpoint.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from blastradius.engine.check.rule_instances import Way, all_ways
from blastradius.engine.proof import Certificate, ProofStep
from blastradius.errors import CertificateError
from blastradius.estate import Estate, PlacedControl
from blastradius.model import Capability, Fact, Level, Scenario

_SEEDS = (
    ("compromise", "control"),
    ("leak", "possess"),
    ("poison", "write"),
    ("wrong", "taint"),
    ("outage", "deny"),
    ("breach", "read"),
)
_INCLUDES = (
    ("control", ("read", "write", "deny", "use")),
    ("write", ("taint",)),
    ("deny", ("degrade",)),
    ("read", ("read_subset",)),
)
_HELPERS = ("inactive", "callable", "foothold", "anyone")
_WORD = {1: "granted", 2: "abused", 3: "takeover", 4: "lateral"}
_ways_of: WeakKeyDictionary[Estate, tuple[Way, ...]] = WeakKeyDictionary()


@dataclass(frozen=True)
class _Asked:
    """The scenario as the checker reads it."""

    assume: int
    hours: float | None
    distrust: frozenset[str]

    def stands(self, placed: PlacedControl) -> bool:
        control = placed.control
        return control.status != "failed" and control.kind not in self.distrust and placed.id not in self.distrust

    def standing(self, way: Way) -> list[PlacedControl]:
        return [each for each in way.guards.placed if self.stands(each)]

    def outlasted(self, way: Way) -> bool:
        return way.buffer is not None and self.hours is not None and self.hours <= way.buffer

    def shut(self, way: Way) -> bool:
        """Whether nothing that could be reached would open the way."""
        if way.fail_closed and "fail_closed" not in self.distrust:
            return True
        return self.outlasted(way) or any(each.control.provided_by is None for each in self.standing(way))

    def fallen(self, way: Way) -> tuple[Fact, ...]:
        """The controls that must have fallen for the way to be open."""
        return tuple(Fact(each.id, Capability.INACTIVE) for each in self.standing(way))


def check(estate: Estate, scenario: Scenario, certificate: Certificate) -> None:
    """Verify a certificate: sound, complete, and honest about what stopped.

    Raises:
        CertificateError: the first defect found.
    """
    if estate not in _ways_of:
        _ways_of[estate] = tuple(all_ways(estate))
    ways = _ways_of[estate]
    asked = _Asked(int(scenario.assume), scenario.hours, frozenset(scenario.distrust))
    claimed = _sound(scenario, asked, certificate.steps, ways)
    _complete(asked, claimed, ways)
    _honest(asked, claimed, certificate, ways)


def _sound(
    scenario: Scenario, asked: _Asked, steps: Iterable[ProofStep], ways: Iterable[Way]
) -> dict[Fact, tuple[int, int]]:
    """Every step follows from earlier ones; returns the level and hops claimed for each fact."""
    known: dict[tuple[str, Fact, tuple[str, ...]], list[Way]] = defaultdict(list)
    for way in ways:
        known[way.rule, way.gives, way.along].append(way)
    seeds = {Fact(name, Capability(word)) for way, word in _SEEDS for name in getattr(scenario, way)}
    claimed: dict[Fact, tuple[int, int]] = {}
    for step in steps:
        _require(step.fact not in claimed, f"{step.fact} is proved twice")
        late = [each for each in step.premises if each not in claimed]
        _require(not late, f"{step.fact} rests on {', '.join(map(str, late))}, not proved before it")
        due = _due(step, claimed, seeds, asked, known)
        _require(
            (int(step.level), step.hops) == due, f"{step.fact} is claimed at {int(step.level), step.hops}, not {due}"
        )
        _require(step.level <= asked.assume, f"{step.fact} assumes more than was asked")
        claimed[step.fact] = due
    missing = seeds - claimed.keys()
    _require(not missing, f"the seed {', '.join(sorted(map(str, missing)))} is missing")
    return claimed


def _due(
    step: ProofStep,
    claimed: Mapping[Fact, tuple[int, int]],
    seeds: set[Fact],
    asked: _Asked,
    known: Mapping[tuple[str, Fact, tuple[str, ...]], list[Way]],
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
    way = next((each for each in found if _follows(each, step, asked)), None)
    if way is None:
        raise CertificateError(f"{step.rule} does not give {step.fact} from {', '.join(map(str, step.premises))}")
    levels = [claimed[each][0] for each in step.premises]
    return max(way.level, *levels), way.hop + max(claimed[each][1] for each in step.premises)


def _includes(whole: Fact, part: Fact) -> bool:
    return any(whole.capability == word and part.capability in parts for word, parts in _INCLUDES)


def _follows(way: Way, step: ProofStep, asked: _Asked) -> bool:
    """Whether a step's premises are a way's own, none to spare, and all its controls have fallen."""
    if asked.shut(way):
        return False
    fallen = set(asked.fallen(way))
    own = set(step.premises) - fallen
    return set(step.premises) >= fallen and own <= set(way.needs) and way.enough(own)


def _complete(asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], ways: Iterable[Way]) -> None:
    """No open way leads out of the set, or to a fact more cheaply than claimed."""
    for fact, cost in claimed.items():
        for word, parts in _INCLUDES:
            for part in parts if fact.capability == word else ():
                _within(claimed, Fact(fact.entity, Capability(part)), cost, "closure")
    for way in ways:
        if way.level <= asked.assume and not asked.shut(way):
            best = _best(way, asked.fallen(way), claimed)
            if best is not None and best[0] <= asked.assume:
                _within(claimed, way.gives, best, way.rule)


def _within(claimed: Mapping[Fact, tuple[int, int]], fact: Fact, cost: tuple[int, int], rule: str) -> None:
    _require(fact in claimed, f"{fact} follows by {rule} and is not claimed")
    _require(claimed[fact] <= cost, f"{fact} follows by {rule} at {cost} and is claimed at {claimed[fact]}")


def _best(way: Way, fallen: tuple[Fact, ...], claimed: Mapping[Fact, tuple[int, int]]) -> tuple[int, int] | None:
    """The lowest level, and there the fewest hops, at which a way's premises hold; ``None`` if they do not."""
    if any(each not in claimed for each in fallen):
        return None
    held = {each: claimed[each] for each in way.needs if each in claimed}
    if not way.enough(held.keys()):
        return None
    floor = max([way.level, *(claimed[each][0] for each in fallen)])
    level = _least({cost[0] for cost in held.values()} | {floor}, floor, lambda top: way.enough(_upto(held, 0, top)))
    near = {each: cost for each, cost in held.items() if cost[0] <= level}
    least = max([0, *(claimed[each][1] for each in fallen)])
    hops = _least({cost[1] for cost in near.values()} | {least}, least, lambda top: way.enough(_upto(near, 1, top)))
    return level, way.hop + hops


def _upto(held: Mapping[Fact, tuple[int, int]], part: int, top: int) -> set[Fact]:
    return {each for each, cost in held.items() if cost[part] <= top}


def _least(values: set[int], floor: int, fits: Callable[[int], bool]) -> int:
    return next(each for each in sorted(values) if each >= floor and fits(each))


def _honest(
    asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], certificate: Certificate, ways: Iterable[Way]
) -> None:
    """The stops that are listed are the stops there are, and the controls relied on those that stop."""
    due: Counter[_Stop] = Counter(stop for way in ways if (stop := _stop(way, asked, claimed)) is not None)
    said: Counter[_Stop] = Counter(
        (each.rule, each.fact, each.relations, each.because, each.by, each.premises) for each in certificate.stopped
    )
    for each in sorted(map(str, (due - said) + (said - due))):
        raise CertificateError(f"what stopped is not what is listed: {each}")
    relied = sorted({name for _, _, _, because, by, _ in due if because == "control" for name in by})
    _require(tuple(relied) == certificate.relies_on, "the controls relied on are not those that stop something")


_Stop = tuple[str, Fact, tuple[str, ...], str, tuple[str, ...], tuple[Fact, ...]]


def _stop(way: Way, asked: _Asked, claimed: Mapping[Fact, tuple[int, int]]) -> _Stop | None:
    if way.gives in claimed or way.gives.capability in _HELPERS:
        return None
    held = tuple(each for each in way.needs if each in claimed)
    if not held:
        return None
    because, by = _reason(way, asked, claimed, held)
    return way.rule, way.gives, way.along, because, by, held


def _reason(
    way: Way, asked: _Asked, claimed: Mapping[Fact, tuple[int, int]], held: tuple[Fact, ...]
) -> tuple[str, tuple[str, ...]]:
    if not way.enough(held):
        return "premise", tuple(sorted(str(each) for each in way.needs if each not in claimed))
    if way.level > asked.assume:
        return "level", (_WORD[way.level],)
    if asked.outlasted(way):
        return "buffer", (f"buffer of {way.buffer:g} h",)
    return "control", tuple(sorted(each.id for each in asked.standing(way)))


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateError(otherwise)


assert set(_WORD) == set(Level)  # noqa: S101 - the two lists are written apart on purpose
