"""Export, load: the same estate, whatever it holds and whatever its names are."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from pathlib import Path
from typing import Any

import jsonschema
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import blastradius as br
from blastradius import plugins
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.attributes import escaped, unescaped
from blastradius.loaderkit.contract import Loaded
from blastradius.loading import load
from blastradius.model import ENTITY_TYPES, Credential, Entity, Operation, Party, Relation, Service, Store, Verb, Zone
from blastradius.reading import parse_document
from tests.counts import examples, few
from tests.engine.random_estates import random_estate
from tests.loaders.lines.test_lines import written

ROOT = Path(__file__).parents[2]
ESTATES = [ROOT / "examples" / "northwind", *(file.parent for file in ROOT.glob("examples/incidents/*/estate.yaml"))]
WHOLE = ("node-link", "cytoscape", "graphml", "opengraph")
GRAPHS = (*WHOLE, "csv")
TEXTS = st.text(max_size=12) | st.sampled_from(["=1+1", "'", "''x", "@", "_x000A_", "_x005F_x000A_", "_x000A\n", " x "])


def back(text: str, to: str) -> Estate:
    """What an export reads back as."""
    suffix = plugins.exports()[to].suffix
    return Estate.build([plugins.loaders()["graph"].load(parse_document(text, f"f{suffix}", suffix), {})])


def built(*entities: Entity, relations: tuple[Relation, ...] = (), zones: tuple[Zone, ...] = ()) -> Estate:
    return Estate.build([Loaded(entities=entities, relations=relations, zones=zones)])


def as_pairs(estate: Estate) -> Estate:
    """What pairs carry: relations whole, of a thing its id, kind and a name that is not empty."""
    things = [(ENTITY_TYPES[entity.kind], entity.id, entity.name or None) for entity in estate.entities.values()]
    return built(
        *(shape.model_validate({"id": made, "name": name}) for shape, made, name in things),
        relations=tuple(estate.relations.values()),
    )


@pytest.mark.parametrize("to", WHOLE)
@pytest.mark.parametrize("folder", few(ESTATES, 3), ids=lambda folder: folder.name)
def test_the_examples_come_back_whole(folder: Path, to: str, tmp_path: Path) -> None:
    estate = br.load(folder)
    file = tmp_path / f"estate{plugins.exports()[to].suffix}"
    file.write_text(br.export(estate, to), encoding="utf-8")
    read = br.load(file)
    assert read.digest == estate.digest
    assert (read.title, read.as_of) == (estate.title, estate.as_of)
    assert [expectation.scenario for expectation in read.expectations] == [
        expectation.scenario for expectation in estate.expectations
    ]
    without_places = {"checks": {"__all__": {"at", "broken_by"}}}
    found, before = (
        br.verify(known).data.model_dump(include={"checks"}, exclude=without_places) for known in (read, estate)
    )
    assert found == before
    assert read.tally.rejected == read.tally.ignored == 0
    edges = sum(len(relation.sources) * len(relation.targets) for relation in estate.relations.values())
    besides = len(estate.zones) + len(estate.expectations) + len(estate.exercises)
    assert read.tally.facts == len(estate.entities) + edges + besides


@pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)
def test_pairs_carry_relations_whole(folder: Path) -> None:
    estate = br.load(folder)
    assert back(br.export(estate, "csv"), "csv").digest == as_pairs(estate).digest


def test_a_thing_read_back_says_both_places(northwind: Path) -> None:
    estate = br.load(northwind)
    first, *more = back(br.export(estate, "graphml"), "graphml").entities["acme"].provenance
    assert (first.file, first.source) == ("f.graphml", "graph")
    assert more == list(estate.entities["acme"].provenance)


@pytest.mark.parametrize("to", WHOLE)
def test_what_was_not_stated_is_not_stated_afterwards(to: str) -> None:
    """Or it would contradict another source that states it."""
    read = back(br.export(built(Operation(id="o")), to), to).entities["o"]
    again = Estate.build([Loaded(entities=(read,)), Loaded(entities=(Operation(id="o", direction="exposed"),))])
    assert again.entities["o"].model_dump()["direction"] == "exposed"
    assert again.notes == ()


@examples(1 / 8)
@given(st.integers(0, 2**40), st.lists(TEXTS, min_size=14, max_size=14), st.sampled_from(WHOLE))
def test_random_worlds_come_back(seed: int, texts: list[str], to: str) -> None:
    estate = described(random_estate(random.Random(seed)), texts)
    assert back(br.export(estate, to), to).digest == estate.digest


@examples(1 / 8)
@given(st.integers(0, 2**40), st.lists(TEXTS, min_size=14, max_size=14))
def test_random_worlds_come_back_from_pairs(seed: int, texts: list[str]) -> None:
    estate = described(random_estate(random.Random(seed)), texts)
    assert back(br.export(estate, "csv"), "csv").digest == as_pairs(estate).digest


SIGNALS = [{"signal": "odd hours", "who": "SOC", "within_h": 2}]
CALL = {
    "verb": "calls", "sources": ["s"], "targets": ["o"], "dependency": "hard", "buffer_h": 2, "brittle": True,
    "on_bad": "drop", "on_missing": "default", "obeys": True, "keys": ["k"], "needs": ["k", "l"], "delay_h": 0.5,
    "unknown": ["holds"], "seen_by": SIGNALS,
    "controls": [{"kind": "fallback", "status": "absent", "starts_after_h": 1, "slower": True, "misled": True}],
}  # fmt: skip
THINGS: list[Entity] = [
    Store.model_validate({"id": "d", "copy_of": ["a", "123"], "parts": "complete", "public": True}),
    Service.model_validate({"id": "s", "unknown": ["reads"], "seen_by": SIGNALS}),
    *(Store(id=name) for name in ("a", "123")),
    *(Credential(id=name) for name in ("k", "l")),
    Operation(id="o", public=True),
]


@pytest.mark.parametrize("to", GRAPHS)
def test_every_word_comes_back(to: str) -> None:
    estate = built(*THINGS, relations=(Relation.model_validate(CALL),))
    whole = as_pairs(estate) if to == "csv" else estate
    assert back(br.export(estate, to), to).digest == whole.digest


def test_pairs_have_a_column_for_every_word() -> None:
    ends = {"sources", "targets", "provenance"}
    assert set(Relation.model_fields) - ends <= set(br.export(built(), "csv").strip().split(","))


def described(estate: Estate, texts: list[str]) -> Estate:
    """The same things with names, descriptions, tags and governance of any text."""
    things = []
    for one, text, other in zip(estate.entities.values(), texts, reversed(texts), strict=False):
        more: dict[str, Any] = {"name": text, "description": other, "tags": tuple(sorted({text, other}))}
        if isinstance(one, Party):
            more["governance"] = {text: other}
        things.append(one.model_copy(update=more))
    zones = tuple(zone.model_copy(update={"name": texts[0]}) for zone in estate.zones.values())
    return built(*things, relations=tuple(estate.relations.values()), zones=zones)


@given(st.text())
def test_an_escaped_text_is_harmless_and_comes_back(text: str) -> None:
    written_as = escaped(text)
    assert unescaped(written_as) == text
    assert written_as == written_as.strip()
    assert not any(
        ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029\u202e\ufffe" for char in written_as
    )


@pytest.mark.parametrize(
    ("text", "as_written"),
    [("größe", "größe"), ("a\nb", "a_x000A_b"), (" a", "_x0020_a"), ("_x000A_", "_x005F_x000A_"), ("a_x", "a_x")],
)
def test_escapes_are_those_of_spreadsheets(text: str, as_written: str) -> None:
    assert escaped(text) == as_written


def test_an_escape_of_half_a_character_stays_as_it_is() -> None:
    assert unescaped("_xD800_ _x110000_") == "_xD800_ _x110000_"


def hostile(shared: Path) -> list[str]:
    listed = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text(encoding="utf-8"))
    return [entry["name"] for entry in listed]


@pytest.mark.parametrize("to", GRAPHS)
def test_hostile_ids_arrive_unchanged_or_are_refused(to: str, shared: Path) -> None:
    names = hostile(shared)
    refused = [why for name in names if (why := refusal(name, to))]
    assert all(any(way_out in why for way_out in ("rename it", "at most 500", "at least 1")) for why in refused)
    assert len(refused) < len(names) // 4


def refusal(name: str, to: str) -> str | None:
    """Why a thing of this name cannot be, or cannot be exported; otherwise it has to come back."""
    try:
        estate = built(Party(id=name), Service(id="svc"), relations=(_owns(name, "svc"),))
        text = br.export(estate, to)
    except (InputError, ValueError) as refused:
        return str(refused)
    assert back(text, to).digest == estate.digest
    return None


@pytest.mark.parametrize("to", GRAPHS)
def test_hostile_names_arrive_unchanged(to: str, shared: Path) -> None:
    names = [name for name in hostile(shared) if not any(0xD800 <= ord(char) < 0xE000 for char in name)]
    estate = built(*(Service(id=f"s{number}", name=name) for number, name in enumerate(names)))
    assert [entity.name for entity in back(br.export(estate, to), to).entities.values()] == [
        entity.name or (None if to == "csv" else "") for entity in estate.entities.values()
    ]


def _owns(party: str, owned: str) -> Relation:
    return Relation(verb=Verb.OWNS, sources=(party,), targets=(owned,))


LOOP = Relation(verb=Verb.CONNECTS, sources=("a",), targets=("a",))
DEGENERATE = {
    "empty": built(),
    "one thing": built(Store(id="a")),
    "a loop": built(Service(id="a"), relations=(LOOP,)),
    "zones alone": built(zones=(Zone(id="z", flat=True),)),
    "unsorted ends": built(
        Service(id="s"),
        *(Service(id=name) for name in "dcb+>%"),
        relations=(Relation(verb=Verb.DEPENDS_ON, sources=("s",), targets=tuple("d+>%cb"), at_least=2),),
    ),
    "two groups, one pair": built(
        Service(id="s"),
        *(Service(id=name) for name in "ab"),
        relations=tuple(Relation(verb=Verb.DEPENDS_ON, sources=("s",), targets=tuple(them)) for them in ("a", "ab")),
    ),
    "ids apart by case": built(*(Store(id=name) for name in ("orders", "Orders", "ORDERS", "Orders (2)"))),
    "our own words": built(*(Store(id=name) for name in ("blastradius-estate", "source", "id", "graph"))),
}


@pytest.mark.parametrize("to", WHOLE)
@pytest.mark.parametrize("what", DEGENERATE)
def test_degenerate_estates(what: str, to: str) -> None:
    assert back(br.export(DEGENERATE[what], to), to).digest == DEGENERATE[what].digest


@pytest.mark.parametrize("what", DEGENERATE)
def test_degenerate_estates_as_pairs(what: str) -> None:
    assert back(br.export(DEGENERATE[what], "csv"), "csv").digest == as_pairs(DEGENERATE[what]).digest


@pytest.mark.parametrize("to", WHOLE)
def test_an_estate_of_lines_is_exported_as_what_it_spells_out(to: str, tmp_path: Path) -> None:
    spelled = random_estate(random.Random(11))
    lines = load([written(spelled, tmp_path / "e.jsonl", random.Random(1))])
    assert len(spelled.entities) > 4
    assert back(br.export(lines, to), to).digest == spelled.digest


# what other programs make of it


def counts(estate: Estate) -> tuple[int, int]:
    return len(estate.entities), sum(
        len(relation.sources) * len(relation.targets) for relation in estate.relations.values()
    )


def test_networkx_reads_them(northwind: Path) -> None:
    estate = br.load(northwind)
    graphs = [
        nx.parse_graphml(br.export(estate, "graphml"), force_multigraph=True),
        nx.node_link_graph(json.loads(br.export(estate, "node-link")), edges="edges"),
        nx.cytoscape_graph(json.loads(br.export(estate, "cytoscape"))),
    ]
    for graph in graphs:
        assert (graph.number_of_nodes(), graph.number_of_edges()) == counts(estate)
        assert graph.is_directed()
        assert graph.nodes["orders_db"]["name"] == "Orders"
        assert graph.nodes["orders_db"]["records"] == 18_400_000
        assert graph.nodes["orders_db"]["crown_jewel"] is True


def test_graphml_has_the_truth_values_of_xml(northwind: Path) -> None:
    text = br.export(br.load(northwind), "graphml")
    keys = re.findall(r'<key id="(d\d+)"[^>]*attr.type="boolean"', text)
    assert len(keys) > 4
    assert {value for key in keys for value in re.findall(rf'<data key="{key}">(.*)</data>', text)} == {"true", "false"}


def test_opengraph_is_what_its_schema_says(shared: Path) -> None:
    folder = shared / "data" / "graph_peers" / "opengraph-schema"
    node, edge = (
        jsonschema.Draft202012Validator(json.loads((folder / f"opengraph-{part}.json").read_text()))
        for part in ("node", "edge")
    )
    for place in ESTATES:
        estate = br.load(place)
        made = json.loads(br.export(estate, "opengraph"))
        for vertex in made["graph"]["nodes"]:
            node.validate(vertex)
        for link in made["graph"]["edges"]:
            edge.validate(link)
        things, edges = counts(estate)
        assert (len(made["graph"]["nodes"]), len(made["graph"]["edges"])) == (things + 1, edges)
        ids = [vertex["id"].upper() for vertex in made["graph"]["nodes"]]
        assert len(set(ids)) == len(ids)
        ends = {link[end]["value"].upper() for link in made["graph"]["edges"] for end in ("start", "end")}
        assert ends <= set(ids)


def test_ids_that_bloodhound_would_take_for_one_stay_apart() -> None:
    made = json.loads(br.export(DEGENERATE["ids apart by case"], "opengraph"))
    ids = [vertex["id"].upper() for vertex in made["graph"]["nodes"]]
    assert len(set(ids)) == len(ids) == 5


def test_no_cell_is_a_formula(shared: Path) -> None:
    names = [*hostile(shared), "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "'=1"]
    kept = [name for name in names if name.strip() and not any(0xD800 <= ord(char) < 0xE000 for char in name)]
    estate = built(*(Service(id=f"s{number}", name=name) for number, name in enumerate(kept)))
    cells = [cell for row in csv.reader(io.StringIO(br.export(estate, "csv"))) for cell in row]
    assert [text for text in cells if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []


@pytest.mark.parametrize("to", GRAPHS)
def test_nothing_in_it_acts_on_a_terminal(to: str) -> None:
    estate = built(Service(id="s", name="\x1b]0;owned\x07\x9b31m\u202e\x7f\x00\ufffe"))
    assert not [char for char in br.export(estate, to) if char != "\n" and not char.isprintable()]


@pytest.mark.parametrize("to", plugins.exports())
def test_the_same_estate_gives_the_same_bytes(to: str, northwind: Path) -> None:
    assert br.export(br.load(northwind), to) == br.export(br.load(northwind), to)


def test_every_format_is_documented() -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    assert [
        export.name
        for export in plugins.exports().values()
        if f"| `{export.name}` |" not in page or export.suffix not in page
    ] == []


# refusals


@pytest.mark.parametrize("to", plugins.exports())
def test_half_a_character_is_refused(to: str) -> None:
    with pytest.raises(InputError, match=r"'a.ud800' has half a character; correct the text"):
        br.export(built(Service(id="s", name="a\ud800")), to)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no export 'graphlm' here; did you mean 'graphml'?"):
        br.export(built(), "graphlm")


@pytest.mark.parametrize(
    ("file", "to"),
    [
        ("a.graphml", "graphml"),
        ("A.CSV", "csv"),
        ("a.cdx.json", "cyclonedx"),
        ("a.cyjs", "cytoscape"),
        ("a.otm", "otm"),
    ],
)
def test_an_ending_names_the_format(file: str, to: str) -> None:
    assert plugins.export_for(file).name == to


@pytest.mark.parametrize("file", ["a.json", "a", "a.txt"])
def test_an_ending_that_does_not_is_refused(file: str) -> None:
    with pytest.raises(UsageError, match="the ending does not say which format; say --to"):
        plugins.export_for(file)
