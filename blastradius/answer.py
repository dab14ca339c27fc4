"""What every question returns: an answer in words, tables, data and, where it helps, a picture.

A renderer only turns this into text, JSON or Graphviz; it computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import UnionType
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from blastradius.errors import UsageError, did_you_mean
from blastradius.model import Frozen, Kind, Level, Note, Provenance, Scenario

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from blastradius.estate import Estate

Cell = str | int | float | bool | None


Row = tuple[Cell, ...]
Value = TypeVar("Value")


class Detail(NamedTuple):
    """How much of an answer people are shown: ids beside names, every row, every note."""

    ids: bool = False
    all: bool = False
    notes: bool = False


PLAIN = Detail()
UNKNOWN = "unknown"
"""What a cell says of what nobody stated."""


class Table(NamedTuple):
    """Rows under named columns; ``id`` names the table in file names and headings.

    ``ids`` are the columns that hold ids, ``brief`` the rows that people are shown first where all are many; data
    (CSV, JSON) has every column and row whatever they say. Where a terminal is too narrow, the columns in ``under``
    stand below their row, after their heading where it is in ``headed`` too, and those in ``spare`` are left out, the
    last one first.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    ids: tuple[str, ...] = ()
    brief: tuple[Row, ...] | None = None
    under: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    headed: tuple[str, ...] = ()

    def shown(self, detail: Detail) -> Table:
        """What people are shown of it."""
        kept = [place for place, column in enumerate(self.columns) if detail.ids or column not in self.ids]
        rows = self.rows if detail.all or self.brief is None else self.brief
        return self._replace(
            columns=tuple(self.columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in rows),
        )

    def is_short(self, detail: Detail) -> bool:
        """Whether people are shown fewer than all its rows."""
        return self.brief is not None and not detail.all and len(self.brief) < len(self.rows)


class Felt(StrEnum):
    """What is felt of an outage or a mistake, the worst first."""

    STOPS = "stops"
    WRONG = "is wrong"
    SLOWS = "slows"


Tone = Level | Felt
"""What the colour of a thing drawn says: the level at which it is reached, or what is felt of it."""


class Gain(NamedTuple):
    """What is gained over a thing, or felt of it, in words."""

    words: str
    tone: Tone


@dataclass(frozen=True)
class Node:
    """One thing drawn: an entity, or siblings folded into one (``count`` > 1, ``members`` their ids).

    ``what`` is its kind in words, ``names`` those of the siblings. ``gains`` are what is gained over it, the lowest
    level (or the worst that is felt) first; it is not reached where there are none. ``seed`` marks where the scenario
    starts. ``known`` says that it is only inferred or assumed that it is reached, and is empty otherwise.
    """

    id: str
    label: str
    kind: Kind
    zone: str | None = None
    gains: tuple[Gain, ...] = ()
    seed: bool = False
    crown_jewel: bool = False
    members: tuple[str, ...] = ()
    what: str = ""
    names: str = ""
    known: str = ""

    @property
    def count(self) -> int:
        """How many entities the node stands for."""
        return max(1, len(self.members))

    @property
    def tone(self) -> Tone | None:
        """The lowest level at which it is reached, or the worst that is felt of it."""
        return self.gains[0].tone if self.gains else None


class Edge(NamedTuple):
    """One step drawn, from node to node: ``style`` says whether it is taken, stopped or only context."""

    source: str
    target: str
    label: str
    style: Literal["step", "stopped", "context"] = "step"
    tone: Tone | None = None
    stopped_by: tuple[str, ...] = ()


Sheet = Literal["A4", "A3"]


@dataclass(frozen=True)
class Picture:
    """Nodes and edges in drawing order, with the zones as clusters (id → label) and a line of counts.

    ``words`` explains those of its words that need it. It is drawn on a ``sheet``, or as large as it gets where that
    is ``None``; where it would not be readable there, the first of ``smaller`` that is is drawn instead. ``plain`` says
    what a box without colour is, where that is not that it is not reached.
    """

    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    zones: dict[str, str] = field(default_factory=dict)
    counts: str = ""
    words: dict[str, str] = field(default_factory=dict)
    sheet: Sheet | None = "A4"
    smaller: tuple[Picture, ...] = ()
    plain: str = ""


