from __future__ import annotations

import json
from pathlib import Path

import pytest

from blastradius.render.lettering import FAMILY, FONTS, added, fitted, width, wrapped

SIGNS = "①②③④★▶⊘…·→"


@pytest.mark.slow
@pytest.mark.parametrize("bold", [False, True])
def test_text_is_as_wide_as_the_printer_sets_it(tmp_path: Path, bold: bool) -> None:
    typst = pytest.importorskip("typst")
    texts = [SIGNS, *SIGNS, "Customer replica for parcels", "Größe Ελλάδα Москва", "WWW iii", "it is wrong, it stops"]
    page = tmp_path / "page.typ"
    weight = "bold" if bold else "regular"
    page.write_text(
        f'#set text(font: "{FAMILY}", size: 100pt, weight: "{weight}", kerning: false, fallback: false)\n'
        "#context [#metadata(json(bytes(sys.inputs.texts)).map(words => measure(words).width.pt()))<widths>]\n",
        encoding="utf-8",
    )
    found = typst.query(
        page, "<widths>", one=True, field="value", font_paths=[FONTS], sys_inputs={"texts": json.dumps(texts)}
    )
    assert json.loads(found) == pytest.approx([width(text, 100, bold=bold) for text in texts], abs=0.2)


@pytest.mark.parametrize("bold", [False, True])
def test_the_face_has_every_sign_that_pictures_use(bold: bool) -> None:
    widths = json.loads((FONTS / "widths.json").read_text(encoding="utf-8"))
    assert set(SIGNS) <= set("".join(widths["bold" if bold else "regular"].values()))


def test_wrapping_loses_nothing_and_keeps_to_the_room() -> None:
    for text in ("GET /customers/{id}/orders/{order}/lines", "x" * 70, "数据库" * 20, "a  b", ""):
        lines = wrapped(text, 100, 10)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line, 10) <= 100 for line in lines)


def test_what_is_too_wide_ends_in_an_ellipsis() -> None:
    assert fitted("Orders", 100, 10) == "Orders"
    cut = fitted("Orders of all customers", 60, 10)
    assert cut.endswith("…")
    assert width(cut, 10) <= 60
    assert fitted("Orders", 0, 10) == "…"


def test_what_the_face_does_not_have_is_given_ample_room() -> None:
    assert width("数", 10) >= 10
    assert width("e\N{COMBINING ACUTE ACCENT}", 10) == width("e", 10)


def test_lengths_are_added_alike_on_every_interpreter_and_in_the_page() -> None:
    assert added([0.1] * 10) == 0.9999999999999999
    assert added([]) == 0
