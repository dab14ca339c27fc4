"""Links are proposed with their evidence; nothing is joined by them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import ENTITY_TYPES, Kind, Operation, Provenance
from blastradius.workspace import as_sections, proposals
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
    assert one.evidence == (
        "service with the name 'orders': 'Orders Service' (zipkin), 'orders' (component:default/orders, backstage), "
        "'orders-svc' (k8s:shop/deployment/orders-svc, kubernetes)"
    )


def test_a_source_that_has_the_name_twice_tells_them_apart() -> None:
    found = estate(("k", SERVICE, "a/orders", None), ("k", SERVICE, "b/orders", None), ("z", SERVICE, "orders", None))
    assert told(found) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("table", "Fastlane Logistics GmbH"), ("kong", "kong:consumer/fastlane")),
        (("table", "Fast Lane"), ("table", "Fastlane")),
        (("table", "Fastlane Logistics"), ("table", "Fast Lane Logistics GmbH")),
        (("table", "Fast Lane"), ("table", "Fastlane Logistics")),
        (("table", "SalesHub CRM"), ("entra", "SalesHub Inc")),
        (("table", "Nordic Returns AB"), ("kong", "kong:consumer/nordic-returns")),
        (("table", "Trustpoint Reviews"), ("kong", "kong:consumer/trustpoint")),
        (("table", "Trustpoint Reviews"), ("kubernetes", "api.trustpoint.co.uk")),
        (("table", "PayNord A/S"), ("kong", "kong:consumer/paynord-prod")),
        (("table", "PayNord A/S"), ("aws_iam", "svc_paynord_key_2")),
        (("table", "Crème Brûlée S.à r.l."), ("kong", "kong:consumer/creme-brulee")),
        (("table", "The Body Store plc"), ("kong", "kong:consumer/bodystore")),
    ],
)
def test_one_firm_under_other_names(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = estate(*((source, PARTY, name, None) for source, name in (one, other)))
    assert told(found) == [("same firm", tuple(sorted((one[1], other[1]))))]


@pytest.mark.parametrize(
    "names",
    [
        (("table", "Acme Mail"), ("table", "Acme")),
        (("table", "Amazon Web"), ("table", "Amazon Logistics"), ("kong", "amazon")),
        (("table", "Data Ocean Ltd"), ("kong", "data")),
        (("table", "Box Logistics"), ("kong", "box")),
        (("table", "North Star"), ("kong", "north")),
        (("table", "Orders Inc"), ("kubernetes", "orders.shop.svc.cluster.local")),
        (("table", "GmbH"), ("kong", "AG")),
        (("table", "1234"), ("kong", "1234 ")),
        (("native", "grocer_1"), ("native", "grocer_2")),
        (("kong", "key-1"), ("kong", "api-2")),
    ],
)
def test_firms_that_are_none_of_one_another(names: tuple[tuple[str, str], ...]) -> None:
    assert told(estate(*((source, PARTY, name, None) for source, name in names))) == []


def test_what_to_write_of_a_firm_has_the_name_in_the_contract() -> None:
    names = (
        ("table", "Quick Haul Logistics"),
        ("table", "Quickhaul Logistics GmbH"),
        ("kong", "kong:consumer/quickhaul"),
    )
    (found,) = proposals(estate(*((source, PARTY, name, None) for source, name in names)))
    assert found.write == 'same: {"Quickhaul Logistics GmbH": ["Quick Haul Logistics", "kong:consumer/quickhaul"]}'
    assert found.evidence == (
        "the only one whose name begins with 'quickhaul': 'quickhaul' (kong:consumer/quickhaul, kong), "
        "'Quick Haul Logistics' (table), 'Quickhaul Logistics GmbH' (table)"
    )


def test_hosts_and_keys_of_nobody_that_are_called_as_a_party_is() -> None:
    found = estate(
        ("table", PARTY, "PayNord A/S", None),
        ("zipkin", SERVICE, "https://api.paynord.example/v2", None),
        ("zipkin", SERVICE, "paynord", None),
        ("aws_iam", Kind.CREDENTIAL, "paynord-key", None),
    )
    assert [(proposal.ids, proposal.write) for proposal in proposals(found)] == [
        (
            ("PayNord A/S", "https://api.paynord.example/v2"),
            'in an estate file: parties: {"PayNord A/S": {owns: ["https://api.paynord.example/v2"]}}',
        ),
        (("PayNord A/S", "paynord-key"), 'in an estate file: parties: {"PayNord A/S": {holds: ["paynord-key"]}}'),
    ]


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


def test_apis_with_paths_in_common_behind_a_prefix() -> None:
    found = estate(
        operations=[
            *(("openapi", "partner-api", path) for path in ("/orders", "/orders/{id}", "/customers/{id}", "/health")),
            *(("kong", "kong:service/orders", path) for path in ("/p/v1/orders", "~/p/v1/orders/(?<id>[^/]+)$")),
            ("kong", "kong:service/customers", "/p/v1/customers/:id"),
            ("kong", "kong:service/other", "/other/health"),
        ]
    )
    assert [(proposal.write, proposal.evidence) for proposal in proposals(found)] == [
        (
            'apis: {"partner-api": {also: ["kong:service/customers"], base: ["/p/v1"]}}',
            "APIs 'partner-api' and 'kong:service/customers' have 1 of 1 methods and paths in common, behind '/p/v1' "
            "in 'kong:service/customers': GET /customers/{}",
        ),
        (
            'apis: {"partner-api": {also: ["kong:service/orders"], base: ["/p/v1"]}}',
            "APIs 'partner-api' and 'kong:service/orders' have 2 of 2 methods and paths in common, behind '/p/v1' in "
            "'kong:service/orders': GET /orders, GET /orders/{}",
        ),
    ]


@pytest.mark.parametrize("things", [[], [("a", SERVICE, "one", None)], [("a", SERVICE, "\u202fx", None)] * 2])
def test_degenerate_estates(things: list[tuple[str, Kind, str, str | None]]) -> None:
    assert told(estate(*things)) == []


def test_keys() -> None:
    assert {key(name) for name in ("Orders", "orders-svc", "ORDERS Service", "orders_api")} == {"orders"}
    assert key("Crème Brûlée S.A.") == "cremebrulee"
    assert key("api") == "api"


def test_what_is_surest_is_put_together_as_it_can_be_written() -> None:
    found = proposals(
        estate(
            ("table", PARTY, "Fastlane Logistics", None),
            ("kong", PARTY, "kong:consumer/fastlane", None),
            ("table", SERVICE, "Salesforce", None),
            ("table", SERVICE, "Salesforse", None),
            operations=[
                *(("openapi", "orders", path) for path in ("/a/b", "/a/c", "/d/e")),
                *(("kong", "one", path) for path in ("/v1/a/b", "/v1/a/c")),
                ("kong", "two", "/v1/d/e"),
            ],
        )
    )
    assert as_sections(found) == {
        "same": ['"Fastlane Logistics": ["kong:consumer/fastlane"]'],
        "apis": ['"orders": {"also": ["one", "two"], "base": ["/v1"]}'],
    }
    assert as_sections([]) == {}
