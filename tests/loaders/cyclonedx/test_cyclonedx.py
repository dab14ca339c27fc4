"""The CycloneDX loader: small cases, real bills counted independently, XML as JSON, and hostile bills."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.model import NoteKind, Operation, Scenario, Service, Verb
from blastradius.reading import parse_document, read_document
from tests.loaders.golden import facts

LOADER: Loader = importlib.import_module("blastradius.loaders.cyclonedx").LOADER
CASES = Path(__file__).parent / "cases"
HEAD = {"bomFormat": "CycloneDX", "specVersion": "1.6"}
MIXED: list[Any] = [
    None,
    1,
    True,
    1.5,
    "x",
    "",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
    [[]],
    [{"name": 7}],
    {"name": {"name": []}},
]


@dataclass
class Tree:
    """A document of XML in the shape that the loader is given it."""

    data: Any
    path: str = "input.xml"

    def position(self, *keys: str | int) -> tuple[int, int]:
        """A line for every depth, to see that places lead somewhere."""
        node = self.data
        for key in keys:
            node = node[key]
        return 1, len(keys) + 1

    def sibling(self, relative: str) -> Document:
        raise InputError([f"{self.path}: {relative!r} is not there"])

    def part(self, *keys: str | int) -> Document:
        raise InputError([f"{self.path}: nothing is written inside {keys!r}"])


def tree(text: str | bytes) -> Tree:
    return Tree(_shape(ElementTree.fromstring(text)))


def _shape(node: ElementTree.Element) -> dict[str, Any]:
    namespace, _, tag = node.tag.rpartition("}")
    return {
        "tag": tag,
        "namespace": namespace.removeprefix("{") or None,
        "attributes": dict(node.attrib),
        "text": node.text,
        "children": [_shape(each) for each in node],
    }


def _load(data: Any, **options: Any) -> Loaded:
    loaded = LOADER.load(parse_document(json.dumps(data), "input.json", ".json"), options)
    Estate.build([loaded])
    return loaded


def _bill(*services: Any, **more: Any) -> Any:
    return {**HEAD, "services": list(services), **more}


def test_xml_says_the_same_as_json() -> None:
    options = {"us": "Harbour Ltd", "parties": {"Parcel Partner": "parcel-partner"}}
    document = tree((CASES / "partner" / "twin.xml").read_text())
    assert LOADER.recognises(document.data)
    in_xml, in_json = facts(LOADER.load(document, options)), facts(_json_twin(options))
    for each in (in_xml, in_json):
        each["notes"] = sorted(note.partition(": ")[2] for note in each["notes"])
    assert in_xml == in_json


def test_xml_as_it_is_read() -> None:
    pytest.importorskip("blastradius.reading.markup", reason="XML is not read yet", exc_type=ImportError)
    document = read_document(CASES / "partner" / "twin.xml")
    loaded = LOADER.load(document, {})
    assert LOADER.recognises(document.data)
    assert loaded.tally.model_dump() == {"facts": 12, "rejected": 0, "ignored": 1}
    assert {entity.id: entity.provenance[0].line for entity in loaded.entities}["harbour-shop:parcels"] == 35


def _json_twin(options: dict[str, Any]) -> Loaded:
    return LOADER.load(read_document(CASES / "partner" / "input.json"), options)


def test_a_compromised_provider_reaches_what_is_sent_to_it() -> None:
    from blastradius.engine import compile_system, solve

    estate = Estate.build([_json_twin({"us": "Harbour Ltd"})])
    reach = solve(estate, Scenario(compromise=("Parcel Partner",)), system=compile_system(estate))
    held = {str(fact) for fact in reach.proofs}
    assert "read(harbour-shop:ledger#orders)" in held
    assert "read(harbour-shop:checkout#orders)" not in held


@pytest.mark.parametrize(
    ("flow", "writes", "reads"),
    [("inbound", 1, 1), ("outbound", 0, 1), ("bi-directional", 1, 1), ("unknown", 1, 1), ("bar", 0, 0)],
)
def test_flows_are_relative_to_the_service(flow: str, writes: int, reads: int) -> None:
    loaded = _load(_bill({"bom-ref": "urn:s", "name": "s", "data": [{"classification": "PII", "flow": flow}]}))
    found = [relation.verb for relation in loaded.relations]
    assert (found.count(Verb.WRITES), found.count(Verb.READS)) == (writes, reads)
    assert loaded.tally.rejected == (flow == "bar")


@pytest.mark.parametrize("ref", ["a%20b", "a b"])
def test_a_link_into_the_same_bill_may_be_encoded(ref: str) -> None:
    serial = "3e671687-395b-41f5-a30f-a58921a69b79"
    data = [{"flow": "inbound", "classification": "c", "source": [f"urn:cdx:{serial}/1#{ref}"]}]
    services = [{"bom-ref": "a b", "name": "A"}, {"bom-ref": "s", "name": "S", "data": data}]
    loaded = _load({**HEAD, "serialNumber": f"urn:uuid:{serial}", "services": services})
    assert "writes:3e671687:a b>3e671687:s" in {relation.id for relation in loaded.relations}


def test_data_between_services_runs_from_source_to_destination() -> None:
    data = {"classification": "PII", "flow": "bi-directional", "source": ["urn:b"], "destination": ["urn:b"]}
    loaded = _load(
        _bill({"bom-ref": "urn:a", "name": "a", "endpoints": ["/a"], "data": [data]}, {"bom-ref": "urn:b", "name": "b"})
    )
    ids = {relation.id for relation in loaded.relations}
    assert {"writes:urn:b>urn:a", "writes:urn:a>urn:b", "reads:urn:b>urn:a#PII", "writes:urn:b>urn:a#PII"} <= ids
    assert not any(name.startswith(("reads:urn:a:/a", "writes:urn:a:/a")) for name in ids)


@pytest.mark.parametrize(
    ("stated", "anonymous", "direction"),
    [
        ({}, False, "internal"),
        ({"authenticated": True, "x-trust-boundary": True}, False, "internal"),
        ({"authenticated": False}, True, "internal"),
        ({"authenticated": False, "x-trust-boundary": True}, True, "exposed"),
        ({"authenticated": "false", "x-trust-boundary": "false"}, True, "internal"),
    ],
)
def test_what_is_open(stated: dict[str, Any], anonymous: bool, direction: str) -> None:
    loaded = _load(_bill({"bom-ref": "urn:s", "name": "s", "endpoints": ["/"], **stated}))
    (operation,) = (entity for entity in loaded.entities if isinstance(entity, Operation))
    assert (operation.anonymous, operation.direction) == (anonymous, direction)


def test_what_a_tool_writes_by_default_is_not_open_to_anyone() -> None:
    service = {"bom-ref": "urn:s", "name": "s", "endpoints": ["/"], "authenticated": False}
    bill = _bill(service, metadata={"tools": {"components": [{"name": "cdxgen"}]}})
    for options, anonymous in (({}, False), ({"believe_open": True}, True)):
        loaded = _load(bill, **options)
        assert [entity.anonymous for entity in loaded.entities if isinstance(entity, Operation)] == [anonymous]
    assert any("cdxgen" in note.message for note in _load(bill).notes)


def test_ids_do_not_depend_on_the_serial_number() -> None:
    service = {"bom-ref": "3f0c1a52-0000-4000-8000-000000000001", "name": "Mail"}
    for serial in ("urn:uuid:aaaaaaaa-0000-4000-8000-000000000000", "urn:uuid:bbbbbbbb-0000-4000-8000-000000000000"):
        assert [entity.id for entity in _load(_bill(service, serialNumber=serial)).entities] == ["Mail 3f0c1a52"]


def test_others_are_never_offered_by_us() -> None:
    service = {"name": "s", "provider": {"name": "P"}, "endpoints": ["/"], "authenticated": False}
    stated: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"x-trust-boundary": True}, {}, "consumed"),
        ({"x-trust-boundary": True}, {"us": "Q"}, "consumed"),
        ({"x-trust-boundary": True}, {"us": "P"}, "exposed"),
        ({"x-trust-boundary": True}, {"us": "p", "parties": {"P": "p"}}, "exposed"),
        ({"x-trust-boundary": True}, {"us": "Q", "direction": "exposed"}, "consumed"),
        ({"x-trust-boundary": True}, {"direction": "exposed"}, "exposed"),
        ({}, {"us": "Q"}, "consumed"),
        ({"x-trust-boundary": False}, {"us": "Q"}, "internal"),
    ]
    for more, options, direction in stated:
        loaded = _load(_bill({**service, **more}), **options)
        assert [entity.direction for entity in loaded.entities if isinstance(entity, Operation)] == [direction], options
    assert any("options us" in note.message for note in _load(_bill({**service, "x-trust-boundary": True})).notes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"provider": {"name": "A"}}, {"provider": {"name": "B"}}),
        ({"provider": {"name": "A"}}, {}),
        ({"provider": {"name": "A"}}, {"bom-ref": "s", "provider": {"name": "B"}}),
        ({}, {"bom-ref": "s"}),
    ],
)
def test_services_of_one_name_are_two(one: dict[str, Any], other: dict[str, Any]) -> None:
    loaded = _load(_bill({"name": "s", "endpoints": ["/a"], **one}, {"name": "s", "endpoints": ["/b"], **other}))
    served = {relation.targets[0][-2:]: relation.sources for relation in loaded.relations if relation.verb == "serves"}
    assert len({*served.values()}) == 2
    owners = {relation.targets: relation.sources for relation in loaded.relations if relation.verb == "owns"}
    assert owners.get(served["/a"], ("",))[0] == one.get("provider", {}).get("name", "")
    assert owners.get(served["/b"], ("",))[0] == other.get("provider", {}).get("name", "")


# refusals


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({**HEAD, "components": [{"name": "x"}]}, "without services"),
        ({**HEAD, "services": []}, "without services"),
        ({**HEAD, "specVersion": "1.1", "services": [{}]}, "knows no services"),
        ({**HEAD, "specVersion": "2.0", "services": [{}]}, "1.2 to 1.7"),
        ({**HEAD, "specVersion": None, "services": [{}]}, "1.2 to 1.7"),
        ({**HEAD, "bomFormat": "SPDX", "services": [{}]}, "expected 'CycloneDX'"),
        ({"spdxVersion": "SPDX-2.3"}, "not a CycloneDX"),
        ([], "not a CycloneDX"),
        ("x", "not a CycloneDX"),
    ],
)
def test_refused_with_a_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _load(data)


@pytest.mark.parametrize(
    "data", [None, [], "bom", {"bomFormat": "x"}, {"tag": "bom"}, {"openapi": "3.0.0"}, {"tag": "bom", "namespace": 7}]
)
def test_recognises_nothing_else(data: Any) -> None:
    assert not LOADER.recognises(data)


# hostile


FIELDS = ("bom-ref", "name", "group", "version", "provider", "endpoints", "authenticated", "x-trust-boundary")
PLACES = [("service", each) for each in (*FIELDS, "trustZone", "data", "services")] + [
    *(("data", each) for each in ("classification", "flow", "source", "destination", "governance")),
    *(("bill", each) for each in ("serialNumber", "metadata", "components", "dependencies")),
    *(("metadata", each) for each in ("component", "tools")),
    *(("dependency", each) for each in ("ref", "dependsOn", "provides")),
]


@pytest.mark.parametrize(("part", "key"), PLACES)
def test_wrong_types_never_crash(part: str, key: str) -> None:
    for value in MIXED:
        data = {"classification": "c", "flow": "inbound", **({key: value} if part == "data" else {})}
        service = {"bom-ref": "s", "name": "s", "endpoints": ["/"], "data": [data]}
        service |= {key: value} if part == "service" else {}
        dependency = {"ref": "s", "dependsOn": ["s"], **({key: value} if part == "dependency" else {})}
        bill = _bill(service, dependencies=[dependency])
        bill |= {key: value} if part == "bill" else {"metadata": {key: value}} if part == "metadata" else {}
        loaded = _load(bill)
        assert loaded.tally.records == _count(bill), (part, key, value)


@pytest.mark.parametrize("value", MIXED)
def test_services_of_any_shape(value: Any) -> None:
    if value in (None, []):
        with pytest.raises(InputError, match="without services"):
            _load({**HEAD, "services": value})
    else:
        assert _load({**HEAD, "services": value}).tally.records > 0


@pytest.mark.parametrize("value", [*MIXED, [{"tag": "service", "children": [{"tag": "name"}]}], [{"children": "x"}]])
@pytest.mark.parametrize("tag", ["services", "components", "dependencies", "metadata"])
def test_xml_of_any_shape(tag: str, value: Any) -> None:
    service = {"tag": "service", "children": [{"tag": "name", "text": "s"}]}
    children = [{"tag": "services", "children": [service]}, {"tag": tag, "children": value, "attributes": value}]
    bom = {"tag": "bom", "namespace": "http://cyclonedx.org/schema/bom/1.5", "children": children}
    assert LOADER.recognises(bom)
    Estate.build([LOADER.load(Tree(bom), {})])


def test_what_is_secret_stays_out() -> None:
    for case in CASES.iterdir():
        document = read_document(case / "input.json")
        shown = LOADER.load(document, {}).model_dump_json()
        assert "CANARY" not in shown
        assert "hunter22" not in shown


def test_hostile_names_arrive_or_are_rejected(shared: Path) -> None:
    names = [load["name"] for load in json.loads((shared / "badinput/generated/hostile_names.json").read_text())]
    kept = 0
    for name in names:
        service = {"name": name, "endpoints": [f"/{name}"], "trustZone": name, "provider": {"name": name}}
        try:
            kept += _load(_bill(service, {"name": "s"})).tally.facts > 1
        except InputError:
            continue
    assert kept > len(names) // 2


def test_an_id_that_is_two_things_at_once() -> None:
    loaded = _load(
        _bill(
            {"bom-ref": "urn:a", "name": "a", "provider": "urn:a", "endpoints": ["/x"]},
            {"bom-ref": "urn:a:/x", "name": "b"},
        )
    )
    assert loaded.tally.model_dump() == {"facts": 2, "rejected": 1, "ignored": 0}
    assert "owns:urn:a (party)>urn:a" in {relation.id for relation in loaded.relations}


def test_many_services(tmp_path: Path) -> None:
    services = [{"bom-ref": f"urn:{each}", "name": f"s{each}", "endpoints": ["/"]} for each in range(3000)]
    assert _load(_bill(*services)).tally.facts == 6000


# laws


def test_twice_in_any_order_or_split() -> None:
    services = [
        {"bom-ref": f"urn:{each}", "name": each, "provider": {"name": f"P{each}"}, "endpoints": [f"/{each}", "/"]}
        for each in "abcd"
    ]
    whole = _load(_bill(*services))
    backwards = _load(_bill(*reversed(services)))
    halves = [_load(_bill(*services[:2])), _load(_bill(*services[2:]))]
    digests = {Estate.build(each).digest for each in ([whole], [whole, whole], [backwards], halves, halves[::-1])}
    assert len(digests) == 1


# real bills


def _services(bill: Any) -> Iterator[dict[str, Any]]:
    for each in _listed(bill, "services"):
        if isinstance(each, dict):
            yield from _services(each)
        yield each


def _components(bill: Any) -> Iterator[Any]:
    for each in _listed(bill, "components"):
        yield from _components(each)
        yield each


def _listed(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else [] if found is None else [found]


def _count(bill: Any) -> int:
    services = list(_services(bill))
    inside = sum(len(_listed(service, "endpoints")) + len(_listed(service, "data")) for service in services)
    subject = _listed(bill.get("metadata"), "component")
    components = len(list(_components(bill))) + len(subject) + sum(len(list(_components(each))) for each in subject)
    edges = 0
    for each in _listed(bill, "dependencies"):
        ref = each.get("ref") if isinstance(each, dict) else None
        named = type(ref) in (int, float) or bool(isinstance(ref, str) and ref.strip())
        edges += len(_listed(each, "provides")) + (len(_listed(each, "dependsOn")) if named else 1)
    return len(services) + inside + components + edges


@pytest.mark.parametrize(
    ("name", "facts_", "rejected"),
    [
        ("saasbom-apigateway-1.4.json", 28, 0),
        ("cdx-1-5-services.bom.json", 28, 0),
        ("valid-saasbom-1.7.json", 31, 0),
        ("valid-service-1.2.json", 9, 0),
        ("valid-service-empty-objects-1.6.json", 1, 0),
        ("invalid-service-data-1.6.json", 1, 1),
        ("cdxgen-traderx-services.json", 25, 0),
    ],
)
def test_real_bills(shared: Path, name: str, facts_: int, rejected: int) -> None:
    file = shared / "data" / "cyclonedx" / name
    document = read_document(file)
    assert LOADER.recognises(document.data)
    loaded = LOADER.load(document, {})
    estate = Estate.build([loaded])
    bill = json.loads(file.read_text())
    assert loaded.tally.model_dump() == {"facts": facts_, "rejected": rejected, "ignored": 0}
    assert loaded.tally.records == _count(bill)
    described = [entity for entity in loaded.entities if isinstance(entity, Service) and entity.basis == "declared"]
    assert len(described) == len({service["bom-ref"] for service in _services(bill)})
    assert len(estate.by_verb[Verb.SERVES]) == len(
        {(s["bom-ref"], e) for s in _services(bill) for e in s.get("endpoints", ())}
    )


@pytest.mark.parametrize(
    ("name", "facts_"), [("valid-saasbom-1.5.xml", 31), ("valid-saasbom-1.7.xml", 31), ("valid-service-1.6.xml", 9)]
)
def test_real_bills_in_xml(shared: Path, name: str, facts_: int) -> None:
    text = (shared / "data" / "cyclonedx" / name).read_bytes()
    root = ElementTree.fromstring(text)
    ns = f"{{http://cyclonedx.org/schema/bom/{name[-7:-4]}}}"
    counted = len([*root.iter(f"{ns}service"), *root.iter(f"{ns}endpoint"), *root.iter(f"{ns}component")])
    counted += sum(len(each) for each in root.iter(f"{ns}data"))
    counted += sum(len(each) for each in root.iter(f"{ns}dependency"))
    loaded = LOADER.load(tree(text), {})
    Estate.build([loaded])
    assert loaded.tally.model_dump() == {"facts": facts_, "rejected": 0, "ignored": 0}
    assert counted == facts_


def test_a_real_bill_in_xml_says_what_it_says_in_json(shared: Path) -> None:
    folder = shared / "data" / "cyclonedx"
    in_xml = facts(LOADER.load(tree((folder / "valid-saasbom-1.7.xml").read_bytes()), {}))
    in_json = facts(LOADER.load(read_document(folder / "valid-saasbom-1.7.json"), {}))
    assert (in_xml["entities"], in_xml["relations"]) == (in_json["entities"], in_json["relations"])
    assert not [note for note in in_json["notes"] if NoteKind.CONTRADICTED in note]


def test_two_services_with_one_bom_ref_are_two(tmp_path: Path) -> None:
    services = [
        {"bom-ref": "s", "name": "Scales", "provider": {"name": "Weigh Ltd"}, "endpoints": ["https://w.example/kg"]},
        {"bom-ref": "s", "name": "Labels", "provider": {"name": "Print Ltd"}, "endpoints": ["https://p.example/a6"]},
        {"bom-ref": "s", "name": "Scales", "provider": {"name": "Weigh Ltd"}, "endpoints": ["https://w.example/lb"]},
    ]
    file = tmp_path / "bill.json"
    file.write_text(json.dumps({**HEAD, "services": services}))
    loaded = LOADER.load(read_document(file), {})
    of = {verb: {(*r.sources, *r.targets) for r in loaded.relations if r.verb == verb} for verb in Verb}
    assert of[Verb.OWNS] == {("Weigh Ltd", "s"), ("Print Ltd", "Labels of Print Ltd")}
    assert {pair for pair in of[Verb.SERVES] if "p.example" in pair[1]} == {
        ("Labels of Print Ltd", "Labels of Print Ltd:https://p.example/a6")
    }
    assert len([service for service in loaded.entities if isinstance(service, Service)]) == 2
    (contradicted,) = (
        note.message for note in loaded.notes if note.kind == NoteKind.CONTRADICTED and "bom-ref" in note.message
    )
    assert "'Labels of Print Ltd'" in contradicted
