"""What all loaders of observed traffic do with a fact: name it, keep it once, and keep its first place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.json_values import Keys
from blastradius.model import Basis, Entity, NoteKind, Verb


class Facts:
    """Facts that were seen many times: one entity, one relation, the first place on each basis.

    ``names`` says what the estate calls a thing, ``parties`` whose a thing of a name is (by pattern).
    """

    def __init__(self, collector: FactCollector, names: Mapping[str, str], parties: Mapping[str, str]) -> None:
        self.collector = collector
        self.unknown: Counter[str] = Counter()
        self._names, self._parties = names, parties
        self._known: dict[str, str | None] = {}
        self._seen: dict[tuple[Verb, str, str], dict[Basis, Keys]] = {}

    def name(self, declared: str) -> str | None:
        """What the estate calls a thing of this name; ``None`` for what cannot be an id."""
        if declared not in self._known:
            known = self.collector.name(declared)
            self._known[declared] = self._names.get(known, known) if known else None
        return self._known[declared]

    def party_of(self, name: str) -> str | None:
        """The party that the options say a name belongs to."""
        return next((party for glob, party in self._parties.items() if fnmatchcase(name, glob)), None)

    def once(self, kind: type[Entity], name: str | None, keys: Keys, /, **attributes: Any) -> str | None:
        """Keep an entity the first time it is seen; ``None`` where it cannot be one."""
        before = self.collector.entities.get(name or "")
        if name is None or not isinstance(before, (kind, type(None))):
            self.unknown["names that cannot be an id, or that something of another kind has"] += 1
            return None
        if before is None:
            declared = {key: value for key, value in attributes.items() if value is not None}
            place = {"basis": Basis.OBSERVED, "provenance": self.collector.provenance(*keys)}
            self.collector.entity(kind.model_validate({"id": name, **place, **declared}))
        return name

    def relate(self, verb: Verb, source: str, target: str, keys: Keys, basis: Basis = Basis.OBSERVED) -> None:
        """A relation; only the first place on each basis is kept."""
        self._seen.setdefault((verb, source, target), {}).setdefault(basis, keys)

    def loaded(self, seen_in: str) -> Loaded:
        """All of it; ``seen_in`` says how much was looked at."""
        for (verb, source, target), places in self._seen.items():
            for basis, keys in places.items():
                self.collector.relate(verb, source, target, provenance=self.collector.provenance(*keys), basis=basis)
        for unknown, count in sorted(self.unknown.items()):
            self.collector.note(NoteKind.UNRESOLVED, f"{unknown}: {count:,}")
        self.collector.note(NoteKind.INCOMPLETE, f"seen in {seen_in}; what was not called meanwhile is not here")
        return self.collector.loaded()
