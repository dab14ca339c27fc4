"""A tabletop exercise as documents: the facilitator's edition, the participants', and the evaluator's sheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blastradius.answer import Answer, Pack, Page, Picture, Section, Table
from blastradius.estate import Estate
from blastradius.model import Level
from blastradius.reports.exercise_data import AnswersRow, CardRow, EvidenceRow, ExerciseData, InjectRow, Play
from blastradius.reports.exercise_tables import (
    STOOD_IN,
    card_table,
    evaluator_table,
    hidden_table,
    hot_wash_table,
    lacking_table,
    lines_of,
    matrix_table,
    noticed,
    open_lines,
    route,
    undecided_lines,
    without_column,
)
from blastradius.reports.frontier import relied_table
from blastradius.reports.msel import cexf, msel_table, t3sf
from blastradius.reports.phrases import phrase
from blastradius.reports.rows import starts_said
from blastradius.reports.scenes import noticed_scenes, scenes_of, wholes_of
from blastradius.reports.stand_in_cards import WAIT, stand_in_table
from blastradius.reports.storyline import Storyline
from blastradius.reports.symptoms import BLANK
from blastradius.reports.words import label, listed, plural


def pack_of(play: Play, data: ExerciseData, assume: str) -> Pack:
    """The folder of an exercise; that of the participants alone where the answers are not among the data."""
    coming = [play.told[number] for number in play.coming if play.told[number].fact in play.reach.levels]
    wholes = wholes_of(play.story, coming) if data.injects else []
    open_data = data.model_copy(update={"answers": None, "edition": "participants", "headline": open_headline(data)})
    documents = {"participants/participants": _participants(play, open_data, wholes)}
    if data.answers is None:
        return Pack(documents, {}, {})
    facilitator = _facilitator(play, data, data.answers, wholes, assume)
    evaluator = _evaluator(play.reach.estate, data, data.answers)
    name = f"Tabletop exercise: {starts_said(play.reach.estate, play.reach.scenario)}"
    return Pack(
        {"facilitator/facilitator": facilitator, "facilitator/evaluator": evaluator, **documents},
        {"facilitator/msel": msel_table(data), "facilitator/evaluator": evaluator.tables[0]},
        {"facilitator/msel.t3sf": t3sf(data), "facilitator/msel.cexf": cexf(data, name)},
    )


def open_headline(data: ExerciseData) -> str:
    """What everybody may know of it, in a sentence."""
    decisions = len({option.inject for option in data.options})
    return phrase("exercise", data.minutes, plural(len(data.injects), "inject"), plural(decisions, "decision"))


def _document(data: ExerciseData, page: Page) -> Answer:
    tables = tuple(section.table for section in page.sections if section.table is not None)
    return Answer("exercise", data.headline, data, tables, page=page)


def _participants(play: Play, data: ExerciseData, wholes: Sequence[Picture]) -> Answer:
    """What players get, a part at a time."""
    injects = [(play.rows[number], play.told[number]) for number in play.coming]
    series = tuple(noticed_scenes(play.story, whole, injects) for whole in wholes)
    about = Section("About this exercise", (*open_lines(), *RULES))
    stages = enumerate(sorted({row.stage for row in data.injects}))
    parts = [part for number, stage in stages for part in _part(data, number, stage, bool(series))]
    wash = Section("Afterwards: what we talk about", table=hot_wash_table(), on_new_sheet=True)
    title, subtitle = "Tabletop exercise", "participants' edition"
    return _document(data, Page(title, subtitle, (about, *parts, wash), True, series))


RULES = (
    "each part is handed out when it begins; times are minutes from the start",
    "decide on what you know; ask for what you would look up, and say who would look it up",
    "whatever is said here is played, nothing of it has happened",
)
"""What players are told before it begins."""


def _part(data: ExerciseData, number: int, stage: int, is_drawn: bool) -> Iterator[Section]:
    """What is told in a stage; those of which nothing is told are not counted."""
    rows = [row for row in data.injects if row.stage == stage]
    cells = tuple((it.inject, it.minute, it.sender, it.to, it.means, it.says) for it in rows)
    columns = ("inject", "minute", "from", "to", "by which means", "what is said")
    table = Table(f"part_{number + 1}", f"Part {number + 1}", columns, cells)
    choices = tuple(line for row in rows for line in _choices(data, row))
    yield Section(f"Part {number + 1}", table=table, on_new_sheet=True)
    if choices:
        yield Section(
            "What may be decided",
            (*choices, *tell_lines(data), f"decided: {BLANK} in minute: {BLANK} by whom: {BLANK}"),
        )
    if is_drawn:
        yield Section(f"Part {number + 1}: what has been noticed by now", scene=number, on_new_sheet=True)


def tell_lines(data: ExerciseData) -> tuple[str, ...]:
    """Where something fails, whom to tell is to decide besides; law and press are the planner's."""
    if not any(option.lever == WAIT for option in data.options):
        return ()
    return (f"to decide besides: who has to be told (customers, press, an authority), and by when: {BLANK}",)


def _choices(data: ExerciseData, row: InjectRow) -> Iterator[str]:
    options = [option.says for option in data.options if option.inject == row.inject]
    if options:
        yield f"after {row.inject}: {'; '.join(options)}; or nothing yet; or something else"


