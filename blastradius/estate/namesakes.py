"""Things that are called alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from blastradius.estate.things import told
from blastradius.model import Entity

MOST_LOOKED_AT = 100_000
"""Up to how many entities an estate may have for namesakes to be looked for: each is read for it."""


def namesakes(entities: Mapping[str, Entity]) -> Mapping[str, tuple[str, ...]]:
    """The ids of the things of each display name that several have; none is looked for where there are too many."""
    if len(entities) > MOST_LOOKED_AT:
        return {}
    return _shared((told(entities, name).label, name) for name in entities)


def _shared(named: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for label, name in named:
        found[label].append(name)
    return {label: tuple(names) for label, names in found.items() if len(names) > 1}
