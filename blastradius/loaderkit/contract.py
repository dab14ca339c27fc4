"""What a loader is and what it returns: the words between files and the estate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

from pydantic import AfterValidator, BaseModel, Field, InstanceOf, model_validator

from blastradius.columns.bulk import BulkFacts
from blastradius.dates import Date
from blastradius.errors import InputError
from blastradius.loaderkit.gate import without_secrets
from blastradius.model import Entity, Exercise, Expectation, Frozen, Note, Provenance, Relation, Tally, Zone
from blastradius.secrets import looks_secret, redacted

Provenances = tuple[Provenance, ...]
"""Where a fact stands: in every place that says it."""


class SourceRequest(Frozen):
    """Something further that a file asks to be loaded, with the loader and the options it names.

    It is another file (``path``), or what stands at ``part`` in the file itself, such as an API description
    inside a catalog. Where it is not ``required``, what cannot be loaded is noted and the rest loads.
    """

    loader: str
    path: Annotated[str, AfterValidator(redacted)] = ""
    part: tuple[str | int, ...] = ()
    required: bool = True
    options: dict[str, Any] = Field(default_factory=dict)
    provenance: Provenance

    @model_validator(mode="after")
    def _has_no_secret(self) -> SourceRequest:
        if looks_secret(repr(self.options)):
            raise InputError([f"{self.provenance}: an option looks like a secret; name the thing by something else"])
        return self


class Loaded(Frozen):
    """What one loader made of one file: facts and notes together, and the count of records.

    ``ignored`` says how many records of each class were read and carry no reach. This is the last gate against
    secrets, whichever loader it was: text is redacted, and an id that looks like one gets another name.

    ``clock`` are the hours that steps of a rule take, by the id of the rule.

    ``bulk`` are further facts, kept as columns because there are too many to be an object each; whoever makes them
    keeps that gate, and ``objects`` spells them out.
    """

    title: str | None = None
    as_of: Date | None = None
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    zones: tuple[Zone, ...] = ()
    clock: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    requests: tuple[SourceRequest, ...] = ()
    notes: tuple[Note, ...] = ()
    tally: Tally = Tally()
    ignored: dict[str, int] = Field(default_factory=dict)
    bulk: InstanceOf[BulkFacts] | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _has_no_secret(self) -> Loaded:
        vars(self).update(without_secrets(vars(self)))
        return self

    @property
    def entity_count(self) -> int:
        """How many entities it has, as objects and in bulk."""
        return len(self.entities) + (self.bulk.entity_count if self.bulk else 0)

    @property
    def relation_count(self) -> int:
        """How many relations it has, as objects and in bulk."""
        return len(self.relations) + (self.bulk.relation_count if self.bulk else 0)

    def objects(self) -> Loaded:
        """The same with an object for each fact.

        Raises:
            UsageError: there is not enough memory for that many.
        """
        if self.bulk is None:
            return self
        entities, relations = self.bulk.objects()
        more = {"entities": (*self.entities, *entities), "relations": (*self.relations, *relations)}
        return self.model_copy(update={**more, "bulk": None})


class Document(Protocol):
    """A parsed file as ``blastradius.reading`` gives it.

    ``data`` is plain Python (dict, list, str, int, float, bool, None), or one of the shapes of
    ``blastradius.reading``: ``Documents``, ``Records``, ``Sheet``, ``Workbook``, ``Archive``, ``Lines``; ``path``
    is the file as it was named on the way in. YAML scalars and the cells of tables stay strings (null apart).
    A position is looked up by the keys and indexes that lead to a value.
    """

    @property
    def data(self) -> Any: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    def position(self, *keys: str | int) -> tuple[int, int]:
        """Line and column, from 1, of the value (for a mapping's entry: of its key) at ``keys``."""
        ...

    def sibling(self, relative: str) -> Document:
        """Another file below the root folder, read with the same limits; never anything outside it.

        Raises:
            InputError: the file is missing, outside the folder, or cannot be parsed.
        """
        ...

    def part(self, *keys: str | int) -> Document:
        """What stands at ``keys`` as a document of its own, a text parsed; positions are those in this file.

        Raises:
            InputError: a text that cannot be parsed.
        """
        ...


class Loader(NamedTuple):
    """A format: its name, what it reads, how it recognises a file, and the function that loads one.

    ``recognises`` looks at a parsed document and says whether it is this format. ``load`` gets the document
    and the options that a ``SourceRequest`` or the user named (``{}`` for a file named on its own); it raises
    ``InputError`` for a file it cannot read and returns notes for what it read but could not model. ``maps`` says
    in plain words what each term of the format becomes in our model, ``infers_not`` what the format cannot tell and
    the user must declare; ``options`` is the shape of what ``load`` takes (``None``: it takes nothing), each field
    with a description; ``proposes`` gives options that a file could be loaded with, each for a source of its
    own, for a person to check, and ``leaves`` what of the file those make nothing of, in words; ``schema`` gives the
    JSON Schema of a file where we define the format. ``streams`` says of a file, by its name and its first bytes, that
    it is this format and is not to be parsed whole: ``load`` and ``recognises`` get a ``blastradius.reading.Stream``.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[Any], bool]
    load: Callable[[Document, dict[str, Any]], Loaded]
    reads: str = ""
    maps: tuple[tuple[str, str], ...] = ()
    infers_not: tuple[str, ...] = ()
    options: type[BaseModel] | None = None
    proposes: Callable[[Document], list[dict[str, Any]]] | None = None
    leaves: Callable[[Document, Sequence[Mapping[str, Any]]], list[str]] | None = None
    schema: Callable[[], dict[str, Any]] | None = None
    streams: Callable[[Path], bool] | None = None
