"""What raw paths are examples of."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

paths: Any = importlib.import_module("blastradius.loaderkit.vendors.traces.paths")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/orders/1042", "/orders/{id}"),
        ("/v2/orders/5d41402abc4b2a76b9719d911017c592/items/7", "/v2/orders/{id}/items/{id}"),
        ("/u/6f1d3c1e-8b1f-4f4e-9a3c-0e1f2a3b4c5d", "/u/{id}"),
        ("/token/abcdefgh123456", "/token/{id}"),
        ("/u/a@b.example", "/u/{id}"),
        ("/x/%2e%2e/y", "/x/{id}/y"),
        ("/o/order-1042/cus_Nx12ab", "/o/{id}/{id}"),
        ("/day/2026-01-05", "/day/{id}"),
        ("/a;jsessionid=CANARY1/b?token=CANARY#x", "/a/b"),
        ("https://user:CANARY@api.example:8443/v1/charges", "/v1/charges"),
        ("https://api.example", "/"),
        ("/reset/password=hunter2secret", "/reset/{id}"),
        ("/" + "x" * 65, "/{id}"),
        ("*", "*"),
        ("orders", "/orders"),
    ],
)
def test_ids_are_taken_out(path: str, route: str) -> None:
    assert paths.raw(path) == route


@pytest.mark.parametrize(
    "path",
    ["/oauth2/authorize", "/customer-portal/route-66", "/api/v1beta2/jobs", "/blog/monitor-rama-2013", "/face", "/"],
)
def test_words_and_versions_stay(path: str) -> None:
    assert paths.raw(path) == path


@pytest.mark.parametrize(
    ("stated", "route"),
    [
        ("/orders/:id", "/orders/{id}"),
        ("/o/<int:order>/x", "/o/{order}/x"),
        ("/o/{order:[0-9]+}", "/o/{order}"),
        ("^orders/(?P<pk>[^/.]+)/$", "/orders/{pk}/"),
        ("GET /a/{b}", "/a/{b}"),
        ("/api/{*rest}", "/api/{rest}"),
    ],
)
def test_routes_are_written_in_one_way(stated: str, route: str) -> None:
    assert paths.route(stated) == route


def test_stated_routes_come_first_and_the_most_fixed_wins() -> None:
    routes = paths.Routes(["/orders/{id}", "/orders/new", "/files/{path...}"])
    found = [paths.raw(path, routes) for path in ("/orders/new", "/orders/abc", "/files/a/b", "/other/7")]
    assert found == ["/orders/new", "/orders/{id}", "/files/{path...}", "/other/{id}"]
