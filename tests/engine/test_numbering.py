"""Facts have numbers, and numbers their facts."""

from __future__ import annotations

import random

import numpy as np
import pytest

from blastradius.engine import compile_system
from blastradius.model import Capability
from tests.counts import few
from tests.engine.random_estates import random_estate


@pytest.mark.parametrize("seed", few(range(30), 6))
def test_the_number_of_a_fact_is_that_of_the_fact_again(seed: int) -> None:
    numbering = compile_system(random_estate(random.Random(seed))).facts
    facts = [numbering.fact(number) for number in range(numbering.total)]
    assert len({*facts}) == numbering.total
    assert [numbering.number(fact) for fact in facts] == [*range(numbering.total)]
    assert [fact.entity for fact in facts if fact.capability == Capability.INACTIVE] == [*numbering.controls]


@pytest.mark.parametrize("seed", few(range(30), 6))
def test_what_a_fact_includes_is_the_same_of_one_and_of_many(seed: int) -> None:
    numbering = compile_system(random_estate(random.Random(seed))).facts
    for number in range(numbering.total):
        assert {*numbering.and_included(np.array([number])).tolist()} == {number, *numbering.included(number)}
