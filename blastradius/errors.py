"""Everything that can go wrong, one class per cause; the command line turns each into an exit code.

A message is one line: ``file:line:column: what was found; what was expected or one way out``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from blastradius.secrets import redacted


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The way out at the end of a message about an unknown word: the known one nearest to it, else ``otherwise``."""
    close = get_close_matches(word, [str(name) for name in known], n=1)
    way_out = f"did you mean {close[0]!r}?" if close else otherwise
    return f"; {way_out}" if way_out else ""


class BlastradiusError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 3


class InputError(BlastradiusError):
    """Input that cannot be read or does not fit: all its problems at once, each with its position, no secret in any."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(map(redacted, problems))
        super().__init__("\n".join(self.problems))


class UsageError(BlastradiusError):
    """A question that names something the estate does not have, or options that do not go together."""

    exit_code = 2


class CertificateError(BlastradiusError):
    """The independent checker refused a proof: a defect of the engine, never of the input."""

    exit_code = 4


class DrawingError(BlastradiusError):
    """A picture that could not be drawn, or that lost a node or an edge."""

    exit_code = 4


class StoreError(BlastradiusError):
    """A database that does not answer, refuses, or holds something else; nothing in it was changed."""

    exit_code = 4


class IncompleteError(BlastradiusError):
    """A source that is missing, cut off or empty, or an estate that lost much: what is stored stays."""

    exit_code = 5


class NotHereError(Exception):
    """A question has come to things around which not all is here: their names (of entities, APIs, zones, inputs).

    Who asks a part of an estate catches it, and asks again with more of it.
    """

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(f"{len(names)} things")
        self.names = frozenset(names)
