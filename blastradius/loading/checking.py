"""What sources came to as the answer to ``check``: what is loose in them, what may be one thing, every record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from blastradius.answer import Answer
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.loaderkit.names import counted
from blastradius.loading.check_tables import tables
from blastradius.loading.checked_rows import CheckData, ProposalRow, SourceRow, StatementRow
from blastradius.loading.discovery import is_something
from blastradius.loading.session import LoadedFile, Survey
from blastradius.model import Basis, Note, NoteKind, Provenance
from blastradius.reports.rows import PlaceRow, place_row
from blastradius.reports.words import plural, with_names

_PLACED = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)", re.DOTALL)


def checked(found: Survey) -> tuple[Answer, bool]:
    """The answer, and whether there is a whole estate; what can be read is told of either way."""
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
    sources = tuple(map(_source, found.files))
    data = CheckData(
        question="check",
        headline=_headline(estate, sources, len(problems), len(loose)),
        sources=sources,
        problems=tuple(map(_problem, problems)),
        unresolved=_statements(estate, unresolved),
        proposals=tuple(
            ProposalRow(why=proposal.why, ids=proposal.ids, evidence=proposal.evidence, write=proposal.write)
            for proposal in proposals(estate, found.different)
        ),
        findings=_statements(estate, loose),
        notes=_statements(estate, notes),
        entities=len(estate.entities),
        relations=len(estate.relations),
        digest=estate.digest,
    )
    answer = Answer(
        question="check",
        headline=data.headline,
        data=data,
        tables=tables(data),
        lines=() if problems and not sources else (_accounted(sources), *_next(estate, [*problems, *loose])),
        findings=bool(loose),
    )
    return answer, not problems


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


def _statements(estate: Estate, notes: Iterable[Note]) -> tuple[StatementRow, ...]:
    return tuple(
        StatementRow(
            kind=note.kind,
            message=note.message,
            words=with_names(estate, note.message),
            about=note.about,
            places=tuple(map(place_row, note.provenance)),
            text=str(note),
        )
        for note in notes
    )


def _next(estate: Estate, wrong: Sequence[object]) -> Iterator[str]:
    """What to do where nothing is wrong and nothing is stated."""
    if not wrong and not estate.entities:
        yield (
            "nothing is stated yet: say in an estate file which third parties there are, which keys they hold and what "
            "these open; or put exports into a folder and run 'blastradius init' there"
        )


def _problem(text: str) -> StatementRow:
    """A problem with its place as fields, where it starts with one."""
    found = _PLACED.fullmatch(text)
    if found is None:
        return StatementRow(kind="problem", message=text, words=text, about=(), places=(), text=text)
    place = PlaceRow(file=found["file"], line=int(found["line"]), column=int(found["column"]))
    said = found["message"]
    return StatementRow(kind="problem", message=said, words=said, about=(), places=(place,), text=text)


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


def _headline(estate: Estate, sources: Sequence[SourceRow], problems: int, findings: int) -> str:
    if problems:
        read = f" in {plural(len(sources), 'source')}" if sources else ""
        return f"no whole estate: {plural(problems, 'problem')}{read}"
    things = plural(len(estate.entities), "entity", "entities")
    relations, read = plural(len(estate.relations), "relation"), plural(len(sources), "source")
    return f"{plural(findings, 'finding')} in {things} and {relations} from {read}"


def _accounted(sources: Iterable[SourceRow]) -> str:
    """Every record as what it ended as."""
    rows = list(sources)
    total = {name: sum(getattr(row, name) for row in rows) for name in ("records", "facts", "rejected", "ignored")}
    return (
        f"every record accounted for: {total['records']:,} = {plural(total['facts'], 'fact')} + "
        f"{total['rejected']:,} rejected + {total['ignored']:,} ignored"
    )
