"""A list of subprocessors in its own words: the items of its lists and the rows of its tables (Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

MAX_LINE = 2000
WORD = re.compile(
    r"\bsub[- ]?(?:data[- ])?processors?\b|\bunterauftragsverarbeiter\w*|\bsous[- ]traitants?\b(?: ultérieurs?\b)?"
    r"|\bsubencargad[oa]s?\b|\bsub[- ]?responsabili\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"(?i)\b(list|lists|of|our|the|page|third[- ]party|authori[sz]ed|and|current|approved|affiliates|20[0-9][0-9])\b"
)
_BEFORE = re.compile(r"^(?:(?:used|engaged|by|for|de|von|der)\s)+")
_ENGAGES = re.compile(
    r"\b(?i:sub[- ]?processors)(?: that| which)? (?!We\b|Our\b|It\b|The\b|You\b)"
    r"([A-Z][\w.&-]*,?(?: [A-Z][\w.&-]*,?){0,3})"
    r" (?:has engaged|may engage|engages|uses|may use|currently uses|works with)\b"
)
_NOBODY = re.compile(
    r"(?i)n/?a|none|nil|tbd|-+|.*\{\{.*|(?:we|you|our|if|please|when|where|as|to|any)\b(?:\W+\w+){3}.*"
)
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$|()(?:\*\*|__)([^*_]+)(?:\*\*|__):?$")
_ITEM = re.compile(r"(\s*)(?:[*+-]|[0-9]{1,3}[.)])\s+(.*\S)")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_CELL = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)")
_MARK = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_TAG = re.compile(r"<[^<>]{0,200}>")
_LOCATED = re.compile(r"\b(?:located|based|hosted|established)\s+in\s+(?:the\s+)?([A-Z][\w .,&-]*?)\s*[:.]\s*$")
_ELSEWHERE = re.compile(
    r"change|update|notif|histor|contact|former|removed|object|previous|contents|further|question|archive|how we|why",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\b(?:former|previous|past|removed|retired|terminated|discontinued|deprecated|no longer|ehemalig|früher|ancien"
    r"|upcoming|planned|pending|future|change ?log|history)",
    re.IGNORECASE,
)
_STRUCK = re.compile(r"\W*~~.*~~\W*")
_SPLIT = re.compile(r"\s+[\u2013\u2014-]+\s+|:\s+|\.\s+|\s+(?=\()|\s*\|\s*|;\s+")
_COLUMNS = {
    "name": (
        "name",
        "subprocessor",
        "sub-processor",
        "entity",
        "company",
        "vendor",
        "third party",
        "provider",
        "organi",
        "firma",
        "anbieter",
        "proveedor",
        "fournisseur",
    ),
    "purpose": (
        "purpose",
        "service",
        "activit",
        "function",
        "description",
        "use",
        "processing",
        "what",
        "zweck",
        "finali",
    ),
    "location": (
        "location",
        "country",
        "region",
        "hosting",
        "address",
        "where",
        "jurisdiction",
        "standort",
        "ubicaci",
        "pays",
    ),
    "data": ("data", "categor", "information"),
    "gone": ("removed", "terminated", "offboarded", "discontinued"),
}


class Ends(StrEnum):
    """What becomes of a record."""

    KEPT = "kept"
    DETAIL = "details below an item"
    ELSEWHERE = "items of other sections"
    STRUCK = "items that are struck out or told as removed"
    NAMELESS = "nameless"


@dataclass(frozen=True)
class Listed:
    """A subprocessor as the list names it."""

    line: int
    ends: Ends
    name: str = ""
    purpose: str | None = None
    location: str | None = None
    data: str | None = None


@dataclass
class _State:
    """Where in the list the reading is: heading, location said before, columns of the table."""

    section: str = ""
    location: str | None = None
    columns: dict[str, int] = field(default_factory=dict)
    indent: int = 0


def title(lines: list[str]) -> str | None:
    """The list's own title: of its front matter, or its first heading."""
    for line, below in pairwise([*lines[:40], ""]):
        if line.strip() and re.fullmatch(r"={3,}\s*", below):
            return plain(line)
        found = re.match(r"title:\s*[\"']?(.*?)[\"']?\s*$", line) or re.match(r"#{1,2}\s+(.*?)\s*#*$", line)
        if found:
            return plain(found[1])
    return None


def whose(lines: list[str]) -> str | None:
    """Whose list it is, as its title says it: 'Acme subprocessors' is Acme's; else the heading below front matter."""
    below = lines[_after_front_matter(lines) :][:40]
    titles = [title(lines) or "", *(line[2:] for line in below if line.startswith("# "))]
    for text in titles[:2]:
        found = _whose(re.sub(r"\([^()]*\)", " ", text)) or _whose(text)
        if found:
            return found
    return None


def _whose(title: str) -> str | None:
    text = WORD.sub(" ", title)
    text = _NOISE.sub(" ", text)
    bare = re.sub(r"['\u2019]s\b", "", " ".join(re.sub(r"[|\u2013\u2014:()]", " ", text).split()))
    bare = _BEFORE.sub("", bare).strip(" -,.'\u2019")
    return bare or None


