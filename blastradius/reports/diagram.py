"""A reach as a picture: what is drawn, what each box and edge says, what stops at which control."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from blastradius.answer import Edge, Felt, Gain, Node, Picture, Sheet, Tone
from blastradius.engine import ProofStep, Reach, Stopped, brings_an_attacker, is_timed
from blastradius.estate import Estate
from blastradius.estate.things import told
from blastradius.model import STEPPING_STONES, Basis, Capability, Fact, Kind, Level, Operation, Party, Verb
from blastradius.reports.captions import caption
from blastradius.reports.folding import folded, merged
from blastradius.reports.labels import KNOWN, Label, best_of, labels_of
from blastradius.reports.rows import starts_said, strongest
from blastradius.reports.timeline import earliest
from blastradius.reports.unstated import marks_jewels
from blastradius.reports.words import MEANINGS, WORDS, control_said, is_public, kinds, plural

FEW = {"A4": 38, "A3": 70}
"""How many boxes a sheet may have; a board reads no more, and more are not readable on it."""

MOST = 10_000
"""Up to how many boxes only what is alike in all is folded."""

COARSER = (20, 12, 7)
"""How many boxes are left where even less is readable."""

Held = Mapping[Capability, Level]
_FELT = {Capability.DENY: Felt.STOPS, Capability.TAINT: Felt.WRONG, Capability.DEGRADE: Felt.SLOWS}
_HALFWAY = (Capability.PRESENT, Capability.LOST, Capability.STRAINED)
"""What holds where a key or an input is, and of which more may be asked than anything rests on."""
FEELS = {felt: capability for capability, felt in _FELT.items()}


def picture_of(
    reach: Reach,
    title: str | None = None,
    *,
    full: bool = False,
    sheet: Sheet = "A4",
    only: frozenset[Fact] | None = None,
    labels: Mapping[Fact, Label] | None = None,
) -> Picture:
    """Draw a reach: steps taken, and steps stopped by a control. ``only`` limits it to the proof of some facts.

    What has the same ways in and out, and of which the same is gained, is folded into one box. Where that is not
    readable on the ``sheet``, only the ways to what matters most are drawn. ``full`` draws everything, however large.
    ``labels`` are those of the reach, where they are known already.
    """
    best = best_of(labels_of(reach) if labels is None else labels)
    weak = {name: KNOWN[basis] for name, basis in best.items() if basis in (Basis.INFERRED, Basis.ASSUMED)}
    drawn = _Drawing(reach, title or _title(reach), sheet, weak)
    if full:
        return replace(drawn.picture(*drawn.parts(only or frozenset(reach.proofs), stops=not only)), sheet=None)
    whole = drawn.picture(*folded(*drawn.parts(only or drawn.own, stops=not only), MOST))
    first, *smaller = [*([whole] if len(whole.nodes) <= FEW[sheet] else []), *drawn.smaller(whole, only)]
    return replace(first, smaller=tuple(smaller))


@dataclass(frozen=True)
class _Drawing:
    """One reach, drawn in more than one size."""

    reach: Reach
    title: str
    sheet: Sheet
    weak: Mapping[str, str]
    """How well it is known of what is only inferred or assumed to be reached."""

    @cached_property
    def own(self) -> frozenset[Fact]:
        """What the scenario itself brings: that anyone has, too, is drawn only on the way to what matters."""
        found: set[Fact] = set()
        for fact, step in self.reach.proofs.items():
            starts = step.rule == "seed" and (self.reach.scenario.anyone or fact.capability != Capability.ANYONE)
            if starts or any(premise in found for premise in step.premises):
                found.add(fact)
        return frozenset(found) | self._called(found) | self.behind(self.jewels)

    def _called(self, found: set[Fact]) -> frozenset[Fact]:
        """That they call an API, where its proof is that anyone does."""
        apis = {_api(self.reach, fact) for fact in found}
        return frozenset({Fact(api, Capability.CALLABLE) for api in apis if api} & self.reach.proofs.keys())

    @cached_property
    def jewels(self) -> frozenset[Fact]:
        """What is reached of crown jewels; of processes where it is of none."""
        estate, facts = self.reach.estate, self.reach.levels
        jewels = frozenset(fact for fact in facts if estate.crown_jewel(fact.entity))
        return jewels or frozenset(fact for fact in facts if estate.kind_of(fact.entity) == Kind.PROCESS)

    def behind(self, facts: Iterable[Fact]) -> frozenset[Fact]:
        """Some facts and all that their proofs rest on."""
        found, waiting = set[Fact](), list(facts)
        while waiting:
            fact = waiting.pop()
            if fact not in found:
                found.add(fact)
                waiting += self.reach.proofs[fact].premises
        return frozenset(found)

    def smaller(self, whole: Picture, only: frozenset[Fact] | None) -> Iterable[Picture]:
        """What is drawn where the whole is not readable, each less than the one before."""
        parts = self.parts(only or (self.behind(self.jewels) if self.jewels else self.own), stops=False)
        said = "" if only else caption("drawn", what=caption(self._narrowed()))
        before = len(whole.nodes)
        for most in (FEW[self.sheet], *COARSER):
            picture = self.picture(*folded(*parts, most))
            if len(picture.nodes) < before or most == COARSER[-1]:
                before = len(picture.nodes)
                yield replace(picture, counts=picture.counts + said)

    def _narrowed(self) -> str:
        """What is drawn where not all is."""
        if not self.jewels:
            return "reached"
        jewel = any(self.reach.estate.crown_jewel(fact.entity) for fact in self.jewels)
        return "to_jewels" if jewel else "to_processes"

    def parts(self, facts: frozenset[Fact], *, stops: bool) -> tuple[list[Node], list[Edge]]:
        """The boxes and edges of some facts, and of the stops at their frontier."""
        edges = [*_taken(self.reach, facts), *(_stopped(self.reach, facts) if stops else [])]
        nodes = _nodes(self.reach, edges, _held(self.reach, facts))
        known = [
            replace(node, known=self.weak.get(node.id, "") if node.gains and not node.seed else "") for node in nodes
        ]
        return known, edges

    def picture(self, nodes: list[Node], edges: list[Edge]) -> Picture:
        """The picture of boxes and edges."""
        reach = self.reach
        zones = {zone: _zone_label(reach, zone) for zone in sorted({node.zone for node in nodes if node.zone})}
        return Picture(
            title=self.title,
            subtitle=_assumed(reach),
            nodes=tuple(nodes),
            edges=tuple(_told(merged(edges), nodes)),
            zones=zones,
            counts=_counts(reach),
            words=words_of(nodes),
            sheet=self.sheet,
        )


def _title(reach: Reach) -> str:
    scenario = reach.scenario
    unmeant = "feels" if scenario.wrong else "stops"
    asked = "reaches" if brings_an_attacker(scenario) else unmeant
    return caption(asked, starts=starts_said(reach.estate, scenario))


def _assumed(reach: Reach) -> str:
    """What the picture is drawn under, in words."""
    scenario = reach.scenario
    lasts = caption("endless" if scenario.hours is None else "lasts", hours=plural_hours(scenario.hours or 0))
    timed = lasts if is_timed(scenario) else ""
    if brings_an_attacker(scenario):
        return caption("assumed", word=scenario.assume.word, says=scenario.assume.says, timed=timed)
    what = [caption(name) for name, seeds in (("outage", scenario.outage), ("mistake", scenario.wrong)) if seeds]
    return caption("unmeant", what=caption("and").join(what), timed=timed)


def plural_hours(hours: float) -> str:
    """Hours in words, such as ``1 hour`` or ``1.5 hours``."""
    return caption("hour" if hours == 1 else "hours", count=f"{hours:g}")


def _zone_label(reach: Reach, zone: str) -> str:
    return reach.estate.zones[zone].label if zone in reach.estate.zones else zone


def _counts(reach: Reach) -> str:
    estate = reach.estate
    reached = {fact.entity for fact in reach.levels if not is_public(estate, fact.entity)}
    jewels = plural(sum(estate.crown_jewel(name) for name in reached), "crown jewel")
    stops = sum(stop.by_controls_alone for stop in reach.certificate.stopped)
    within = "within" if brings_an_attacker(reach.scenario) else "felt"
    return caption("between").join(
        (
            caption(within, reached=f"{len(reached):,}", things=plural(estate.census.entities, "thing")),
            jewels if marks_jewels(estate) else caption("unmarked"),
            caption("stopped", steps=plural(stops, "step")),
            caption("checked"),
        )
    )


def words_of(nodes: Iterable[Node]) -> dict[str, str]:
    """The words that boxes use, as far as they need an explanation."""
    said = [gain.words for node in nodes for gain in node.gains]
    return {WORDS[of]: meaning for of, meaning in MEANINGS.items() if any(WORDS[of] in words for words in said)}


def _taken(reach: Reach, facts: frozenset[Fact]) -> Iterable[Edge]:
    attacked = brings_an_attacker(reach.scenario)
    for step in reach.certificate.steps:
        fact = step.fact
        if fact.capability in STEPPING_STONES or step.rule == "closure" or fact not in facts:
            continue
        tone: Tone = step.level if attacked else _FELT.get(fact.capability, Felt.WRONG)
        for source in _origins(reach, step.premises):
            if source != fact.entity:
                yield Edge(source, fact.entity, WORDS[fact.capability] if attacked else "", tone=tone)


def _origins(reach: Reach, premises: Iterable[Fact]) -> Iterable[str]:
    """The entities that premises are about, behind any stepping stones; that somebody means it is about none."""
    return dict.fromkeys(origin for premise in premises if (origin := _origin(reach, premise)) is not None)


def _origin(reach: Reach, fact: Fact) -> str | None:
    while fact.capability in STEPPING_STONES:
        premises = reach.proofs[fact].premises
        if not premises:
            return None
        fact = premises[0]
    return fact.entity


def _stopped(reach: Reach, facts: frozenset[Fact]) -> Iterable[Edge]:
    """The stops at controls; one that many operations of an API run into is drawn from the one that does the most."""
    stops: dict[tuple[Fact, tuple[str, ...]], list[Stopped]] = defaultdict(list)
    for stop in reach.certificate.stopped:
        if stop.by_controls_alone and not facts.isdisjoint(stop.premises):
            stops[stop.fact, _controls(reach, stop)].append(stop)
    outsets = _Outsets(reach)
    for (fact, controls), alike in stops.items():
        for source in outsets.of(alike):
            if source != fact.entity:
                yield Edge(source, fact.entity, "", style="stopped", stopped_by=controls)


def _controls(reach: Reach, stop: Stopped) -> tuple[str, ...]:
    return tuple(sorted({control_said(reach.estate.controls[name].control.kind) for name in stop.controls}))


@dataclass(frozen=True)
class _Outsets:
    """Where one would look for stops to begin."""

    reach: Reach

    def of(self, alike: Iterable[Stopped]) -> list[str]:
        """What opens the operations of an API; else of many operations that which does the most."""
        premises = [premise for stop in alike for premise in stop.premises]
        apis = [premise.entity for premise in premises if premise.capability == Capability.CALLABLE]
        if apis:
            return list(dict.fromkeys(opener for api in apis for opener in self._openers(api)))
        found = list(_origins(self.reach, premises))
        operations = [name for name in found if self.reach.estate.kind_of(name) == Kind.OPERATION]
        return [name for name in found if name not in operations] + self._busiest(operations)

    def _openers(self, api: str) -> list[str]:
        """What gives the use of an API's busiest operation: a scope, a key, a caller; failing that, the operation."""
        busiest = self._busiest(self._used[api])
        if not busiest:
            return list(_origins(self.reach, [Fact(api, Capability.CALLABLE)]))
        step = self.reach.proofs[Fact(busiest[0], Capability.USE)]
        return list(_origins(self.reach, step.premises))[:1] or busiest

    def _busiest(self, operations: Iterable[str]) -> list[str]:
        return sorted(operations, key=lambda name: (-self._leads[name], name))[:1]

    @cached_property
    def _leads(self) -> Counter[str]:
        """How much of what is reached rests on each thing."""
        steps = [step for step in self.reach.certificate.steps if step.fact.capability not in _HALFWAY]
        premises = (fact for step in steps for fact in step.premises)
        return Counter(fact.entity for fact in premises if fact.capability not in STEPPING_STONES)

    @cached_property
    def _used(self) -> Mapping[str, list[str]]:
        """The operations of each API that can be used."""
        found: dict[str, list[str]] = defaultdict(list)
        for fact in self.reach.proofs:
            if (api := _api(self.reach, fact)) is not None:
                found[api].append(fact.entity)
        return found


