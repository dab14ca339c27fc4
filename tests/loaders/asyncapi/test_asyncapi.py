"""The AsyncAPI loader: golden cases of both versions, counts, two descriptions of one broker, and hostile files."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Fact, Kind, Level, NoteKind, Operation, Scenario, Verb
from blastradius.reading import parse_document
from tests.loaders.laws import damaged, hostile, survives

LOADER: Loader = importlib.import_module("blastradius.loaders.asyncapi").LOADER
CASES = Path(__file__).parent / "cases"
CASE_NAMES = sorted(file.name for file in CASES.iterdir())
TWO, THREE = (yaml.safe_load((CASES / name / "input.yaml").read_text()) for name in ("parcels_2", "parcels_3"))
BROKER = "broker.example:9092"


def _load(data: Any, name: str = "a.json", **options: Any) -> Loaded:
    return LOADER.load(parse_document(json.dumps(data), name, ".json"), options)


def _relations(loaded: Loaded, verb: Verb) -> set[tuple[tuple[str, ...], str]]:
    return {(relation.sources, relation.targets[0]) for relation in loaded.relations if relation.verb == verb}


def _counted(data: dict[str, Any]) -> int:
    """Servers, channels, operations, declared scopes, alternatives: naive loops over plain data."""
    servers = list(data.get("servers", {}).values())
    operations = list(data.get("operations", {}).values())
    for channel in data.get("channels", {}).values():
        operations += [channel[word] for word in ("publish", "subscribe") if word in channel]
    flows = [
        flow
        for scheme in data.get("components", {}).get("securitySchemes", {}).values()
        for flow in scheme.get("flows", {}).values()
    ]
    scopes = sum(len(flow.get("scopes", {})) + len(flow.get("availableScopes", {})) for flow in flows)
    alternatives = sum(len(each.get("security", [])) for each in (*servers, *operations))
    return len(servers) + len(data["channels"]) + len(operations) + scopes + alternatives


@pytest.mark.parametrize(("data", "records"), [(TWO, 11), (THREE, 8)])
def test_every_record_is_accounted_for(data: dict[str, Any], records: int) -> None:
    assert _counted(data) == _load(data).tally.records == records


# the two views


def _one(version: str, word: str) -> Loaded:
    """One operation of a word, in the words of a version."""
    data: dict[str, Any] = {"asyncapi": version, "info": {"title": "t"}, "channels": {"c": {"address": "c"}}}
    if version.startswith("2"):
        data["channels"]["c"][word] = {"operationId": "o"}
    else:
        data["operations"] = {"o": {"action": word, "channel": {"$ref": "#/channels/c"}}}
    return _load(data)


@pytest.mark.parametrize(
    ("version", "word", "application", "operation"),
    [
        ("2.6.0", "publish", Verb.CONSUMES, Verb.WRITES),
        ("2.0.0", "subscribe", Verb.PUBLISHES, Verb.READS),
        ("3.0.0", "send", Verb.PUBLISHES, Verb.WRITES),
        ("3.1.0", "receive", Verb.CONSUMES, Verb.READS),
    ],
)
def test_who_sends(version: str, word: str, application: Verb, operation: Verb) -> None:
    loaded = _one(version, word)
    assert {(relation.verb, relation.sources, relation.targets) for relation in loaded.relations} == {
        (application, ("t (application)",), ("t/c",)),
        (operation, ("t:o",), ("t/c",)),
    }


def test_a_reply_goes_the_other_way() -> None:
    loaded = _load(THREE)
    assert (("late-parcel-mailer (application)",), "late-parcel-mailer/answer") in _relations(loaded, Verb.CONSUMES)


def test_two_descriptions_of_one_broker_meet_on_its_channels() -> None:
    estate = Estate.build([_load(TWO), _load(THREE)])
    reach = solve(estate, Scenario(wrong=(f"{BROKER}/parcel/scanned",), assume=Level.GRANTED))
    tainted = {fact.entity for fact in reach.levels if fact.capability == Capability.TAINT}
    assert {"parcel-tracker (application)", f"{BROKER}/parcel/late", "late-parcel-mailer (application)"} <= tainted


def test_what_a_broker_asks_for_and_what_an_operation_asks_for_are_both_needed() -> None:
    permits = _relations(_load(TWO), Verb.PERMITS)
    needed = {sources for sources, target in permits if target == "parcel-tracker:onScan"}
    scan = f"{BROKER}:scan:write"
    assert needed == {(f"{BROKER}:certificate (any key)", scan), (scan, f"{BROKER}:scram (any key)")}


def test_nothing_stated_is_not_open_to_anyone_and_an_empty_alternative_is() -> None:
    def anonymous(security: Any) -> list[bool]:
        servers = {"s": {"url": "b.example", **security}}
        loaded = _load({"asyncapi": "2.6.0", "servers": servers, "channels": {"c": {"publish": {}}}})
        return [entity.anonymous for entity in loaded.entities if isinstance(entity, Operation)]

    assert anonymous({}) == anonymous({"security": []}) == anonymous({"security": [{"k": []}]}) == [False]
    assert anonymous({"security": [{"k": []}, {}]}) == [True]


def test_schemes_in_one_list_are_all_needed() -> None:
    data = json.loads(json.dumps(THREE))
    scram = data["servers"]["production"]["security"][0]
    data["components"]["securitySchemes"]["token"] = {"type": "httpApiKey"}
    data["servers"]["production"]["security"] = [[scram, {"$ref": "#/components/securitySchemes/token"}]]
    permits = _relations(_load(data), Verb.PERMITS)
    both = (f"{BROKER}:scram (any key)", f"{BROKER}:token (any key)")
    assert (both, "late-parcel-mailer:onLate") in permits


def _with_server(version: str, host: str, variables: dict[str, Any]) -> dict[str, Any]:
    where = {"url": f"kafka://{host}/x"} if version.startswith("2") else {"host": host}
    server = {**where, "protocol": "kafka", "variables": variables}
    shared = {"components": {"serverVariables": {"port": {"default": 9092}}}}
    channel = {} if version.startswith("2") else {"address": "late"}
    data = {"asyncapi": version, "info": {"title": "Mailer", "version": "1"}, "servers": {"p": server}}
    return {**data, "channels": {"late": channel}, **shared}


@pytest.mark.parametrize("version", ["2.6.0", "3.0.0"])
def test_variables_of_a_server_are_at_their_defaults(version: str) -> None:
    variables = {"stage": {"default": "broker"}, "port": {"$ref": "#/components/serverVariables/port"}}
    loaded = _load(_with_server(version, "{stage}.example:{port}", variables))
    assert {entity.id for entity in loaded.entities} == {BROKER, f"{BROKER}/late"}
    assert any("'port', 'stage'" in note.message for note in loaded.notes if note.kind == NoteKind.ASSUMED)


@pytest.mark.parametrize("version", ["2.6.0", "3.0.0"])
def test_two_hosts_that_are_not_filled_in_do_not_meet(version: str) -> None:
    one = _with_server(version, "{host}:9092", {"host": {"enum": ["a", "b"]}})
    other = {**one, "info": {"title": "Billing", "version": "1"}}
    loads = [_load(one), _load(other)]
    assert not {entity.id for entity in loads[0].entities} & {entity.id for entity in loads[1].entities}
    assert any("{host}:9092" in note.message for note in loads[0].notes if note.kind == NoteKind.UNRESOLVED)


def test_a_description_of_nothing_that_is_called_says_so() -> None:
    loaded = _load({"asyncapi": "3.0.0", "info": {"title": "Shared"}, "components": {"messages": {"A": {}}}})
    assert [note.kind for note in loaded.notes] == [NoteKind.INCOMPLETE]


def test_options() -> None:
    loaded = _load(
        TWO,
        api="parcels",
        application="tracker",
        served_by="kafka",
        server="test",
        direction="exposed",
        effects=[{"match": "depots", "writes": "archive"}],
    )
    ids = {entity.id for entity in loaded.entities}
    assert {"broker.test.example:9092/parcel/scanned", f"{BROKER}/parcel/late"} <= ids
    assert not {"tracker", "kafka", "broker.test.example:9092"} & ids
    assert (("parcels:onScan",), "archive") in _relations(loaded, Verb.WRITES)
    assert (("kafka",), "parcels:onScan") in _relations(loaded, Verb.SERVES)
    assert {entity.direction for entity in loaded.entities if isinstance(entity, Operation)} == {"exposed"}
    named = {entity.id for entity in _load(TWO, broker="main").entities if entity.kind == Kind.FEED}
    assert named == {"main/parcel/scanned", "main/parcel/late"}


def test_a_channel_on_a_server_that_is_not_there_is_on_none() -> None:
    data = json.loads(json.dumps(TWO))
    data["channels"]["parcel/late"]["servers"] = ["gone"]
    assert "parcel-tracker/parcel/late" in {entity.id for entity in _load(data).entities}


# laws


@pytest.mark.parametrize("data", [TWO, THREE])
def test_order_and_twice(data: dict[str, Any]) -> None:
    digest = Estate.build([_load(data)]).digest
    assert Estate.build([_load(data), _load(data, "again.json")]).digest == digest
    backwards = {**data, "channels": dict(reversed(data["channels"].items()))}
    backwards |= {"operations": dict(reversed(data["operations"].items()))} if "operations" in data else {}
    assert Estate.build([_load(dict(reversed(backwards.items())))]).digest == digest


def test_split_in_two_files_is_the_same_estate() -> None:
    halves = [{**TWO, "channels": {name: each}} for name, each in TWO["channels"].items()]
    parts = [_load(each, f"{number}.json") for number, each in enumerate(halves)]
    assert Estate.build(parts).digest == Estate.build(parts[::-1]).digest == Estate.build([_load(TWO)]).digest


# what is not right


@pytest.mark.parametrize("version", [None, "1.2.0", "4.0.0", "two", 3, [], {"a": 1}])
def test_versions_that_are_refused(version: Any) -> None:
    with pytest.raises(InputError, match=r"a.json:1:\d+: asyncapi version .*; read are 2.x and 3.x"):
        _load({"asyncapi": version, "channels": {}})


@pytest.mark.parametrize("data", [None, 3, "asyncapi", [], [TWO], {}, {"openapi": "3.1.0"}])
def test_what_is_not_recognised(data: Any) -> None:
    assert not LOADER.recognises(data)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'application'"):
        _load(TWO, aplication="x")


@pytest.mark.parametrize("case", CASE_NAMES)
@pytest.mark.slow
def test_wrong_types_everywhere(case: str) -> None:
    data = yaml.safe_load((CASES / case / "input.yaml").read_text())
    assert sum(survives(LOADER, each) is not None for each in damaged(data)) > 400


def test_hostile_names(shared: Path) -> None:
    for name in hostile(shared):
        for data in (TWO, THREE):
            text = json.dumps(data)
            for word in ("production", "parcel/late", "scram", "onLate", "broker.example:9092", "late"):
                text = text.replace(json.dumps(word), json.dumps(name))
            try:
                renamed = json.loads(text)
            except ValueError:
                continue
            survives(LOADER, renamed)


@pytest.mark.parametrize(
    "ref", ["http://127.0.0.1:9/x", "/etc/passwd", "../x.yaml#/a", "file:///etc/passwd", "no.yaml"]
)
def test_a_reference_that_leads_nowhere_is_said(ref: str) -> None:
    loaded = _load({"asyncapi": "3.0.0", "channels": {"a": {"$ref": ref}, "b": {}}, "operations": {}})
    assert [entity.id for entity in loaded.entities] == ["a/b"]
    assert any(note.kind == NoteKind.UNRESOLVED for note in loaded.notes)


def test_secrets_do_not_enter() -> None:
    canary = "CANARY-s3cr3t-8000"
    servers = {"s": {"url": f"mqtt://user:{canary}@b.example:1883/{canary}?password={canary}", "protocol": "mqtt"}}
    message = {"name": f"password={canary}", "examples": [canary], "payload": {"default": canary}}
    channels = {"c": {"publish": {"summary": f"token={canary}", "message": message}, "bindings": {"k": canary}}}
    loaded = _load({"asyncapi": "2.6.0", "servers": servers, "channels": channels})
    assert "CANARY" not in loaded.model_dump_json()
    assert Fact("b.example:1883/c", Capability.READ).entity in {entity.id for entity in loaded.entities}


def test_many_combinations_do_not_explode() -> None:
    scopes = [f"s{each}" for each in range(60)]
    security = [{"a": scopes, "b": scopes}]
    loaded = _load({"asyncapi": "2.6.0", "channels": {"c": {"publish": {"security": security}}}})
    assert not _relations(loaded, Verb.PERMITS)
    assert loaded.tally.rejected == 1
