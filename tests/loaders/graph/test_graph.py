"""The graph loader: graphs drawn by hand and by other tools, refusals, damage, secrets. Exports: tests/exports."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius import plugins
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loader
from blastradius.reading import parse_document, read_document
from tests.loaders.laws import SECRETS, damaged, everything, hostile, lawful, load, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.graph").LOADER
CASES = Path(__file__).parent / "cases"
NODES: list[dict[str, Any]] = [
    {"id": "acme", "kind": "party", "name": "Acme", "governance": {"soc2": "yes"}, "tags": ["a"]},
    {"id": "key", "kind": "credential", "expires": "2027-01-01", "controls": [{"kind": "mfa", "why": "so they say"}]},
    {"id": "db", "kind": "store", "records": 7, "provenance": [{"source": "native", "file": "a.yaml", "line": 3}]},
    {"id": "svc", "kind": "service", "zone": "z"},
]
EDGES: list[dict[str, Any]] = [
    {"source": "acme", "target": "key", "verb": "holds", "key": "holds:acme>key"},
    {"source": "svc", "target": "db", "verb": "reads", "extent": "subset", "dependency": "hard", "buffer_h": 4},
]
HEADING: dict[str, Any] = {
    "title": "T",
    "zones": [{"id": "z", "flat": True}],
    "expectations": [
        {"name": "e", "scenario": {"compromise": ["acme"]}, "reached": [{"entity": "key", "capability": "operate"}]}
    ],
}


def node_link(nodes: Any = None, edges: Any = None, **more: Any) -> dict[str, Any]:
    """The graph above, or another one without its heading."""
    drawn = {"nodes": NODES, "edges": EDGES, "graph": HEADING} if nodes is None else {"nodes": nodes, "edges": edges}
    return {"directed": True, "multigraph": True, **drawn, **more}


def as_cytoscape() -> dict[str, Any]:
    elements = {"nodes": [{"data": node} for node in NODES], "edges": [{"data": edge} for edge in EDGES]}
    return {"data": HEADING, "elements": elements}


def as_opengraph() -> dict[str, Any]:
    nodes = [
        {
            "id": "h",
            "kinds": ["Blastradius_Estate"],
            "properties": {"title": "T", "zones": json.dumps(HEADING["zones"])},
        }
    ]
    for node in NODES:
        properties = {
            key: json.dumps(value) if isinstance(value, (list, dict)) else value for key, value in node.items()
        }
        nodes.append({"id": str(node["id"]).upper(), "kinds": [f"Blastradius_{str(node['kind']).title()}"],
                      "properties": {**properties, "identifier": node["id"]}})  # fmt: skip
    edges = [
        {
            "kind": f"Blastradius_{str(edge['verb']).title()}",
            "start": {"match_by": "id", "value": str(edge["source"]).upper()},
            "end": {"value": str(edge["target"]).upper()},
        }
        for edge in EDGES
    ]
    return {"metadata": {"source_kind": "Blastradius"}, "graph": {"nodes": nodes, "edges": edges}}


GRAPHML = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
 <key id="k" for="node" attr.name="kind" attr.type="string"/>
 <key id="c" for="node" attr.name="crown_jewel" attr.type="boolean"/>
 <key id="v" for="edge" attr.name="verb" attr.type="string"/>
 <graph edgedefault="{}">
  <node id="svc"><data key="k">service</data></node>
  <node id="db"><data key="k">store</data><data key="c">true</data></node>
  <edge source="svc" target="db"><data key="v">reads</data></edge>
 </graph>
</graphml>
"""


@pytest.mark.parametrize(
    "data", [node_link(), as_cytoscape(), as_opengraph()], ids=["node-link", "cytoscape", "opengraph"]
)
def test_the_same_graph_in_three_formats(data: Any) -> None:
    loaded = load(LOADER, data)
    entities = {
        entity.id: entity.model_dump(exclude_defaults=True, exclude={"provenance"}) for entity in loaded.entities
    }
    assert entities["acme"] == {"id": "acme", "name": "Acme", "governance": {"soc2": "yes"}, "tags": ("a",)}
    assert entities["key"]["controls"][0]["why"] == "so they say"
    assert [each.file for each in loaded.entities[2].provenance] == ["f", "a.yaml"]
    assert [relation.id for relation in loaded.relations] == ["holds:acme>key", "reads:svc>db"]
    assert (loaded.title, loaded.zones[0].flat) == ("T", True)
    assert (loaded.tally.facts, loaded.tally.rejected) == (7 + len(loaded.expectations), 0)