def _api(reach: Reach, fact: Fact) -> str | None:
    """The API of the operation whose use a fact is."""
    if fact.capability != Capability.USE:
        return None
    entity = reach.estate.entities[fact.entity]
    return entity.api if isinstance(entity, Operation) else None


def _told(edges: Sequence[Edge], nodes: Iterable[Node]) -> Iterable[Edge]:
    """An edge says what it gives only where the box that it leads to does not say just that."""
    into: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        into[edge.target] |= {edge.label} if edge.style == "step" else set()
    says = {(node.id, gain.tone): gain.words for node in nodes for gain in node.gains}
    for edge in edges:
        words = says.get((edge.target, edge.tone), "") if edge.tone else ""
        plain = len(into[edge.target]) < 2 or set(words.split(", ")) <= set(edge.label.split(", "))
        yield edge._replace(label="") if plain and edge.style == "step" else edge


def _held(reach: Reach, facts: frozenset[Fact]) -> dict[str, tuple[Gain, ...]]:
    """For each entity that the facts are about, and where it starts, all that is gained over it."""
    found: dict[str, dict[Capability, Level]] = defaultdict(dict)
    drawn = {fact.entity for fact in facts if fact.capability not in STEPPING_STONES} | set(_seeds(reach))
    for fact, level in reach.levels.items():
        if fact.entity in drawn:
            found[fact.entity][fact.capability] = level
    if brings_an_attacker(reach.scenario):
        return {name: gains_of(held) for name, held in found.items()}
    arrivals = earliest(reach) if is_timed(reach.scenario) else {}
    return {name: _feels(name, held, arrivals) for name, held in found.items()}


