"""Questions about an estate that was asked before: ``python benchmarks/asked_again.py [ESTATE] [--json]``.

In one process an estate is loaded and asked once; then each question is asked of one start after the other, with its
answer as text. What counts is the median of their processor time as a share of that of loading with the first answer.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from commands import NORTHWIND

import blastradius as br
from blastradius.estate import Estate
from blastradius.model import Kind

TIMES = 15
"""How often each question is asked: more often than the first time, when all of the estate is laid out."""
WANTED = {"outage of a store": 0.05, "reach of a party": 0.05, "explain": 0.05, "grant": 0.6, "exposure": 0.1}
"""For each question the largest share of the first answer, a little above what was seen of the example."""


def main() -> None:
    """Measure, and print a line a question or with ``--json`` one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("estate", nargs="?", default=NORTHWIND, help="an estate; the example where none is named")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    stated = parser.parse_args()
    found = measured(stated.estate)
    if stated.json:
        print(json.dumps(found, indent=2))
        return
    for name, seconds in found.items():
        share, wanted = seconds / found["first"], WANTED.get(name, 1)
        print(f"{name:20} {seconds * 1000:8.1f} ms  {share:.3f} of the first, wanted {wanted:g}")


def measured(path: str) -> dict[str, float]:
    """Seconds of loading with the first answer, and the median of each question that is asked then."""
    first = time.process_time()
    estate = br.load(path)
    parties, stores = ([it.id for it in estate.of_kind(kind)] for kind in (Kind.PARTY, Kind.STORE))
    scopes = [it.id for it in estate.of_kind(Kind.SCOPE)]
    str(br.reach(estate, compromise=parties[0]))
    found = {"first": time.process_time() - first}
    asked: dict[str, Iterator[tuple[str, dict[str, Any]]]] = {
        "outage of a store": (("reach", {"outage": it}) for it in cycle(stores)),
        "reach of a party": (("reach", {"compromise": it}) for it in cycle(parties)),
        "explain": (("explain", {"outage": it, "entity": it}) for it in cycle(stores)),
        "grant": (("grant", {"holder": it, "grant": scopes[0]}) for it in cycle(parties)),
        "exposure": (("exposure", {"entity": it}) for it in cycle(stores)),
    }
    for name, questions in asked.items():
        found[name] = median([_seconds(estate, *question) for question in islice(questions, TIMES)])
    return found


def _seconds(estate: Estate, question: str, given: dict[str, Any]) -> float:
    begin = time.process_time()
    str(getattr(br, question)(estate, **given))
    return time.process_time() - begin


if __name__ == "__main__":
    main()
