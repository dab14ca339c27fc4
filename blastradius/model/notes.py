"""What was read and not, or not fully, modelled as it stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from blastradius.model.values import Frozen, Provenance
from blastradius.secrets import redacted


class NoteKind(StrEnum):
    """Why something is worth a note: read, but not (or not fully) modelled as it stands."""

    UNSUPPORTED = "unsupported"
    ASSUMED = "assumed"
    CONTRADICTED = "contradicted"
    UNRESOLVED = "unresolved"
    SECRET_DROPPED = "secret_dropped"  # noqa: S105 - a note's name, not a secret
    INCOMPLETE = "incomplete"


class Note(Frozen):
    """Something that every answer resting on it repeats, no secret in it; ``about`` names entities or relations."""

    kind: NoteKind
    message: Annotated[str, AfterValidator(redacted)]
    about: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    def __str__(self) -> str:
        position = f"{self.provenance[0]}: " if self.provenance else ""
        return f"{position}{self.kind}: {self.message}"


class Tally(Frozen):
    """Conservation: every record of the input ends as exactly one of fact, rejected or declared-ignored."""

    facts: int = 0
    rejected: int = 0
    ignored: int = 0

    @property
    def records(self) -> int:
        """How many records the input had."""
        return self.facts + self.rejected + self.ignored

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: count + getattr(other, name) for name, count in self})
