"""The Threat Dragon loader: small cases, real models counted independently, and hostile models."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from blastradius.engine import compile_system, solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Level, Party, Scenario, Verb
from blastradius.reading import parse_document, read_document

LOADER: Loader = importlib.import_module("blastradius.loaders.threat_dragon").LOADER
CASES = Path(__file__).parent / "cases"
MIXED: list[Any] = [None, 1, True, 1.5, "x", "", [], [1], ["a"], {}, {"a": 1}, [[]], [{"name": 7}], {"x": {"x": []}}]


def _load(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "input.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _model(*cells: Any, title: str = "t", **more: Any) -> Any:
    return {"summary": {"title": title}, "detail": {"diagrams": [{"cells": list(cells)}]}, **more}


def _node(shape: str, key: str, **said: Any) -> dict[str, Any]:
    return {"shape": shape, "id": key, "data": {"name": key, **said}}


def _flow(key: str, source: str, target: str, **said: Any) -> dict[str, Any]:
    return {"shape": "flow", "id": key, "source": {"cell": source}, "target": {"cell": target}, "data": said}


def test_how_far_a_compromised_actor_gets() -> None:
    cells = (_node("actor", "a"), _node("process", "p"), _node("process", "q"), _node("store", "s"))
    flows = (_flow("1", "a", "p"), _flow("2", "p", "q"), _flow("3", "q", "s"), _flow("4", "s", "p"))
    estate = Estate.build([_load(_model(*cells, *flows))])
    levels: dict[str, Level] = {}
    for level in Level:
        reach = solve(estate, Scenario(compromise=("t:a",), assume=level), system=compile_system(estate))
        levels |= {str(fact): level for fact in reach.proofs if str(fact) not in levels}
    assert levels["write(t:p)"] == Level.GRANTED
    assert levels["taint(t:s)"] == Level.GRANTED
    assert levels["control(t:p)"] == Level.TAKEOVER
    assert levels["control(t:q)"] == Level.TAKEOVER
    assert levels["read(t:s)"] == Level.TAKEOVER


@pytest.mark.parametrize(
    ("source", "target", "both", "found"),
    [
        ("p", "s", False, {"writes:t:p>t:s"}),
        ("s", "p", False, {"reads:t:p>t:s"}),
        ("s", "p", True, {"reads:t:p>t:s", "writes:t:p>t:s"}),
        ("s", "z", False, {"derives_from:t:z>t:s"}),
        ("p", "q", False, {"writes:t:f>t:q", "serves:t:q>t:f", "calls:t:p>t:f"}),
        ("p", "q", True, {"writes:t:f>t:q", "reads:t:f>t:q", "serves:t:q>t:f", "calls:t:p>t:f"}),
    ],
)
def test_which_way_data_goes(source: str, target: str, both: bool, found: set[str]) -> None:
    cells = (_node("process", "p"), _node("process", "q"), _node("store", "s"), _node("store", "z"))
    loaded = _load(_model(*cells, _flow("f", source, target, isBidirectional=both)))
    assert {relation.id for relation in loaded.relations} == found


def test_who_is_outside_may_be_said() -> None:
    cells = (_node("actor", "Clerk"), _node("process", "Mailer"), _node("actor", "Crowd"))
    loaded = _load(_model(*cells), inside="Clerk", outside="Mail*", parties={"Mailer": "mail-co"}, us="Crowd")
    roles = {entity.id: entity.role for entity in loaded.entities if isinstance(entity, Party)}
    assert roles == {"mail-co": "partner", "t:Crowd": "self"}


# refusals


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_model(), "nothing drawn"),
        ({"summary": {}, "detail": {"diagrams": []}}, "nothing drawn"),
        ({"summary": {}, "detail": {"diagrams": None}}, "nothing drawn"),
        (_model(_node("store", "s"), version="3.0"), "read are 1 and 2"),
        ({"summary": {}, "detail": {}}, "not a Threat Dragon"),
        ({"otmVersion": "0.2.0"}, "not a Threat Dragon"),
        ([1], "not a Threat Dragon"),
        (None, "not a Threat Dragon"),
    ],
)
def test_refused_with_a_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _load(data)


# hostile


CELL = ("shape", "id", "data", "position", "size", "source", "target", "labels", "attrs", "threats", "type")
DATA = ("name", "type", "outOfScope", "isBidirectional", "protocol", "threats", "isTrustBoundary")


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["actor", "process", "store", "flow", "trust-boundary-box", "trust-boundary-curve"])
@pytest.mark.parametrize("key", [*(("cell", each) for each in CELL), *(("data", each) for each in DATA)])
def test_wrong_types_never_crash(shape: str, key: tuple[str, str]) -> None:
    for value in MIXED:
        cell = _flow("c", "p", "p2") if shape == "flow" else _node(shape, "c")
        cell["position"], cell["size"] = {"x": 0, "y": 0}, {"width": 9, "height": 9}
        (cell if key[0] == "cell" else cell["data"])[key[1]] = value
        model = _model(_node("process", "p"), _node("process", "p2"), cell)
        assert _load(model).tally.records == _count(model)[0], value


@pytest.mark.parametrize("value", MIXED)
@pytest.mark.parametrize("place", ["diagrams", "diagram", "cells", "title"])
def test_models_of_any_shape(place: str, value: Any) -> None:
    model = _model(_node("process", "p"))
    if place == "diagrams":
        model["detail"]["diagrams"] = value
    elif place == "diagram":
        model["detail"]["diagrams"].append(value)
    elif place == "cells":
        model["detail"]["diagrams"][0]["cells"] = value
    else:
        model["summary"]["title"] = value
    with suppress(InputError):
        _load(model)


@pytest.mark.parametrize(
    "data", [None, [], {"summary": {}}, {"detail": {"diagrams": []}}, {"summary": 1, "detail": {"diagrams": []}}]
)
def test_recognises_nothing_else(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_what_is_secret_stays_out() -> None:
    shown = LOADER.load(read_document(CASES / "nasty" / "input.json"), {}).model_dump_json()
    assert "CANARY" not in shown


def test_hostile_names_arrive_or_are_rejected(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    cells = [_node("process", name) for name in dict.fromkeys(names)]
    loaded = _load(_model(*cells, *(_flow(f"f{i}", names[0], name) for i, name in enumerate(names))))
    assert loaded.tally.facts > len(names) // 2


def test_many_cells() -> None:
    cells = [_node("process", f"p{each}") for each in range(2000)]
    flows = [_flow(f"f{each}", f"p{each}", f"p{each + 1}") for each in range(1999)]
    assert _load(_model(*cells, *flows)).tally.facts == 3999


# laws


def test_twice_in_any_order_or_split() -> None:
    one = [_node("actor", "a"), _node("process", "b"), _flow("1", "a", "b", isBidirectional=True)]
    two = [_node("process", "c"), _node("store", "d"), _flow("2", "c", "d"), _flow("3", "d", "c")]
    whole, backwards = _load(_model(*one, *two)), _load(_model(*reversed([*one, *two])))
    halves = [_load(_model(*one)), _load(_model(*two))]
    digests = {Estate.build(each).digest for each in ([whole], [whole, whole], [backwards], halves, halves[::-1])}
    assert len(digests) == 1


def test_two_models_do_not_run_together() -> None:
    one, two = (_load(_model(_node("process", "Web"), title=title)) for title in ("One", "Two"))
    assert {each.id for each in (*one.entities, *two.entities)} == {"one:Web", "two:Web"}


# real models


def _count(model: Any) -> tuple[int, Counter[str]]:
    """Records, and cells by shape: naive loops over plain data."""
    records, shapes = 0, Counter[str]()
    for diagram in model["detail"]["diagrams"]:
        for cell in diagram["cells"]:
            shapes[str(cell.get("shape"))] += 1
            records += 1
            for place in (cell, cell.get("data")):
                threats = place.get("threats") if isinstance(place, dict) else None
                records += len(threats) if isinstance(threats, list) else threats is not None
    return records, shapes


@pytest.mark.parametrize(
    ("name", "facts", "rejected", "ignored"),
    [("payment-online", 18, 0, 1), ("cryptocurrency-wallet", 33, 0, 3), ("v2-threat-model", 16, 1, 18)],
)
def test_real_models(shared: Path, name: str, facts: int, rejected: int, ignored: int) -> None:
    file = shared / "data" / "threat_models" / "threat-dragon" / f"{name}.json"
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    estate = Estate.build([loaded])
    records, shapes = _count(json.loads(file.read_text()))
    assert loaded.tally.model_dump() == {"facts": facts, "rejected": rejected, "ignored": ignored}
    assert loaded.tally.records == records
    kinds = Counter(str(entity.kind) for entity in loaded.entities)
    assert kinds["party"] == shapes["actor"]
    assert kinds["service"] == shapes["process"] + shapes["actor"]
    assert kinds["store"] == shapes["store"]
    assert len(loaded.zones) == shapes["trust-boundary-box"]
    assert len(estate.by_verb[Verb.OWNS]) == shapes["actor"]


def test_another_tools_model_is_refused(shared: Path) -> None:
    with pytest.raises(InputError, match="not a Threat Dragon"):
        LOADER.load(read_document(shared / "data/threat_models/threat-dragon/mobile-cloud.otm.json"), {})
