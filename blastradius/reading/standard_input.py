"""Standard input as a document: bytes like a file's, up to the same limit."""

from __future__ import annotations

import sys

from blastradius.errors import InputError

from .document import ParsedDocument, parse_document
from .texts import MAX_BYTES, decoded

SHOWN = "<stdin>"
"""What it is called in messages."""


def read_standard_input() -> ParsedDocument:
    """Read a document from standard input, to its end; it may refer to nothing.

    Raises:
        InputError: it is closed, cannot be read, is too large or no text, or as ``parse_document``.
    """
    return parse_document(_text(), SHOWN)


def _text() -> str:
    if sys.stdin is None or sys.stdin.closed:
        raise InputError([f"{SHOWN}: it is closed; name a file, or send one into it"])
    stream = getattr(sys.stdin, "buffer", sys.stdin)
    try:
        given: bytes | str = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([f"{SHOWN}: cannot be read: {error.strerror or error}"]) from None
    if len(given) > MAX_BYTES:
        raise InputError([f"{SHOWN}: larger than {MAX_BYTES // 2**20} MB; save it as files, and split them"])
    return decoded(given, SHOWN) if isinstance(given, bytes) else given
