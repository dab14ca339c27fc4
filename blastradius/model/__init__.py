"""The shared words: entities, relations, controls in use, provenance and notes.

Values are frozen; an entity or a relation says where it is from (``provenance``) and how well it is known (``basis``).
"""

from blastradius.model.capabilities import STEPPING_STONES, Capability, Fact, Level, input_ends, input_id
from blastradius.model.controls import Control, ControlKind
from blastradius.model.entities import (
    ENTITY_TYPES,
    Credential,
    Entity,
    Feed,
    Kind,
    Operation,
    Party,
    Process,
    Scope,
    Service,
    Store,
    Zone,
)
from blastradius.model.notes import Note, NoteKind, Tally
from blastradius.model.relations import SIGNATURES, TAKEN_BY, Ends, Relation, Verb, named_ends, relation_id
from blastradius.model.scenario import (
    SEEDS,
    Accepted,
    Exercise,
    Expectation,
    ExpectedFact,
    Kept,
    Scenario,
    Selection,
    Statement,
)
from blastradius.model.values import MOST_RECORDS, Basis, Frozen, Id, Provenance, Records, Signal

__all__ = [
    "ENTITY_TYPES",
    "MOST_RECORDS",
    "SEEDS",
    "SIGNATURES",
    "STEPPING_STONES",
    "TAKEN_BY",
    "Accepted",
    "Basis",
    "Capability",
    "Control",
    "ControlKind",
    "Credential",
    "Ends",
    "Entity",
    "Exercise",
    "Expectation",
    "ExpectedFact",
    "Fact",
    "Feed",
    "Frozen",
    "Id",
    "Kept",
    "Kind",
    "Level",
    "Note",
    "NoteKind",
    "Operation",
    "Party",
    "Process",
    "Provenance",
    "Records",
    "Relation",
    "Scenario",
    "Scope",
    "Selection",
    "Service",
    "Signal",
    "Statement",
    "Store",
    "Tally",
    "Verb",
    "Zone",
    "input_ends",
    "input_id",
    "named_ends",
    "relation_id",
]
