"""The workers of a Dask cluster as those who solve blocks of worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

from blastradius.errors import UsageError

_Result = TypeVar("_Result")
_SECONDS = 10
"""How long a scheduler has to answer."""


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """The workers that a scheduler at an address such as ``tcp://scheduler:8786`` has.

    Raises:
        UsageError: Dask is not installed, or no scheduler answers there.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise UsageError("--dask needs Dask; pip install 'partner-blastradius[dask]'") from None
    try:
        client = distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError):
        raise UsageError(
            f"--dask {address}: no scheduler answers there; start one, and name it as in tcp://scheduler:8786"
        ) from None
    with client:
        yield DaskWorkers(client)


class DaskWorkers(Executor):
    """Workers of a cluster; what these can finish no more is owed, as by a pool that broke down."""

    def __init__(self, client: Any) -> None:
        self.inner: Executor = client.get_executor()

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """Have something done."""
        done: Future[_Result] = Future()
        asked = self.inner.submit(fn, *args, **kwargs)
        asked.add_done_callback(lambda asked: _relay(asked, done))
        done.add_done_callback(lambda done: done.cancelled() and asked.cancel())
        return done


def _relay(asked: Future[_Result], done: Future[_Result]) -> None:
    """Tell what came of a task; that workers or the scheduler died is told as of a pool."""
    if not done.set_running_or_notify_cancel():
        return
    error: BaseException | None = CancelledError() if asked.cancelled() else asked.exception()
    if isinstance(error, (import_module("distributed").KilledWorker, CancelledError, OSError)):
        error = BrokenExecutor(str(error))
    if error is None:
        done.set_result(asked.result())
    else:
        done.set_exception(error)
