"""Ctrl-C within half a second, from within compiled code too: what it interrupts, and what is left of it.

The interpreter tells the program of a signal between two of its own steps, and an integer program or the rows of a
large estate are one step. A thread is told at once. Where the program has not noticed after a moment it is in the
midst of such a step, where nothing has to be unwound; then the process is ended here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

from blastradius.cli import streams
from blastradius.writing import clear_away

UNNOTICED = 0.3
"""For how many seconds a signal may go unnoticed."""
_SHOW_CURSOR = b"\r\x1b[K\x1b[?25h"
_noticed: list[int] = []


def watch() -> None:
    """Watch for signals that end the process, from now on; where they are ignored or handled by others, not."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or os.name != "posix":
        return
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    signal.signal(signal.SIGINT, _interrupt)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    sys.unraisablehook = _unraisable
    threading.Thread(target=_watched, args=(told,), daemon=True).start()


def leave(code: int) -> NoReturn:
    """End the process with what was written, and without letting go of a large estate thing by thing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    _noticed.append(number)
    streams.insist(streams.INTERRUPTED_CODE)
    raise KeyboardInterrupt


def _watched(told: int) -> None:
    """End the process where it is, once it was interrupted and has not noticed."""
    interrupts = 0
    while interrupts <= len(_noticed):
        interrupts += os.read(told, 1)[0] == signal.SIGINT
        time.sleep(UNNOTICED)
    _end()


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """An interrupt where nothing can be raised, as while a thing is let go of, would be swallowed."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _end()
    sys.__unraisablehook__(unraisable)


def _end() -> NoReturn:
    """End the process wherever it is; what is half written is deleted."""
    clear_away()
    shown = _SHOW_CURSOR if os.isatty(2) else b""
    with contextlib.suppress(OSError):
        os.write(2, shown + f"\nblastradius: {streams.INTERRUPTED}\n".encode())
    os._exit(streams.INTERRUPTED_CODE)
