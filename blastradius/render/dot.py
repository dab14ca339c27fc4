"""A picture as Graphviz text: the same picture gives the same bytes.

Names from the input never become syntax: every node has an opaque id, every string is quoted and its
backslashes, quotes, ampersands and control characters are escaped. The real ids stand in the tooltips.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blastradius.answer import Edge, Node, Picture
from blastradius.errors import DrawingError
from blastradius.escape import columns, cut, visible
from blastradius.model import Kind, Level
from blastradius.render import style

LABEL_LIMIT = 200
TOOLTIP_LIMIT = 600
WRAP = 22
KEY_COLUMNS = 5
_PIECES = re.compile(r"[^ /._:@-]*[ /._:@-]|[^ /._:@-]+")


def to_dot(picture: Picture) -> str:
    """The picture as DOT text, one statement to a line, title, counts and legend inside it.

    Raises:
        DrawingError: two nodes have the same id, or an edge leads to a node that is not in the picture.
    """
    names = _names(picture)
    lines = [
        "digraph blastradius {",
        f"graph {_attributes(style.GRAPH | {'label': _label([picture.title], 90, 'l'), 'tooltip': _quoted(' ')})}",
        f"node {_attributes(style.NODE)}",
        f"edge {_attributes(style.EDGE)}",
        # What comes first is drawn lowest: so the legend, then everything from the last to the first.
        *_legend(picture),
        *_body(picture, names),
        *_edges(picture, names),
        "}",
    ]
    return "\n".join(lines) + "\n"


def wrapped(text: str, width: int = WRAP) -> list[str]:
    """``text`` in lines of about ``width`` cells, broken after spaces and punctuation, else anywhere."""
    lines = [""]
    for piece in _PIECES.findall(text):
        for part in _chopped(piece, width):
            if lines[-1] and columns(lines[-1] + part.rstrip()) > width:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def _chopped(piece: str, width: int) -> Iterator[str]:
    part = ""
    for char in piece:
        if columns(part + char.rstrip()) > width:
            yield part
            part = ""
        part += char
    yield part


def _names(picture: Picture) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, node in enumerate(picture.nodes):
        if node.id in names:
            raise DrawingError(f"node {visible(node.id)!r} is in the picture twice")
        names[node.id] = f"n{number}"
    for end in (end for edge in picture.edges for end in (edge.source, edge.target)):
        if end not in names:
            raise DrawingError(f"an edge leads to {visible(end)!r}, which is not in the picture")
    return names


def _body(picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    heading = [line for line in (picture.subtitle, picture.counts) if line]
    yield from _cluster("picture", _label(heading, 110, "l"), peripheries="0", fontsize="13", margin="18")
    if not picture.nodes:
        yield f"nothing {_attributes({'label': _quoted('nothing to show'), 'shape': 'plaintext', 'style': ''})}"
    for node in reversed(picture.nodes):
        if node.zone is None:
            yield _node(names[node.id], node)
    for number, zone in reversed(list(enumerate(_zones(picture)))):
        yield from _zone(number, zone, picture, names)
    yield "}"


def _zones(picture: Picture) -> list[str]:
    """The zones that hold something, in the picture's order, undeclared ones last."""
    used = dict.fromkeys(node.zone for node in picture.nodes if node.zone is not None)
    return [zone for zone in picture.zones if zone in used] + [zone for zone in used if zone not in picture.zones]


