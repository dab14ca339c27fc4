"""The rule table is short enough to be read aloud: two pages, a sentence a rule, in words that people use."""

from __future__ import annotations

import re
from collections.abc import Iterator

import typst

from blastradius.docgen import rules_page
from blastradius.model import STEPPING_STONES, Capability, Verb
from blastradius.rules import RULES

PAGE = rules_page.rules()
_EVERYDAY = {Capability.CONTROL, Capability.USE, Capability.READ, Capability.WRITE, Capability.STEER}
"""Capabilities that are words of everyday language as well."""


def _typeset(markdown: str) -> Iterator[str]:
    """A page of headings, paragraphs and tables for the typesetter."""
    yield '#set page("a4", margin: 18mm)\n#set text(9.5pt)\n#set table(stroke: 0.3pt, inset: 3pt)\n'
    for block in markdown.strip().split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|") and not line.startswith("|-")]
        cells = [[_plain(cell) for cell in row.strip("|").split("|")] for row in rows]
        if cells:
            widths = ", ".join(
                "auto" if max(len(row[n]) for row in cells) < 30 else "1fr" for n in range(len(cells[0]))
            )
            yield f"#table(columns: ({widths}), {', '.join(f'[{cell}]' for row in cells for cell in row)})\n"
        else:
            yield f"{_plain(re.sub('^# ', '= ', block))}\n"


def _plain(text: str) -> str:
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "")
    return re.sub(r"[#$@<>_]", r"\\\g<0>", text.strip())


def test_the_table_fits_on_two_pages() -> None:
    pages = typst.compile("".join(_typeset(PAGE)).encode(), format="svg")
    assert len(pages if isinstance(pages, list) else [pages]) <= 2
    assert len(PAGE.splitlines()) <= 120


def test_a_rule_is_a_sentence_for_people() -> None:
    jargon = set(Capability) - STEPPING_STONES - _EVERYDAY | {verb for verb in Verb if "_" in verb}
    for rule in RULES:
        said = set(re.findall(r"\w+", rule.says))
        assert not said & jargon, rule.id
        assert len(rule.says) <= 160, rule.id
        assert f"| {rule.says[0].upper()}{rule.says[1:]}. |" in PAGE


def test_the_matrix_has_every_relation_and_says_what_it_carries() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|((?:[^|]*\|){9})$", rules_page.relations(), re.MULTILINE))
    assert set(rows) == set(Verb)
    assert [cell.strip() for cell in rows["informs"].split("|")[:-1]] == ["", "", "", "", "", "", "→", "", ""]
    assert [cell.strip() for cell in rows["depends_on"].split("|")[-3:-1]] == ["←", "←"]
    assert rows["connects"].split("|")[0].strip() == "→ 4"
    assert set(rows["relies_on"]) == {" ", "|"}
