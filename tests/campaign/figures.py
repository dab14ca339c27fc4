"""The figures of a campaign on its page, and how often each rule is at work in random estates."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from blastradius.engine import solve
from blastradius.rules import RULES
from tests.campaign.trial import Outcome
from tests.engine.random_estates import random_estate, random_scenario

WORLDS = 2000
"""On how many worlds the shares of rules rest."""
COLUMNS = 14


def write(page: Path, outcomes: Sequence[Outcome], seed: int) -> None:
    """Put the figures of a run, and the shares of rules, between their marks on a page.

    Raises:
        ValueError: the page has not both pairs of marks.
    """
    text = page.read_text(encoding="utf-8")
    for name, part in (("figures", figures(outcomes, seed)), ("shares", shares(WORLDS))):
        marks = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        pieces = re.split("|".join(marks), text)
        if len(pieces) != 3:
            raise ValueError(f"{page}: expected {marks[0].strip()} and {marks[1].strip()}, once each")
        text = f"{pieces[0]}{marks[0]}{part}{marks[1]}{pieces[2]}"
    page.write_text(text, encoding="utf-8")


def figures(outcomes: Sequence[Outcome], seed: int) -> str:
    """How the attempts of each part ended, in words and as a table."""
    passed = sum(outcome.ended.total() for outcome in outcomes)
    failed = sum(outcome.failed.total() for outcome in outcomes)
    minutes = sum(outcome.seconds for outcome in outcomes) / 60
    rows = [["part", "passed", "failed", "why"], ["---"] * 4]
    for outcome in outcomes:
        why = "; ".join(f"{times:,} times: {kind}" for kind, times in outcome.failed.most_common())
        rows.append([f"`{outcome.part}`", f"{outcome.ended.total():,}", f"{outcome.failed.total():,}", why])
    return f"{minutes:.0f} minutes, seed {seed}: {passed:,} attempts passed and {failed:,} failed.\n\n{_table(rows)}"


def shares(worlds: int) -> str:
    """In how many of a hundred random worlds a step of the proof goes by each rule."""
    at_work: Counter[str] = Counter()
    for seed in range(worlds):
        rng = random.Random(seed)
        estate = random_estate(rng)
        at_work.update({step.rule for step in solve(estate, random_scenario(rng, estate)).proofs.values()})
    rules = [rule.id for rule in RULES]
    found = []
    for first in range(0, len(rules), COLUMNS):
        some = rules[first : first + COLUMNS]
        percent = [f"{100 * at_work[rule] / worlds:.1f}" for rule in some]
        found.append(_table([["%", *some], ["---"] * (len(some) + 1), ["", *percent]]))
    return f"Of {worlds:,} worlds:\n\n" + "\n".join(found)


def _table(rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |\n" for row in rows)