def gains_of(held: Held) -> tuple[Gain, ...]:
    """What is held at the lowest level, then what each level adds."""
    gains, before = [], set[Capability]()
    for level in sorted(set(held.values())):
        now = {capability for capability, at in held.items() if at <= level}
        new = [WORDS[capability] for capability in strongest(now) if capability not in before]
        gains += [Gain(", ".join(new), level)] if new else []
        before = now
    return tuple(gains)


def _feels(name: str, held: Held, arrivals: Mapping[Fact, float]) -> tuple[Gain, ...]:
    """What is felt of an outage or a mistake, and when; slowing only where it does not stop at once as well."""
    gains = []
    for felt in Felt:
        fact = Fact(name, FEELS[felt])
        stops = arrivals.get(Fact(name, Capability.DENY), 0.0)
        stopped = felt is Felt.SLOWS and Capability.DENY in held and stops <= arrivals.get(fact, 0.0)
        if fact.capability in held and not stopped:
            at = "" if felt is Felt.WRONG else _when(arrivals.get(fact))
            gains.append(Gain(WORDS[fact.capability] + at, felt))
    return tuple(gains)


def _when(hour: float | None) -> str:
    if hour is None:
        return ""
    return caption("after", hours=plural_hours(hour)) if hour else caption("at_once")


