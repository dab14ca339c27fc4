"""What a loader of large files hands over in place of objects; no array is needed to say so."""

from __future__ import annotations

from abc import ABC, abstractmethod

from blastradius.model import Entity, Relation


class BulkFacts(ABC):
    """Facts that are kept as columns: an entity or a relation is made when it is asked for."""

    @property
    @abstractmethod
    def entity_count(self) -> int:
        """How many entities are declared."""

    @property
    @abstractmethod
    def relation_count(self) -> int:
        """How many relations there are."""

    @abstractmethod
    def objects(self) -> tuple[tuple[Entity, ...], tuple[Relation, ...]]:
        """All of them as objects.

        Raises:
            UsageError: there is not enough memory for that many.
        """
