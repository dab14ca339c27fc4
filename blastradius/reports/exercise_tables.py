"""The tables and sentences of a tabletop exercise, for each edition."""

from __future__ import annotations

from collections.abc import Iterable

from blastradius.answer import Row, Table
from blastradius.estate import Estate
from blastradius.model import Scenario
from blastradius.reports.containment import between
from blastradius.reports.exercise_data import AnswersRow, CardRow, EvidenceRow, ExerciseData
from blastradius.reports.frontier import relied_table
from blastradius.reports.labels import assumed, footing
from blastradius.reports.losses import Loss
from blastradius.reports.phrases import phrase
from blastradius.reports.stand_in_cards import done_said, stand_in_table
from blastradius.reports.symptoms import BLANK, NOTICED, is_failure
from blastradius.reports.unstated import marks_jewels, states_processes
from blastradius.reports.words import label, listed, relation_said

HOT_WASH = (
    (
        "do we know who is tied to us?",
        "know what is connected (Identify)",
        "Who looked up what the third party holds, and how long did it take?",
    ),
    ("how far could it reach?", "give the least access (Protect)", "Which access was used that nobody needed?"),
    ("how far could it reach?", "watch (Detect)", "What was reached that nobody had noticed or asked about?"),
    (
        "what do we depend on?",
        "check what comes in (Protect)",
        "What did we take in unchecked, and what was decided on it?",
    ),
    (
        "what do we depend on?",
        "be able to cut and go on (Respond, Recover)",
        "Which process was missed first, and what stood in for it?",
    ),
    ("is governance in proportion?", "verify (Govern)", "Which control was relied on, and who has seen it work?"),
)
"""Questions of the board, the six actions about them with their functions of NIST CSF 2.0, what to talk about."""


def open_lines() -> Iterable[str]:
    """What everybody is told first."""
    yield "objectives: notice, find out how far it goes, decide in time, and know what a decision costs"
    yield f"{BLANK}: names, press, law and times of day are filled in by who holds the exercise"


def lines_of(estate: Estate, scenario: Scenario, assume: str, injects: int) -> Iterable[str]:
    """What the facilitator is told first."""
    yield from open_lines()
    if not injects:
        yield "nobody would notice anything of it, as far as is stated: state who would ('seen_by'), or play another"
    intruder = " and an intruder to be seen; what only stops if an intruder stops it goes on"
    yield (
        "injects are what could happen; where nobody is named who would notice, a stop is assumed to be felt"
        f"{'' if is_failure(scenario) else intruder}"
    )
    yield (
        "a decision counts from its inject on, and what was reached before stays reached: at least what the story has "
        "reached by then, at most what it could have; where nobody stated the hours, that is all of it"
    )
    yield assumed(assume)
    yield footing(estate)


def undecided_lines(scenario: Scenario, data: ExerciseData, answers: AnswersRow) -> Iterable[str]:
    """What is said where something fails and there is nothing to decide."""
    if not data.options and not answers.stood_in and is_failure(scenario):
        yield (
            "nothing that could be decided is stated; what is missing is listed below"
            if answers.lacking
            else "nothing is to decide: nothing of ours is known to stop or to go wrong by it; silence is not safety"
        )


def open_tables(data: ExerciseData) -> Iterable[Table]:
    """What everybody may see."""
    rows: tuple[Row, ...] = tuple(
        (it.inject, it.stage, it.minute, it.sender, it.to, it.means, it.says) for it in data.injects
    )
    columns = ("inject", "stage", "minute", "from", "to", "by which means", "what is said")
    yield Table("injects", "What is told to whom", columns, rows, under=("what is said",), spare=("stage",))
    rows = tuple((it.inject, it.minute, it.says, it.lever) for it in data.options)
    yield Table("decisions", "To decide", ("inject", "minute", "what may be done", "id"), rows, ids=("id",))
    yield hot_wash_table()


def hot_wash_table() -> Table:
    """What to talk about afterwards."""
    columns = ("question of the board", "action (NIST CSF 2.0 function)", "to talk about")
    return Table("hot_wash", "Afterwards", columns, HOT_WASH, under=("to talk about",))


def closed_tables(estate: Estate, data: ExerciseData, answers: AnswersRow) -> Iterable[Table]:
    """What only the facilitator knows."""
    yield evidence_table(estate, answers)
    yield card_table(estate, "cards", "If it is done then: what is reached in the end", answers.cards)
    if answers.stand_ins:
        yield stand_in_table(estate, "stand_ins", STAND_INS, answers.stand_ins)
    if answers.lacking:
        yield lacking_table(answers)
    if answers.stood_in:
        yield stand_in_table(estate, "stood_in", STOOD_IN, answers.stood_in)
    if answers.decided:
        yield card_table(estate, "decided", "Decided: what is reached in the end", answers.decided)
    if answers.decided or answers.averted:
        rows: tuple[Row, ...] = tuple(
            (it.inject, it.says, it.decided, _how_surely(it.surely)) for it in answers.averted
        )
        columns = ("inject", "what would have been said", "decided", "known")
        yield Table("averted", "No longer comes", columns, rows, under=("known",))
    yield matrix_table(answers)
    yield evaluator_table(estate, data, answers)
    yield hidden_table(answers, 20)
    yield unknown_table(answers)
    yield relied_table(estate, answers.relies_on)


def hidden_table(answers: AnswersRow, most: int | None = None) -> Table:
    """What happens and nobody notices; the first so many are shown first."""
    rows: tuple[Row, ...] = tuple((it.level, it.says, it.entity) for it in answers.hidden)
    brief = None if most is None else rows[:most]
    return Table(
        "hidden", "If they ask, the model knows", ("stage", "what is so", "id"), rows, ids=("id",), brief=brief
    )


