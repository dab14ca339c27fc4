"""What an export is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from blastradius.estate import Estate


@dataclass(frozen=True)
class Export:
    """A format that estates are written in.

    ``suffix`` is the usual ending of its files; ``write`` gives the whole file as text and raises ``UsageError``
    for an estate that the format cannot hold; ``carries`` says in a line what of an estate it holds.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Estate], str]
    carries: str
