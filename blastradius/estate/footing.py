"""How well it is known what an estate says, counted: what answers about many starts rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from blastradius.columns.tables import BASES, Columns
from blastradius.estate.change import Change, Stated
from blastradius.estate.placement import PlacedControl
from blastradius.model import Control, ControlKind, Relation

MOST_CONTROLS = 10_000
"""Up to how many controls it is counted which are assumed to work, for each is made an object."""


class Footing(NamedTuple):
    """How many relations are known on each basis (in the order of ``BASES``), and how many controls there are.

    ``assumed`` are the controls that nobody has shown to work; ``None`` where there are too many to count.
    """

    bases: tuple[int, ...]
    controls: int
    assumed: int | None

    @classmethod
    def of(cls, columns: Columns, controls: Mapping[str, PlacedControl]) -> Footing:
        """The counts of an estate, by its columns and its controls by name."""
        bases = np.bincount(columns.relations.basis, minlength=len(BASES)).tolist()
        count = len(columns.controls.kind)
        if count > MOST_CONTROLS:
            return cls(tuple(bases), count, None)
        return cls(tuple(bases), count, sum(_is_assumed(placed.control) for placed in controls.values()))

    def after(self, change: Change, changed: Stated) -> Footing:
        """The counts after a change, of an estate of which ``changed`` may be a part around what was changed."""
        bases = list(self.bases)
        for things, sign in ((change.gone, -1), (change.new, 1)):
            for thing in things:
                if isinstance(thing, Relation):
                    bases[BASES.index(thing.basis)] += sign
        before, now = (_controls(change, estate) for estate in (change.before, changed))
        count = self.controls + len(now) - len(before)
        more = sum(map(_is_assumed, now)) - sum(map(_is_assumed, before))
        return Footing(tuple(bases), count, None if self.assumed is None else self.assumed + more)


def status_of(control: Control) -> str:
    """How well a control is known to work; that MFA cannot be phished is assumed where nobody said so."""
    unsaid = control.kind == ControlKind.MFA and "phishable" not in control.model_fields_set
    return "assumed" if unsaid and control.status == "working" else control.status


def is_unsaid(control: Control) -> bool:
    """Whether nobody stated how well a control works, so that it is taken to work."""
    return "status" not in control.model_fields_set


def _is_assumed(control: Control) -> bool:
    return status_of(control) == "assumed"


def _controls(change: Change, estate: Stated) -> list[Control]:
    """The controls on what was changed, and on its ends: a scope implies one on what it permits."""
    hosts = {thing.id for thing in (*change.gone, *change.new)}
    for thing in (*change.gone, *change.new):
        hosts.update((*thing.sources, *thing.targets) if isinstance(thing, Relation) else ())
    return [placed.control for host in sorted(hosts) for placed in estate.controls_on(host)]
