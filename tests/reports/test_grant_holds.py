"""The controls that would hold what a grant lets in are those that a computation of each by itself finds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from blastradius import plugins
from blastradius.engine import plain
from blastradius.engine.check.spec import spec
from tests.campaign.brute.grant import granted, holding
from tests.reports.test_grants import OPERATIONS, api_estate


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_they_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    estate = api_estate(rng)
    query, level = plugins.query("grant"), rng.choice(("abused", "lateral"))
    params: Any = query.params(holder="p", grant=tuple(rng.sample(OPERATIONS, 2)), assume=level)
    data: Any = query.run(estate, params).data
    told = {name: sorted(row.entities) for row in data.holds for name in row.controls}
    scenario = plain(params.asked).model_copy(update={"compromise": ("p",)})
    after = granted(estate, params, params.grant)
    assert told == holding(after, scenario, spec(estate, scenario), set(estate.entities))
