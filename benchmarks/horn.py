"""The steps of a system as an answer set program without negation, for clingo.

The vote of a quorum is said more simply than our rule has it (enough wrong feeds): clingo's work is much the same.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial

import numpy as np

from blastradius.columns.tables import NO_INDEX
from blastradius.engine import System
from blastradius.engine.compile import ALL, SOME
from blastradius.engine.numbering import APPLICABLE, STRONGER
from blastradius.model import SEEDS, Capability, Fact


def seconds_for(system: System, start: tuple[str, str], limit: float) -> float:
    """Grounding and solving for one start at the highest level, writing the program left out, ``limit`` at most."""
    way, name = start
    seed = system.facts.number(Fact(name, SEEDS[way][0]))
    with tempfile.NamedTemporaryFile("w", suffix=".lp") as file:
        file.writelines(f"{each}\n" for each in (*rules(system), f"h({seed})."))
        file.flush()
        before = _children()
        command = [sys.executable, "-m", "clingo", "--warn=none", "--outf=3", "--quiet=2", file.name]
        bounded = partial(resource.setrlimit, resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 1))
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(  # it ends by itself if this process is killed meanwhile
                command,
                timeout=limit,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=bounded,
            )
        return _children() - before


def _children() -> float:
    """The seconds of processor time of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rules(system: System) -> Iterator[str]:
    """A rule for every step that can be taken at the highest level when no control is distrusted."""
    steps, controls = system.steps, system.columns.controls
    forever = np.zeros(len(steps), np.bool_)
    forever[steps.blockers.row_ids[(controls.provider == NO_INDEX)[steps.blockers.values]]] = True
    said: set[int] = set()
    for step in np.flatnonzero(~forever & ~steps.fails_closed).tolist():
        premises = steps.premises[step]
        falls = system.facts.facts(np.array(steps.blockers[step], np.int64), Capability.INACTIVE).tolist()
        body = [f"h({fall})" for fall in falls]
        if steps.gate[step] == ALL:
            body += [f"h({premise})" for premise in premises]
        else:
            need = int(steps.need[step]) if steps.gate[step] == SOME else len(premises) // 4 + 1
            some = premises if steps.gate[step] == SOME else premises[: len(premises) // 2]
            body.append(f"{need} #count {{ {'; '.join(f'{each} : h({each})' for each in some)} }}")
        yield f"h({steps.conclusion[step]}) :- {', '.join(body)}."
        said.update((*premises, int(steps.conclusion[step])))
    width = len(STRONGER)
    for fact in sorted(said):
        if fact < width * len(system.facts.entities):
            place = fact % width
            kind = system.facts.kind_list[fact // width]
            wholes = STRONGER[place] if APPLICABLE[kind, place] else ()
            yield from (f"h({fact}) :- h({fact - place + whole})." for whole in wholes if APPLICABLE[kind, whole])
