"""What an estate leaves unsaid and is assumed is told, and counted."""

from __future__ import annotations

import pytest

from blastradius.estate import unsaid
from blastradius.model import NoteKind
from tests.engine.short import estate

ONE = "1 call, read or feed taken in does not say how hard the dependence is; taken as soft: "
MORE = "2 calls, reads and feeds taken in do not say how hard the dependence is; taken as soft: "
GROUP = "1 group of feeds does not say how votes are counted; any one wrong feed may decide: "


@pytest.mark.parametrize(
    ("relations", "says"),
    [
        (("calls:s>o", "serves:s2>o"), [f"{ONE}'calls:s>o'"]),
        (("calls:s>o", "reads:s>d", "reads:o>d"), [f"{MORE}'calls:s>o', 'reads:s>d'"]),
        (("calls:s>o dependency=none",), []),
        (("consumes:b>f",), [f"{ONE}'consumes:b>f'"]),
        (("consumes:s>f+f2 dependency=soft",), [f"{GROUP}'consumes:s>f+f2'"]),
        (("consumes:s>f+f2",), [f"{ONE}'consumes:s>f+f2'", f"{GROUP}'consumes:s>f+f2'"]),
        (("consumes:s>f+f2 dependency=soft vote_min=1", "depends_on:s>s2+s3"), []),
        (("consumes:s>f dependency=hard",), []),
    ],
)
def test_what_is_taken_where_nobody_says_is_told(relations: tuple[str, ...], says: list[str]) -> None:
    """How hard a dependence is, but for what an operation takes in, and how the votes of several feeds are counted."""
    told = [note for note in estate(*relations).notes if note.kind == NoteKind.ASSUMED]
    assert [note.message for note in told] == says
    assert [", ".join(map(repr, note.about)) for note in told] == [text.rpartition(": ")[2] for text in says]


def test_of_many_the_first_are_named_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaid, "MOST_NAMED", 3)
    (note,) = estate("calls:s4>o", "calls:s3>o", "calls:s2>o", "calls:s>o").notes
    assert note.about == ("calls:s2>o", "calls:s3>o", "calls:s4>o")
    assert note.message.startswith("4 calls, reads and feeds taken in do not say how hard")
    assert note.message.endswith(": 'calls:s2>o', 'calls:s3>o', 'calls:s4>o' and 1 more")
