"""One corpus, no skips: every engine is asked every case, and every list of cases is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.engine import corpus, test_corpus
from tests.engine.corpus import CORPUS, SOURCES
from tests.rules import golden
from tests.stores import test_corpus as on_the_server

TESTS: tuple[Callable[..., None], ...] = (
    test_corpus.test_every_engine_here_says_what_is_expected,
    on_the_server.test_the_server_says_what_is_expected,
    on_the_server.test_the_server_says_what_the_whole_says_of_the_corpus,
)
ROOM = Path(test_corpus.__file__).parent


def asked_of(test: Any) -> list[str]:
    """The cases that a test is run for, some only where there is time; none where it is skipped or expected to fail."""
    marks = list(test.pytestmark)
    if [mark.name for mark in marks] != ["parametrize"]:
        return []
    given = [(case, ()) if isinstance(case, str) else (case.values[0], case.marks) for case in marks[0].args[1]]
    return [case for case, more in given if {mark.name for mark in more} <= {"slow"}]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__module__)
def test_no_engine_leaves_a_case_out(test: Callable[..., None]) -> None:
    assert asked_of(test) == list(CORPUS)


def test_the_guard_sees_a_case_that_is_left_out() -> None:
    @pytest.mark.parametrize(
        "name", ["a", pytest.param("b", marks=pytest.mark.skip), pytest.param("c", marks=pytest.mark.slow)]
    )
    def partly(name: str) -> None:
        """A test of which one case is skipped."""

    @pytest.mark.skip
    @pytest.mark.parametrize("name", ["a"])
    def skipped(name: str) -> None:
        """A test that is skipped."""

    assert asked_of(partly) == ["a", "c"]
    assert asked_of(skipped) == []


def test_every_list_of_cases_is_in_the_corpus() -> None:
    """A file of tests of the engine with a list of estates and seeds is one of its sources."""
    files = [file for file in ROOM.rglob("test_*.py") if "\nCASES =" in file.read_text("utf-8")]
    assert {file.name for file in files} == {Path(str(source.__file__)).name for source in SOURCES if is_a_list(source)}
    assert sum(len(source.CASES) for source in SOURCES if is_a_list(source)) > 100
    assert {f"rule {rule}" for rule in golden.rules()} <= CORPUS.keys()


def is_a_list(source: ModuleType) -> bool:
    """Whether the cases stand in a file of tests."""
    return source is not golden and source is not corpus
