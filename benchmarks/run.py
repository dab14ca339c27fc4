"""Our engine and its peers on the same work in the same run: ``python benchmarks/run.py --size 10k [--json]``.

Ratios are what counts: the machine is whatever it is. See the README beside this file.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from estates import records, write_lines
from horn import seconds_for
from memory import memory_of

from blastradius.columns.ragged import RaggedArray
from blastradius.engine import PreparedEstate, World, compile_system, propose, solve_worlds
from blastradius.engine.batch.frame import Frame
from blastradius.engine.batch.network import BackEnd, Gates, NetworkBuilder, restricted
from blastradius.engine.batch.schedule import Edges
from blastradius.engine.batch.solve import Batch, back_end_of, batch_of, live_rows, solve_block
from blastradius.engine.check.audit import Auditor
from blastradius.estate import Estate
from blastradius.loading import load
from blastradius.model import Capability, Credential, Kind, Level, Relation, Scenario, Verb
from blastradius.rules import RULES

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}
Engine = Any
WANTED_FULL = {"numpy": 400, "fast": 700}
say = print


def main() -> None:
    """Measure, print, and with ``--json`` print one object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", choices=SIZES, default="10k")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, and nothing else, to standard output"
    )
    parser.add_argument("--plot", type=Path, help="write a plot of cost against size (all sizes up to --size)")
    stated = parser.parse_args()
    global say
    if stated.json:
        say = lambda *words: print(*words, file=sys.stderr)  # noqa: E731
    found = measure(stated.size)
    if stated.plot:
        plot(stated.plot, found["growth"])
    if stated.json:
        print(json.dumps(found, indent=2))
    else:
        for name, figure in found["figures"].items():
            say({True: "held  ", False: "MISSED", None: "      "}[figure["held"]], name, figure)


def measure(size: str) -> dict[str, Any]:
    """Everything that is measured at a size."""
    with tempfile.TemporaryDirectory() as folder:
        growth = [_grown(name, Path(folder)) for name in SIZES if SIZES[name] <= SIZES[size]]
        estate = load([Path(folder) / f"{size}.jsonl"])
        system = compile_system(estate)
        bench = Bench(system)
        figures: dict[str, Any] = {"cost grows linearly": bench.linear(growth)}
        if SIZES[size] > 100_000:
            figures["a million in memory"] = memory(Path(folder) / f"{size}.jsonl")
        figures["all-party reach, single premises"] = bench.single()
        if SIZES[size] <= 100_000:
            figures |= {
                "full rules, four levels, audited": bench.full(),
                "remove one, fail one": bench.levers(),
                "review of a grant": bench.review(),
            }
        return {
            "size": size,
            "entities": len(estate.entities),
            "relations": len(estate.relations),
            "steps": len(system.steps),
            "machine": _machine(),
            "seconds": bench.seconds,
            "ratios": {name: ratio for figure in figures.values() for name, ratio in figure.get("ratios", {}).items()},
            "figures": figures,
            "growth": growth,
        }


def median(work: Callable[[], Any], times: int = 3) -> float:
    """The median of the seconds of processor time that some work takes, the collector off.

    Nothing that is measured here waits or runs in several threads, so that on an idle machine the clock on the wall
    says the same; on a busy one it would count what others do.
    """
    found = []
    for _ in range(times):
        gc.collect()
        gc.disable()
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
        gc.enable()
    return statistics.median(found)


def _grown(name: str, folder: Path) -> dict[str, float]:
    """What reading, compiling and ranking all parties of an estate of a size costs."""
    file = folder / f"{name}.jsonl"
    write_lines(records(SIZES[name]), file)
    start = time.process_time()
    estate = load([file])
    read = time.process_time()
    system = compile_system(estate)
    compiled = time.process_time()
    parties = list(islice(cycle(_starts(estate, Kind.PARTY, "compromise")), 1024))
    batch = batch_of(system, _worlds(parties, Level.ABUSED), back_end_of(None))
    solve_block(batch, batch.frame, np.arange(len(parties)))
    say(f"{name}: {len(estate.relations):,} relations read in {read - start:.1f} s")
    return {
        "relations": len(estate.relations),
        "read": read - start,
        "compile": compiled - read,
        "sweep of 1,024 parties": _warm(batch),
    }


