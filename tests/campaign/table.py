"""Whether each change of the rule table shows in what the quick tests ask: all changes, not a sample.

``python -m tests.campaign.table`` compiles small estates by the table with one change, solves them, and compares the
facts, their levels, hours and hops with those by the table as it stands, which the quick tests compare with the spec.
It starts where the changed rule is at work, and most changes show at once. What shows nowhere is listed.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import click

from blastradius import rules
from blastradius.engine import compile_system
from blastradius.engine.single.shortest_proofs import certify
from blastradius.estate import Estate
from blastradius.model import Basis, Fact, Level, Scenario, Verb
from tests.agreement import held_in_worlds
from tests.campaign.equivalents import EQUIVALENT
from tests.campaign.mutation import Mutant, mutants
from tests.campaign.noticing import ROOT
from tests.engine.corpus import CORPUS
from tests.engine.random_estates import random_islands, random_scenarios
from tests.engine.test_corpus import is_refused
from tests.engine.test_placed_controls import RELATIONS, Case, opened_by_keys, questions
from tests.rules import golden

Known = dict[Fact, tuple[int, float, int]]
"""Of each fact its level, the hour in which it arrives and its hops."""
Made = tuple[Estate, list[Scenario]]
_AT_IMPORT = re.compile("included|_capabilities|_DATA")
"""What can be said of what, and what that includes, is read when modules are imported."""
MARKS = "<!-- table -->\n", "<!-- /table -->\n"
ISLANDS = 12
"""How many estates of 64 side by side."""
SECONDS = 60.0
"""How long a change may take, in seconds of a processor: one that goes on for ever shows as well."""
_AFRESH = """
import json, resource, sys, types
import blastradius
given = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_CPU, (given["seconds"], given["seconds"] + 5))
blastradius.rules = sys.modules["blastradius.rules"] = types.ModuleType("blastradius.rules")
exec(compile(given["text"], given["file"], "exec", dont_inherit=True), vars(blastradius.rules))
from tests.campaign.table import first_that_differs
print(first_that_differs(given["known"]))
"""
"""A process in which the rule table is a changed one from the start."""


@dataclass
class Asked:
    """An estate and what is asked of it; ``of`` are the rule that it is about and the verbs of its relations."""

    name: str
    of: frozenset[str]
    make: Callable[[], Made]

    @cached_property
    def made(self) -> Made:
        """The estate and the scenarios, made once."""
        return self.make()

    @cached_property
    def known(self) -> list[Known]:
        """What follows by the table as it stands."""
        with table(rules):
            return list(self.found())

    def found(self) -> Iterator[Known]:
        """What follows by the table that is in place, scenario by scenario."""
        built, scenarios = self.made
        system = compile_system(built)
        for scenario in scenarios:
            steps = certify(system, scenario).steps
            yield {step.fact: (step.level, step.at, step.hops) for step in steps if step.fact.entity in built.entities}

    def differs(self) -> bool:
        """Whether something else follows by the table that is in place."""
        return any(found != known for found, known in zip(self.found(), self.known, strict=True))

    @cached_property
    def digest(self) -> str:
        """What follows by the table that the process began with, for one scenario and in many worlds, told in short."""
        built, scenarios = self.made
        system, told = compile_system(built), hashlib.sha256()
        for scenario, found in zip(scenarios, self.found(), strict=True):
            told.update(repr(sorted((str(fact), *said) for fact, said in found.items())).encode())
            for level, facts in held_in_worlds(system, scenario, "numpy"):
                told.update(repr((level, sorted(map(str, facts)))).encode())
        return told.hexdigest()


def quick() -> list[Asked]:
    """What the quick tests ask of the spec and of the solver."""
    of_rules = (Asked(f"rule {rule}", _rule_and_verbs(rule), partial(_golden, rule)) for rule in golden.rules())
    cases = (Asked(name, frozenset(Verb), partial(_case, name)) for name in CORPUS if not name.startswith("rule "))
    return [*of_rules, Asked("keys", frozenset({Verb.GRANTS}), _keys), *_placed(slow=False), *cases]


def slow() -> list[Asked]:
    """What is asked where there is time, and more random estates than any test has."""
    islands = (Asked(f"islands {seed}", frozenset(Verb), partial(_islands, seed)) for seed in range(ISLANDS))
    return [*islands, *_placed(slow=True)]


def _islands(seed: int) -> Made:
    """64 estates in one, asked all that may happen to each: in outages without an end, and in one that ends."""
    rng = random.Random(seed)
    built = random_islands(rng, 64)
    all_levels = {"assume": Level.LATERAL, "distrust": (), "basis": Basis.ASSUMED}
    asked = random_scenarios(rng, built, 64).model_copy(update=all_levels)
    return built, [asked.model_copy(update={"hours": hours}) for hours in (None, 50.0)]


def _rule_and_verbs(rule: str) -> frozenset[str]:
    return frozenset({rule, *(relation.verb for relation in golden.estate(rule).relations.values())})


def _golden(rule: str) -> Made:
    return golden.estate(rule), [case.scenario for case in golden.expected(rule)]


def _case(name: str) -> Made:
    built, asked = CORPUS[name]()
    return built, [each.scenario for each in asked if not is_refused(built, each.scenario)]


def _keys() -> Made:
    built, asked = opened_by_keys()
    return built, [asked]


def _placed(*, slow: bool) -> Iterator[Asked]:
    for given in RELATIONS:
        case = given.values[0]
        if isinstance(case, Case) and bool(given.marks) is slow:
            verbs = {case.verb, *({"served": [Verb.SERVES], "others": [Verb.OWNS]}.get(case.beside, []))}
            yield Asked(f"placed {given.id}", frozenset(verbs), partial(questions, case))


def changed(mutant: Mutant) -> ModuleType:
    """The module of the rule table, with a change."""
    found = ModuleType(rules.__name__)
    exec(compile(mutant.text, mutant.file, "exec", dont_inherit=True), vars(found))
    return found


@contextmanager
def table(module: ModuleType) -> Iterator[None]:
    """All that reads the rule table reads this one."""
    places = [(there, name) for there, name in _READERS if getattr(there, name) is not getattr(module, name)]
    before = [getattr(there, name) for there, name in places]
    for there, name in places:
        setattr(there, name, getattr(module, name))
    try:
        yield
    finally:
        for (there, name), value in zip(places, before, strict=True):
            setattr(there, name, value)


_READERS = [
    (module, name)
    for module in list(sys.modules.values())
    if module.__name__.startswith("blastradius.") and module is not rules
    for name in ("RULES", "placements")
    if vars(module).get(name) is vars(rules)[name]
]


class Said(NamedTuple):
    """What a table says, to be compared: of the rules, and what is only read for generated pages."""

    rules: list[tuple[Any, ...]]
    pages: object


def read(module: ModuleType) -> Said:
    """All that a table says of rules."""
    rows = [(rule.id, rule.level, *map(_words, rule.flows)) for rule in module.RULES]
    shown = [str(flow) for rule in module.RULES for flow in rule.flows]
    return Said(rows, (shown, module.placements()))


def _words(flow: Any) -> tuple[object, ...]:
    values = (value for name, value in flow._asdict().items() if name != "stops")
    return *values, *((stop.kinds, stop.at, stop.only) for stop in flow.stops)


def shown_by(mutant: Mutant, asked: Sequence[Asked]) -> str | None:
    """What shows a change of the table; None if nothing does."""
    try:
        with _limited(SECONDS):
            module = changed(mutant)
            now, said = read(rules), read(module)
            if said.rules == now.rules:
                return "a generated page" if said != now else None
            about = {word for row in zip(now.rules, said.rules, strict=True) for word in _about(*row)}
            fit = [it for it in asked if it.of & about]
            fit.sort(key=lambda it: (it.of.isdisjoint(about - {*Verb}), len(it.of)))
            with table(module):
                return next((it.name for it in fit if it.differs()), None)
    except Exception as error:  # a table that cannot be read shows, and so does one by which nothing is compiled
        return type(error).__name__


def first_that_differs(known: Mapping[str, str]) -> str:
    """The first of what is asked by name from which something else follows than these digests say; empty if none."""
    there = [it for it in (*quick(), *slow()) if it.name in known]
    return next((it.name for it in there if it.digest != known[it.name]), "")


def shown_afresh(mutant: Mutant, asked: Sequence[Asked]) -> str | None:
    """As ``shown_by``, of what is read when modules are imported: each in a process of its own."""
    known = {it.name: it.digest for it in asked}
    given = {"text": mutant.text, "file": mutant.file, "seconds": int(SECONDS), "known": known}
    command = [sys.executable, "-c", _AFRESH]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.splitlines() or ["too slow"])[-1].partition(":")[0]
    return done.stdout.strip() or None


def _about(before: tuple[Any, ...], after: tuple[Any, ...]) -> set[str]:
    """The rule of a row that differs and the verbs that its flows run along that do; any where one runs along none."""
    rule, level, *flows = before
    differing = {flow[0] for flow, other in zip(flows, after[2:], strict=True) if flow != other}
    if before == after:
        return set()
    return {rule, *(differing if level == after[1] and differing <= {*Verb} else Verb)}


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@dataclass(frozen=True)
class Looked:
    """What came of all changes: how many show, and those that do not, with what shows them elsewhere."""

    shown: int
    left: dict[Mutant, str | None]

    @property
    def unexplained(self) -> list[Mutant]:
        """Those that show in nothing that the quick tests ask and are no equivalents."""
        return [mutant for mutant in self.left if mutant.key not in EQUIVALENT]

    def page(self) -> str:
        """The figures, why how many are equivalents, and each that is none."""
        alike = Counter(EQUIVALENT[mutant.key] for mutant in self.left if mutant.key in EQUIVALENT)
        every, others = self.shown + len(self.left), len(self.unexplained)
        lines = [f"Of {every} changes {self.shown} show, {alike.total()} are equivalent, and {others} do not show.", ""]
        lines += [f"- {count} equivalent: {why}" for why, count in alike.most_common()]
        lines += [f"- {mutant}: " + (self.left[mutant] or "not shown") for mutant in self.unexplained]
        return "\n".join([*lines, ""])


def looked(file: Path, asked: Sequence[Asked], later: Sequence[Asked]) -> Looked:
    """Make each change; what shows is kept in a file and not made again, what does not is printed at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    seen: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    left: dict[Mutant, str | None] = {}
    every = list(mutants("rules"))
    for mutant in every:
        show = shown_afresh if _AT_IMPORT.search(f"{mutant.scope} {mutant.source}") else shown_by
        shown = seen.get(str(mutant)) or show(mutant, asked)
        if shown:
            seen[str(mutant)] = shown
            file.write_text(json.dumps(seen, indent=1), encoding="utf-8")
        else:
            left[mutant] = show(mutant, later)
            click.echo(f"{mutant}: {EQUIVALENT.get(mutant.key, '')}: {left[mutant]}")
    return Looked(len(every) - len(left), left)


@click.command()
@click.option("--keep", default="build/campaign", show_default=True, help="Where it is kept what was seen so far.")
@click.option("--more", is_flag=True, help="Ask of what does not show what is asked where there is time.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the figures into this page, docs/campaign.md.")
def main(keep: str, more: bool, page: Path | None) -> None:
    """Make each change of the rule table, and list those that show in nothing that the quick tests ask."""
    found = looked(Path(keep) / "shown.json", quick(), slow() if more else [])
    click.echo(found.page())
    if page:
        ahead, _, behind = re.split("|".join(MARKS), page.read_text(encoding="utf-8"))
        page.write_text(f"{ahead}{MARKS[0]}{found.page()}{MARKS[1]}{behind}", encoding="utf-8")
    sys.exit(bool(found.unexplained))


if __name__ == "__main__":
    main()
