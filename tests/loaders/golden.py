"""What a golden case compares: what a loader made of a file, in a form a person can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from blastradius.loader import Loaded, Loader
from blastradius.model import Entity, Relation
from blastradius.reading import read_document

_DULL = {"id", "provenance", "verb", "sources", "targets"}


def golden(loader: Loader, case: Path) -> None:
    """Load ``input.*`` of a case with its ``options.yaml`` if any; compare with ``expected.yaml``."""
    options = case / "options.yaml"
    stated: dict[str, Any] = yaml.safe_load(options.read_text()) if options.exists() else {}
    document = read_document(next(case.glob("input.*")), shown=next(case.glob("input.*")).name)
    assert loader.recognises(document.data)
    assert facts(loader.load(document, stated)) == yaml.safe_load((case / "expected.yaml").read_text())


def facts(loaded: Loaded) -> dict[str, Any]:
    """A load as plain data: what was said, not the defaults."""
    return {
        "entities": {each.id: _said(each) for each in loaded.entities},
        "relations": {each.id: _said(each) for each in loaded.relations},
        "notes": sorted(str(each) for each in loaded.notes),
        "tally": loaded.tally.model_dump(),
    }


def _said(each: Entity | Relation) -> dict[str, Any]:
    said = each.model_dump(mode="json", exclude_defaults=True, exclude=_DULL)
    return {"kind": str(each.kind), **said} if isinstance(each, Entity) else said
