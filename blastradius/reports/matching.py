"""Where in an estate a template of a scenario fits: what it would start from, and which relations make it fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from blastradius.estate import Estate
from blastradius.model import Basis, Credential, Feed, Kind, Level, Party, Relation, Scenario, Verb
from blastradius.reports.templates import Template, Tie


@dataclass(frozen=True)
class Match:
    """A template that fits: the scenario, and the relations (ids) because of which it does.

    ``basis`` is the one on which each of its starts fits at best, of several the weakest.
    """

    template: Template
    scenario: Scenario
    rests_on: tuple[str, ...]
    basis: Basis


def matches(estate: Estate, templates: Iterable[Template], most: Level, basis: Basis) -> list[Match]:
    """Every scenario that the templates come to, at a level of ``most`` at most, in the order of templates and ids.

    Relations that are known on less than ``basis`` are not looked at.
    """
    library = _Matching(estate, basis)
    return [match for template in templates for match in library.of(template, most)]


class _Matching:
    """An estate as templates look at it."""

    def __init__(self, estate: Estate, basis: Basis) -> None:
        self.estate = estate
        self.known = list(Basis)[: list(Basis).index(basis) + 1]

    def of(self, template: Template, most: Level) -> Iterator[Match]:
        """The scenarios that one template comes to."""
        tied = self._tied(template)
        fitting = [name for name in sorted(tied) if self._fits(template, name)]
        asked_away = {name: self._asked_away(template, name, tied[name]) for name in fitting}
        if template.asked_away:
            fitting = [name for name in fitting if asked_away[name]]
        for starts, names in self._groups(template, fitting).items():
            scenario = Scenario.model_validate(
                {
                    template.ways[self.estate.kind_of(names[0])]: starts if template.together == "zone" else names,
                    "assume": min(template.level, most),
                    "hours": template.hours,
                    "distrust": tuple(control for name in names for control in asked_away[name]),
                }
            )
            rests_on = dict.fromkeys(relation.id for name in names for relation in tied[name])
            best = (min(self.known.index(relation.basis) for relation in tied[name]) for name in names)
            yield Match(template, scenario, tuple(rests_on), self.known[max(best)])

    def _relations(self, verb: Verb) -> Iterator[Relation]:
        return (relation for relation in self.estate.by_verb[verb] if relation.basis in self.known)

    # what a scenario starts from

    def _tied(self, template: Template) -> Mapping[str, Sequence[Relation]]:
        """What stands where the template wants it, with the relations that say so."""
        found: dict[str, list[Relation]] = defaultdict(list)
        for tie in template.ties:
            for relation in (it for verb in sorted(tie.verbs) for it in self._relations(verb)):
                if self._holds(tie, relation):
                    for name in self._at_end(tie, relation):
                        if self.estate.kind_of(name) in template.ways:
                            found[name].append(relation)
        return found

    def _holds(self, tie: Tie, relation: Relation) -> bool:
        sourced = tie.source is None or self.estate.kind_of(relation.sources[0]) == tie.source
        return sourced and tie.obeys in (None, relation.obeys)

    def _at_end(self, tie: Tie, relation: Relation) -> Iterator[str]:
        """What is at the end of a relation; besides an operation those that serve it."""
        for name in relation.sources if tie.end == "source" else relation.targets:
            yield name
            yield from self._servers.get(name, ())

    @cached_property
    def _servers(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for relation in self._relations(Verb.SERVES):
            found[relation.targets[0]].append(relation.sources[0])
        return found

    def _fits(self, template: Template, name: str) -> bool:
        """Whether a thing is of the type, the content and the people that the template speaks of."""
        entity = self.estate.entities[name]
        if isinstance(entity, Credential) and template.types and entity.type not in template.types:
            return False
        if isinstance(entity, Feed) and template.content and entity.content not in template.content:
            return False
        if template.whose == "anybody's":
            return True
        return bool(self._third(name)) or (template.whose == "not ours" and name not in self._owners)

    def _asked_away(self, template: Template, name: str, along: Sequence[Relation]) -> list[str]:
        """The controls on a key and on what it grants that somebody who is talked round lets fall."""
        if not template.asked_away:
            return []
        placed = (it for host in (name, *(relation.id for relation in along)) for it in self.estate.controls_on(host))
        return [
            it.id
            for it in placed
            if it.control.status in ("working", "assumed")
            and (it.control.kind in template.asked_away or it.control.misled)
        ]

    def _groups(self, template: Template, names: Iterable[str]) -> Mapping[tuple[str, ...], list[str]]:
        """What starts at once: a zone, what is of one party, or each by itself."""
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name in names:
            for together in self._together(template, name):
                found[together].append(name)
        return found

    def _together(self, template: Template, name: str) -> Iterator[tuple[str, ...]]:
        zone = self.estate.entities[name].zone
        if template.together == "party" and self._third(name):
            yield from (("party", party) for party in self._third(name))
        elif template.together == "zone" and zone is not None and self._is_theirs(zone):
            yield (zone,)
        else:
            yield (name,)

    def _is_theirs(self, zone: str) -> bool:
        """Whether all that runs in a zone is a third party's, and nothing else is called as the zone is."""
        services = [name for name in self.estate.in_zone(zone) if self.estate.kind_of(name) == Kind.SERVICE]
        return zone not in self.estate.entities and all(map(self._third, services))

    # whose things are

    def _third(self, name: str) -> list[str]:
        """The third parties whose a thing is; of a party itself, if it is one."""
        owners = {name} if self.estate.kind_of(name) == Kind.PARTY else self._owners.get(name, ())
        return sorted(owner for owner in owners if self._is_third(owner))

    def _is_third(self, name: str) -> bool:
        party = self.estate.entities.get(name)
        return isinstance(party, Party) and party.role != "self"

    @cached_property
    def _owners(self) -> Mapping[str, set[str]]:
        """Whose things are, as far as is stated; what a service of nobody holds or publishes is that service's."""
        found: dict[str, set[str]] = defaultdict(set)
        for relation in self._relations(Verb.OWNS):
            found[relation.targets[0]].add(relation.sources[0])
        own = {name: set(owners) for name, owners in found.items()}
        for verb in (Verb.HOLDS, Verb.PUBLISHES):
            for relation in self._relations(verb):
                (source,), (target,) = relation.sources, relation.targets
                found[target] |= {source} if self._is_third(source) else own.get(source, {source})
        return found
