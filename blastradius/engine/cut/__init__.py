"""The cheapest changes that take targets out of reach: exact minimum cuts by implicit hitting sets."""

from blastradius.engine.cut.clauses import Lever
from blastradius.engine.cut.gentlest import Harm, Row
from blastradius.engine.cut.hitting_set import Cut, Separated, goals_of, minimum_cut
from blastradius.engine.cut.reaching import pulled, reaching

__all__ = ["Cut", "Harm", "Lever", "Row", "Separated", "goals_of", "minimum_cut", "pulled", "reaching"]
