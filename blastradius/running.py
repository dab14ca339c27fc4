"""Running another program: its command is our own, what the user gave goes in through its standard input."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence


def run(
    command: Sequence[str], given: bytes, *, seconds: float | None = None, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end and keep what it printed; ``settings`` are environment variables besides those here.

    Raises:
        OSError: it could not be started.
        subprocess.TimeoutExpired: it took longer than so many seconds.
    """
    environment = {**os.environ, **(settings or {})}
    return subprocess.run(command, input=given, capture_output=True, timeout=seconds, env=environment, check=False)  # noqa: S603 - a command of ours, no shell
