"""The whole corpus on the spec, on the solver of one scenario and on both solvers of many worlds."""

from __future__ import annotations

import pytest

from blastradius.engine import World, checked, solve
from blastradius.engine.check.spec import spec
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.model import Scenario
from tests.counts import few
from tests.engine.batch.test_worlds import ENGINES, solved
from tests.engine.corpus import CORPUS


@pytest.mark.parametrize("name", few(CORPUS, 64))
def test_every_engine_here_says_what_is_expected(name: str) -> None:
    built, asked = CORPUS[name]()
    for scenario, reached, not_reached in asked:
        wanted = spec(built, scenario)
        assert reached <= wanted.keys()
        assert not not_reached & wanted.keys()
        if is_refused(built, scenario):
            continue
        assert solve(built, scenario).levels == wanted
        for engine in ENGINES:
            assert list(solved(built, [World(scenario)], engine).values()) == [set(wanted)]


def is_refused(built: Estate, scenario: Scenario) -> bool:
    """Whether the scenario starts at what the estate does not have; nothing follows from that."""
    try:
        checked(built, scenario)
    except UsageError:
        assert spec(built, scenario) == {}
        return True
    return False
