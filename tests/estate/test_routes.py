"""What one route is, for everything that asks: a method and a path, however a source writes its parameters."""

from __future__ import annotations

import pytest

from blastradius.estate import Estate
from blastradius.estate.routes import route, template
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Basis, Operation, Provenance, Service, Verb
from blastradius.workspace import proposals
from tests.queries.test_seen import said, seen

SPELLINGS = (
    "/orders/{orderId}/lines",
    "/orders/{id...}/lines/",
    "/orders/:id/lines",
    "/orders/:id(\\d+)/lines",
    "/orders/<id>/lines",
    "/orders/<int:id>/lines",
    "/orders/*/lines",
    "/orders/(?P<id>[0-9]+)/lines",
    "~/orders/(?<id>[^/]+)/lines$",
    "~^/orders/(?<id>[^/]+)/lines$",
)


@pytest.mark.parametrize("path", SPELLINGS)
def test_each_spelling_is_one_route_to_the_question_and_to_the_workspace(path: str) -> None:
    declared = said(Basis.DECLARED, (Verb.CALLS, "shop", "op_get"), op_get="/orders/{id}/lines")
    observed = said(Basis.OBSERVED, (Verb.CALLS, "shop", "op_seen"), op_seen=path)
    assert seen(declared, observed) == ([], [])
    operations = [
        Operation(id=api, api=api, method="get", path=spelled, provenance=(Provenance(source=api, file="f"),))
        for api, spelled in (("gateway", path), ("orders", "/orders/{id}/lines"))
    ]
    (same,) = proposals(Estate.build([Loaded(entities=tuple(operations))]))
    assert (same.why, same.ids) == ("same routes", ("gateway", "orders"))


@pytest.mark.parametrize("path", ["/orders/{id}", "/orders/id/lines", "/orders/{id}:lines", "/v1/orders/{id}/lines"])
def test_another_path_is_another_route(path: str) -> None:
    assert template(path) != template(SPELLINGS[0])


def test_only_an_operation_whose_api_method_and_path_are_known_has_one() -> None:
    whole = Operation(id="o", api="a", method="get", path="/x/:id")
    assert route(whole) == ("a", "GET", "/x/{}")
    parts = [whole.model_copy(update={name: None}) for name in ("api", "method", "path")]
    assert [route(entity) for entity in (*parts, Service(id="s"))] == [None] * 4


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/orders/{id}", "/orders/{}"),
        ("/orders/:id/lines/{n}", "/orders/{}/lines/{}"),
        ("/files/*", "/files/{}"),
        ("~/orders/(?<id>[^/]+)/status$", "/orders/{}/status"),
        ("~^/v1/orders/(?P<id>\\d+)$", "/orders/{}"),
        ("/v1/orders/", "/orders"),
        ("/v1", "/v1"),
        ("/v10/orders", "/v10/orders"),
        ("/", "/"),
    ],
)
def test_paths_are_compared_without_the_names_of_their_parameters(path: str, plain: str) -> None:
    assert template(path, ["/v1"]) == plain
