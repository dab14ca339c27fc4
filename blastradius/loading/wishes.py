"""Whether the user wants estates to be kept once they are loaded."""

from __future__ import annotations

import os

_SETTING = "BLASTRADIUS_CACHE"


def want_cache() -> None:
    """Have estates kept, and not read again where nothing changed."""
    os.environ[_SETTING] = "1"


def is_cache_wanted() -> bool:
    """Whether the user asked for that, by ``--cache`` or in the environment."""
    return os.environ.get(_SETTING, "") not in ("", "0")