def _warm(batch: Batch) -> float:
    blocks = _blocks(batch)

    def sweep() -> None:
        for frame, places in blocks:
            solve_block(batch, frame, places)

    return median(sweep)


def _blocks(batch: Batch) -> list[tuple[Frame, Any]]:
    worlds = list(batch.frame.worlds)
    return [
        (Frame(batch.system, worlds[first : first + 1024]), np.arange(first, min(first + 1024, len(worlds))))
        for first in range(0, len(worlds), 1024)
    ]


def _starts(estate: Estate, kind: Kind, way: str) -> list[tuple[str, str]]:
    return [(way, thing.id) for thing in estate.of_kind(kind)]


def _worlds(starts: Iterable[tuple[str, str]], level: Level) -> list[World]:
    return [World(Scenario.model_validate({way: (name,), "assume": level})) for way, name in starts]


class Bench:
    """One estate, and what is asked of it."""

    def __init__(self, system: PreparedEstate) -> None:
        self.system = system
        self.estate = system.estate
        self.seconds: dict[str, float] = {}
        self.parties = _starts(self.estate, Kind.PARTY, "compromise")
        self.engines: list[Engine] = ["numpy", "fast"] if _has("numba") else ["numpy"]

    # the single-premise part against graph libraries

    def single(self) -> dict[str, Any]:
        """Reach of every party along steps of one premise, per source, against the graph libraries."""
        whole = Frame(self.system, _worlds(self.parties, Level.LATERAL))
        builder = SinglePremises(whole)
        facts, edges = builder.facts, builder.single_premise_edges()
        sources = np.searchsorted(facts, self.system.facts.facts(self._numbers(), Capability.CONTROL))
        large = len(self.estate.entities) > 100_000
        some = random.Random(1).sample(sources.tolist(), min(4 if large else 40, len(sources)))
        for name, peer in _PEERS.items():
            if _has(name):
                few = some[: 2 if large else 5] if name == "networkx" else some
                self.seconds[f"{name} per source"] = peer(edges, len(facts), few)
        bandwidth = {}
        for engine in self.engines:
            batch = _single_batch(self.system, whole, back_end_of(engine))
            self.seconds[f"{engine} per source"] = _warm(batch) / len(self.parties)
            bandwidth[engine] = self._bandwidth(batch, engine)
        self.swept = {engine: self.seconds[f"{engine} per source"] / len(edges.source) for engine in self.engines}
        wanted = {"numpy": {"igraph": 30, "networkx": 1500}, "fast": {"igraph": 800, "networkx": 40_000}}
        ratios = {
            f"{peer} / {engine}": round(self.seconds[f"{peer} per source"] / self.seconds[f"{engine} per source"], 1)
            for engine in self.engines
            for peer in _PEERS
            if f"{peer} per source" in self.seconds
        }
        held = all(
            ratios.get(f"{peer} / {engine}", 0) >= least
            for engine in self.engines
            for peer, least in wanted[engine].items()
        )
        say("single premises:", ratios)
        return {
            "held": held,
            "ratios": ratios,
            "edges": len(edges.source),
            "wanted": wanted,
            "bandwidth": bandwidth,
        }

    def _numbers(self) -> Any:
        numbers = self.system.facts.entity_numbers
        return np.array([numbers[name] for _, name in self.parties], np.int64)

    def _bandwidth(self, batch: Batch, engine: Engine) -> str:
        """The bytes of rows that a sweep reads and writes each second, against those of a plain copy."""
        network, words = batch.network, min(16, -(-len(self.parties) // 64))
        moved = (len(network.inputs.values) + 2 * network.rows) * words * 8 * (-(-len(self.parties) // 1024))
        rate = moved / (self.seconds[f"{engine} per source"] * len(self.parties))
        block, other = np.ones(2**24, np.uint64), np.ones(2**24, np.uint64)
        copied = 2 * block.nbytes / median(lambda: np.copyto(other, block), 9)
        return f"{rate / 1e9:.1f} GB/s of rows, {rate / copied:.0%} of what a plain copy moves here"

    # all the rules

    def full(self) -> dict[str, Any]:
        """Every party and feed at every level, solved and verified as a user pays for it; and clingo.

        All of it once: laying out rows, filling them, the checker's table of rule instances, its plans, its audit. The
        yardstick is the single-premise sweep over as many steps, rows laid out already.
        """
        starts = [*self.parties, *_starts(self.estate, Kind.FEED, "poison")]
        ratios = {}
        for engine in self.engines:
            system, solving, steps, blocks = compile_system(self.estate), 0.0, 0, []
            for level in Level:
                before = time.process_time()
                found = list(solve_worlds(system, _worlds(starts, level), engine=engine))
                solving += time.process_time() - before
                steps += found[0].network.steps
                blocks += [solved.claims for solved in found]
            before = time.process_time()
            auditor = Auditor(self.estate)
            table = time.process_time() - before
            for claims in blocks:
                auditor.check(claims)
            auditing = time.process_time() - before - table
            say(f"{engine}: solved in {solving:.1f} s, checker's table {table:.1f} s, audited in {auditing:.1f} s")
            self.seconds[f"{engine} full rules, per start and level"] = solving / len(starts) / 4
            self.seconds[f"{engine} checker's table"] = table
            self.seconds[f"{engine} audit, per start and level"] = auditing / len(starts) / 4
            unit = self.swept[engine] * steps / 4 * len(starts)
            ratios[f"{engine} full, table and audit / single sweep over as many steps"] = round(
                (solving + table + auditing) / unit, 1
            )
        answer: dict[str, Any] = {"wanted": f"at most {WANTED_FULL}, and clingo at least 100 times slower"}
        if _has("clingo"):
            ratios |= self._clingo(starts[0])
        held = all(ratio <= WANTED_FULL[name.split()[0]] for name, ratio in ratios.items() if "single sweep" in name)
        held = held and all(ratio >= 100 for name, ratio in ratios.items() if name.startswith("clingo"))
        say("full rules:", ratios)
        return {**answer, "held": held, "ratios": ratios}

    def _clingo(self, start: tuple[str, str]) -> dict[str, float]:
        """The same Horn program at the highest level for one start, in a process of its own, stopped after a while.

        Against our seconds for a start among all of them, and against those for the one start on its own.
        """
        limit = 120 if len(self.estate.entities) > 10_000 else 10
        each = seconds_for(self.system, start, limit)
        self.seconds[f"clingo per start, stopped after {limit}"] = each
        found = {}
        for engine in self.engines:
            alone = _worlds([start], Level.LATERAL)
            self.seconds[f"{engine} one start alone"] = median(
                lambda engine=engine, alone=alone: list(solve_worlds(self.system, alone, engine=engine))
            )
            for word in ("full rules, per start and level", "one start alone"):
                found[f"clingo / {engine} {word} (at least)"] = round(each / self.seconds[f"{engine} {word}"], 1)
        return found

    # what-ifs

    def levers(self) -> dict[str, Any]:
        """Remove every grant and fail every control, one at a time."""
        columns = self.system.columns
        scenario = Scenario(compromise=(self.parties[0][1],), assume=Level.TAKEOVER)
        worlds = [World(scenario, without=(relation.id,)) for relation in self.estate.by_verb[Verb.GRANTS]]
        for number in np.flatnonzero(~columns.controls.failed).tolist():
            distrust = {"distrust": (columns.controls.ids[number],)}
            worlds.append(World(scenario.model_copy(update=distrust)))
        engine = self.engines[-1]
        spent = median(lambda: [None for _ in solve_worlds(self.system, worlds, engine=engine)], 1)
        self.seconds[f"{engine} remove one, fail one"] = spent
        say(f"{len(worlds):,} worlds in {spent:.1f} s")
        return {"held": spent < 60, "wanted": "seconds", "worlds": len(worlds), "seconds": round(spent, 2)}

    def review(self) -> dict[str, Any]:
        """One proposed grant on a warm system, all levels before and after, against one search of NetworkX."""
        holder, scope = self.parties[0][1], self.estate.of_kind(Kind.SCOPE)[0].id
        relations = (
            Relation(verb=Verb.HOLDS, sources=(holder,), targets=("proposed",)),
            Relation(verb=Verb.GRANTS, sources=("proposed",), targets=(scope,)),
        )
        asked = [Scenario(compromise=(holder,), assume=level) for level in Level]
        worlds = [World(each, proposed=proposed) for proposed in (False, True) for each in asked]

        def ask(engine: Engine) -> None:
            proposal = propose(self.system, relations, (Credential(id="proposed"),))
            for _ in solve_worlds(self.system, worlds, proposal=proposal, engine=engine):
                pass

        ratios = {}
        for engine in self.engines:
            ask(engine)
            self.seconds[f"{engine} review"] = median(lambda engine=engine: ask(engine), 5)
            if "networkx per source" in self.seconds:
                ratio = self.seconds[f"{engine} review"] / self.seconds["networkx per source"]
                ratios[f"{engine} review / one networkx descendants"] = round(ratio, 3)
        say("review:", ratios)
        held = all(ratio <= 0.5 for ratio in ratios.values()) if ratios else None
        return {"held": held, "wanted": "at most 0.5", "ratios": ratios}

    def linear(self, growth: list[dict[str, float]]) -> dict[str, Any]:
        """The slope of cost against relations, both as logarithms, from the smallest to the largest estate measured."""
        slopes = {}
        for name in ("read", "compile", "sweep of 1,024 parties") if len(growth) > 1 else ():
            x, y = (np.log([each[key] for each in growth]) for key in ("relations", name))
            slopes[name] = round(float(np.polyfit(x, y, 1)[0]), 3)
        held = all(slope <= 1.1 for slope in slopes.values()) if slopes else None
        return {"held": held, "wanted": "at most 1.1", "slopes": slopes}


def memory(file: Path) -> dict[str, Any]:
    """An estate loaded and every party ranked."""
    found = memory_of(file)
    say(f"{found['parties']:,} parties ranked, peak {found['peak_gb']:.1f} GB")
    return {"held": found["peak_gb"] < 4, "wanted": "under 4 GB", **found}


class SinglePremises(NetworkBuilder):
    """A network of the steps of one premise only, which is all that a graph library can follow."""

    def gates(self) -> Gates:
        """None."""
        none = np.zeros(0, np.int64)
        return Gates(none, none, RaggedArray.singles(none), into=none, enough=none)


def _single_batch(system: PreparedEstate, whole: Frame, back_end: BackEnd) -> Batch:
    """The rows of steps of one premise only."""
    network = SinglePremises(whole).network()
    facts = whole.system.facts
    numbers = [facts.entity_numbers[world.scenario.compromise[0]] for world in whole.worlds]
    seeds = facts.facts(np.array(numbers, np.int64), Capability.CONTROL)
    return Batch(system, whole, restricted(network, live_rows(network, seeds, back_end)), None, back_end)


# the peers: seconds for one source, building the graph left out


def _networkx(edges: Edges, count: int, sources: list[int]) -> float:
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(zip(edges.source.tolist(), edges.target.tolist(), strict=True))
    return median(lambda: [nx.descendants(graph, source) for source in sources], 1) / len(sources)


def _igraph(edges: Edges, count: int, sources: list[int]) -> float:
    import igraph

    graph = igraph.Graph(n=count, edges=np.column_stack([edges.source, edges.target]), directed=True)
    return median(lambda: [graph.subcomponent(source, mode="out") for source in sources]) / len(sources)


def _rustworkx(edges: Edges, count: int, sources: list[int]) -> float:
    import rustworkx

    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(list(zip(edges.source.tolist(), edges.target.tolist(), strict=True)))
    return median(lambda: [rustworkx.descendants(graph, source) for source in sources]) / len(sources)


def _scipy(edges: Edges, count: int, sources: list[int]) -> float:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order

    ones = np.ones(len(edges.source), np.int8)
    graph = csr_array((ones, (edges.source, edges.target)), shape=(count, count))

    def search(source: int) -> Any:
        return breadth_first_order(graph, source, return_predecessors=False)

    return median(lambda: [search(each) for each in sources]) / len(sources)


_PEERS: dict[str, Callable[[Edges, int, list[int]], float]] = {
    "networkx": _networkx,
    "igraph": _igraph,
    "rustworkx": _rustworkx,
    "scipy": _scipy,
}


def _has(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": platform.processor() or platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "rules": len(RULES),
        "load": os.getloadavg()[0],
    }


def plot(file: Path, growth: list[dict[str, float]]) -> None:
    """Cost against size, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name in ("read", "compile", "sweep of 1,024 parties"):
        axes.loglog([each["relations"] for each in growth], [each[name] for each in growth], marker="o", label=name)
    axes.set(xlabel="relations", ylabel="seconds", title="Cost against size")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    main()
