"""The commands about estates in a database: push one, pull one, say what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from blastradius.answer import Answer, Table
from blastradius.cli.output import emit, progress, show
from blastradius.cli.question_command import PATHS
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import output_options, wanted
from blastradius.errors import IncompleteError
from blastradius.loaderkit.names import counted
from blastradius.loading import survey
from blastradius.model import Frozen, Kind, Verb
from blastradius.stores.addresses import address_of

if TYPE_CHECKING:
    from blastradius.stores.neo4j import Pushed, Stored

_SELF_SIGNED = click.option(
    "--self-signed", is_flag=True, envvar="BLASTRADIUS_SELF_SIGNED", help="Trust any certificate of a +ssc:// address."
)
_WHERE = click.argument("where", metavar="URI")


class PushData(Frozen):
    """The answer to ``push``: ``written`` is false where the database had the estate already."""

    question: str = "push"
    where: str
    load: str
    written: bool
    entities: int
    relations: int
    facts: dict[str, int]
    digest: str


class StoredRow(Frozen):
    """One estate of a database: which load of it is read, what it holds, who is loading it now."""

    estate: str
    load: str | None
    previous: str | None
    entities: int
    relations: int
    loaded_at: str | None
    loading: str | None
    unfinished: int
    schema_version: int | None
    digest: str | None
    facts: dict[str, int]


class StatusData(Frozen):
    """The answer to ``status``."""

    question: str = "status"
    where: str
    estates: tuple[StoredRow, ...]


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def all_of(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return all_of


@click.command("push", cls=Command, **example("push neo4j://localhost examples/northwind"))
@_WHERE
@PATHS
@_options(
    click.option("--accept-shrink", is_flag=True, help="Push even though more than a tenth would be gone."),
    click.option("--accept-incomplete", is_flag=True, help="Push even though a source is empty or not whole."),
    click.option("--beside-others", is_flag=True, help="Push into a database that holds other data as well."),
    _SELF_SIGNED,
    *output_options(),
)
def push_command(
    where: str,
    paths: tuple[str, ...],
    accept_shrink: bool,
    accept_incomplete: bool,
    beside_others: bool,
    self_signed: bool,
    **output: Any,
) -> int:
    """Push an estate into a Neo4j database, all of it or nothing; docs/neo4j.md says how it is kept."""
    from blastradius.loading.shared import whole_estate
    from blastradius.stores.neo4j import Allowed, connected, push

    asked, address = wanted(**output), address_of(where, self_signed=self_signed)  # before long work
    allowed = Allowed(shrink=accept_shrink, incomplete=accept_incomplete, beside_others=beside_others)
    with progress() as report:
        try:
            estate = whole_estate(survey(paths, report), incomplete=accept_incomplete)
        except IncompleteError as error:
            stays = f"{address}: incomplete; nothing was pushed, and what is there stays"
            raise IncompleteError(f"{error}\n{stays}") from None
        with connected(where, self_signed=self_signed) as connection:
            done = push(connection, estate, allowed, tell=report)
    emit(_pushed(str(address), done), asked)
    return 0


@click.command("pull", cls=Command, **example("pull neo4j://localhost -o estate.jsonl"))
@_WHERE
@_options(
    click.option("-o", "--output", metavar="FILE", help="Write to a file instead of standard output."), _SELF_SIGNED
)
def pull_command(where: str, output: str | None, self_signed: bool) -> int:
    """Write the snapshot of an estate in a Neo4j database; `export --to snapshot` writes the same of any estate."""
    from blastradius.stores.neo4j import connected
    from blastradius.stores.neo4j.pull import pulled_lines
    from blastradius.writing import write_atomic

    with progress() as report, connected(where, self_signed=self_signed) as connection:
        text = "".join(f"{line}\n" for line in pulled_lines(connection, report))
    if output in (None, "-"):
        show(text, json=True)
    else:
        write_atomic(Path(str(output)), text)
    return 0


@click.command("status", cls=Command, **example("status neo4j://localhost"))
@_WHERE
@_options(_SELF_SIGNED, *output_options())
def status_command(where: str, self_signed: bool, **output: Any) -> int:
    """Say which estates a Neo4j database keeps, and who is loading one."""
    from blastradius.stores.neo4j import connected, status

    asked = wanted(**output)
    with connected(where, self_signed=self_signed) as connection:
        emit(_status(str(connection.address), status(connection)), asked, "estates")
    return 0


def _pushed(where: str, done: Pushed) -> Answer:
    entities, relations = _sizes(done.facts)
    data = PushData(where=where, entities=entities, relations=relations, **vars(done))
    size = f"{counted(entities, 'entity', 'entities')} and {counted(relations, 'relation')}"
    if not done.written:
        return Answer("push", f"{where} has this estate already ({size}); nothing was written", data)
    return Answer("push", f"pushed {size} to {where}; who reads there reads them from now on", data)


def _status(where: str, estates: Sequence[Stored]) -> Answer:
    rows = tuple(map(_row, estates))
    columns = ("estate", "entities", "relations", "loaded at (UTC)", "being loaded by", "left unfinished")
    cells = tuple(
        (row.estate, row.entities, row.relations, _minute(row.loaded_at), row.loading, row.unfinished) for row in rows
    )
    headline = f"{counted(len(rows), 'estate is', 'estates are')} kept at {where}"
    tables = (Table("estates", "Estates", columns, cells),) if rows else ()
    return Answer("status", headline, StatusData(where=where, estates=rows), tables)


def _minute(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else "never"


def _row(stored: Stored) -> StoredRow:
    entities, relations = _sizes(stored.facts)
    stated = {name: value for name, value in vars(stored).items() if name != "schema"}
    return StoredRow(entities=entities, relations=relations, schema_version=stored.schema, **stated)


def _sizes(facts: Mapping[str, int]) -> tuple[int, int]:
    kinds, verbs = set(map(str, Kind)), set(map(str, Verb))
    return (
        sum(count for name, count in facts.items() if name in kinds),
        sum(count for name, count in facts.items() if name in verbs),
    )
