"""Names of one thing: joined as a workspace states, under every order of its sources, and never on a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

import blastradius as br
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.estate.routes import template
from blastradius.loading import survey
from blastradius.model import Operation

ONE = """
blastradius: 1
parties: {"kong:consumer/acme-tms": {name: acme-tms, holds: [key]}}
credentials: {key: {grants: [orders.read]}}
scopes: {orders.read: {permits: ["gw:GET /orders/{id}"]}}
operations: {"gw:GET /orders/{id}": {api: gw, method: GET, path: "/v1/orders/{id}", direction: exposed}}
"""
OTHER = """
blastradius: 1
parties: {acme: {name: Acme Logistics}}
operations: {getOrder: {api: orders, method: get, path: "/orders/:orderId/", reads: [orders_db]}}
services: {orders-svc: {serves: [getOrder], depends_on: [{of: [db-a, db-b], at_least: 2}]}, db-a: {}, db-b: {}}
stores: {orders_db: {crown_jewel: true}}
"""
JOINED = """
workspace: 1
sources: [{path: [one.yaml, other.yaml]}]
same: {acme: ["kong:consumer/acme-tms"]}
apis: {orders: {also: [gw], base: [/v1]}}
"""


def write(folder: Path, workspace: str, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "blastradius.yaml").write_text(workspace)
    return folder


@pytest.fixture
def joined(tmp_path: Path) -> Path:
    return write(tmp_path, JOINED, one=ONE, other=OTHER)


def reached(estate: Estate, start: str) -> set[str]:
    return {fact.entity for fact in br.reach(estate, compromise=start).data.facts}  # type: ignore[attr-defined]


def test_without_a_workspace_the_two_accounts_do_not_meet(joined: Path) -> None:
    apart = br.load(joined / "one.yaml", joined / "other.yaml")
    assert "orders_db" not in reached(apart, "kong:consumer/acme-tms")


def test_what_is_stated_to_be_one_is_one(joined: Path) -> None:
    estate = br.load(joined)
    assert "orders_db" in reached(estate, "acme")
    assert "kong:consumer/acme-tms" not in estate.entities
    assert estate.entities["acme"].name == "Acme Logistics"
    assert [str(provenance).rpartition("/")[2] for provenance in estate.entities["acme"].provenance] == [
        "one.yaml:3:11",
        "other.yaml:3:11",
        "blastradius.yaml:4:15",
    ]


def test_operations_of_one_api_are_one_by_method_and_path(joined: Path) -> None:
    operations = [entity for entity in br.load(joined).entities.values() if isinstance(entity, Operation)]
    assert [
        (operation.api, str(operation.method).upper(), template(str(operation.path), ["/v1"]))
        for operation in operations
    ] == [("orders", "GET", "/orders/{}")]


def test_two_operations_of_one_source_with_one_route_are_told_apart(tmp_path: Path) -> None:
    twice = ONE.replace("operations: {", "operations: {by_host: {api: gw, method: GET, path: '/orders/{id}'}, ")
    estate = br.load(write(tmp_path, JOINED, one=twice, other=OTHER))
    assert {"by_host", "getOrder", "gw:GET /orders/{id}"} <= estate.entities.keys()


def test_a_link_across_kinds_is_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, JOINED.replace("kong:consumer/acme-tms", "orders_db"), one=ONE, other=OTHER)
    with pytest.raises(InputError, match=r"blastradius\.yaml:4:15: .* only things of one kind can be the same"):
        br.load(tmp_path)


def test_suppliers_that_are_one_count_once(tmp_path: Path) -> None:
    workspace = "workspace: 1\nsources: [{path: other.yaml}]\nsame: {db-a: [db-b]}\n"
    estate = br.load(write(tmp_path, workspace, other=OTHER))
    suppliers = next(relation for relation in estate.relations.values() if relation.at_least)
    assert (suppliers.targets, suppliers.at_least) == (("db-a",), 1)


def test_names_that_no_source_has_are_said_and_counted(tmp_path: Path) -> None:
    workspace = JOINED.replace("same: {", "parties: {nobody: [x]}\nsame: {orders_db: [ordersdb], ").replace(
        "gw", "gate"
    )
    estate = br.load(write(tmp_path, workspace, one=ONE, other=OTHER))
    unmet = [str(note) for note in estate.notes if "is in no source" in str(note)]
    assert [note.partition(": ")[2] for note in unmet] == [
        f"unresolved: {name!r} is in no source; check its spelling, or take it out"
        for name in ("ordersdb", "gate", "nobody")
    ]
    found = survey([tmp_path])
    assert found.files[0].loaded.tally.model_dump() == {"facts": 1, "rejected": 0, "ignored": 3}


def test_the_order_of_sources_changes_nothing(joined: Path) -> None:
    first = br.load(joined).digest
    write(joined, JOINED.replace("[one.yaml, other.yaml]", "[other.yaml, one.yaml]"))
    assert br.load(joined).digest == first
    write(joined, JOINED.replace("[one.yaml, other.yaml]", "'*.yaml'"))
    assert br.load(joined).digest == first


def test_ids_in_controls_copies_and_expectations_follow(tmp_path: Path) -> None:
    file = """
