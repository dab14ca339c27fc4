"""Whole commands, cold, as a user waits for them: ``python benchmarks/commands.py --size 10k [--json]``.

Each runs in a process of its own, several times. What counts is its processor time as a ratio of what cannot be had for
less in the same run: the bare imports, or the parsing library underneath as a plain user calls it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from estates import records, write_lines

SIZES = {"100": 100, "1k": 1_000, "10k": 10_000, "100k": 100_000}
ROOT = Path(__file__).parents[1]
NORTHWIND = str(ROOT / "examples" / "northwind")
BARE = "import click, pydantic, yaml"
JSON_LINES = "import json, sys; [json.loads(line) for line in open(sys.argv[1], 'rb')]"
CSV = "import csv, sys; list(csv.DictReader(open(sys.argv[1], newline='')))"
COMPOSED = "import sys, yaml; yaml.compose(open(sys.argv[1], 'rb'), Loader=yaml.CSafeLoader)"
READING = "import sys; from blastradius import loading; loading.load(sys.argv[1:])"
KEPT = "import sys; from blastradius import loading; loading.load(sys.argv[1:], cache=True)"
RUN = ("-m", "blastradius")


@dataclass(frozen=True)
class Case:
    """A process to start: its name, Python's arguments, and the name of the case that it is compared with.

    ``wanted`` is the most times that the other takes.
    """

    name: str
    arguments: tuple[str, ...]
    bare: str = ""
    wanted: float | None = None


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time and the peak of memory, of a process and those that it started."""

    seconds: float
    megabytes: float


def main() -> None:
    """Measure, and print a table or with ``--json`` one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k", help="how many entities the made estates have, about")
    parser.add_argument("--repeat", type=int, default=3, help="how often each runs; the median counts")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # so that nothing is kept from before
        cases = [*northwind(folder), *made(Path(folder), SIZES[stated.size])]
        for case in cases:
            cost_of(case)  # compiles what is imported, fills caches
        costs = {case.name: median([cost_of(case) for _ in range(stated.repeat)]) for case in cases}
    found = {"size": SIZES[stated.size], "commands": [row_of(case, costs) for case in cases]}
    print(json.dumps(found, indent=2) if stated.json else "\n".join(told(found)))


def northwind(folder: str) -> Iterator[Case]:
    """What a newcomer runs first."""
    yield Case("bare imports", ("-c", BARE))
    ask = ("reach", NORTHWIND, "--compromise", "acme")
    yield Case("reach Northwind", (*RUN, *ask), "bare imports", 5)
    yield Case("draw Northwind", (*RUN, "draw", *ask[1:], "-o", f"{folder}/picture.svg"), "bare imports", 8)


def made(folder: Path, size: int) -> Iterator[Case]:
    """Commands on estates of a size: lines, a table, YAML."""
    lines, table, plain = folder / "estate.jsonl", folder / "access.csv", folder / "estate.yaml"
    write_lines(records(size), lines)
    yield Case("lines, json.loads", ("-c", JSON_LINES, str(lines)))
    yield Case("lines, read", ("-c", READING, str(lines)), "lines, json.loads")
    yield Case("lines, kept", ("-c", KEPT, str(lines)), "lines, read", 0.2)
    ask = (*RUN, "reach", str(lines), "--compromise", "party_0")
    yield Case("lines, reach, table", ask, "lines, read", 2)
    yield Case("lines, reach, JSON", (*ask, "--format", "json"), "lines, read", 2)
    yield Case("lines, rank", (*RUN, "rank", str(lines)), "lines, read", 2.5)
    write_access(table, size // 2)
    yield Case("table, csv.DictReader", ("-c", CSV, str(table)))
    yield Case("table, check", (*RUN, "check", str(folder / "workspace.yaml"), "--exit-zero"), "table, csv.DictReader")
    write_yaml(plain, size)
    yield Case("YAML, composed", ("-c", COMPOSED, str(plain)))
    yield Case("YAML, read", ("-c", READING, str(plain)), "YAML, composed", 2)


def write_access(file: Path, rows: int) -> None:
    """A review of access of so many rows, and a workspace that says what its columns are."""
    body = (f"vendor {row % 997},key {row},role {row % 5003},system {row % 2003}" for row in range(rows))
    file.write_text("\n".join(["Vendor,Account,Role,System", *body]) + "\n", "utf-8")
    columns = "{party: Vendor, credential: Account, scope: Role, service: System}"
    source = f"{{path: {file.name}, loader: table, options: {{rows: access, columns: {columns}}}}}"
    (file.parent / "workspace.yaml").write_text(f"workspace: 1\nsources: [{source}]\n", "utf-8")


def write_yaml(file: Path, entities: int) -> None:
    """An estate of services that read a store each."""
    half = entities // 2
    services = "".join(f"  s{n}: {{zone: z{n % 97}, reads: [d{n}], depends_on: [s{n // 2}]}}\n" for n in range(half))
    stores = "".join(f"  d{n}: {{records: {n}, crown_jewel: true}}\n" for n in range(half))
    file.write_text(f"blastradius: 1\nservices:\n{services}stores:\n{stores}", "utf-8")


def cost_of(case: Case) -> Cost:
    """What one run of a process takes.

    Raises:
        RuntimeError: it fails.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    with subprocess.Popen(
        [sys.executable, *case.arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    ) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{case.name}: {said.decode(errors='replace')[-300:]}")
    scale = 1 if sys.platform == "darwin" else 1024
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 1e6)


def median(costs: list[Cost]) -> Cost:
    """The medians of both, each by itself."""
    seconds, megabytes = ([getattr(cost, name) for cost in costs] for name in ("seconds", "megabytes"))
    return Cost(statistics.median(seconds), statistics.median(megabytes))


def row_of(case: Case, costs: dict[str, Cost]) -> dict[str, Any]:
    """The figures of a case, with how many times the bare one it takes."""
    cost = costs[case.name]
    row: dict[str, Any] = {
        "command": case.name,
        "seconds": round(cost.seconds, 3),
        "megabytes": round(cost.megabytes),
    }
    if case.bare:
        ratio = cost.seconds / costs[case.bare].seconds
        row |= {"against": case.bare, "times": round(ratio, 1)}
        row |= {"wanted": case.wanted, "held": ratio <= case.wanted} if case.wanted else {}
    return row


def told(found: dict[str, Any]) -> Iterator[str]:
    """The figures as a table."""
    yield f"{found['size']:,} entities"
    for row in found["commands"]:
        against = f"{row['times']:>8} x {row['against']}" if "times" in row else ""
        wanted = f" (wanted {row['wanted']}: {'yes' if row['held'] else 'no'})" if "wanted" in row else ""
        yield f"{row['command']:<24} {row['seconds']:>8.2f} s {row['megabytes']:>6} MB{against}{wanted}"


if __name__ == "__main__":
    main()
