"""The laws of every loader, on every golden case there is: a new loader is held to them as soon as it has a case."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from blastradius import plugins
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.names import harmless
from blastradius.model import NoteKind
from tests.loaders.cases import Case, cases
from tests.loaders.laws import HOSTILE, SECRETS, WRONG, Keys, estate, everything, hostile, places, with_value

CASES = cases()
TREES = [folder for folder in CASES if folder.is_tree]
FEW_OR_MANY = pytest.mark.parametrize("count", [12, pytest.param(150, marks=pytest.mark.slow)])
"""How many places of a case are changed, spread evenly."""


def _of(loader: str) -> Iterator[Case]:
    return (case for case in CASES if case.loader.name == loader)


_NO_NAME = {"null", "none"}
_MEANS_MORE = re.compile(r"[/:?#@*|{};\\]")
"""Signs that mean something in addresses, patterns and templates, so that a name with one may be read as such."""

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
one_case_each = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] * (case is not next(_of(case.loader.name))))
        for case in CASES
    ],
)
"""Every case, of which the first of each loader is for while one types."""
every_tree = pytest.mark.parametrize("case", TREES, ids=lambda case: case.name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a changed input is written, with the files of its case beside it."""
    return tmp_path / "case"


@cache
def once(case: Case) -> Loaded:
    return case.load()


def outcome(load: Callable[[], Loaded]) -> Loaded | InputError:
    """What a load comes to; anything but facts and an input error comes through."""
    try:
        return load()
    except InputError as error:
        return error


def says_where(refused: InputError, case: Case) -> bool:
    return all(problem.startswith(f"{case.file.name}:") for problem in refused.problems)


def is_built(loaded: Loaded) -> bool:
    """An estate is made of it, or what is missing is said: effects may name stores that another file declares."""
    try:
        Estate.build([loaded])
    except InputError as error:
        return all("is not declared" in problem for problem in error.problems)
    return True