def test_graphml_has_types_in_text() -> None:
    loaded = load(LOADER, GRAPHML.format("directed"), ".graphml")
    assert loaded.entities[1].model_dump()["crown_jewel"] is True
    assert loaded.notes == ()


def test_edges_without_direction_are_said() -> None:
    loaded = load(LOADER, GRAPHML.format("undirected"), ".graphml")
    assert [note.message for note in loaded.notes] == [
        "the edges have no direction; read from their source to their target"
    ]


def test_an_edge_taken_out_of_a_group_is_out() -> None:
    """The edges are what counts, their relation's id says which belong together and in which order."""
    nodes = [{"id": each, "kind": "service"} for each in "sabc"]
    relation = "depends_on:s>c+a+b"
    edges = [{"source": "s", "target": each, "verb": "depends_on", "relation": relation} for each in "ac"]
    assert [each.targets for each in load(LOADER, node_link(nodes, edges)).relations] == [("c", "a")]


def test_a_group_is_no_way_to_smuggle_ends() -> None:
    nodes = [{"id": each, "kind": "service"} for each in "sab"]
    edges = [{"source": "s", "target": "a", "verb": "connects", "relation": "connects:s>b"}]
    assert [relation.id for relation in load(LOADER, node_link(nodes, edges)).relations] == ["connects:s>a"]


def test_an_edge_without_an_end_is_no_edge_of_a_thing_called_none() -> None:
    nodes = [{"id": each, "kind": "service"} for each in ("None", "a")]
    loaded = load(LOADER, node_link(nodes, [{"target": "a", "verb": "connects"}]))
    assert (loaded.relations, loaded.tally.rejected) == ((), 1)


def test_edges_of_two_verbs_are_two_relations_whatever_they_name() -> None:
    nodes = [{"id": "a", "kind": "service"}, {"id": "d", "kind": "store"}]
    edges = [{"source": "a", "target": "d", "verb": verb, "relation": "reads:a>d"} for verb in ("reads", "writes")]
    assert [relation.id for relation in load(LOADER, node_link(nodes, edges)).relations] == ["reads:a>d", "writes:a>d"]


def test_numbers_that_are_none_are_left_out() -> None:
    head = "source,source kind,verb,target,target kind,buffer_h\n"
    loaded = load(LOADER, f"{head}a,service,depends_on,b,service,inf\nb,service,reads,a,service, 4 \n", ".csv")
    assert [relation.buffer_h for relation in loaded.relations] == [None, 4]
    assert "buffer_h is 'inf', which does not fit; left out" in {note.message for note in loaded.notes}


def test_what_a_graph_has_beyond_edges_is_counted() -> None:
    hyper = "<hyperedge><endpoint node='svc'/></hyperedge><edge source='svc' target='db' directed='false'/></graph>"
    loaded = load(LOADER, GRAPHML.format("directed").replace("</graph>", hyper), ".graphml")
    assert (loaded.tally.facts, loaded.tally.rejected, loaded.tally.ignored) == (3, 1, 1)
    assert "1 hyperedge: not modelled, ignored" in {note.message for note in loaded.notes}


@pytest.mark.parametrize("zones", [[7], [{"flat": True}], [{"id": "\u202e"}], ["z"]])
def test_zones_that_cannot_be_read_are_said(zones: Any) -> None:
    loaded = load(LOADER, node_link([], [], graph={"zones": zones}))
    assert (loaded.zones, loaded.tally.rejected) == ((), 1)


# refusals


@pytest.mark.parametrize(
    ("data", "options", "why"),
    [
        (
            node_link([{"id": "a", "sort": "x"}], []),
            {},
            "no node says its kind in an attribute 'kind'; add it (party, ",
        ),
        (node_link([{"id": "a", "sort": "x"}], []), {}, "or name another with option 'kind'; there are 'sort'"),
        (node_link([{"id": "a", "kind": "User"}], []), {}, "no node has in 'kind' a kind of ours (party, credential, "),
        (
            node_link([{"id": "a", "kind": "User"}], []),
            {},
            "but 'User'; say which stands for which with option 'kinds'",
        ),
        (
            node_link(NODES, [{"source": "svc", "target": "db"}]),
            {},
            "no edge says its verb in an attribute 'verb'; add it",
        ),
        (node_link(), {"sort": "kind"}, "option 'sort' is not known"),
        (node_link(), {"kinds": {"x": "thing"}}, "option 'kinds.x' is 'thing'; expected 'party'"),
        ({"nodes": []}, {}, "not a graph; read are node-link JSON, Cytoscape JSON, GraphML"),
    ],
)
def test_what_cannot_be_read_says_what_to_add(data: Any, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError) as refused:
        LOADER.load(parse_document(json.dumps(data), "f.json", ".json"), options)
    assert str(refused.value).startswith("f.json: ")
    assert why in str(refused.value)


