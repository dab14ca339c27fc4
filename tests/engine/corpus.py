"""One corpus: every estate and scenario that stands somewhere as a case, for every engine to be asked.

What runs over ``CORPUS`` runs over all of it: `tests/guards/test_corpus.py` fails where a case is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from blastradius.estate import Estate
from blastradius.model import Fact, Scenario
from tests.engine import test_degenerate, test_words_needed
from tests.engine.check import test_spec
from tests.engine.short import facts, scenario
from tests.rules import golden


class Asked(NamedTuple):
    """A scenario of an estate, and facts that are reached and that are not."""

    scenario: Scenario
    reached: frozenset[Fact]
    not_reached: frozenset[Fact]


class Entry(NamedTuple):
    """An estate, and what is asked of it."""

    built: Estate
    asked: tuple[Asked, ...]


def _of_rule(rule: str) -> Entry:
    """The golden estate of a rule."""
    asked = (Asked(e.scenario, frozenset(e.reached), e.not_reached | e.stopped.keys()) for e in golden.expected(rule))
    return Entry(golden.estate(rule), tuple(asked))


def _one(built: Estate, asked: Scenario, reached: Collection[Fact], not_reached: Collection[Fact]) -> Entry:
    return Entry(built, (Asked(asked, frozenset(reached), frozenset(not_reached)),))


def _all() -> Iterator[tuple[str, Callable[[], Entry]]]:
    for rule in golden.rules():
        yield f"rule {rule}", partial(_of_rule, rule)
    for read in test_spec.CASES:
        expected = facts(read.reached), facts(read.not_reached)
        yield f"read so: {read.name}", partial(_one, read.built, scenario(read.seed, read.level), *expected)
    for edge in test_degenerate.CASES:
        expected = facts(edge.reached), facts(edge.not_reached)
        yield f"at the edge: {edge.name}", partial(_one, edge.built, test_degenerate.asked(edge), *expected)
    for number, word in enumerate(test_words_needed.CASES):
        for built, holds in ((word.said, word.holds), (word.unsaid, not word.holds)):
            here, not_here = (facts(word.wanted if holds is wanted else "") for wanted in (True, False))
            name = f"{number} {'with' if built is word.said else 'without'} {word.word}"
            yield name, partial(_one, built, word.asked, here, not_here)


CORPUS: Mapping[str, Callable[[], Entry]] = dict(_all())
"""What makes each entry, by name."""
SOURCES = (golden, test_spec, test_degenerate, test_words_needed)
"""Where the entries stand."""
