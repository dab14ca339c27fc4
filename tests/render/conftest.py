from __future__ import annotations

import pytest

from blastradius.answer import Edge, Gain, Node, Picture
from blastradius.model import Kind, Level


@pytest.fixture
def small() -> Picture:
    """A partner whose key reaches, through a scope and fourteen operations, the customer records."""
    granted = Level.GRANTED

    def use(words: str) -> tuple[Gain, ...]:
        return (Gain(words, granted),)

    operations = tuple(f"op:orders-{number}" for number in range(14))
    nodes = (
        Node("party:acme", "Acme Logistics", Kind.PARTY, None, use("controls it"), seed=True, what="party"),
        Node("cred:api", "Acme API key", Kind.CREDENTIAL, "dmz", use("has a copy"), what="credential"),
        Node("cred:sign", "Signing key 2024", Kind.CREDENTIAL, "dmz", what="credential"),
        Node("scope:orders", "orders.readwrite", Kind.SCOPE, "dmz", use("can use it"), what="scope"),
        Node("ops", "14 operations", Kind.OPERATION, "dmz", use("can use it"), members=operations, names="Read, Write"),
        Node(
            "svc:orders",
            "Orders service",
            Kind.SERVICE,
            "core",
            (Gain("it slows", granted), Gain("controls it", Level.TAKEOVER)),
        ),
        Node(
            "store:customers",
            "Customer records",
            Kind.STORE,
            "core",
            (Gain("can read all of it", Level.ABUSED),),
            crown_jewel=True,
        ),
    )
    edges = (
        Edge("party:acme", "cred:api", "holds", tone=granted),
        Edge(
            "party:acme", "cred:sign", "take", "stopped", stopped_by=("the key cannot be copied", "a list of addresses")
        ),
        Edge("cred:api", "scope:orders", "is granted", tone=granted),
        Edge("scope:orders", "ops", "permits", tone=granted),
        Edge("ops", "svc:orders", "breaks", tone=Level.TAKEOVER),
        Edge("ops", "store:customers", "reads", tone=Level.ABUSED),
        Edge("svc:orders", "store:customers", "writes", "context"),
    )
    zones = {"dmz": "Partner zone", "core": "Core network"}
    title, subtitle = "How far does a compromised Acme Logistics reach?", "Acme Logistics is compromised"
    return Picture(title, subtitle, nodes, edges, zones, "6 of 7 things reached · 1 crown jewel")
