"""What a loader says of itself holds: its options are those it reads, and all has words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from blastradius import plugins
from blastradius.docgen.loader_page import page
from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loader
from blastradius.reading import read_document
from tests.loaders.golden import cases

CASES = cases(Path(__file__).parents[1] / "loaders")
LOADERS = plugins.loaders()


def _fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The options of a shape and of the shapes of ours inside it."""
    inner = [shape for name, shape in schema.get("$defs", {}).items() if name not in ("Control", "Provenance")]
    return [pair for shape in (schema, *inner) for pair in shape.get("properties", {}).items()]


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_every_loader_says_what_it_maps_and_every_option_what_it_is(loader: Loader) -> None:
    assert loader.reads
    assert len(loader.maps) > 1
    assert all(there and here for there, here in loader.maps)
    assert loader.infers_not or loader.name == "native"
    fields = _fields(loader.options.model_json_schema()) if loader.options else []
    assert [name for name, field in fields if not field.get("description")] == []


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_the_options_are_those_that_it_reads(loader: Loader) -> None:
    case = next(folder for folder in CASES if folder.parents[1].name == loader.name)
    document = read_document(next(case.glob("input.*")), root=case)
    with pytest.raises(InputError) as error:
        loader.load(document, {"qqqq": 1})
    known = list(loader.options.model_fields) if loader.options else []
    told = re.search(r"known are (.*)$", str(error.value))
    assert (told.group(1).split(", ") if told else []) == known


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_what_has_to_be_declared_names_options_that_are_there(loader: Loader) -> None:
    known = {name for name, _ in _fields(loader.options.model_json_schema())} if loader.options else set()
    said = " ".join((*loader.infers_not, *(here for _, here in loader.maps)))
    named = set(re.findall(r"option `?([a-z_]+)", said))
    for group in re.findall(r"\(options ([a-z_]+(?:(?:, | and )[a-z_]+)*)\)", said):
        named |= set(re.split(", | and ", group))
    assert named - known == set()
    assert named or not known


def test_a_page_shows_a_case_and_keeps_its_table(tmp_path: Path) -> None:
    case = tmp_path / "cases" / "small"
    case.mkdir(parents=True)
    (case / "input.yaml").write_text("a: 1\n" * 60)
    (case / "part.csv").write_text("x\n")
    (case / "expected.yaml").write_text(
        "entities: {a: {kind: party}, b: {kind: party}}\nrelations: {'relies_on:a>b': {}}\nnotes: [beware]\n"
        "tally: {facts: 2, rejected: 0, ignored: 1}\n"
    )
    made = Loader("x", "X", (".yaml",), lambda _: True, LOADERS["native"].load, maps=(("a|b", "c * d"),))
    text = page(made, tmp_path)
    assert "| a\\|b | c \\* d |" in text
    assert "… and 20 more lines in input.yaml" in text
    assert "Beside it are `part.csv`." in text
    assert "party a\nparty b\nrelies_on a → b\nnote beware\n2 facts, 0 rejected, 1 ignored\n" in text
