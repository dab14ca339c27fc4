"""What a long computation tells whoever waits for it: what it is at and, where that is known, how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[str, float | None], None]
"""Is told what is being done, and how much of it is done (0 to 1) where that is known."""

_TOLD: ContextVar[Progress | None] = ContextVar("_TOLD", default=None)


@contextmanager
def told_to(progress: Progress) -> Iterator[None]:
    """Tell this one of all that is computed meanwhile."""
    token = _TOLD.set(progress)
    try:
        yield
    finally:
        _TOLD.reset(token)


def tell(what: str, share: float | None = None) -> None:
    """Tell who waits, if anybody does; ``share`` (0 to 1) is how much of it is done."""
    progress = _TOLD.get()
    if progress is not None:
        progress(what, share)
