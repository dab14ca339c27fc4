"""How many random examples there are of each law: few while one types, many where there is time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("BLASTRADIUS_EXAMPLES", "100"))
"""Of the law that has most; `.ci/run agreement` asks for 400."""

Test = TypeVar("Test", bound=Callable[..., None])


def examples(share: float = 1.0) -> Callable[[Test], Test]:
    """A law of random estates or worlds, with this share of the examples, and at least ten."""
    count = max(min(10, EXAMPLES), round(EXAMPLES * share))
    with_count = settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])

    def law(test: Test) -> Test:
        marked: Test = pytest.mark.random(with_count(test))
        return marked

    return law


def few(values: Iterable[Any], quick: int = 4) -> list[Any]:
    """Parameters of which so many, spread evenly, are for while one types, and the rest are slow."""
    listed = list(values)
    step = -(-len(listed) // quick)
    return [pytest.param(value, marks=[pytest.mark.slow] * (place % step > 0)) for place, value in enumerate(listed)]
