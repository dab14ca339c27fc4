"""A scenario that is under way: what follows from what is held already, with one thing or another taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from blastradius.columns.ragged import Numbers
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.network import network_of
from blastradius.engine.batch.solve import WORDS, Batch, Solved, back_end_of, solve_block, suited
from blastradius.engine.prepared import PreparedEstate
from blastradius.engine.scenario import World
from blastradius.model import Scenario


def onward(
    system: PreparedEstate, scenario: Scenario, held: Numbers, without: Sequence[tuple[str, ...]]
) -> Iterator[Solved]:
    """A world for each group of relations (by id) that are taken away; in all of them facts (by number) hold already.

    What is taken away closes the steps along it and changes nothing else, as it does where it is done under way. The
    scenario has no end: nobody asks here when something holds.
    """
    worlds = [World(scenario, without=names) for names in without]
    back_end = back_end_of(suited(len(system.steps) * len(worlds)))
    network = network_of(Frame(system, worlds), system.networks)
    for first in range(0, len(worlds), 64 * WORDS):
        frame = Frame(system, worlds[first : first + 64 * WORDS])
        places = first + np.arange(len(frame.worlds))
        yield solve_block(Batch(system, frame, network, None, back_end), frame, places, held)
