"""Which functions of ours each test calls, and what it costs."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from types import CodeType, FrameType

OURS = f"{Path(__file__).parents[2] / 'blastradius'}{os.sep}"


class Called:
    """While it is entered: the functions of ours that are called, and the seconds of a processor."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.functions: frozenset[str] = frozenset()
        self._begun: set[CodeType] = set()

    def __enter__(self) -> Called:
        self._start = spent()
        sys.settrace(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        self.seconds = spent() - self._start
        ours = (code for code in self._begun if code.co_filename.startswith(OURS) and code.co_name[0] != "<")
        self.functions = frozenset(function(code) for code in ours)

    def _note(self, frame: FrameType, _event: str, _value: object) -> None:
        self._begun.add(frame.f_code)


def function(code: CodeType) -> str:
    """A function's file, as in the project, and the line in which it or its first decorator begins."""
    return f"blastradius/{code.co_filename.removeprefix(OURS)}:{code.co_firstlineno}"


def spent() -> float:
    """Seconds of a processor of this process and of those that it began."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + begun.ru_utime + begun.ru_stime
