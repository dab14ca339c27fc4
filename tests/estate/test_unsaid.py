"""What an estate leaves unsaid and is assumed is told, and counted."""

from __future__ import annotations

import pytest

from blastradius.model import NoteKind
from tests.queries.written import written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "services: {s: {calls: [o]}, t: {serves: [o]}}\noperations: {o: }",
            "1 call, read or feed taken in does not say how hard the dependence is; taken as soft: 'calls:s>o'",
        ),
        (
            "services: {s: {calls: [o], reads: [d]}, t: {serves: [o]}}\noperations: {o: }\nstores: {d: }",
            "2 calls, reads and feeds taken in do not say how hard the dependence is; taken as soft: "
            "'calls:s>o', 'reads:s>d'",
        ),
        ("services: {s: {calls: [{to: o, dependency: none}]}, t: {serves: [o]}}\noperations: {o: }", None),
    ],
)
def test_how_hard_a_dependence_is_taken_to_be_is_told_where_nobody_says(text: str, says: str | None) -> None:
    told = [note.message for note in written(text).notes if note.kind == NoteKind.ASSUMED]
    assert [message for message in told if "how hard" in message] == ([says] if says else [])
