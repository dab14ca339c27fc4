"""The rows of the answer to ``check``."""

from __future__ import annotations

from blastradius.model import Frozen
from blastradius.reports.rows import PlaceRow


class SourceRow(Frozen):
    """One file: the loader that read it, what it says, and how its records ended; ``by_class`` are those ignored."""

    file: str
    loader: str
    entities: int
    relations: int
    records: int
    facts: int
    rejected: int
    ignored: int
    by_class: dict[str, int]


class ProposalRow(Frozen):
    """Ids that may be one thing, the evidence, and what to write into the workspace where they are."""

    why: str
    ids: tuple[str, ...]
    evidence: str
    write: str


class StatementRow(Frozen):
    """Something that is said of the sources: ``kind`` is that of a note, or ``problem``; ``about`` are ids.

    ``text`` is all of it in one line, position first; ``words`` are the message with names before ids.
    """

    kind: str
    message: str
    words: str
    about: tuple[str, ...]
    places: tuple[PlaceRow, ...]
    text: str

    @property
    def at(self) -> str:
        """Its first place as people write it; empty where it has none."""
        return self.places[0].text if self.places else ""


class CheckData(Frozen):
    """The answer to ``check``; ``problems`` are why something could not be read, or all of it not be joined."""

    question: str
    headline: str
    sources: tuple[SourceRow, ...]
    problems: tuple[StatementRow, ...]
    unresolved: tuple[StatementRow, ...]
    proposals: tuple[ProposalRow, ...]
    findings: tuple[StatementRow, ...]
    notes: tuple[StatementRow, ...]
    entities: int
    relations: int
    digest: str
