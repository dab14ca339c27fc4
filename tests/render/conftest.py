from __future__ import annotations

import pytest

from blastradius.answer import Edge, Node, Picture
from blastradius.model import Kind, Level


@pytest.fixture
def small() -> Picture:
    """A partner whose key reaches, through a scope and fourteen operations, the customer records."""
    granted = Level.GRANTED
    operations = tuple(f"op:orders-{number}" for number in range(14))
    nodes = (
        Node("party:acme", "Acme Logistics", Kind.PARTY, None, granted, "controls", seed=True),
        Node("cred:api", "Acme API key", Kind.CREDENTIAL, "dmz", granted, "holds"),
        Node("cred:sign", "Signing key 2024", Kind.CREDENTIAL, "dmz"),
        Node("scope:orders", "orders.readwrite", Kind.SCOPE, "dmz", granted, "uses"),
        Node("ops", "14 operations", Kind.OPERATION, "dmz", granted, "uses", members=operations),
        Node("svc:orders", "Orders service", Kind.SERVICE, "core", Level.TAKEOVER, "controls"),
        Node("store:customers", "Customer records", Kind.STORE, "core", Level.ABUSED, "reads", crown_jewel=True),
    )
    edges = (
        Edge("party:acme", "cred:api", "holds", level=granted),
        Edge("party:acme", "cred:sign", "take", "stopped", stopped_by=("non_exportable", "ip_allowlist")),
        Edge("cred:api", "scope:orders", "is granted", level=granted),
        Edge("scope:orders", "ops", "permits", level=granted, count=14),
        Edge("ops", "svc:orders", "breaks", level=Level.TAKEOVER),
        Edge("ops", "store:customers", "reads", level=Level.ABUSED, count=3),
        Edge("svc:orders", "store:customers", "writes", "context"),
    )
    zones = {"dmz": "Partner zone", "core": "Core network"}
    title, subtitle = "How far does a compromised Acme Logistics reach?", "Acme Logistics is compromised"
    return Picture(title, subtitle, nodes, edges, zones, "6 of 7 things reached · 1 crown jewel")
