"""What a page carries, and what it and its answers take: ``python benchmarks/explorer.py --size 10k [--json]``.

Compiling the estate and writing the page are held against reading the file. The page's own scripts answer what-ifs in
Node.js, each with one relation taken away or one control distrusted, from a start that reaches as much as any: the
median of ten after a few to get warm. All times are of processors.
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
from time import process_time
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
    """The bytes of a page, the seconds of reading and writing, and the milliseconds of what-ifs."""
    from blastradius import loading
    from blastradius.engine import compile_system
    from blastradius.render.page import explorer
    from blastradius.render.page.data import SCRIPTS
    from blastradius.render.page.graphviz import graphviz_block
    from blastradius.render.page.scripts import DRAWING

    write_lines(records(SIZES[size]), folder / "estate.jsonl")
    written, started = explorer.Written("An estate"), process_time()
    estate = loading.load([str(folder / "estate.jsonl")])
    read = process_time()
    prepared = compile_system(estate)
    page = explorer.explorer(prepared, written)
    seconds = {"reading": read - started, "writing": process_time() - read}
    data, wasm = folder / "page.json", folder / "graphviz.wasm"
    data.write_text(json.dumps(explorer.carried(prepared, written)), "utf-8")
    wasm.write_bytes(gzip.decompress(b64decode(graphviz_block())))
    own = Path(str(explorer.__file__)).parent
    scripts = [str(own / name) for name in (*SCRIPTS, *DRAWING, "layout.js")]
    command = [str(shutil.which("node")), str(Path(__file__).with_suffix(".js")), str(data), str(wasm), *scripts]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    sizes = {"entities": len(estate.entities), "bytes": len(page.encode()), "wanted": WANTED.get(size)}
    return {**sizes, "seconds": seconds, **told}


def said(found: dict[str, Any]) -> list[str]:
    """The same for people."""
    parts = ", ".join(f"{part} {time:.0f}" for part, time in found["parts"].items())
    whole = f"a what-if that reaches {found['things']:,} things: {found['whole']:.0f} ms ({parts})"
    reading, writing = found["seconds"].values()
    page = f"{found['entities']:,} entities: a page of {found['bytes'] / 1e6:.2f} MB"
    return [f"{page}, written in {writing:.1f} s, {writing / reading:.1f} times reading the file", whole]


if __name__ == "__main__":
    main()