@pytest.mark.parametrize("name", ["graphml_laughs.xml", "graphml_xxe.xml"])
def test_a_document_type_is_refused(name: str, shared: Path) -> None:
    with pytest.raises(InputError, match="a document type declaration"):
        br.load(shared / "badinput" / "generated" / name)


def test_other_formats_are_not_ours(shared: Path) -> None:
    """Every real file there is has a loader of its own."""
    files = [file for file in (shared / "data").rglob("*.json") if file.stat().st_size < 2_000_000]
    assert len(files) > 50
    assert [file for file in files if _is_ours(file)] == []


def _is_ours(file: Path) -> bool:
    try:
        return LOADER.recognises(read_document(file).data)
    except InputError:
        return False


def test_each_export_has_one_loader(northwind: Path) -> None:

    readers = {"cyclonedx": "cyclonedx", "otm": "otm"}
    for export in plugins.exports().values():
        if export.name not in ("mermaid", "snapshot"):  # a drawing, and what the shared estate is compared by
            document = parse_document(br.export(br.load(northwind), export.name), "f", export.suffix)
            found = next(one.name for one in plugins.loaders().values() if one.recognises(document.data))
            assert found == readers.get(export.name, "graph")


# damage, hostility, secrets


@pytest.mark.parametrize(
    "data", [node_link(), as_cytoscape(), as_opengraph()], ids=["node-link", "cytoscape", "opengraph"]
)
@pytest.mark.slow
def test_damage_is_said_and_never_crashes(data: Any) -> None:
    for broken in damaged(data):
        if not LOADER.recognises(parse_document(json.dumps(broken), "f", ".json").data):
            continue
        loaded = survives(LOADER, broken)
        graph = broken.get("graph", {})
        if loaded is not None and isinstance(broken.get("nodes"), list):
            drawn = len(broken["nodes"]) + len(broken["edges"])
            listed = (loaded.zones, loaded.expectations)
            assert loaded.tally.records >= drawn, graph
            assert loaded.tally.records <= drawn + sum(map(len, listed)) + 2


@pytest.mark.parametrize("cut", range(0, len(GRAPHML), 7))
def test_graphml_with_a_hole_never_crashes(cut: int) -> None:
    whole = GRAPHML.format("directed")
    why = _refusal(whole[:cut] + whole[cut + 9 :], ".graphml")
    assert why is None or why.startswith("f")


def _refusal(text: str, suffix: str) -> str | None:
    """Why a graph is not read, if it is one and is not."""
    try:
        document = parse_document(text, "f", suffix)
        if LOADER.recognises(document.data):
            Estate.build([LOADER.load(document, {})])
    except InputError as refused:
        return str(refused)
    return None


def test_hostile_names_arrive_unchanged_or_are_said(shared: Path) -> None:
    for name in hostile(shared):
        text = json.dumps(node_link([{"id": name, "kind": "service"}, {"id": "good", "kind": "service"}], []))
        why = _refusal(text, ".json")
        if why is None:
            loaded = load(LOADER, text)
            assert {entity.id for entity in loaded.entities} in ({"good"}, {name, "good"})
            assert len(loaded.entities) + loaded.tally.rejected == 2
        else:
            assert "half a character" in why or "does not exist" in why


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_never_enter(secret: str) -> None:
    nodes = [
        {"id": "a", "kind": "party", "name": secret, "governance": {"x": secret, secret: "y"}, "tags": [secret, "t"]},
        {"id": secret, "kind": "store"},
        {
            "id": "b",
            "kind": "service",
            "password": secret,
            secret: 1,
            "records": secret,
            "controls": [{"kind": "hardened", "why": secret}],
        },
    ]
    edges = [
        {"source": "a", "target": secret, "verb": "owns", "extent": secret},
        {"source": "b", "target": "b", "verb": secret},
    ]
    loaded = load(LOADER, node_link(nodes, [*edges, {"source": "a", "target": "b", "verb": "owns"}]))
    assert "CANARY" not in everything(loaded)
    assert [entity.id for entity in loaded.entities] == ["a", "b"]
    assert sum(note.kind == "secret_dropped" for note in loaded.notes) >= 3


def test_order_and_repetition_change_nothing() -> None:
    first, second = node_link(NODES[:2], EDGES[:1]), node_link(NODES[2:], EDGES[1:], graph={})
    whole = node_link()
    lawful(
        LOADER,
        ({**first, "graph": {"zones": HEADING["zones"]}}, second),
        {**whole, "graph": {"zones": HEADING["zones"]}},
    )
