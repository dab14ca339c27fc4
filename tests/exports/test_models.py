"""Threat models and bills of services: valid by their schemas, and exactly these facts come back.

What comes back is worked out here from the estate with plain loops, relation by relation, and has to be all of it.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import blastradius as br
from blastradius import plugins
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    Credential,
    Entity,
    Feed,
    Kind,
    Operation,
    Party,
    Process,
    Relation,
    Scope,
    Service,
    Store,
    Verb,
    Zone,
)
from blastradius.reading import parse_document

ROOT = Path(__file__).parents[2]
ESTATES = [ROOT / "examples" / "northwind", *(file.parent for file in ROOT.glob("examples/incidents/*/estate.yaml"))]
Facts = tuple[dict[str, str], set[tuple[str, str, str]]]
EACH = pytest.mark.parametrize("folder", ESTATES, ids=lambda folder: folder.name)


def pairs(estate: Estate, *verbs: str) -> list[tuple[str, str]]:
    """Every source with every target of some verbs."""
    chosen = [relation for relation in estate.relations.values() if relation.verb in verbs]
    return sorted({pair for relation in chosen for pair in product(relation.sources, relation.targets)})


def callers(estate: Estate, operation: str) -> list[str]:
    """The services that call an operation, and the other parties whose keys open it."""
    found = {source for source, target in pairs(estate, "calls") if target == operation}
    grants, permits = pairs(estate, "grants"), pairs(estate, "permits")
    for holder, key in pairs(estate, "holds"):
        granted = {target for source, target in grants if source == key}
        opened = granted | {target for source, target in permits if source in granted}
        if operation in opened:
            found.add(holder)
    return sorted(caller for caller in found if getattr(estate.entities[caller], "role", "") != "self")


def servers(estate: Estate, operation: str) -> list[str]:
    return sorted(source for source, target in pairs(estate, "serves") if target == operation)


def users(estate: Estate, source: str) -> list[str]:
    """Who reads or writes where a service or an operation is said to."""
    if estate.entities[source].kind == "service":
        return [source]
    return servers(estate, source) or callers(estate, source)


def prefix(estate: Estate) -> str:
    words = "".join(char if char.isalnum() else " " for char in (estate.title or "estate").lower()).split()
    return "-".join(words)[:60].rstrip("-") + ":"


def read(estate: Estate, to: str, suffix: str, **options: Any) -> Facts:
    loaded = plugins.loaders()[to].load(parse_document(br.export(estate, to), "f", suffix), options)
    start = prefix(estate)
    assert loaded.tally.rejected == 0
    entities = {entity.id.removeprefix(start): str(entity.kind) for entity in loaded.entities}
    relations = {
        (
            str(relation.verb),
            *("+".join(end.removeprefix(start) for end in ends) for ends in (relation.sources, relation.targets)),
        )
        for relation in loaded.relations
    }
    return entities, {(verb, one, other) for verb, one, other in relations}


def kept_by_otm(estate: Estate) -> Facts:
    others = [party.id for party in estate.of_kind(Kind.PARTY) if isinstance(party, Party) and party.role != "self"]
    entities = {thing.id: str(thing.kind) for kind in (Kind.SERVICE, Kind.STORE) for thing in estate.of_kind(kind)}
    relations: set[tuple[str, str, str]] = set()
    acts = {name: name for name in entities}
    for name in others:
        acts[name] = f"{name}/system"
        entities |= {name: "party", acts[name]: "service"}
        relations.add(("owns", name, acts[name]))
    for verb in ("reads", "writes"):
        for source, store in pairs(estate, verb):
            if estate.entities[store].kind == "store":
                relations |= {(verb, acts[user], store) for user in users(estate, source)}
    for made, origin in pairs(estate, "derives_from"):
        is_store = estate.entities[origin].kind == "store"
        relations.add(("derives_from", made, origin) if is_store else ("writes", origin, made))
    for name, entity in estate.entities.items():
        senders = callers(estate, name) if entity.kind == "operation" else publishers(estate, name)
        takers = servers(estate, name) or sorted(a for a, b in pairs(estate, "consumes", "installs") if b == name)
        ways = [(one, other) for one, other in product(senders, takers) if one in acts and other in acts]
        for number, (one, other) in enumerate(ways):
            flow = f"{name} from {one} to {other}" if number else name
            if one != other:
                entities[flow] = "operation"
                relations |= {("serves", other, flow), ("calls", acts[one], flow), ("writes", flow, other)}
    return entities, relations


def publishers(estate: Estate, feed: str) -> list[str]:
    return sorted(source for source, target in pairs(estate, "publishes") if target == feed)


@EACH
def test_a_threat_model_fits_its_schema(folder: Path, shared: Path) -> None:
    schema = json.loads((shared / "data" / "threat_models" / "otm" / "otm_schema.json").read_text())
    model = json.loads(br.export(br.load(folder), "otm"))
    jsonschema.Draft7Validator(schema).validate(model)
    for section in ("trustZones", "components", "dataflows", "assets"):
        ids = [part["id"] for part in model[section]]
        assert len(set(ids)) == len(ids)
    drawn = {component["id"] for component in model["components"]}
    assert {dataflow[end] for dataflow in model["dataflows"] for end in ("source", "destination")} <= drawn
    zones = {zone["id"] for zone in model["trustZones"]}
    assert {component["parent"]["trustZone"] for component in model["components"]} <= zones


@EACH
def test_what_a_threat_model_brings_back(folder: Path) -> None:
    estate = br.load(folder)
    assert read(estate, "otm", ".json") == kept_by_otm(estate)


@EACH
def test_what_things_of_a_threat_model_still_say(folder: Path) -> None:
    estate = br.load(folder)
    loaded = plugins.loaders()["otm"].load(parse_document(br.export(estate, "otm"), "f", ".json"), {})
    start = prefix(estate)
    for entity in loaded.entities:
        before = estate.entities.get(entity.id.removeprefix(start))
        if before is not None and before.kind == entity.kind and isinstance(before, (Service, Store)):
            assert entity.name == before.label
            assert entity.zone == start + (before.zone or "no zone stated")
            assert set(before.tags) <= set(entity.tags)
        if isinstance(entity, Store) and isinstance(before, Store):
            assert entity.classification == before.classification


def test_zones_of_our_own_names_stay_apart() -> None:
    store = Store(id="s", zone="external")
    zones = (Zone(id="no zone stated"), Zone(id="external"))
    estate = Estate.build([Loaded(entities=(store, Store(id="t"), Party(id="p")), zones=zones)])
    model = json.loads(br.export(estate, "otm"))
    lies_in = {component["id"]: component["parent"]["trustZone"] for component in model["components"]}
    assert lies_in == {"s": "external", "t": "no zone stated'", "p": "external'"}


# CycloneDX


def endpoint(operation: Entity) -> str:
    assert isinstance(operation, Operation)
    path = operation.path or operation.id
    return quote(path, safe="/-._~!$&'()*+,;=@:") if path.startswith("/") else quote(path, safe="/-._~!$&'()*+,;=@")


def kept_by_cyclonedx(estate: Estate) -> Facts:
    services = {entity.id: "service" for entity in estate.of_kind(Kind.SERVICE)}
    entities, relations = dict(services), set[tuple[str, str, str]]()
    doors: dict[str, set[str]] = {name: set() for name in services}
    for service, operation in pairs(estate, "serves"):
        doors[service].add(f"{service}:{endpoint(estate.entities[operation])}")
    for service in services:
        entities |= dict.fromkeys(doors[service], "operation")
        relations |= {("serves", service, door) for door in doors[service]}
        for owner in sorted(one for one, other in pairs(estate, "owns") if other == service)[:1]:
            entities[owner] = "party"
            relations.add(("owns", owner, service))
    for one, other in pairs(estate, "depends_on", "calls"):
        for needed in (servers(estate, other) or [other]) if one in services else ():
            if needed in services and needed != one:
                relations.add(("depends_on", one, needed))
                relations |= {("calls", one, door) for door in doors[needed]} or {("connects", one, needed)}
    for service in services:
        kept, said = data_of(estate, service, doors[service])
        entities |= dict.fromkeys(kept, "store")
        relations |= said
    return entities, relations


def data_of(estate: Estate, service: str, doors: set[str]) -> tuple[set[str], set[tuple[str, str, str]]]:
    """The stores that a service has to do with, one for each classification; the doors where no service is named."""
    kept, said = set(), set()
    flows: dict[str, set[str]] = {"reads": set(), "writes": set()}
    for store in estate.of_kind(Kind.STORE):
        ways = {
            verb: [
                source
                for source, target in pairs(estate, verb)
                if target == store.id and service in users(estate, source)
            ]
            for verb in ("reads", "writes")
        }
        asking = {
            verb: {
                one for source in sources for one in callers(estate, source) if estate.entities[one].kind == "service"
            }
            for verb, sources in ways.items()
        }
        assert isinstance(store, Store)
        name = f"{service}#{store.classification or 'not stated'}"
        for verb, sources in ways.items():
            if sources:
                kept.add(name)
                flows[verb].add(name)
                ends = {service} | asking[verb] | (set() if asking["reads"] | asking["writes"] else doors)
                said |= {(verb, end, name) for end in ends}
                passes = {
                    ("writes", one, service) if verb == "writes" else ("writes", service, one) for one in asking[verb]
                }
                said |= {passed for passed in passes if passed[1] != passed[2]}
    # what a service only takes in it keeps, and can read
    said |= {("reads", service, name) for name in flows["writes"] - flows["reads"]}
    return kept, said


@EACH
def test_a_bill_fits_its_schema(folder: Path) -> None:
    text = br.export(br.load(folder), "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@EACH
def test_what_a_bill_brings_back(folder: Path) -> None:
    estate = br.load(folder)
    names = {party.label: party.id for party in estate.of_kind(Kind.PARTY)}
    assert read(estate, "cyclonedx", ".json", parties=names) == kept_by_cyclonedx(estate)


@EACH
def test_what_services_of_a_bill_still_say(folder: Path) -> None:
    estate = br.load(folder)
    loaded = plugins.loaders()["cyclonedx"].load(parse_document(br.export(estate, "cyclonedx"), "f", ".json"), {})
    start = prefix(estate)
    zones = {entity.id: entity.zone for entity in loaded.entities if isinstance(entity, Service)}
    for service in estate.of_kind(Kind.SERVICE):
        boundary = f"{start}{service.id} zone"  # taken where one is crossed and no zone is named
        assert zones[start + service.id] in ({start + service.zone} if service.zone else {None, boundary})
    assert loaded.title == estate.title


def test_odd_names_stay_valid() -> None:
    things = (
        Service(id="svc [1] %zz#x", name="<b>"),
        Service(id="http://a b/?q"),
        Operation(id="1:x", path="//[x]/{id} ?q#f"),
        Operation(id="a:b c"),
        Store(id="d", classification="very & secret", owner="Bo"),
    )
    ties = (
        ("serves", 0, 2),
        ("serves", 0, 3),
        ("calls", 1, 2),
        ("reads", 2, 4),
        ("writes", 3, 4),
        ("depends_on", 1, 0),
    )
    relations = tuple(
        Relation(verb=Verb(verb), sources=(things[a].id,), targets=(things[b].id,)) for verb, a, b in ties
    )
    estate = Estate.build([Loaded(entities=things, relations=relations)])
    text = br.export(estate, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    loaded = plugins.loaders()["cyclonedx"].load(parse_document(text, "f", ".json"), {})
    entry = json.loads(text)["services"][1]["data"][0]
    assert (entry["flow"], entry["classification"]) == ("bi-directional", "very & secret")
    assert entry["governance"]["owners"] == [{"organization": {"name": "Bo"}}]
    assert entry["destination"][0].endswith("/1#http%3A//a%20b/%3Fq")
    readers = {relation.sources[0] for relation in loaded.relations if relation.verb == "reads"}
    assert "http://a b/?q" in readers


def test_hostile_names_stay_valid(shared: Path) -> None:
    listed = json.loads((shared / "badinput" / "generated" / "hostile_names.json").read_text(encoding="utf-8"))
    names = {entry["name"] for entry in listed if entry["name"].isprintable() and 0 < len(entry["name"].strip()) < 400}
    services = tuple(Service(id=name, name=name, zone=name, tags=(name,)) for name in names)
    relations = tuple(Relation(verb=Verb.CONNECTS, sources=(one.id,), targets=(one.id,)) for one in services)
    estate = Estate.build([Loaded(title=min(names), entities=services, relations=relations)])
    assert len(names) > 60
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(br.export(estate, "cyclonedx")) is None
    schema = json.loads((shared / "data" / "threat_models" / "otm" / "otm_schema.json").read_text())
    model = json.loads(br.export(estate, "otm"))
    jsonschema.Draft7Validator(schema).validate(model)
    assert {component["id"] for component in model["components"]} == names


@pytest.mark.parametrize(
    ("to", "why"), [("otm", "no service, store or other party"), ("cyclonedx", "no service in the")]
)
def test_an_estate_that_says_nothing_in_their_terms_is_refused(to: str, why: str) -> None:
    us = Party(id="us", role="self")
    with pytest.raises(UsageError, match=why):
        br.export(Estate.build([Loaded(entities=(us,))]), to)


def test_hosting_is_a_dependence_and_a_key_of_a_service_opens_what_no_scope_guards() -> None:
    loaded = Loaded(
        entities=(
            *(Service(id=name) for name in ("app", "host", "console", "desk")),
            *(Operation(id=name) for name in ("open", "guarded")),
            *(Credential(id="key"), Scope(id="scope")),
        ),
        relations=tuple(
            Relation(verb=Verb(verb), sources=(source,), targets=(target,))
            for verb, source, target in (
                ("runs_on", "app", "host"),
                ("serves", "console", "open"),
                ("serves", "console", "guarded"),
                ("permits", "scope", "guarded"),
                ("holds", "desk", "key"),
                ("grants", "key", "console"),
            )
        ),
    )
    bill = json.loads(br.export(Estate.build([loaded]), "cyclonedx"))
    needs = {row["ref"]: row["dependsOn"] for row in bill["dependencies"]}
    assert needs == {"app": ["host"], "host": [], "console": [], "desk": []}
    flows = json.loads(br.export(Estate.build([loaded]), "otm"))["dataflows"]
    assert [(flow["id"], flow["source"], flow["destination"]) for flow in flows] == [("open", "desk", "console")]


def test_a_process_that_takes_in_a_feed_is_no_end_of_a_flow() -> None:
    loaded = Loaded(
        entities=(
            *(Service(id=name) for name in ("maker", "reader")),
            *(Feed(id="feed"), Process(id="process")),
        ),
        relations=tuple(
            Relation(verb=Verb(verb), sources=(source,), targets=("feed",))
            for verb, source in (("publishes", "maker"), ("consumes", "process"), ("consumes", "reader"))
        ),
    )
    flows = json.loads(br.export(Estate.build([loaded]), "otm"))["dataflows"]
    assert [(flow["id"], flow["source"], flow["destination"]) for flow in flows] == [("feed", "maker", "reader")]