STOOD_IN = "Decided: what happens since then, and what would have"
STAND_INS = "If it is done when the inject comes, and if it is not"


def lacking_table(answers: AnswersRow) -> Table:
    """What would make a decision, were it stated."""
    rows: tuple[Row, ...] = tuple((it,) for it in answers.lacking)
    return Table("lacking", "What is not stated, and would make a decision", ("what",), rows, brief=rows[:8])


def unknown_table(answers: AnswersRow) -> Table:
    """What nobody stated."""
    return Table("unknown", "If they ask, the model does not know", ("what",), tuple((it,) for it in answers.unknown))


def _how_surely(surely: bool) -> str:
    return phrase("averted surely" if surely else "averted perhaps")


def evidence_table(estate: Estate, answers: AnswersRow) -> Table:
    """What injects rest on, with file and line."""
    rows: tuple[Row, ...] = tuple(
        (it.inject, it.level, noticed(it), it.expected, route(estate, it), ", ".join(it.read_in), it.entity)
        for it in answers.evidence
    )
    columns = ("inject", "stage", "who notices", "expected", "rests on", "read in", "id")
    title = "What injects rest on"
    return Table("evidence", title, columns, rows, ("id",), under=("expected", "rests on", "read in"))


def noticed(row: EvidenceRow) -> str:
    """How it is known that it is noticed, and within which time."""
    within = "" if row.within_h is None else f", within {row.within_h:g} h"
    return NOTICED[row.noticed] + within


def route(estate: Estate, row: EvidenceRow) -> str:
    """The relations that an inject rests on, in words."""
    return "; ".join(relation_said(estate, name) for name in row.relations) or "where it starts"


def card_table(estate: Estate, name: str, title: str, cards: Iterable[CardRow]) -> Table:
    """Consequence cards."""
    rows: tuple[Row, ...] = tuple(
        (it.inject, it.says, *reached(estate, it), outcome(estate, it), cost(estate, it), it.lever) for it in cards
    )
    columns = ("inject", "decision", "jewels", "processes", "things", "what it does", "what it costs", "id")
    return Table(name, title, columns, rows, ids=("id",), under=("what it does", "what it costs"))


def without_column(whole: Table, name: str) -> Table:
    """A table without a column that its heading says."""
    place = whole.columns.index(name)
    rows = tuple((*row[:place], *row[place + 1 :]) for row in whole.rows)
    return whole._replace(columns=(*whole.columns[:place], *whole.columns[place + 1 :]), rows=rows)


def reached(estate: Estate, card: CardRow) -> tuple[str, str, str]:
    """Crown jewels, processes and things that are reached in the end, from least to most."""
    least, most = card.at_least, card.at_most
    jewels, processes = phrase("none marked"), phrase("none stated")
    if marks_jewels(estate):
        jewels = between(len(least.crown_jewels), len(most.crown_jewels))
    if states_processes(estate):
        processes = between(len(least.processes), len(most.processes))
    return jewels, processes, between(least.things, most.things)


def outcome(estate: Estate, card: CardRow) -> str:
    """What a decision does, in a sentence."""
    if card.idle is not None:
        return phrase("does nothing", phrase(card.idle))
    in_doubt = "" if card.spared == card.spared_surely else phrase("unless before")
    names = listed([label(estate, name) for name in card.spared])
    kept = phrase("kept out", in_doubt, names) if names else phrase("keeps no thing")
    return phrase("averts", kept, listed(list(card.averts), 6)) if card.averts else phrase("averts none", kept)


def cost(estate: Estate, card: CardRow) -> str:
    """What a decision costs, in a sentence."""
    return price(estate, None if card.stops is None or card.slows is None else Loss(card.stops, card.slows))


def price(estate: Estate, loss: Loss | None) -> str:
    """What the business loses, in a sentence."""
    if loss is None:
        return "cost unknown: nothing says who needs it"
    parts = [
        f"{verb} {listed([label(estate, name) for name in names])}"
        for verb, names in (("stops", loss.stops), ("slows", loss.slows))
        if names
    ]
    return f"cost: {'; '.join(parts) or 'no process, as far as is stated'}"


def matrix_table(answers: AnswersRow) -> Table:
    """Decisions by scenarios."""
    scenarios = answers.matrix[0].scenarios
    rows: tuple[Row, ...] = tuple(
        (
            row.says,
            *(f"{jewels} of {things}" for jewels, things in zip(row.crown_jewels, row.things, strict=True)),
            row.lever,
        )
        for row in answers.matrix
    )
    title = "Had it been done before the start: crown jewels among the things still reached, by scenario"
    return Table("matrix", title, ("decision or control", *scenarios, "id"), rows, ids=("id",))


def evaluator_table(estate: Estate, data: ExerciseData, answers: AnswersRow) -> Table:
    """A sheet to fill in: which decision, in which minute, by which lever, and what that stopped."""
    does = {(it.inject, it.lever): outcome(estate, it) for it in answers.cards}
    does |= {(it.inject, it.lever): done_said(estate, it) for it in answers.stand_ins}
    rows: tuple[Row, ...] = tuple(
        (it.inject, it.minute, BLANK, BLANK, it.says, does[it.inject, it.lever]) for it in data.options
    )
    columns = ("inject", "planned minute", "decided in minute", "by whom", "lever", "what it stops")
    return Table("evaluator", "For who evaluates", columns, rows, under=("lever", "what it stops"))