def vendor_of(lines: list[str]) -> str | None:
    """Whose list it is, as one of the first sentences says it: 'the subprocessors that Acme may engage'."""
    found = (_ENGAGES.search(plain(line[:MAX_LINE])) for line in lines[:40])
    return next((item[1].rstrip(",.") for item in found if item), None)


def items(lines: list[str]) -> Iterator[Listed]:
    """Every list item and table row, in order."""
    state = _State()
    start = _after_front_matter(lines)
    lines = [line[:MAX_LINE] for line in lines]
    for number, line in enumerate(lines[start:], start):
        heading = _HEADING.fullmatch(line.strip())
        item = _ITEM.fullmatch(line)
        if heading:
            state = _State(section=heading[2] or heading[4] or "")
        elif item:
            yield _item(number + 1, len(item[1].expandtabs(4)), item[2], state)
        elif "|" in line and _CELL.search(line):
            yield from _row(lines, number, state)
        elif not line.strip():
            state.columns = {}
        else:
            located = _LOCATED.search(plain(line))
            state.location = located[1] if located else state.location if line.startswith(" ") else None


def _after_front_matter(lines: list[str]) -> int:
    if lines and lines[0].strip() == "---":
        return next((number + 1 for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    return 0


def _item(line: int, indent: int, text: str, state: _State) -> Listed:
    if indent >= 2 and state.indent < indent:
        return Listed(line, Ends.DETAIL)
    state.indent = indent
    if _is_elsewhere(state) or re.match(r"\[[^\]]*\]\(#", text):
        return Listed(line, Ends.ELSEWHERE)
    if re.match(r"\W*~~", text):
        return Listed(line, Ends.STRUCK)
    name, purpose = _name_and_rest(text)
    return Listed(line, _named(name), name, purpose, state.location)


def _named(name: str) -> Ends:
    """Whether a text is someone's name, and no template, sentence or word for nobody."""
    return Ends.NAMELESS if not name or len(name) > 100 or _NOBODY.fullmatch(name) else Ends.KEPT


def _is_elsewhere(state: _State) -> bool:
    """Whether a section lists no subprocessors, or those of before or to come."""
    elsewhere = _ELSEWHERE.search(state.section) is not None and not WORD.search(state.section)
    return elsewhere or _NOT_NOW.search(state.section) is not None


def _name_and_rest(text: str) -> tuple[str, str | None]:
    """A name (a link, bold, or what stands before a dash, colon or full stop), and what is said of it."""
    marked = re.match(
        r"(?:\*\*|__)?\[([^\]]+)\]\([^()]*(?:\([^()]*\)[^()]*)*\)(?:\*\*|__)?|(?:\*\*|__)(.+?)(?:\*\*|__)", text
    )
    if marked:
        name, rest = plain(marked[1] or marked[2]).rstrip(":"), plain(text[marked.end() :])
    else:
        parts = _SPLIT.split(plain(text), maxsplit=1)
        name, rest = parts[0], parts[1] if len(parts) > 1 else ""
    rest = rest.strip(" .:;-\u2013\u2014|")
    return ("" if len(name) > 100 or len(name.split()) > 12 else name.strip(" .:,")), rest or None


def _row(lines: list[str], number: int, state: _State) -> Iterator[Listed]:
    if _RULE.fullmatch(lines[number]):
        return
    cells = _cells(lines[number])
    if number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1]) and "-" in lines[number + 1]:
        state.columns = _columns(cells)
    elif state.columns:
        found = {key: cells[column] if column < len(cells) else "" for key, column in state.columns.items()}
        name = found.get("name", "")
        gone = found.get("gone") or "no"
        removed = _STRUCK.fullmatch(name) or not (gone.lower() == "no" or _NOBODY.fullmatch(gone))
        struck = Ends.STRUCK if removed else _named(name)
        ends = Ends.ELSEWHERE if _is_elsewhere(state) else struck
        more = {key: found.get(key) or None for key in ("purpose", "location", "data")}
        yield Listed(number + 1, ends, name, more["purpose"], more["location"] or state.location, more["data"])


def _cells(line: str) -> list[str]:
    return [plain(cell.replace("\\|", "|")) for cell in _CELL.split(line.strip().strip("|"))]


def _columns(heads: list[str]) -> dict[str, int]:
    """Which column says what, by the words of its head; without a head for names the first one."""
    found: dict[str, int] = {}
    for key, words in _COLUMNS.items():
        taken = set(found.values())
        fits = (
            number
            for number, head in enumerate(heads)
            if number not in taken and any(word in head.lower() for word in words)
        )
        column = next(fits, None)
        if column is not None:
            found[key] = column
    if "name" not in found:
        found = {"name": 0, **{key: column for key, column in found.items() if column != 0}}
    return found


def plain(text: str) -> str:
    """Text without links, emphasis and tags."""
    return " ".join(_MARK.sub("", _TAG.sub(" ", _LINK.sub(r"\1", text))).split())
