"""What each format costs to load, beside an earlier state: ``python benchmarks/formats.py FOLDER [--before CHECKOUT]``.

Every file is loaded with the loader that recognises it, a table with the columns that are proposed for it, in one
process, after imports; the sum by format counts. Each state has a process, and they take turns. Processor time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

Seconds = dict[str, float]
"""What the files of each format take together."""


def main() -> None:
    """Measure, and print a table or with ``--json`` one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="a folder of files to load")
    parser.add_argument("--before", type=Path, help="a checkout of the state to compare with")
    parser.add_argument("--repeat", type=int, default=5, help="how often each process loads all; the median counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)  # what a process of a state is told
    stated = parser.parse_args()
    if stated.once:
        return once(stated.folder)
    trees = [ROOT, *([stated.before.absolute()] if stated.before else [])]
    took = [medians(rounds) for rounds in in_turns(trees, stated.folder, stated.repeat)]
    found = {"formats": rows_of(*took)}
    print(json.dumps(found, indent=2) if stated.json else "\n".join(told(found["formats"])))
    return None


def in_turns(trees: list[Path], folder: Path, rounds: int) -> list[list[Seconds]]:
    """What each tree took in each round; all files are loaded once before, which is not counted.

    Raises:
        RuntimeError: a process ends early.
    """
    command = [sys.executable, str(Path(__file__).absolute()), "--once", str(folder)]
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for tree in trees
    ]
    found: list[list[Seconds]] = [[] for _ in trees]
    for number in range(rounds + 1):
        for process, took in zip(processes, found, strict=True):
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            said = process.stdout.readline()
            if not said:
                raise RuntimeError(f"{command} ended early")
            took += [json.loads(said)] if number else []
    for process in processes:
        process.communicate()
    return found


def once(folder: Path) -> None:
    """Load all files for each line of standard input, and print what the formats took."""
    from blastradius import plugins
    from blastradius.reading import uncollected

    loaders = plugins.loaders()
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    with uncollected():
        for _ in sys.stdin:
            took: Seconds = defaultdict(float)
            gc.collect()
            for file in files:
                name, seconds = loaded(file, loaders)
                took[name] += seconds
            print(json.dumps(took), flush=True)


def loaded(file: Path, loaders: dict[str, Any]) -> tuple[str, float]:
    """The format of a file, ``none`` where it has none that is read, and the seconds that loading it takes."""
    from blastradius.errors import InputError
    from blastradius.loaderkit.contract import Loaded
    from blastradius.reading import read_document

    name, start = "none", time.process_time()
    try:
        document = read_document(file)
        loader = next((loader for loader in loaders.values() if loader.recognises(document.data)), None)
        if loader is not None:
            name = loader.name
            proposed = loader.proposes(document) if loader.proposes else []
            for options in proposed or [{}]:
                assert isinstance(loader.load(document, options), Loaded)
    except InputError:
        pass
    return name, time.process_time() - start


def medians(rounds: list[Seconds]) -> Seconds:
    """What each format takes in the middle one of the rounds."""
    return {name: statistics.median(took[name] for took in rounds) for name in rounds[0]}


def rows_of(now: Seconds, before: Seconds | None = None) -> list[dict[str, Any]]:
    """A row for each format, the slowest first, and one for all."""
    now = {"all": sum(now.values()), **now}
    rows: list[dict[str, Any]] = [{"format": name, "seconds": took} for name, took in now.items()]
    if before is not None:
        before = {"all": sum(before.values()), **before}
        rows = [
            {**row, "before": before[row["format"]], "times": before[row["format"]] / row["seconds"]}
            for row in rows
            if row["format"] in before
        ]
    return sorted(rows, key=lambda row: -row["seconds"])


def told(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The table."""
    for row in rows:
        before = f" before {row['before']:8.3f} s {row['times']:6.2f} times" if "before" in row else ""
        yield f"{row['format']:20} {row['seconds']:8.3f} s{before}"


if __name__ == "__main__":
    main()