def _facilitator(play: Play, data: ExerciseData, answers: AnswersRow, wholes: Sequence[Picture], assume: str) -> Answer:
    """Everything: what comes, what it rests on, what each decision does, what to say if they ask."""
    estate = play.reach.estate
    series = tuple(scenes_of(play.story, whole) for whole in wholes)
    stages = [
        it for number in range(len(play.story.stages)) for it in _stage(play, data, answers, number, bool(series))
    ]
    undecided = undecided_lines(play.reach.scenario, data, answers)
    title, table = "If they ask, the model does not know", hidden_table(answers)
    sections = (
        Section("Before you start", (*lines_of(estate, play.reach.scenario, assume, len(data.injects)), *undecided)),
        Section("Run of show", table=_run_of_show(data)),
        *(
            [Section("Decided before", table=card_table(estate, "decided", "", answers.decided))]
            * bool(answers.decided)
        ),
        *([Section(STOOD_IN, table=stand_in_table(estate, "stood_in", "", answers.stood_in))] * bool(answers.stood_in)),
        *stages,
        Section("Had it been done before the start: jewels among the things reached", table=matrix_table(answers)),
        Section("If they ask, the model knows", table=table, on_new_sheet=True),
        Section(title, tuple(answers.unknown)),
        *([Section(lacking_table(answers).title, answers.lacking)] * bool(answers.lacking)),
        Section("What the answers rely on", *_relied(estate, answers)),
        Section("Hot wash", table=hot_wash_table(), on_new_sheet=True),
    )
    name = f"Tabletop exercise: {starts_said(estate, play.reach.scenario)}"
    return _document(data, Page(name, "facilitator's edition: not for participants", sections, True, series))


def _relied(estate: Estate, answers: AnswersRow) -> tuple[tuple[str, ...], Table]:
    lines = () if answers.relies_on else ("no control stands in the way of anything, as far as is stated",)
    return lines, relied_table(estate, answers.relies_on)


def _run_of_show(data: ExerciseData) -> Table:
    decided = {option.inject for option in data.options}
    cells = tuple((it.minute, it.inject, it.to, it.says, "●" if it.inject in decided else "") for it in data.injects)
    end = (data.minutes * 5 // 6, "hot wash", "everybody", "what we talk about afterwards", "")
    return Table("run", "Run of show", ("minute", "inject", "to", "what is said", "decide"), (*cells, end))


def _stage(play: Play, data: ExerciseData, answers: AnswersRow, number: int, is_drawn: bool) -> Iterator[Section]:
    """A stage with its picture, then its injects, each followed by what is to decide."""
    estate, stage = play.reach.estate, play.story.stages[number]
    rows = [row for row in data.injects if row.stage == number + 1]
    lines = stage_lines(play.story, number)
    lines += [] if rows else ["nobody notices anything of it, until someone asks"]
    scene = number if is_drawn else None
    yield Section(f"Stage {number + 1}: {stage.says}", tuple(lines), scene=scene, on_new_sheet=True)
    for row in rows:
        (found,) = (it for it in answers.evidence if it.inject == row.inject)
        yield Section(f"{row.inject}, minute {row.minute}", tuple(told_lines(estate, found, row)))
        cards = [card for card in answers.cards if card.inject == row.inject]
        if cards:
            yield _decision(estate, row, cards)
        standing = [it for it in answers.stand_ins if it.inject == row.inject]
        if standing:
            table = stand_in_table(estate, f"stand_ins_{row.inject}", "", standing)
            title = f"To decide after {row.inject}: what happens"
            yield Section(title, tell_lines(data), table=without_column(table, "inject"))


def stage_lines(story: Storyline, number: int) -> list[str]:
    """What a stage, by its number, is about."""
    estate, stage = story.reach.estate, story.stages[number]
    names = dict.fromkeys(fact.entity for fact in story.order if fact in stage.new)
    jewels = [label(estate, name) for name in names if estate.crown_jewel(name)]
    lines = [f"assumed here: {level.says}" for level in Level if level.word == stage.says]
    lines += [f"something new is reached of {plural(len(names), 'thing')}"]
    return lines + ([f"crown jewels among them: {listed(jewels, 6)}"] if jewels else [])


def told_lines(estate: Estate, found: EvidenceRow, row: InjectRow) -> Iterator[str]:
    """An inject as the facilitator has it, with what it rests on."""
    yield f"from {row.sender} to {row.to}, by {row.means}: {row.says}"
    yield f"who notices: {noticed(found)}; it happens to {label(estate, found.entity)}"
    yield f"expected: {found.expected}"
    yield f"rests on: {route(estate, found)}"
    yield f"read in: {', '.join(found.read_in)}"


def _decision(estate: Estate, row: InjectRow, cards: Iterable[CardRow]) -> Section:
    table = without_column(card_table(estate, f"cards_{row.inject}", "", tuple(cards)), "inject")
    return Section(f"To decide after {row.inject}: what is reached in the end", table=table)


def _evaluator(estate: Estate, data: ExerciseData, answers: AnswersRow) -> Answer:
    """The sheet of who evaluates."""
    lines = (
        "write down who decided what in which minute, and what they knew then",
        f"evaluator: {BLANK} date: {BLANK}",
    )
    sections = (
        Section("How to use it", lines),
        Section("Decisions", table=evaluator_table(estate, data, answers)),
        Section("Hot wash", table=hot_wash_table()),
    )
    return _document(data, Page("Tabletop exercise", "evaluator's sheet: not for participants", sections, long=True))
