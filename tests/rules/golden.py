"""Golden estates of the rules: `tests/rules/<id>/estate.yaml`, and beside it what follows from it and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

import blastradius as br
from blastradius.engine import checked
from blastradius.estate import Estate
from blastradius.model import Capability, Fact, Level, Scenario

FOLDER = Path(__file__).parent


class Expected(BaseModel):
    """A scenario, as in an ``expect:`` block, and what is to be found; facts are written ``control(acme_tms)``.

    ``reached`` has the level of facts that only this rule leads to; ``stopped`` facts that are not reached, each with
    what stops it: a control, a level, a missing fact or a buffer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: Scenario
    reached: dict[Fact, Level]
    not_reached: frozenset[Fact]
    stopped: dict[Fact, str]

    def unmet(self, levels: dict[Fact, Level]) -> list[str]:
        """What is not as it should be, given the levels of all facts."""
        late = [f"{fact} at {levels.get(fact)}" for fact, level in self.reached.items() if levels.get(fact) != level]
        return late + [f"{fact} is reached" for fact in (*self.not_reached, *self.stopped) if fact in levels]


def rules() -> list[str]:
    """The rules that have a folder."""
    return sorted(folder.name for folder in FOLDER.iterdir() if (folder / "estate.yaml").exists())


@cache
def estate(rule: str) -> Estate:
    """The golden estate of a rule."""
    return br.load(FOLDER / rule / "estate.yaml")


@cache
def expected(rule: str) -> tuple[Expected, ...]:
    """What is expected of it, scenario by scenario."""
    rows = yaml.safe_load((FOLDER / rule / "expected.yaml").read_text("utf-8"))
    return tuple(_expected(estate(rule), dict(row)) for row in rows)


def _expected(built: Estate, row: dict[str, object]) -> Expected:
    reached, stopped, not_reached = (row.pop(key, {}) for key in ("reached", "stopped", "not_reached"))
    assert isinstance(reached, dict)
    assert isinstance(stopped, dict)
    assert isinstance(not_reached, (list, dict))
    stated = {key: _listed(key, value) for key, value in row.items()}
    stated["assume"] = Level[str(stated.get("assume", "lateral")).upper()]
    return Expected(
        scenario=checked(built, Scenario.model_validate(stated)),
        reached={fact: Level[level.upper()] for fact, level in _facts(built, reached)},
        not_reached=frozenset(fact for fact, _ in _facts(built, dict.fromkeys(not_reached, ""))),
        stopped=dict(_facts(built, stopped)),
    )


def _listed(key: str, value: object) -> object:
    return [value] if isinstance(value, str) and key not in ("assume", "basis") else value


def _facts(built: Estate, stated: dict[str, str]) -> Iterator[tuple[Fact, str]]:
    for text, value in stated.items():
        capability, _, name = text.removesuffix(")").partition("(")
        assert name in built.entities, f"{text}: {name!r} is not in the estate"
        yield Fact(name, Capability(capability)), value
