"""How many random examples there are of each law: few while one types, many where there is time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("BLASTRADIUS_EXAMPLES", "200"))
"""Of the law that has most; `.ci/run agreement` asks for 20,000."""

Test = TypeVar("Test", bound=Callable[..., None])


def examples(share: float = 1.0) -> Callable[[Test], Test]:
    """A law of random estates or worlds, with this share of the examples, and at least ten."""
    count = max(min(10, EXAMPLES), round(EXAMPLES * share))
    with_count = settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])

    def law(test: Test) -> Test:
        marked: Test = pytest.mark.random(with_count(test))
        return marked

    return law
