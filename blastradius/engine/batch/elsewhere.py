"""Blocks of worlds that other processes solve: whatever runs them, a pool on this machine or many machines."""

from __future__ import annotations

import io
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from blastradius.engine.batch.proposal import Proposal
from blastradius.engine.prepared import PreparedEstate, compile_system

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

MOST_AHEAD = 32
"""How many blocks are asked for before the first of them is taken: a block of a large estate is many megabytes."""

_SPREAD: ContextVar[Executor | None] = ContextVar("_SPREAD", default=None)

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")
Work = Callable[[PreparedEstate, Proposal | None, _Job], _Result]


@contextmanager
def spread_over(executor: Executor | None) -> Iterator[None]:
    """Have all worlds that are solved meanwhile solved by an executor, wherever there are several blocks of them."""
    token = _SPREAD.set(executor)
    try:
        yield
    finally:
        _SPREAD.reset(token)


def spreading() -> Executor | None:
    """The executor over which worlds are spread now."""
    return _SPREAD.get()


def done_elsewhere(
    executor: Executor,
    system: PreparedEstate,
    proposal: Proposal | None,
    work: Work[_Job, _Result],
    jobs: Iterable[_Job],
) -> Iterator[_Result]:
    """What ``work`` makes of each job, in their order; the estate is compiled once in each process.

    What an executor that broke down still owes is done here. Those not begun are called off if nobody takes the rest.
    """
    sent = pickle.dumps((system.estate, proposal))
    shared = (system, proposal)
    asked: deque[tuple[_Job, Future[bytes] | None]] = deque()
    try:
        for job in jobs:
            asked.append((job, _submitted(executor, sent, work, job)))
            if len(asked) >= MOST_AHEAD:
                yield _taken(shared, work, *asked.popleft())
        while asked:
            yield _taken(shared, work, *asked.popleft())
    finally:
        for _, future in asked:
            if future is not None:
                future.cancel()


def _submitted(executor: Executor, sent: bytes, work: Work[_Job, _Result], job: _Job) -> Future[bytes] | None:
    from concurrent.futures import BrokenExecutor

    try:
        return executor.submit(_do, sent, cast(Work[Any, Any], work), job)
    except BrokenExecutor:
        return None


def _taken(
    shared: tuple[PreparedEstate, Proposal | None],
    work: Work[_Job, _Result],
    job: _Job,
    future: Future[bytes] | None,
) -> _Result:
    """The result of a job, about the estate and the proposal that are here."""
    from concurrent.futures import BrokenExecutor, CancelledError

    try:
        if future is not None:
            return cast(_Result, _Unpickler(future.result(), shared).load())
    except (BrokenExecutor, CancelledError):
        pass
    return work(*shared, job)


def _do(sent: bytes, work: Work[Any, Any], job: object) -> bytes:
    """Do a job in the process that was chosen for it; its result without the estate, which who asked has."""
    shared = _shared(sent)
    written = io.BytesIO()
    _Pickler(written, shared).dump(work(*shared, job))
    return written.getvalue()


@lru_cache(maxsize=2)
def _shared(sent: bytes) -> tuple[PreparedEstate, Proposal | None]:
    estate, proposal = _Unpickler(sent, ()).load()
    return compile_system(estate), proposal


class _Pickler(pickle.Pickler):
    """Names, instead of writing them, the things that both sides have."""

    def __init__(self, file: io.BytesIO, shared: tuple[object, ...]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.places = {id(thing): place for place, thing in enumerate(shared) if thing is not None}

    def persistent_id(self, obj: object) -> int | None:
        return self.places.get(id(obj))


class _Unpickler(pickle.Unpickler):
    """Puts in their place those of this side."""

    def __init__(self, written: bytes, shared: tuple[object, ...]) -> None:
        super().__init__(io.BytesIO(written))
        self.shared = shared

    def persistent_load(self, pid: int) -> object:
        return self.shared[pid]