def _nodes(reach: Reach, edges: list[Edge], held: Mapping[str, tuple[Gain, ...]]) -> list[Node]:
    seeds = _seeds(reach)
    named = [*seeds, *(name for edge in edges for name in (edge.source, edge.target)), *held]
    homes = _homes(reach)
    return [_node(reach, name, held.get(name, ()), homes, name in seeds) for name in dict.fromkeys(named)]


def _seeds(reach: Reach) -> list[str]:
    steps: Iterable[ProofStep] = reach.certificate.steps
    return [step.fact.entity for step in steps if step.rule == "seed" and step.fact.capability not in STEPPING_STONES]


def _homes(reach: Reach) -> dict[str, str | None]:
    """An operation is drawn in the zone of the service behind it, a key in that of its holder."""
    homes: dict[str, str | None] = {}
    for verb in (Verb.SERVES, Verb.HOLDS):
        for relation in reach.estate.by_verb[verb]:
            homes.setdefault(relation.targets[0], reach.estate.entities[relation.sources[0]].zone)
    return homes


def _node(reach: Reach, name: str, gains: tuple[Gain, ...], homes: Mapping[str, str | None], seed: bool) -> Node:
    entity = reach.estate.entities[name]
    ourselves = isinstance(entity, Party) and entity.role == "self"
    return Node(
        id=name,
        label=caption("double", label=entity.label, id=name) if has_double(reach.estate, name) else entity.label,
        kind=entity.kind,
        zone=entity.zone or homes.get(name),
        gains=gains,
        seed=seed,
        crown_jewel=reach.estate.crown_jewel(name),
        what=caption("ourselves") if ourselves else kinds(1, entity.kind).removeprefix("1 "),
    )


def has_double(estate: Estate, name: str) -> bool:
    """Whether something else of its kind has its name, so that its box needs its id."""
    kind = estate.kind_of(name)
    alike = estate.namesakes.get(told(estate.entities, name).label, ())
    return any(other != name and estate.kind_of(other) == kind for other in alike)