blastradius: 1
services: {s: {calls: [{to: op, controls: [{kind: validated, provided_by: old}]}]}, old: {}}
operations: {op: {}}
stores: {d: {copy_of: olddb}, olddb: {}}
expect: [{name: x, compromise: old, reached: {old: control}, distrust: ["hardened@old"]}]
"""
    workspace = "workspace: 1\nsources: [{path: one.yaml}]\nsame: {new: [old], newdb: [olddb]}\n"
    estate = br.load(write(tmp_path, workspace, one=file))
    assert {"new", "newdb", "d", "s", "op"} == estate.entities.keys()
    assert estate.entities["d"].copy_of == ("newdb",)  # type: ignore[attr-defined]
    assert [placed.control.provided_by for placed in estate.controls.values()] == ["new"]
    expected = estate.expectations[0]
    assert (expected.scenario.compromise, expected.reached[0].entity) == (("new",), "new")
    assert expected.scenario.distrust == ("hardened@new",)


def test_keys_of_calls_zones_and_what_ifs_follow(tmp_path: Path) -> None:
    """Each under its own new name; ends and keys that become one stand there once."""
    file = """
blastradius: 1
zones: {dc: {flat: true}}
services: {s: {zone: dc, calls: [{to: op, with: [old, key], needs: old}]}, t: {}}
operations: {op: {}}
credentials: {old: {}, key: {}}
stores: {d: {copy_of: [a, b]}, a: {}, b: {}}
expect:
  - {name: x, outage: [dc, t], use: op, distrust: ["approval@calls:s>op"], with: [hardened@t, "revoked@holds:s>old"],
     without: ["calls:s>op"]}
  - {name: y, compromise: {zone: dc, except: [s]}}
"""
    workspace = "workspace: 1\nsources: [{path: one.yaml, prefix: 'a:'}]\nsame: {key: ['a:old'], m: ['a:a', 'a:b']}\n"
    estate = br.load(write(tmp_path, workspace, one=file))
    call = estate.relations["calls:a:s>a:op"]
    assert (call.keys, call.needs) == (("key",), ("key",))
    assert estate.entities["a:d"].copy_of == ("m",)  # type: ignore[attr-defined]
    scenario = estate.expectations[0].scenario
    assert (scenario.outage, scenario.use) == (("a:dc", "a:t"), ("a:op",))
    assert scenario.distrust == ("approval@calls:a:s>a:op",)
    assert scenario.controls == ("hardened@a:t", "revoked@holds:a:s>key")
    assert scenario.without == ("calls:a:s>a:op",)
    rule = estate.expectations[1].for_each
    assert rule is not None
    assert (rule.zone, rule.excluded) == ("a:dc", ("a:s",))


def test_a_default_of_the_workspace_guards_each_account_that_says_nothing(tmp_path: Path) -> None:
    """What one source states of a relation says nothing of the other's road; of a thing it does."""
    one = "blastradius: 1\nservices: {s: {connects: [{to: t, controls: [segmented]}], controls: [hardened]}, t: {}}\n"
    other = "blastradius: 1\nservices: {s: {connects: [t]}}\n"
    defaults = "[{kind: segmented, on: connects}, {kind: hardened, on: service, match: s}]"
    workspace = f"workspace: 1\nsources: [{{path: [one.yaml, other.yaml]}}]\ncontrols: {defaults}\n"
    estate = br.load(write(tmp_path, workspace, one=one, other=other))
    statuses = {name: placed.control.status for name, placed in estate.controls.items()}
    assert statuses == {"hardened@s": "working", "segmented@connects:s>t": "assumed"}
    write(tmp_path, workspace.partition("controls")[0])
    assert set(br.load(tmp_path).controls) == {"hardened@s"}


def test_a_default_says_all_that_a_control_can(tmp_path: Path) -> None:
    file = "blastradius: 1\nservices: {s: {depends_on: [t]}, t: {}}\n"
    default = "{kind: fallback, on: depends_on, status: absent, starts_after_h: 2, slower: true, misled: true}"
    workspace = f"workspace: 1\nsources: [{{path: one.yaml}}]\ncontrols: [{default}]\n"
    (placed,) = br.load(write(tmp_path, workspace, one=file)).controls.values()
    said = placed.control
    assert (said.status, said.starts_after_h, said.slower, said.misled) == ("absent", 2, True, True)