def _zone(number: int, zone: str, picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    label = _label([picture.zones.get(zone) or zone], 60, "l")
    yield from _cluster(
        f"z{number}",
        label,
        style="filled,rounded",
        fillcolor=style.ZONE_FILL,
        color=style.ZONE_LINE,
        fontname=style.BOLD,
        fontsize="12",
        margin="14",
        tooltip=_tooltip(zone),
    )
    yield from (_node(names[node.id], node) for node in reversed(picture.nodes) if node.zone == zone)
    yield "}"


def _cluster(name: str, label: str, **attributes: str) -> Iterator[str]:
    yield f"subgraph cluster_{name} {{"
    defaults = {"fontname": style.FONT, "fontcolor": style.QUIET, "labeljust": "l", "tooltip": _quoted(" ")}
    yield f"graph {_attributes(defaults | attributes | {'label': label})}"


def _node(name: str, node: Node) -> str:
    shade = style.SHADES[node.level] if node.level else style.UNREACHED
    lines = ["▶ STARTS HERE"] if node.seed else []
    lines += wrapped(cut(("★\N{NO-BREAK SPACE}" if node.crown_jewel else "") + visible(node.label), LABEL_LIMIT))
    if node.gained and node.level:
        lines += wrapped(cut(f"{style.NUMBERS[node.level]} {visible(node.gained)}", LABEL_LIMIT))
    tooltip = " · ".join([node.id, node.kind, *([node.level.word] if node.level else []), *node.members])
    attributes = {"label": _lines(lines), "tooltip": _tooltip(tooltip), **_room(lines)}
    return f"{name} {_attributes(attributes | _shape(node.kind) | _paint(shade) | _marks(node))}"


def _room(lines: Sequence[str]) -> dict[str, str]:
    """A minimum width where Graphviz, which knows Latin letters only, would guess too narrow."""
    if all(ord(char) < 0x250 for line in lines for char in line if char not in "★▶①②③④…"):
        return {}
    return {"width": f"{min(8.0, 0.45 + 0.1 * max(map(columns, lines))):.2f}"}


def _shape(kind: Kind) -> dict[str, str]:
    shape = dict(style.SHAPES[kind])
    fill = "filled,rounded" if shape.pop("rounded", None) else "filled"
    return shape | {"style": fill}


def _paint(shade: style.Shade) -> dict[str, str]:
    return {"fillcolor": shade.fill, "fontcolor": shade.text, "color": shade.line}


def _marks(node: Node) -> dict[str, str]:
    """Whatever sets a node apart: folded, unreached, a crown jewel, a seed; the later outdoes the earlier."""
    marks: dict[str, str] = {}
    if node.count > 1:
        marks |= {"peripheries": "2"}
    if node.level is None and not node.seed:
        marks |= {"style": _shape(node.kind)["style"] + ",dashed"}
    if node.crown_jewel:
        marks |= {"peripheries": "2", "penwidth": "3", "color": style.JEWEL}
        marks |= {"fontname": style.BOLD, "margin": "0.3,0.12"}
    if node.seed:
        marks |= {"penwidth": "3.5", "color": style.ALARM, "fontname": style.BOLD}
    return marks


def _edges(picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    for edge in reversed(picture.edges):
        attributes = _EDGE_LOOKS[edge.style](edge) | {"tooltip": _tooltip(_description(edge))}
        yield f"{names[edge.source]} -> {names[edge.target]} {_attributes(attributes)}"


def _description(edge: Edge) -> str:
    stopped = f" · stopped by {', '.join(edge.stopped_by)}" if edge.stopped_by else ""
    return f"{edge.source} → {edge.target} · {edge.label}{stopped}"


def _step(edge: Edge) -> dict[str, str]:
    line = style.SHADES[edge.level].line if edge.level else style.QUIET
    times = f" \N{MULTIPLICATION SIGN}{edge.count}" if edge.count > 1 else ""
    return {"color": line, "fontcolor": line, "label": _label([edge.label + times], 18)}


def _stopped(edge: Edge) -> dict[str, str]:
    label = "⊘ " + (", ".join(edge.stopped_by) or edge.label)
    quiet = {"color": style.GREY, "style": "dashed", "arrowhead": "tee", "arrowsize": "1.1"}
    return quiet | {"fontcolor": style.ALARM, "label": _label([label], 20)}


def _context(edge: Edge) -> dict[str, str]:  # noqa: ARG001 - the three looks share a signature
    return {"color": style.FAINT, "penwidth": "0.8", "arrowsize": "0.6"}


_EDGE_LOOKS = {"step": _step, "stopped": _stopped, "context": _context}


def _legend(picture: Picture) -> Iterator[str]:
    """The key, as a strip of columns whose widths are those of the picture's own nodes."""
    keys = (_level_keys(picture), _mark_keys(picture), _kind_keys(picture))
    rows = [row for group in keys for row in _in_rows(group)]
    if not rows:
        return
    box = {"style": "rounded", "color": style.ZONE_LINE, "fontsize": "11", "margin": "14"}
    yield from _cluster("legend", _quoted("How to read this"), **box)
    yield f"node {_attributes(style.KEY)}"
    for number, row in enumerate(reversed(rows)):
        names = [f"k{number}_{column}" for column in range(len(row))]
        yield from (f"{name} {_attributes(key)}" for name, key in zip(names, row, strict=True))
        yield from [f"{' -> '.join(names)} [style=invis]"] if len(names) > 1 else []
    yield f"node {_attributes(style.NODE)}"
    yield "}"


def _in_rows(keys: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    return [keys[start : start + KEY_COLUMNS] for start in range(0, len(keys), KEY_COLUMNS)]


def _level_keys(picture: Picture) -> list[dict[str, str]]:
    """Every level up to the highest drawn: what each says builds on the one before."""
    drawn = [node.level for node in picture.nodes] + [edge.level for edge in picture.edges]
    levels = [level for level in drawn if level]
    return [_level_key(level) for level in Level if levels and level <= max(levels)]


def _level_key(level: Level) -> dict[str, str]:
    lines = [f"{style.NUMBERS[level]} {level.word}", *wrapped(level.says, 26)]
    room = {"height": "0.85", "margin": "0.2,0.08"}
    return {"label": _lines(lines), "shape": "box"} | room | _paint(style.SHADES[level])


def _mark_keys(picture: Picture) -> list[dict[str, str]]:
    plain = {"shape": "box", "fillcolor": "white", "fontcolor": style.INK}
    keys = []
    if any(node.seed for node in picture.nodes):
        keys.append(plain | {"label": _quoted("▶ where it starts"), "color": style.ALARM, "penwidth": "3"})
    if any(node.crown_jewel for node in picture.nodes):
        jewel = {"label": _quoted("★ crown jewel"), "color": style.JEWEL, "penwidth": "2.5", "peripheries": "2"}
        keys.append(plain | jewel)
    if any(node.count > 1 for node in picture.nodes):
        keys.append(plain | {"label": _quoted("several, folded"), "color": style.GREY, "peripheries": "2"})
    if any(node.level is None for node in picture.nodes):
        keys.append(plain | {"label": _quoted("not reached"), "color": style.GREY, "style": "filled,dashed"})
    if any(edge.style == "stopped" for edge in picture.edges):
        arrow = {"label": _quoted("- - -| ⊘ stopped by a control"), "shape": "plaintext", "fontcolor": style.ALARM}
        keys.append(plain | arrow)
    return keys


def _kind_keys(picture: Picture) -> list[dict[str, str]]:
    present = {node.kind for node in picture.nodes}
    plain = {"fillcolor": "white", "fontcolor": style.INK, "color": style.GREY}
    return [plain | _shape(kind) | {"label": _quoted(kind), "margin": "0.1,0"} for kind in Kind if kind in present]


def _label(texts: Sequence[str], width: int, end: str = "n") -> str:
    lines = [line for text in texts for line in wrapped(cut(visible(text), LABEL_LIMIT), width)]
    return _lines(lines, end)


def _lines(lines: Sequence[str], end: str = "n") -> str:
    r"""A quoted label of several lines; ``end`` is Graphviz's ``\n`` (centred) or ``\l`` (left)."""
    # Graphviz measures Helvetica: a heading gets room for the wider face a viewer may have.
    room = 0.4 if end == "l" else 0
    parts = [_escaped(line + " " * int(room * columns(line))) for line in lines]
    return '"' + f"\\{end}".join(parts) + ("\\l" if end == "l" and any(lines) else "") + '"'


def _tooltip(text: str) -> str:
    # Graphviz unescapes a tooltip twice.
    return '"' + _escaped(cut(visible(text), TOOLTIP_LIMIT).replace("\\", "\\\\")) + '"'


def _quoted(text: str) -> str:
    return '"' + _escaped(text) + '"'


def _escaped(text: str) -> str:
    """``text`` as the inside of a DOT string; Graphviz would otherwise read ``&lt;`` as an entity."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


def _attributes(attributes: Mapping[str, str]) -> str:
    quoted = {key: value if value.startswith('"') else _quoted(value) for key, value in attributes.items()}
    return "[" + ", ".join(f"{key}={value}" for key, value in quoted.items()) + "]"
