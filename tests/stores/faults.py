"""Loads that are disturbed in every way we know, on a real server: nothing may be lost, mixed or left behind.

``python -m tests.stores.faults --trials 1000 [--seed 7] [--only cut]`` starts a server (or takes that of
``NEO4J_URI``), tries, and prints a table. The exit code is 1 if anything was not as it has to be.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit
from uuid import uuid4

from blastradius.cli import streams
from blastradius.errors import StoreError
from blastradius.estate import Estate, snapshot
from blastradius.stores.neo4j import Allowed, Connection, connected, pull, push
from tests.stores import server
from tests.stores.estates import sized
from tests.stores.proxy import Proxy
from tests.stores.server import Server

ANY = Allowed(shrink=True, incomplete=True, beside_others=True)
LEASE_MS = 1_000
BATCH = 40
LEFT = "MATCH (l:Load {estate: $estate}) RETURN count(l) AS n"
ORPHANS = """
MATCH (n:Loaded) WHERE n.load STARTS WITH $estate + '#'
AND NOT EXISTS { MATCH (l:Load {key: n.load}) } RETURN count(n) AS n
"""


class DivergentError(AssertionError):
    """Something was not as it has to be."""


@dataclass
class Trial:
    """One estate in a server, what it holds before, and what is pushed to it."""

    uri: str
    rng: random.Random
    started: Server | None = None
    name: str = field(default_factory=lambda: f"fault-{uuid4().hex}")

    def __post_init__(self) -> None:
        self.before, self.after = sized(20, self.rng.randrange(1000)), sized(60, 1000 + self.rng.randrange(1000))

    @contextmanager
    def connected(self, uri: str | None = None) -> Iterator[Connection]:
        """A connection to the estate; through a proxy where its address is given."""
        with connected(f"{uri or self.uri}?estate={self.name}") as connection:
            connection.pauses = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
            yield connection

    def load(self, estate: Estate, uri: str | None = None, after: Callable[[str], None] = lambda _: None) -> None:
        """Push with small batches and a short lease."""
        with self.connected(uri) as connection:
            push(connection, estate, ANY, batch=BATCH, lasts_ms=LEASE_MS, after=after)

    def child(self, after: Callable[[str], None] = lambda _: None, estate: Estate | None = None) -> int:
        """A process that pushes; its number."""
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            streams.prepare()
            self.load(estate or self.after, after=after)
            code = 0
        except (StoreError, KeyboardInterrupt, streams.Ended):
            code = 3
        finally:
            os._exit(code)

    def read(self) -> str:
        """The snapshot of what readers see."""
        with self.connected() as connection:
            return snapshot.text(Estate.build([pull(connection)]))

    def settle(self) -> None:
        """What readers see is whole; the next load comes through when the lease has ended, and nothing is left over."""
        seen = self.read()
        if seen not in (snapshot.text(self.before), snapshot.text(self.after)):
            raise DivergentError("readers see what is neither the estate before nor the one after")
        self.again(time.monotonic() + 10 * LEASE_MS / 1000 + 20)
        if self.read() != snapshot.text(self.after):
            raise DivergentError("after a clean load the estate is another")
        counted = [self.count(LEFT), self.count(ORPHANS)]
        if counted[0] > 2 or counted[1]:
            raise DivergentError(f"{counted[0]} loads and {counted[1]} orphans are left over")

    def count(self, query: LiteralString) -> int:
        """What a query about the estate counts."""
        with self.connected() as connection:
            found: int = connection.read(lambda tx: tx.run(query, estate=self.name).single(strict=True)["n"])
        return found

    def again(self, until: float) -> None:
        """Push until the lease of whoever died has ended."""
        while True:
            try:
                self.load(self.after)
            except StoreError as error:
                if "is loading this estate" not in str(error) or time.monotonic() > until:
                    raise DivergentError(f"the next load does not come through: {error}") from None
                time.sleep(0.2)
            else:
                return


def ended(pid: int) -> int:
    """How a process ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def steps() -> list[str]:
    """The steps of a push of the size that is tried."""
    return ["lease", "swept", *(f"batch {number}" for number in range(7)), "verified", "flipped"]


def killed_between(trial: Trial, step: str | None = None) -> None:
    """kill -9 of the client when a step is done."""
    chosen = step or trial.rng.choice(steps())

    def die(done: str) -> None:
        if done == chosen:
            os.kill(os.getpid(), signal.SIGKILL)

    if ended(trial.child(die)) != -signal.SIGKILL:
        raise DivergentError(f"the step {chosen!r} was never done")


def killed_at_random(trial: Trial) -> None:
    """kill -9 of the client at any time."""
    pid = trial.child()
    time.sleep(trial.rng.uniform(0, 1.5))
    os.kill(pid, signal.SIGKILL)
    ended(pid)


