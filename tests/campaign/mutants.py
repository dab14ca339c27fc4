"""Mutants of every golden case and every real file, from text to answer: an answer, or a reason with a place."""

from __future__ import annotations

import json
import os
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from blastradius import loading, plugins
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.reading import DATA, read_document
from blastradius.render import RENDERERS
from blastradius.secrets import looks_secret
from tests.campaign.asking import ask, stated
from tests.campaign.trial import BrokenError, reduced, without
from tests.loaders.cases import Case, cases
from tests.loaders.laws import HOSTILE, SECRETS, WRONG, Keys, places, with_value

SHARED = Path(os.environ.get("BLASTRADIUS_SHARED", Path(__file__).parents[3] / "shared"))
LARGEST = 150_000
"""Up to how many bytes a real file is taken, so that there are many attempts."""
LISTED = (".json", ".yaml", ".yml", *DATA)


def attempt(rng: random.Random, home: Path) -> str:
    """Change one input in one to three places, load it, and ask a question of the estate.

    Raises:
        BrokenError: something else came out than an answer or an input error; with the smallest such input.
    """
    folder = home / "case"
    case = rng.choice(cases()) if not real_files() or rng.random() < 0.5 else as_case(rng.choice(real_files()), home)
    if case is None:
        return "of no loader"
    if case.file.suffix in (".xlsx", ".zip"):
        return of_bytes(rng, case, folder)
    data = mutated(rng, case.data)
    seed = rng.getrandbits(32)
    try:
        return piped(case, data, folder, seed)
    except Exception as error:
        kind = type(error)
        smallest = reduced(data, lambda smaller: _fails_with(kind, case, smaller, folder, seed))
        shown = {f"input{case.file.suffix}": case.spelled(smallest)}
        raise BrokenError(f"{case.loader.name}: {kind.__name__}: {str(error)[:120]!r}", shown) from error


@cache
def real_files() -> list[Path]:
    """The real files of the shared input; none where it is not."""
    files = sorted(file for file in (SHARED / "data").rglob("*") if file.suffix in LISTED and file.is_file())
    return [file for file in files if file.stat().st_size <= LARGEST]


def as_case(file: Path, home: Path) -> Case | None:
    """A real file as a case of the loader that says it is its own."""
    folder = home / "real"
    folder.mkdir()
    shutil.copy(file, folder / f"input{file.suffix}")
    try:
        data = read_document(folder / f"input{file.suffix}").data
    except InputError:
        return None
    loader = next((each for each in plugins.loaders().values() if each.recognises(data)), None)
    return Case(loader, folder) if loader else None


def mutated(rng: random.Random, data: Any) -> Any:
    """The data with one to three changes of its structure."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        spots = [keys for keys, _ in places(data)]
        if spots:
            data = _changed(rng, data, rng.choice(spots), spots)
    return data


def _changed(rng: random.Random, data: Any, keys: Keys, spots: list[Keys]) -> Any:
    how = rng.randrange(6)
    if how == 0:
        return without(data, keys)
    if how == 1:
        return with_value(data, keys, rng.choice(WRONG))
    if how == 2:
        return with_value(data, keys, rng.choice((*HOSTILE, *SECRETS)))
    other = _at(data, rng.choice(spots))
    if how == 3:
        return with_value(data, keys, other)
    value = _at(data, keys)
    if how == 4 and isinstance(value, list):
        return with_value(data, keys, [*value, other, *value])
    if isinstance(value, dict) and value:
        name = rng.choice(list(value))
        return with_value(data, keys, {**value, rng.choice((*HOSTILE, f"{name}2")): value[name]})
    return with_value(data, keys, [value])


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data[key]
    return data


def piped(case: Case, data: Any, folder: Path, seed: int) -> str:
    """Load what was changed, with its own loader or with the one that takes it, and ask something of the estate.

    Raises:
        Exception: what is no input error, or one that does not say where.
    """
    rng = random.Random(seed)
    try:
        if rng.random() < 0.5:
            estate = Estate.build([_told(case, case.loaded(data, folder))])
        else:
            case.loaded(data, folder)
            estate = loading.load([folder / case.file.name])
    except InputError as error:
        _says_why(error)
        return "refused"
    return answered(rng, estate)


def _leaks(text: str) -> bool:
    """Whether a planted secret stands in a text as one; glued to a word before it by some change, it is none."""
    return any("CANARY" in line and looks_secret(line) for line in text.splitlines())


def answered(rng: random.Random, estate: Estate) -> str:
    """Ask some question of an estate, and write the answer in every form of text."""
    query = plugins.query(rng.choice(list(plugins.queries())))
    try:
        answer = ask(query, estate, stated(rng, query, estate))
    except UsageError:
        return "loaded, question refused"
    for render in RENDERERS.values():
        if _leaks(render(answer)):
            raise AssertionError("a secret is in the answer")
    return "answered"


def _told(case: Case, loaded: Loaded) -> Loaded:
    """What was loaded, once nothing in it looks like the secrets that were planted."""
    said = (json.dumps(loaded.model_dump(mode="json"), ensure_ascii=False, indent=0), *map(str, loaded.notes))
    if any(map(_leaks, said)):
        raise AssertionError(f"{case.loader.name} lets a secret in")
    return loaded


def _says_why(error: InputError) -> None:
    for problem in error.problems:
        if not problem.strip() or _leaks(problem):
            raise AssertionError(f"a refusal says nothing, or a secret: {problem!r}") from error


def _fails_with(kind: type[Exception], case: Case, data: Any, folder: Path, seed: int) -> bool:
    try:
        piped(case, data, folder, seed)
    except kind:
        return True
    except Exception:  # another failure than the one that is being reduced
        return False
    return False


def of_bytes(rng: random.Random, case: Case, folder: Path) -> str:
    """Change some bytes of a file that is no text."""
    raw = bytearray(case.file.read_bytes())
    for _ in range(rng.choice((1, 3, 30))):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    folder.mkdir()
    file = folder / case.file.name
    file.write_bytes(raw[: rng.choice((len(raw), len(raw) // 2))])
    try:
        estate = loading.load([file])
    except InputError:
        return "refused"
    except Exception as error:
        raise BrokenError(f"{type(error).__name__} from {case.file.suffix}", {case.file.name: bytes(raw)}) from error
    return answered(rng, estate)
