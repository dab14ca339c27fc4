"""The memory that an estate of JSON Lines takes: ``python benchmarks/memory.py estate.jsonl``.

It is read and all its parties are ranked, in a process that does nothing else.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from blastradius.engine import World, compile_system
from blastradius.loading import load
from blastradius.model import Kind, Level, Scenario
from blastradius.reports.impact import is_audited, measured


def memory_of(file: Path) -> dict[str, Any]:
    """What ranking the parties of an estate takes, in a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(file)], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Load, rank, and print one JSON object."""
    stages = {"before": _so_far()}
    estate = load([Path(sys.argv[1])])
    stages["loaded"] = _so_far()
    system = compile_system(estate)
    stages["compiled"] = _so_far()
    worlds = [World(Scenario(compromise=(party.id,), assume=Level.ABUSED)) for party in estate.of_kind(Kind.PARTY)]
    measured(system, worlds)
    stages["ranked"] = _so_far()
    found = {
        "peak_gb": stages["ranked"]["gb"],
        "bytes_per_relation": round(_peak() / len(estate.relations)),
        "relations": len(estate.relations),
        "parties": len(worlds),
        "audited": is_audited(estate),
        "stages": stages,
    }
    print(json.dumps(found))


def _so_far() -> dict[str, float]:
    """The peak and the seconds of processor time until now."""
    return {"gb": round(_peak() / 2**30, 2), "seconds": round(time.process_time(), 1)}


def _peak() -> int:
    """The most bytes that this process had; what ``resource`` says counts the process that started it as well."""
    for line in Path("/proc/self/status").read_text().splitlines() if sys.platform == "linux" else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
