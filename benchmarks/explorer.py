"""What a page carries and how long its answers take: ``python benchmarks/explorer.py --size 10k [--json]``.

The page's own scripts answer what-ifs in Node.js, each with one relation taken away or one control distrusted, from a
start that reaches as much as any; processor time, the median of two dozen after a few to get warm.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from estates import records, write_lines

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
WANTED = {"10k": (2_000_000, 300.0), "100k": (8_000_000, 1000.0)}
"""The most bytes of a page, and milliseconds of a what-if with its picture."""


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k")
    parser.add_argument("--json", action="store_true")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(stated.size, Path(folder))
    print(json.dumps(found, indent=2) if stated.json else "\n".join(said(found)))


def measured(size: str, folder: Path) -> dict[str, Any]:
    """The bytes of a page, and the milliseconds of what-ifs."""
    from blastradius import loading
    from blastradius.engine import compile_system
    from blastradius.render.page import explorer
    from blastradius.render.page.data import SCRIPTS
    from blastradius.render.page.graphviz import graphviz_block
    from blastradius.render.page.scripts import DRAWING

    write_lines(records(SIZES[size]), folder / "estate.jsonl")
    prepared = compile_system(loading.load([str(folder / "estate.jsonl")]))
    written = explorer.Written("An estate")
    data, wasm = folder / "page.json", folder / "graphviz.wasm"
    data.write_text(json.dumps(explorer.carried(prepared, written)), "utf-8")
    wasm.write_bytes(gzip.decompress(b64decode(graphviz_block())))
    page = explorer.explorer(prepared, written)
    own = Path(str(explorer.__file__)).parent
    scripts = [str(own / name) for name in (*SCRIPTS, *DRAWING, "layout.js")]
    command = [str(shutil.which("node")), str(Path(__file__).with_suffix(".js")), str(data), str(wasm), *scripts]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {"entities": len(prepared.estate.entities), "bytes": len(page.encode()), **told, "wanted": WANTED.get(size)}


def said(found: dict[str, Any]) -> list[str]:
    """The same for people."""
    parts = ", ".join(f"{part} {time:.0f}" for part, time in found["parts"].items())
    whole = f"a what-if that reaches {found['things']:,} things: {found['whole']:.0f} ms ({parts})"
    return [f"{found['entities']:,} entities: a page of {found['bytes'] / 1e6:.2f} MB", whole]


if __name__ == "__main__":
    main()
