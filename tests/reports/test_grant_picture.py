"""The picture of a grant: what it adds is lit up, the way there is plain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import blastradius as br
from blastradius.estate import Estate
from tests.queries.written import written


@pytest.fixture(scope="module")
def retailer(northwind: Path) -> Estate:
    return br.load(northwind)


@pytest.fixture(scope="module")
def asked(retailer: Estate) -> Any:
    return br.grant(retailer, holder="acme", grant=("orders:customers.read", "orders:returns.write"))


def test_what_is_newly_reached_is_lit_up_and_nothing_else(asked: Any) -> None:
    picture = asked.answer.picture
    lit = {name for node in picture.nodes if node.gains and not node.seed for name in node.members or (node.id,)}
    assert lit == {row.entity for row in asked.data.added}
    assert {edge.style for edge in picture.edges if edge.target not in lit} <= {"context"}
    assert "slows" not in str(picture.nodes)
    assert "Acme Logistics" in picture.title
    assert picture.plain


def test_what_the_smaller_grant_adds_too_is_marked(retailer: Estate) -> None:
    grants = ("orders:customers.read", "orders:returns.write")
    found: Any = br.grant(retailer, holder="acme", grant=grants, needs="orders:getReturn")
    smallest = min(found.data.smaller, key=lambda row: (len(row.crown_jewels), row.entities, len(row.means)))
    marked = {node.id for node in found.answer.picture.nodes if node.known}
    assert marked
    assert marked <= {row.entity for row in smallest.added}


def test_where_a_grant_adds_nothing_there_is_no_picture() -> None:
    built = written("parties: {p: {holds: k}}\ncredentials: {k: {grants: o}}\noperations: {o: {}}\n")
    assert br.grant(built, holder="p", grant="o").answer.picture is None
