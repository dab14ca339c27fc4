"""Every question, cold, as multiples of one: ``python benchmarks/questions.py --size 10k [--only NAME] [--json]``.

Each is a whole command in a process of its own, on the estate that ``estates.py`` makes. What counts is its processor
time as a ratio of ``reach`` for one party at ``lateral`` in the same run: reading, compiling, one solve, its proof,
and the independent check of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from commands import RUN, SIZES, Case, cost_of, median, row_of, told
from estates import records, write_lines

PARTY = ("--compromise", "party_0", "--assume", "lateral")
ASKED: dict[str, tuple[tuple[str, ...], float]] = {
    "rank": ((), 2),
    "explain": ((*PARTY, "--entity", "store_0"), 2),
    "levers": (PARTY, 25),
    "contain": ((*PARTY, "--at", "8"), 4),
    "exercise": (PARTY, 6),
    "controls": (("--assume", "lateral"), 8),
    "scenarios": ((), 2),
    "exposure": (("--entity", "store_0"), 5),
    "cut": (("--assume", "lateral"), 8),
    "joint": (("--assume", "lateral"), 6),
    "grant": (("--holder", "party_0", "--grant", "scope_5", "--fail-on", "never"), 2),
    "overgrant": (("--assume", "lateral"), 2),
    "inventory": ((), 2),
    "dependence": ((), 4),
    "governance": ((), 3),
    "brief": ((), 6),
    "seen": ((), 2),
    "verify": (("--exit-zero",), 1),
}
"""For each question what is asked beside the estate, and the most times one solve, a little above what was seen."""


def main() -> None:
    """Measure, and print a table or with ``--json`` one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k", help="how many entities the made estate has, about")
    parser.add_argument("--repeat", type=int, default=1, help="how often each runs; the median counts")
    parser.add_argument("--only", choices=ASKED, nargs="+", help="only these questions")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = cases_on(Path(folder) / "estate.jsonl", SIZES[stated.size], stated.only or list(ASKED))
        costs = {case.name: median([cost_of(case) for _ in range(stated.repeat)]) for case in cases}
    found = {"size": SIZES[stated.size], "commands": [row_of(case, costs) for case in cases]}
    print(json.dumps(found, indent=2) if stated.json else "\n".join(told(found)))


def cases_on(lines: Path, size: int, names: list[str]) -> list[Case]:
    """One solve, and the questions that are held against it."""
    write_lines(records(size), lines)
    cases = [Case("reach", (*RUN, "reach", str(lines), *PARTY))]
    for name in names:
        asked, wanted = ASKED[name]
        cases.append(Case(name, (*RUN, name, str(lines), *asked), "reach", wanted))
    return cases


if __name__ == "__main__":
    main()
