"""A loader, a question and an export as a stranger writes them: one file each, and a folder with a test."""

from __future__ import annotations

from pathlib import Path

LOADER = '''"""Badge list: who may enter."""

from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Party, Provenance, Tally


def recognises(data):
    """Whether the key ``badges`` is there."""
    return isinstance(data, dict) and "badges" in data


def load(document, options):
    """One party a badge."""
    at = (Provenance(source="badges", file=document.path, line=1, column=1),)
    parties = tuple(Party(id=name, provenance=at) for name in document.data["badges"])
    return Loaded(entities=parties, tally=Tally(facts=len(parties)))


LOADER = Loader("badges", "Badge list (YAML)", (".yaml",), recognises, load, reads="badges")
'''
QUESTION = '''"""How many things of some kinds there are."""

from pydantic import BaseModel, Field

from blastradius.answer import Answer, Query
from blastradius.model import Frozen, Kind


class Params(BaseModel):
    kinds: tuple[Kind, ...] = Field(description="what to count")
    least: int = Field(0, description="how many there have to be")


class CountData(Frozen):
    question: str
    count: int


def run(estate, params):
    count = sum(entity.kind in params.kinds for entity in estate.entities.values())
    return Answer("count", f"{count} things", CountData(question="count", count=count), findings=count < params.least)


QUERY = Query("count", "How many things of some kinds there are", Params, run, CountData)
'''
EXPORT = '''"""Names: one a line."""

from blastradius.exporting.contract import Export


def write(estate):
    """The ids."""
    return "".join(f"{name}\\n" for name in estate.entities)


EXPORT = Export("names", "Names, one a line", ".names", write, "ids")
'''
FILES = {"loaders": ("badges", LOADER), "queries": ("count", QUESTION), "exports": ("names", EXPORT)}
INPUT = "badges: [ann, bob]\n"


def put(folders: dict[str, Path], *, as_packages: bool = False) -> None:
    """Write the three into the folders of their kinds, as files or as packages."""
    for kind, (name, text) in FILES.items():
        file = folders[kind] / name / "__init__.py" if as_packages else folders[kind] / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
