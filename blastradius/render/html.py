"""An answer as one HTML file that stands for itself, for a browser, a mail or a printer: no script, nothing loaded.

Strings from the input are text: escaped, and with nothing in them that a browser would obey.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape

from blastradius.answer import PLAIN, Answer, Cell, Detail, Section, Table
from blastradius.errors import DrawingError
from blastradius.escape import visible
from blastradius.render.lettering import faces
from blastradius.render.scatter import as_svg
from blastradius.render.text import is_number, is_numeric, words

_STYLE = """
.blastradius { font: 15px/1.45 "Helvetica Neue", Helvetica, Arial, sans-serif; color: #1b1b1b; }
.blastradius h1 { font-size: 1.25em; margin: 0 0 .6em; }
.blastradius small { font-weight: normal; color: #555; margin-left: 1em; }
.blastradius h2 { font-size: 1.05em; margin: 1.6em 0 .4em; }
.blastradius ul { margin: 0; padding-left: 1.2em; }
.blastradius table { border-collapse: collapse; }
.blastradius th, .blastradius td { text-align: left; vertical-align: top; padding: .25em .9em .25em 0;
  border-bottom: 1px solid #d8d8d8; overflow-wrap: anywhere; unicode-bidi: isolate; }
.blastradius th { border-bottom-color: #555; overflow-wrap: normal; }
.blastradius td:first-child { min-width: 6.5em; }
.blastradius .n { text-align: right; min-width: 0; font-variant-numeric: tabular-nums; }
.blastradius .notes { color: #6b4e00; }
.blastradius summary { margin: .5em 0; color: #444; cursor: pointer; }
.blastradius .next { break-before: page; border-top: 1px solid #999; padding-top: .5em; }
.blastradius svg { max-width: 100%; height: auto; }
@media print { .blastradius thead { display: table-header-group; }
  .blastradius tr, .blastradius svg { break-inside: avoid; } .blastradius h2 { break-after: avoid; }
  .blastradius h2.sheet { break-before: page; } }
"""
Links = Sequence[tuple[str, str]]
_MOST_ROWS = 2_000
"""Of how many rows a page has all."""
_PAGE = "\nbody { margin: 2em auto; max-width: 70em; padding: 0 1em; }\n@page { size: A4; margin: 14mm; }\n"
_PROLOGUE = re.compile(r"\A\s*(?:<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|\s)*", re.DOTALL)


def as_html(
    answer: Answer, detail: Detail = PLAIN, drawing: str = "", scenes: Sequence[str] = (), links: Links = ()
) -> str:
    """The answer as an HTML document; ``drawing`` is its picture as SVG, or the sentence why there is none.

    ``scenes`` are those of its page, as SVG; ``links`` words and the relative address each of where more can be asked.
    """
    style = _PAGE + _STYLE
    policy = (
        f"default-src 'none'; {_allowed(style, drawing + ''.join(scenes[:1]))}; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(answer.headline)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{_body(answer, detail, drawing, scenes, links)}</body>\n</html>\n"
    )


def as_fragment(answer: Answer, detail: Detail = PLAIN, drawing: str = "") -> str:
    """The same for a page that has others on it, such as a notebook."""
    return f"<style>{_STYLE}</style>\n{_body(answer, detail, drawing)}"


def drawing(answer: Answer) -> str:
    """The picture of an answer as SVG, or in a sentence why it could not be drawn; nothing where it has none."""
    from blastradius.render.draw import draw, strip

    if answer.picture is None:
        return ""
    try:
        return (draw(answer.picture, "svg") if answer.page is None else strip(answer.picture)).decode()
    except DrawingError as error:
        return f"the picture could not be drawn: {error}"


def _allowed(style: str, drawing: str) -> str:
    """What a browser may use: the page's own style; with a picture also the face inside it, and nothing else."""
    if faces() not in drawing:
        return f"style-src '{_hash(style)}'"
    return f"style-src '{_hash(style)}' '{_hash(faces())}'; font-src data:"


def _hash(style: str) -> str:
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"


def _body(answer: Answer, detail: Detail, drawing: str, scenes: Sequence[str] = (), links: Links = ()) -> str:
    if answer.page is None:
        blocks = [f"<h1>{_text(answer.headline)}</h1>", _list(answer.lines), _linked(links), _figure(drawing)]
        blocks += [f"<h2>{_text(answer.scatter.title)}</h2>", _figure(as_svg(answer.scatter))] if answer.scatter else []
        blocks += [_table(whole, detail) for whole in answer.tables]
    else:
        title, subtitle = _text(answer.page.title), _text(answer.page.subtitle)
        blocks = [f"<h1>{title} <small>{subtitle}</small></h1>", f"<p><strong>{_text(answer.headline)}</strong></p>"]
        blocks.append(_linked(links))
        blocks += [_section(section, detail, drawing, scenes) for section in answer.page.sections]
    for page in answer.appendix:
        blocks.append(f'<h1 class="next">{_text(page.title)} <small>{_text(page.subtitle)}</small></h1>')
        blocks += [_section(section, detail, drawing, scenes) for section in page.sections]
    blocks.append(_notes(answer, detail))
    return "\n".join(['<div class="blastradius">', *filter(None, blocks), "</div>", ""])


def _linked(links: Links) -> str:
    found = ", ".join(f'<a href="{escape(address)}">{_text(said)}</a>' for said, address in links)
    return f"<p>Ask further, in the explorer: {found}.</p>" if found else ""


def _section(section: Section, detail: Detail, drawing: str, scenes: Sequence[str]) -> str:
    break_ = ' class="sheet"' if section.on_new_sheet else ""
    blocks = [f"<h2{break_}>{_text(section.title)}</h2>", _list(section.lines)]
    if section.scene is not None and section.scene < len(scenes):
        blocks.append(_figure(scenes[section.scene]))
    blocks += [_shown(section.table, detail)] if section.table is not None and section.table.rows else []
    return "\n".join(filter(None, [*blocks, _figure(drawing) if section.drawn else ""]))


def _figure(drawing: str) -> str:
    svg = _PROLOGUE.sub("", drawing)
    return f"<figure>\n{svg.strip()}\n</figure>" if svg.startswith("<svg") else _paragraph(drawing)


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>" if text else ""


def _list(lines: Iterable[str], kind: str = "lines") -> str:
    items = "\n".join(f"<li>{_text(line)}</li>" for line in lines)
    return f'<ul class="{kind}">\n{items}\n</ul>' if items else ""


def _notes(answer: Answer, detail: Detail) -> str:
    notes = _list((f"note: {note}" for note in answer.notes), "notes")
    count = len(answer.notes)
    summary = f"{count:,} {'note concerns' if count == 1 else 'notes concern'} this answer"
    return notes if detail.notes or not notes else _folded(summary, notes)


def _table(whole: Table, detail: Detail) -> str:
    """What is shown of a table; the rest of it, where there is, can be unfolded."""
    if not whole.rows:
        return f"<h2>{_text(whole.title)}: none</h2>"
    return f"<h2>{_text(whole.title)}</h2>\n{_shown(whole, detail)}"


def _shown(whole: Table, detail: Detail) -> str:
    rest, count = "", len(whole.rows)
    if whole.is_short(detail):
        every = f"all {count:,} rows" if count > 1 else "its row"
        full = _rows(whole.shown(detail._replace(all=True)))
        rest = _folded(every, full) if count <= _MOST_ROWS else _paragraph(f"{every} are in the answer as csv or json")
    return "\n".join(filter(None, [_rows(whole.shown(detail)), rest]))


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{_text(summary)}</summary>\n{content}\n</details>"


def _rows(shown: Table) -> str:
    numeric = [is_numeric(shown, place) for place in range(len(shown.columns))]
    head = "".join(_cell("th", column, is_right) for column, is_right in zip(shown.columns, numeric, strict=True))
    rows = "\n".join(f"<tr>{''.join(map(_data, row, numeric))}</tr>" for row in shown.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>" if rows else ""


def _data(cell: Cell, is_right: bool) -> str:
    return _cell("td", cell, is_right)


def _cell(tag: str, cell: Cell, is_right: bool) -> str:
    kind = ' class="n"' if is_right or is_number(cell) else ""
    return f"<{tag}{kind}>{_text(words(cell))}</{tag}>"


def _text(text: str) -> str:
    return escape(visible(text))
