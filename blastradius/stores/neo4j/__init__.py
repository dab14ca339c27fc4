"""Estates in Neo4j: a graph that people can query by hand, and from which the same estate comes back."""

from blastradius.stores.neo4j.asking import asked_there
from blastradius.stores.neo4j.connection import Connection, connected
from blastradius.stores.neo4j.pull import pull
from blastradius.stores.neo4j.push import Allowed, Pushed, push
from blastradius.stores.neo4j.status import Stored, status

__all__ = ["Allowed", "Connection", "Pushed", "Stored", "asked_there", "connected", "pull", "push", "status"]
