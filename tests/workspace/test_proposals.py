"""Links are proposed with their evidence; nothing is joined by them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, Kind, Operation, Provenance
from blastradius.workspace import proposals
from blastradius.workspace.proposals import key


def place(source: str) -> tuple[Provenance, ...]:
    return (Provenance(source=source, file="f"),)


def estate(*things: tuple[str, Kind, str, str | None], operations: Iterable[tuple[str, str, str]] = ()) -> Estate:
    """Entities as (source, kind, id, name), operations as (source, api, path)."""
    made = [
        ENTITY_TYPES[kind](id=name, kind=kind, name=label, provenance=place(source))
        for source, kind, name, label in things
    ]
    made += [
        Operation(
            id=f"{api} {path}", api=api, method="GET", path=path, provenance=(Provenance(source=source, file="f"),)
        )
        for source, api, path in operations
    ]
    return Estate.build([Loaded(entities=tuple(made))])


def told(found: Estate, *apart: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(proposal.why, proposal.ids) for proposal in proposals(found, apart)]


SERVICE, PARTY, STORE = Kind.SERVICE, Kind.PARTY, Kind.STORE


def test_one_name_in_several_sources() -> None:
    found = estate(
        ("backstage", SERVICE, "component:default/orders", "orders"),
        ("kubernetes", SERVICE, "k8s:shop/deployment/orders-svc", "orders-svc"),
        ("zipkin", SERVICE, "Orders Service", None),
        ("dbt", STORE, "orders", None),
    )
    (one,) = proposals(found)
    assert one.why == "same name"
    assert one.ids == ("Orders Service", "component:default/orders", "k8s:shop/deployment/orders-svc")
    assert one.write == 'same: {"Orders Service": ["component:default/orders", "k8s:shop/deployment/orders-svc"]}'
    assert "(backstage)" in one.evidence


def test_a_source_that_has_the_name_twice_tells_them_apart() -> None:
    found = estate(("k", SERVICE, "a/orders", None), ("k", SERVICE, "b/orders", None), ("z", SERVICE, "orders", None))
    assert told(found) == []


def test_legal_forms_do_not_hide_a_party() -> None:
    found = estate(("table", PARTY, "Acme Logistics GmbH", None), ("kong", PARTY, "kong:consumer/acme-logistics", None))
    assert told(found) == [("same name", ("Acme Logistics GmbH", "kong:consumer/acme-logistics"))]


def test_spellings_and_characters_that_look_alike() -> None:
    found = estate(
        ("t", PARTY, "Salesforce", None), ("t", PARTY, "Salesforse", None), ("t", PARTY, "S\u0430lesforce", None)
    )
    assert ("near-duplicate", ("Salesforce", "Salesforse")) in told(found)
    confused = next(proposal for proposal in proposals(found) if proposal.why == "confusable")
    assert confused.ids == ("Salesforce", "S\u0430lesforce")
    assert "cyrillic small letter a" in confused.evidence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("worker-1", "worker-2"),
        ("service-x", "service-y"),
        ("any ecs in Ohio", "any eks in Ohio"),
        ("94F2BE-8", "94F2BC-8"),
    ],
)
def test_digits_and_short_words_tell_things_apart(one: str, other: str) -> None:
    assert told(estate(("t", SERVICE, one, None), ("t", SERVICE, other, None))) == []


def test_what_is_said_to_be_different_is_not_proposed_again() -> None:
    found = estate(("a", SERVICE, "x/orders", None), ("b", SERVICE, "orders", None))
    assert told(found) == [("same name", ("orders", "x/orders"))]
    assert told(found, ("orders", "x/orders")) == []


def test_apis_with_methods_and_paths_in_common() -> None:
    paths = ("/orders", "/orders/{id}")
    found = estate(operations=[("openapi", "orders", path) for path in (*paths, "/health")]
                   + [("zipkin", "orders-svc", path.replace("{id}", ":n")) for path in paths]
                   + [("zipkin", "other", "/health")])  # fmt: skip
    one, health = (proposal for proposal in proposals(found) if proposal.why == "same routes")
    assert "GET /health" in health.evidence
    assert one.write == 'apis: {"orders": {also: ["orders-svc"]}}'
    assert one.evidence.startswith("APIs 'orders' and 'orders-svc' have 2 of 2 methods and paths in common")


@pytest.mark.parametrize("things", [[], [("a", SERVICE, "one", None)], [("a", SERVICE, "\u202fx", None)] * 2])
def test_degenerate_estates(things: list[tuple[str, Kind, str, str | None]]) -> None:
    assert told(estate(*things)) == []


def test_keys() -> None:
    assert {key(name) for name in ("Orders", "orders-svc", "ORDERS Service", "orders_api")} == {"orders"}
    assert key("Crème Brûlée S.A.") == "cremebrulee"
    assert key("api") == "api"