def some(things: list[Any], count: int) -> list[Any]:
    """About so many of the things, spread evenly; always the same."""
    return things[:: max(1, len(things) // count)]


def test_every_loader_has_a_case() -> None:
    assert plugins.loaders().keys() == {folder.loader.name for folder in CASES}


@every_case
def test_what_is_loaded_is_counted_and_what_is_not_is_said(case: Case) -> None:
    loaded = once(case)
    assert case.loader.recognises(case.read().data)
    assert (loaded.tally.facts > 0) == bool(loaded.entities or loaded.requests)
    left_out = [note for note in loaded.notes if note.kind in (NoteKind.UNSUPPORTED, NoteKind.UNRESOLVED)]
    assert bool(loaded.tally.rejected + loaded.tally.ignored) <= bool(left_out)


@every_case
def test_it_is_told_apart_from_what_other_loaders_read(case: Case) -> None:
    data = case.read().data
    assert next(loader.name for loader in plugins.loaders().values() if loader.recognises(data)) == case.loader.name


@one_case_each
def test_what_another_loader_is_given_is_refused_or_counted(case: Case) -> None:
    for loader in plugins.loaders().values():
        found = outcome(partial(loader.load, case.read(), {}))
        assert says_where(found, case) if isinstance(found, InputError) else found.tally.records, loader.name


@one_case_each
def test_twice_is_once(case: Case, home: Path) -> None:
    again = case.loaded(case.data, home)
    assert again.tally == once(case).tally
    try:
        whole = estate([once(case)])
    except InputError:
        return
    assert estate([again]) == estate([once(case), again]) == estate([again, once(case), again]) == whole


@every_tree
def test_the_order_of_keys_says_nothing(case: Case, home: Path) -> None:
    backwards = case.loaded(_backwards(case.data), home)
    assert backwards.tally == once(case).tally
    if any(note.kind == NoteKind.CONTRADICTED or "has the id of" in note.message for note in once(case).notes):
        return  # of two accounts of one thing in one file the first is kept, and that is said
    assert facts(backwards) == facts(once(case))


def facts(loaded: Loaded) -> dict[str, Any]:
    """The facts, blind to where they stand and in what order."""
    told = {entity.id: entity.model_dump(mode="json", exclude={"provenance", "controls"}) for entity in loaded.entities}
    told |= {
        relation.id: relation.model_dump(mode="json", exclude={"provenance", "controls"})
        for relation in loaded.relations
    }
    for each in told.values():
        each["tags"] = sorted(each.get("tags", ()))
    return told


def _backwards(value: Any) -> Any:
    """The same with the keys of every mapping in the reverse order; lists keep theirs, and their type."""
    if isinstance(value, dict):
        return {key: _backwards(each) for key, each in reversed(value.items())}
    if isinstance(value, list):
        copy = value.copy()
        copy[:] = map(_backwards, value)
        return copy
    return value


@pytest.mark.slow
@every_case
@FEW_OR_MANY
def test_damage_is_loaded_or_refused_with_its_place(case: Case, count: int, home: Path) -> None:
    spots = [keys for keys, _ in places(case.data)]
    kinds = len(WRONG)
    count = min(count, len(spots) * kinds)
    for number in range(count):
        keys = spots[number * len(spots) // count]
        broken = with_value(case.data, keys, WRONG[number % kinds])
        found = outcome(partial(case.loaded, broken, home))
        assert says_where(found, case) if isinstance(found, InputError) else is_built(found), keys


@one_case_each
@FEW_OR_MANY
def test_secrets_come_out_nowhere(
    case: Case, count: int, home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for number, (keys, text) in enumerate(some(list(_words(case)), count)):
        secret = SECRETS[number % len(SECRETS)]
        planted = f"/{secret}" if text.startswith("/") else secret
        found = outcome(partial(case.loaded, with_value(case.data, keys, planted), home))
        said = str(found) if isinstance(found, InputError) else everything(found) + "".join(map(str, found.notes))
        assert "CANARY" not in said + repr(found), keys
    assert "CANARY" not in caplog.text + "".join(capfd.readouterr())


def _words(case: Case) -> Iterator[tuple[Keys, str]]:
    """The places of texts; in a file of lines, of words."""
    for keys, value in places(case.data):
        if isinstance(value, str) and (case.is_tree or value.isalnum()):
            yield keys, value


def texts(loaded: Loaded) -> set[str]:
    """What things are called."""
    names = {name for entity in loaded.entities for name in (entity.id, entity.name)}
    return {name for name in (*names, loaded.title) if name}


@every_tree
@pytest.mark.parametrize(
    "source", ["few", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ours", "shared"))]
)
def test_hostile_names_arrive_unchanged_or_not_at_all(
    case: Case, source: str, home: Path, request: pytest.FixtureRequest
) -> None:
    names = some(hostile(request.getfixturevalue("shared")), 40) if source == "shared" else list(HOSTILE)
    names = names[::3] if source == "few" else names
    before = texts(once(case))
    called = [(keys, value) for keys, value in _words(case) if len(value) > 2 and value in before]
    for number, name in enumerate(names if called else ()):
        keys, value = called[number * 7 % len(called)]
        loaded = outcome(partial(case.loaded, with_value(case.data, keys, name), home))
        if isinstance(loaded, InputError):
            continue
        new = texts(loaded) - before
        assert all(harmless(entity.id) for entity in loaded.entities), (keys, name)
        gone = value not in texts(loaded) or bool(new)
        if gone and _is_plain(name):
            arrived = any(name.strip().casefold() in each.casefold() for each in new)
            assert arrived or _says(loaded) != _says(once(case)), (keys, name)


def _is_plain(name: str) -> bool:
    """Whether a name can be nothing else."""
    return harmless(name) and len(name) < 200 and not _MEANS_MORE.search(name) and name.casefold() not in _NO_NAME


def _says(loaded: Loaded) -> tuple[Any, ...]:
    return loaded.tally, sorted(f"{note.kind} {note.message}" for note in loaded.notes)
