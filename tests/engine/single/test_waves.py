"""Many facts settled at once get the proofs that they get one after the other."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import PreparedEstate, compile_system, plain
from blastradius.engine.single.shortest_proofs import certify
from blastradius.estate import Estate
from blastradius.model import Level
from tests.counts import examples
from tests.engine.random_estates import random_estate, random_islands, random_scenario


@examples(1 / 4)
@given(st.integers(0, 2**40))
def test_waves_prove_what_is_proved_one_after_the_other(seed: int) -> None:
    """Where all steps are of one level and no buffer lasts, an outage that ends is solved fact by fact, and alike."""
    rng = random.Random(seed)
    built = random_islands(rng, 2) if seed % 3 == 0 else random_estate(rng)
    system = levelled(built)
    changes = {"outage": (), "assume": Level.GRANTED}
    waves, ending = (
        plain(random_scenario(random.Random(seed), built)).model_copy(update={**changes, "hours": hours})
        for hours in (None, 1.0)
    )
    assert certify(system, waves) == certify(system, ending)


def levelled(built: Estate) -> PreparedEstate:
    """An estate compiled, each step taken at the lowest level and at once."""
    system = compile_system(built)
    steps = system.steps
    return replace(system, steps=replace(steps, level=np.ones_like(steps.level), delay_h=np.zeros_like(steps.delay_h)))