class Scene(NamedTuple):
    """One picture of a series: the whole, with what is said of it at this point; ``new`` is marked among the ``lit``.

    Both are ids of nodes; what is not lit is only hinted at, and where it is ``bare`` not there at all, nor any edge.
    """

    picture: Picture
    lit: frozenset[str]
    new: frozenset[str]
    bare: bool = False


class Series(NamedTuple):
    """Scenes of one whole, all laid out as it is."""

    whole: Picture
    scenes: tuple[Scene, ...]


class Scatter(NamedTuple):
    """Names where two raw counts of each meet: ``points`` are (name, ``across``, ``up``), the axes in words."""

    title: str
    across: str
    up: str
    points: tuple[tuple[str, int, int], ...]


class Section(NamedTuple):
    """One part of a page: sentences, then a table; ``drawn`` says that the picture of the answer stands below.

    ``scene`` is the number of the picture of the page's series that does; ``on_new_sheet`` begins another sheet.
    """

    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None
    drawn: bool = False
    scene: int | None = None
    on_new_sheet: bool = False


class Page(NamedTuple):
    """An answer as a document of one A4 page; of as many as it takes where it is ``long``.

    ``series`` has the same scenes in several sizes, the largest first; the first that can be read on paper is drawn.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    long: bool = False
    series: tuple[Series, ...] = ()


class WayStep(NamedTuple):
    """A relation on the way to what a rule forbids: its id, what it says, where it was read; ``lets_in`` of a grant."""

    id: str
    says: str
    places: tuple[Provenance, ...]
    lets_in: bool = False


class Verdict(NamedTuple):
    """How one thing that a rule expects came out, for the formats of pipelines.

    ``about`` are the ids that tell it from the other verdicts of its rule, whatever line they stand on; ``at`` is
    where the rule stands. ``excuse`` is why it is accepted. ``steps`` are the way to what is not to be reached.
    """

    rule: str
    about: tuple[str, ...]
    says: str
    state: Literal["holds", "fails", "accepted"]
    at: Provenance | None = None
    excuse: str = ""
    steps: tuple[WayStep, ...] = ()


class Pack(NamedTuple):
    """An answer as a folder: documents, tables and JSON in the formats of others, by the names of their files.

    Names are without endings; ``/`` parts a folder from what is in it.
    """

    documents: dict[str, Answer]
    tables: dict[str, Table]
    texts: dict[str, object]


class _Made(Generic[Value]):
    """What of an answer is given as it is, or made when it is first asked for, for many who ask do not look at it."""

    def __init__(self, *default: Value) -> None:
        self.default = default

    def __set_name__(self, _: type, name: str) -> None:
        self.name = name

    def __get__(self, answer: Answer | None, _: type[Answer]) -> Value:
        if answer is None and not self.default:
            raise AttributeError(self.name)  # a field without a default
        found: Any = self.default[0] if answer is None else vars(answer)[self.name]
        if callable(found):
            found = vars(answer)[self.name] = found()
        value: Value = found
        return value

    def __set__(self, answer: Answer, value: Value | Callable[[], Value]) -> None:
        vars(answer)[self.name] = value


@dataclass(frozen=True)
class Answer:
    """One question answered.

    ``headline`` is one sentence in the asker's words; ``data`` is the contract behind ``--format json``; it and
    ``tables`` are given, or made when they are asked for;
    ``findings`` is true when the command should exit with 1. ``page`` is its own layout, where it has one; its tables
    are among ``tables``. ``appendix`` are pages that follow it. ``scatter`` is drawn where
    pictures are. ``painted`` makes the picture, where there is one: on a
    large estate that takes as long as the rest, and most who ask do not look at it. ``packed`` makes the folder, where
    the answer is one. ``opens`` are scenarios of which more can be asked in the explorer, each with its words.
    """

    question: str
    headline: str
    data: _Made[Frozen] = _Made()
    tables: _Made[tuple[Table, ...]] = _Made(())
    lines: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    painted: Callable[[], Picture | None] | None = field(default=None, compare=False)
    verdicts: tuple[Verdict, ...] = ()
    findings: bool = False
    page: Page | None = None
    packed: Callable[[], Pack] | None = field(default=None, compare=False)
    appendix: tuple[Page, ...] = ()
    scatter: Scatter | None = None
    opens: tuple[tuple[str, Scenario], ...] = ()

    def table(self, name: str) -> Table:
        """One of its tables by its id; the first where the name is empty.

        Raises:
            UsageError: it has none of that id, or none at all.
        """
        known = {table.id: table for table in self.tables}
        if known and not name:
            return self.tables[0]
        if name not in known:
            there = f"this answer has {', '.join(known)}" if known else "this answer has no table"
            raise UsageError(f"table {name}: {there}{did_you_mean(name, known)}")
        return known[name]

    def with_tables(self, tables: tuple[Table, ...] | Callable[[], tuple[Table, ...]]) -> Answer:
        """The same answer with other tables; nothing is made for that."""
        data = vars(self)["data"]
        return replace(self, data=data, tables=tables)

    @cached_property
    def picture(self) -> Picture | None:
        """The picture, made when it is first asked for."""
        return self.painted() if self.painted is not None else None


class Query(NamedTuple):
    """A question: its name, what it answers, its parameters (one pydantic model) and the function.

    The command line, the Python interface and JSON all come from ``params``. A field's ``description`` is
    its help; every field becomes an option. ``data`` is the type of its answers' data. ``draws`` says that an answer
    may have a picture, ``finds`` that it may have findings, ``prints`` that it has a page, ``packs`` that it may be a
    folder of documents, ``judges`` that answers have verdicts, ``opens`` that they have scenarios of which more can be
    asked in the explorer. ``main`` is the id of the table that CSV has where none
    is named; the first where it is empty. ``example`` is shown at the end of the help: the options after the estate.
    ``about_one`` says that it looks at nothing but what is reached from where it starts, or leads there, so that it can
    be asked of a part of an estate; ``Part`` says what that needs. ``spreads`` says that it looks at many worlds, which
    can be solved elsewhere.
    """

    name: str
    title: str
    params: type[BaseModel]
    run: Callable[[Estate, Any], Answer]
    data: type[Frozen] | None = None
    draws: bool = False
    finds: bool = False
    prints: bool = False
    packs: bool = False
    judges: bool = False
    opens: bool = False
    about_one: bool = False
    spreads: bool = False
    main: str = ""
    example: str | None = None


SEVERAL = (tuple, list, set, frozenset)
"""What a parameter that takes several is made of."""


def takes_several(field: FieldInfo) -> bool:
    """Whether a parameter takes several values: it is a tuple, list or set, perhaps an optional one."""
    choices = get_args(field.annotation) if get_origin(field.annotation) in (Union, UnionType) else (field.annotation,)
    return any(get_origin(choice) in SEVERAL for choice in choices)


def is_estate(field: FieldInfo) -> bool:
    """Whether a parameter is another estate, which people name by its path."""
    from blastradius.estate import Estate

    return Estate in (field.annotation, *get_args(field.annotation))


def is_fragment(field: FieldInfo) -> bool:
    """Whether a parameter is what estate files say that make no estate by themselves; people name their path."""
    from blastradius.loaderkit.contract import Loaded

    return Loaded in (field.annotation, *get_args(field.annotation))


def parameters(query: Query, given: dict[str, Any], spelled: Callable[[str], str] = str) -> Any:
    """A question's parameters, an instance of its model, from values by name; ``spelled`` is how the asker writes one.

    Raises:
        UsageError: an unknown or a missing parameter, or a value that does not fit.
    """
    from pydantic import ValidationError

    try:
        return query.params.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join([spelled(str(first["loc"][0])), *map(str, first["loc"][1:])]) if first["loc"] else "it"
        message = first["msg"].replace("Input should be", "expected")
        if first["type"] == "extra_forbidden":
            known = [spelled(field) for field in query.params.model_fields]
            raise UsageError(f"{query.name}: it does not take {name}{did_you_mean(name, known)}") from None
        if first["type"] == "missing":
            raise UsageError(f"{query.name}: {name} is not given; it has to be") from None
        raise UsageError(f"{query.name}: {name} is {first['input']!r}; {message[0].lower()}{message[1:]}") from None
