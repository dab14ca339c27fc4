"""The commands about sources: what they came to, and a first workspace for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from blastradius.answer import Answer, Table
from blastradius.cli.completion import files
from blastradius.cli.output import emit, progress
from blastradius.cli.question_command import PATHS
from blastradius.cli.usage import Command, example
from blastradius.cli.wanted import exit_zero_option, output_options, wanted
from blastradius.errors import InputError, UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.names import counted
from blastradius.loading import FILE_NAME, LoadedFile, Survey, survey
from blastradius.loading.discovery import is_something
from blastradius.model import Basis, Frozen, Note, NoteKind, Provenance


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


class CheckData(Frozen):
    """The answer to ``check``; ``problems`` are why something could not be read, or all of it not be joined."""

    question: str
    sources: tuple[SourceRow, ...]
    problems: tuple[str, ...]
    unresolved: tuple[str, ...]
    proposals: tuple[ProposalRow, ...]
    findings: tuple[str, ...]
    notes: tuple[str, ...]
    entities: int
    relations: int
    digest: str


def _check(paths: tuple[str, ...], exit_zero: bool, **output: Any) -> int:
    asked = wanted(**output)
    with progress() as report:
        found = survey(paths, report)
        report("joining")
        answer, problems = _checked(found)
    emit(answer, asked, "findings")
    if problems:
        return InputError.exit_code
    return 1 if answer.findings and not exit_zero else 0


def _check_command() -> click.Command:
    command: Callable[..., Any] = _check
    for option in (exit_zero_option(), *output_options(), PATHS):
        command = option(command)
    title = "Say what each source came to, what is loose in it, and which names may be one thing."
    return click.command("check", cls=Command, help=title, **example("check examples/northwind"))(command)


check_command = _check_command()


def _checked(found: Survey) -> tuple[Answer, list[str]]:
    """The answer, and why there is no whole estate; what can be read is told of either way."""
    from blastradius.reports.inert import inert_controls
    from blastradius.workspace import proposals

    problems = list(found.problems)
    try:
        estate = Estate.build(file.loaded for file in found.files)
    except InputError as error:
        problems += error.problems
        estate = Estate.build([Loaded(notes=tuple(note for file in found.files for note in file.loaded.notes))])
    loose = (*estate.findings(), *inert_controls(estate), *_empty(found.files))
    unresolved, notes = _split(estate)
    data = CheckData(
        question="check",
        sources=tuple(map(_source, found.files)),
        problems=tuple(problems),
        unresolved=tuple(map(_line, unresolved)),
        proposals=tuple(
            ProposalRow(why=proposal.why, ids=proposal.ids, evidence=proposal.evidence, write=proposal.write)
            for proposal in proposals(estate, found.different)
        ),
        findings=tuple(map(str, loose)),
        notes=tuple(map(str, notes)),
        entities=len(estate.entities),
        relations=len(estate.relations),
        digest=estate.digest,
    )
    return _answer(data, loose, unresolved, notes), problems


def _empty(files: Sequence[LoadedFile]) -> Iterator[Note]:
    """What is loose in a file of records of which nothing came, though some were meant to be read."""
    nothing = not any(is_something(file.loaded) for file in files)
    for file in files:
        tally = file.loaded.tally
        unread = tally.rejected and any(note.kind == NoteKind.UNSUPPORTED for note in file.loaded.notes)
        if tally.records and not is_something(file.loaded) and (unread or nothing):
            message = f"nothing came of its {counted(tally.records, 'record')} as {file.loader}; the notes say why"
            place = Provenance(source=file.loader, file=file.file)
            yield Note(kind=NoteKind.INCOMPLETE, message=message, provenance=(place,))


def _split(estate: Estate) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """References that lead nowhere, also not into another source, and all other notes."""
    referring = [note for note in estate.notes if note.kind == NoteKind.UNRESOLVED]
    others = tuple(note for note in estate.notes if note.kind != NoteKind.UNRESOLVED)
    return tuple(note for note in referring if not note.about or not all(map(_described(estate), note.about))), others


def _described(estate: Estate) -> Callable[[str], bool]:
    """Whether some source describes a thing, rather than only naming it."""
    known = (Basis.OBSERVED, Basis.DECLARED)
    return lambda name: name in estate.entities and estate.entities[name].basis in known


def _line(note: Note) -> str:
    return f"{note.provenance[0]}: {note.message}" if note.provenance else note.message


def _source(file: LoadedFile) -> SourceRow:
    loaded, tally = file.loaded, file.loaded.tally
    return SourceRow(
        file=file.file,
        loader=file.loader,
        entities=loaded.entity_count,
        relations=loaded.relation_count,
        records=tally.records,
        facts=tally.facts,
        rejected=tally.rejected,
        ignored=tally.ignored,
        by_class=loaded.ignored,
    )


def _answer(data: CheckData, loose: tuple[Note, ...], unresolved: tuple[Note, ...], notes: tuple[Note, ...]) -> Answer:
    return Answer(
        question="check",
        headline=_headline(data),
        data=data,
        tables=tuple(table for table in _tables(data, loose, unresolved) if table.rows or table.id == "sources"),
        notes=_folded(notes),
        findings=bool(loose),
    )


def _headline(data: CheckData) -> str:
    total = {name: sum(getattr(row, name) for row in data.sources) for name in ("records", "facts", "rejected")}
    accounted = (
        f"{total['records']:,} records = {total['facts']:,} facts + {total['rejected']:,} rejected + "
        f"{sum(row.ignored for row in data.sources):,} ignored"
    )
    if data.problems:
        return f"no whole estate: {len(data.problems)} problems; {accounted} in {len(data.sources)} sources"
    return (
        f"{data.entities} entities and {data.relations} relations from {len(data.sources)} sources, "
        f"{len(data.findings)} findings; {accounted}"
    )


def _tables(data: CheckData, loose: tuple[Note, ...], unresolved: tuple[Note, ...]) -> tuple[Table, ...]:
    at = ("at", "what is loose")
    names = ("file", "loader", "entities", "relations", "records", "facts", "rejected", "ignored")
    rows = tuple(tuple(getattr(row, name) for name in names) for row in data.sources)
    classes = tuple((row.file, what, count) for row in data.sources for what, count in row.by_class.items())
    proposed = tuple((row.why, row.evidence, row.write) for row in data.proposals)
    return (
        Table("problems", "Problems", ("what is wrong",), tuple((problem,) for problem in data.problems)),
        Table("sources", "Sources", names, rows),
        Table("ignored", "Ignored, by class", ("file", "class", "records"), classes),
        Table("unresolved", "References that lead nowhere", at, _placed(_folded(unresolved))),
        Table("proposals", "May be one thing: accept by writing it into the workspace", _PROPOSED, proposed),
        Table("findings", "Findings", at, _placed(_folded(loose))),
    )


_PROPOSED = ("why", "evidence", "write")


def _folded(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """Notes with those of one wording told once where there are many; the data has every one."""
    alike: dict[str, list[Note]] = {}
    for note in notes:
        alike.setdefault(_VARYING.sub("", note.message), []).append(note)
    return tuple(note for same in alike.values() for note in (same if len(same) <= _MANY else [_first(same)]))


_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*")
_MANY = 5


def _first(same: list[Note]) -> Note:
    return same[0].model_copy(update={"message": f"{same[0].message} (and {len(same) - 1:,} more like it)"})


def _placed(notes: tuple[Note, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((str(note.provenance[0]) if note.provenance else "", note.message) for note in notes)


@click.command("init", cls=Command, **example("init exports/"))
@click.argument("folder", default=".", metavar="[FOLDER]", shell_complete=files)
@click.option("--force", is_flag=True, help="Replace a workspace file that is there.")
def init_command(folder: str, force: bool) -> int:
    """Look at the files in FOLDER, and write a first workspace file for them, to be read and corrected."""
    from blastradius.loading.folder_survey import survey_folder
    from blastradius.workspace import first_workspace, said_of
    from blastradius.writing import write_atomic

    target = Path(folder) / FILE_NAME
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: not a folder; name the folder that holds the exports")
    if target.exists() and not force:
        raise UsageError(f"{target} is there already; correct it, or replace it with --force")
    with progress() as report:
        files = survey_folder(Path(folder), report)
    sources = sum(bool(file.loader) for file in files)
    if not sources:
        empty = "the folder has no files" if not files else "none of its files can be a source"
        raise InputError([f"{folder}: {empty}; put exports or a register into it ({_EXPORTS})", *said_of(files)])
    write_atomic(target, first_workspace(files, str(target)))
    click.echo(
        f"wrote {target}: {sources} of {counted(len(files), 'file')} {'is a source' if sources == 1 else 'are sources'}"
    )
    for line in said_of(files):
        click.echo(line)
    click.echo(f"Read it, then: blastradius check {target}")
    return 0


_EXPORTS = "blastradius loaders lists what can be read"
