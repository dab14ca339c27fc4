"""What a golden case compares: what a loader made of a file, in a form a person can read.

A case is a folder ``LOADER/cases/CASE``: ``input.*``, ``options.yaml`` if it needs any, ``expected.yaml``.
``python -m tests.loaders.golden CASE ...`` prints what the loader makes of cases, as a first ``expected.yaml`` to read
and correct: a line that you cannot explain from the input is a mistake in one of them. With ``--check`` it compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from blastradius import plugins
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Entity, Frozen
from blastradius.reading import read_document

_DULL = {"id", "provenance", "verb", "sources", "targets"}


def cases(folder: Path) -> list[Path]:
    """The cases below a folder: every ``LOADER/cases/CASE`` that has an input."""
    return sorted({file.parent for file in folder.glob("*/cases/*/input.*")})


def golden(case: Path) -> None:
    """Load the input of a case with the loader that its folder belongs to; compare with ``expected.yaml``."""
    assert made(case) == yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8"))


def made(case: Path) -> dict[str, Any]:
    """What the loader of a case makes of its input; the files beside it are there to be asked for."""
    loader: Loader = plugins.loaders()[case.parents[1].name]
    options = case / "options.yaml"
    stated: dict[str, Any] = yaml.safe_load(options.read_text(encoding="utf-8")) if options.exists() else {}
    (file,) = case.glob("input.*")
    document = read_document(file, root=case, shown=file.name)
    assert loader.recognises(document.data)
    return facts(loader.load(document, stated))


def facts(loaded: Loaded) -> dict[str, Any]:
    """A load as plain data: what was said, not the defaults."""
    return {
        "entities": {entity.id: _said(entity) for entity in loaded.entities},
        "relations": {relation.id: _said(relation) for relation in loaded.relations},
        "notes": sorted(str(note) for note in loaded.notes),
        "tally": loaded.tally.model_dump(),
    } | _more(loaded)


def _more(loaded: Loaded) -> dict[str, Any]:
    """What only some loads have: zones, expectations, and further files that are asked for."""
    found = {
        "zones": {zone.id: _said(zone) for zone in loaded.zones},
        "expectations": {expectation.name: _said(expectation) for expectation in loaded.expectations},
        "requests": [_said(request) for request in loaded.requests],
    }
    return {name: them for name, them in found.items() if them}


def _said(each: Frozen) -> dict[str, Any]:
    said = each.model_dump(mode="json", exclude_defaults=True, exclude=_DULL)
    return {"kind": str(each.kind), **said} if isinstance(each, Entity) else said


if __name__ == "__main__":
    for each in map(Path, filter(lambda word: word != "--check", sys.argv[1:])):
        if "--check" in sys.argv:
            golden(each.resolve())
        else:
            sys.stdout.write(yaml.safe_dump(made(each.resolve()), sort_keys=False, allow_unicode=True, width=120))
