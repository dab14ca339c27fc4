"""What a ground instance of a rule is, apart from the rule table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from blastradius.engine.check.quorum import is_outvoted
from blastradius.estate import PlacedControl
from blastradius.model import Basis, Fact

Place = tuple[tuple[str, ...], Sequence[str]]
"""Entities and relations, and the kinds of control that stop an instance there."""


class Guards(NamedTuple):
    """The controls that stop an instance, and where others of ours would: those that run without another entity."""

    placed: tuple[PlacedControl, ...] = ()
    places: tuple[Place, ...] = ()

    def __or__(self, other: Guards) -> Guards:
        more = tuple(placed for placed in other.placed if placed not in self.placed)
        return Guards(self.placed + more, self.places + other.places)


UNGUARDED = Guards()


class RuleInstance(NamedTuple):
    """One rule applied in one place: its premises, its conclusion, the relations it runs along, what guards it.

    ``least`` is how many of the premises must hold (``None``: all); with ``vote_min`` they are a quorum's, first that
    each feed is wrong, then that each is lost. The conclusion comes ``buffer_h`` hours after the premises.
    ``fail_closed`` instances are open only where ``fail_closed`` is distrusted. ``basis`` is the weakest of what says
    that the instance is there.
    """

    rule: str
    level: int
    premises: tuple[Fact, ...]
    conclusion: Fact
    along: tuple[str, ...] = ()
    guards: Guards = UNGUARDED
    hop: int = 1
    least: int | None = None
    vote_min: int | None = None
    buffer_h: float = 0.0
    fail_closed: bool = False
    basis: Basis = Basis.OBSERVED

    @property
    def is_counted(self) -> bool:
        """Whether fewer than all of its premises may do."""
        return self.vote_min is not None or self.least not in (None, len(self.premises))

    def enough(self, held: Collection[Fact]) -> bool:
        """Whether these of its premises are enough."""
        if self.vote_min is not None:
            return self._is_outvoted(self.vote_min, held)
        if self.least is None:
            return all(map(held.__contains__, self.premises))
        return sum(map(held.__contains__, self.premises)) >= self.least

    def _is_outvoted(self, vote_min: int, held: Collection[Fact]) -> bool:
        feeds = len(self.premises) // 2
        wrong = [premise in held for premise in self.premises[:feeds]]
        lost = [premise in held for premise in self.premises[feeds:]]
        both = sum(map(min, wrong, lost))
        return bool(is_outvoted(feeds, sum(wrong), sum(lost), both, vote_min))