def asked_to_end(trial: Trial) -> None:
    """Ctrl-C or SIGTERM at any time."""
    pid = trial.child()
    time.sleep(trial.rng.uniform(0.05, 1.5))
    os.kill(pid, trial.rng.choice([signal.SIGINT, signal.SIGTERM]))
    ended(pid)


def cut_at_random(trial: Trial) -> None:
    """The connection cut after any byte."""
    with Proxy(urlsplit(trial.uri).port or 7687, after_bytes=trial.rng.randrange(100_000)) as proxy:
        try:
            trial.load(trial.after, proxy.uri)
        except StoreError:
            if trial.read() == snapshot.text(trial.after):
                raise DivergentError("a load that failed is read") from None
        else:
            if trial.read() != snapshot.text(trial.after):
                raise DivergentError("a load that came through is not read")


def cut_after_commit(trial: Trial) -> None:
    """The connection cut when a COMMIT was sent, before its answer; it counts once."""
    with Proxy(urlsplit(trial.uri).port or 7687, after_commit=trial.rng.randrange(1, 25)) as proxy:
        trial.load(trial.after, proxy.uri)
    if trial.read() != snapshot.text(trial.after):
        raise DivergentError("a load that came through is not read")


def server_killed(trial: Trial) -> None:
    """kill -9 of the server in the middle of a load, and a start on the same data."""
    assert trial.started is not None
    pid = trial.child()
    time.sleep(trial.rng.uniform(0.1, 1.5))
    trial.started.kill()
    trial.started.start()
    ended(pid)


def many_at_once(trial: Trial) -> None:
    """Eight loaders with the same ids, two of them on one estate, and a reader."""
    others = [Trial(trial.uri, trial.rng) for _ in range(6)]
    pids = [trial.child(), trial.child(), *(other.child(estate=other.after) for other in others)]
    seen = {trial.read() for _ in range(3)}
    if seen - {snapshot.text(trial.before), snapshot.text(trial.after)}:
        raise DivergentError("a reader saw a mixture")
    codes = [ended(pid) for pid in pids]
    if any(codes[2:]) or 0 not in codes[:2]:
        raise DivergentError(f"a loader that nobody disturbed ended with {codes}")
    for other in others:
        if other.read() != snapshot.text(other.after):
            raise DivergentError("estates got into each other")


def there_and_back(trial: Trial) -> None:
    """A, B, A, A again: the last writes nothing."""
    for estate in (trial.after, trial.before, trial.after):
        trial.load(estate)
    done: list[str] = []
    trial.load(trial.after, after=done.append)
    if done:
        raise DivergentError(f"the same estate again did {done}")


FAULTS: dict[str, Callable[[Trial], None]] = {
    "killed": killed_between,
    "killed-any": killed_at_random,
    "ended": asked_to_end,
    "cut": cut_at_random,
    "cut-commit": cut_after_commit,
    "many": many_at_once,
    "back": there_and_back,
    "server": server_killed,
}


def tried(name: str, uri: str, seed: int, started: Server | None = None) -> None:
    """One trial: an estate is there, its load is disturbed, and all has to be as it should.

    Raises:
        DivergentError: it is not.
    """
    trial = Trial(uri, random.Random(seed), started)
    trial.load(trial.before)
    FAULTS[name](trial)
    trial.settle()


@contextmanager
def a_server() -> Iterator[tuple[str, Server | None]]:
    """The server that is named, or one that is started and ended here."""
    if "NEO4J_URI" in os.environ:
        yield os.environ["NEO4J_URI"], None
        return
    os.environ |= {"NEO4J_USERNAME": "neo4j", "NEO4J_PASSWORD": server.PASSWORD}
    with tempfile.TemporaryDirectory(prefix="neo4j-") as folder:
        started = Server(Path(folder))
        started.start()
        try:
            yield started.uri, started
        finally:
            started.kill()


def main(arguments: list[str] | None = None) -> int:
    """Try, print a table, and say whether all was as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(FAULTS))
    parser.add_argument("--minutes", type=float, default=60)
    stated = parser.parse_args(arguments)
    until, done, wrong = time.monotonic() + 60 * stated.minutes, Counter[str](), Counter[str]()
    with a_server() as (uri, started):
        names = [stated.only] if stated.only else [name for name in FAULTS if name != "server" or started]
        for number in range(stated.trials):
            if time.monotonic() > until:
                break
            # a server takes seconds to start, so that it is killed in one of fifty trials
            name = names[number % len(names)]
            if name == "server" and not stated.only and number // len(names) % 7:
                name = "killed"
            done[name] += 1
            try:
                tried(name, uri, stated.seed + number, started)
            except (DivergentError, StoreError) as error:
                wrong[name] += 1
                print(f"{name}, --seed {stated.seed + number}: {error}", file=sys.stderr)
    print("| fault | trials | divergent |\n|---|---|---|")
    for name in done:
        print(f"| {(FAULTS[name].__doc__ or name).rstrip('.')} | {done[name]} | {wrong[name]} |")
    print(f"{done.total() - wrong.total()} passed, {wrong.total()} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
