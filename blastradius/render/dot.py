"""A picture as Graphviz text: the same picture gives the same bytes.

Names from the input never become syntax: every node has an opaque id, every string is quoted and its
backslashes, quotes, ampersands and control characters are escaped. The real ids stand in the tooltips.
Boxes have the size that their text was measured to need. A label of an edge is a box of its own, on the edge's way:
so nothing is ever laid over it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from blastradius.answer import Edge, Node, Picture
from blastradius.errors import DrawingError
from blastradius.escape import cut, visible
from blastradius.render import style
from blastradius.render.boxes import BETWEEN, LABEL_LIMIT, Box, label_box, node_box
from blastradius.render.legend import legend_lines

TOOLTIP_LIMIT = 600
ZONE_LIMIT = 60
NOTHING = "nothing to show"
STEP, STOPPED = "{source} → {target} · {label}", " · stopped by {controls}"
"""What is read of an edge that is pointed at."""

Direction = Literal["LR", "TB"]


def to_dot(picture: Picture, direction: Direction = "LR", *, heading: bool = True) -> str:
    """The picture as DOT text, one statement to a line; with its title, counts and legend unless told otherwise.

    Raises:
        DrawingError: two nodes have the same id, or an edge leads to a node that is not in the picture.
    """
    names = _names(picture)
    graph = style.GRAPH | {"rankdir": direction, "tooltip": _quoted(" ")}
    if heading:
        graph |= {"label": _left([picture.title, picture.subtitle, picture.counts, *legend_lines(picture)])}
    lines = [
        "digraph blastradius {",
        f"graph {_attributes(graph)}",
        f"node {_attributes(style.NODE)}",
        f"edge {_attributes(style.EDGE)}",
        # What comes first is drawn lowest: so everything from the last to the first.
        *_body(picture, names),
        *_edges(picture, names),
        "}",
    ]
    return "\n".join(lines) + "\n"


class Label(NamedTuple):
    """The label of an edge, or of several that begin at one box and are stopped by the same."""

    edges: tuple[Edge, ...]

    def zone(self, homes: Mapping[str, str | None]) -> str | None:
        """The zone that it stands in: that of all its ends, if they share one."""
        zones = {homes[end] for edge in self.edges for end in (edge.source, edge.target)}
        return zones.pop() if len(zones) == 1 else None


def labelled(picture: Picture) -> dict[str, Label]:
    """The labels of a picture, by the names of their boxes."""
    groups: dict[Hashable, list[Edge]] = {}
    for number, edge in enumerate(picture.edges):
        if edge.label or edge.stopped_by:
            shared = (edge.source, edge.stopped_by) if edge.style == "stopped" else number
            groups.setdefault(shared, []).append(edge)
    return {f"l{number}": Label(tuple(edges)) for number, edges in enumerate(groups.values())}


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
    if not picture.nodes:
        yield f"nothing {_attributes({'label': _quoted(NOTHING)} | style.EMPTY)}"
    homes = {node.id: node.zone for node in picture.nodes}
    labels = dict(reversed(labelled(picture).items()))
    for zone in [None, *reversed(_zones(picture))]:
        if zone is not None:
            yield from _zone(zone, picture)
        yield from (_node(names[node.id], node) for node in reversed(picture.nodes) if node.zone == zone)
        yield from (_edge_label(name, label) for name, label in labels.items() if label.zone(homes) == zone)
        if zone is not None:
            yield "}"


def _zones(picture: Picture) -> list[str]:
    """The zones that hold something, in the picture's order, undeclared ones last."""
    used = dict.fromkeys(node.zone for node in picture.nodes if node.zone is not None)
    return [zone for zone in picture.zones if zone in used] + [zone for zone in used if zone not in picture.zones]


def _zone(zone: str, picture: Picture) -> Iterator[str]:
    name = cut(visible(picture.zones.get(zone) or zone), ZONE_LIMIT)
    attributes = style.ZONE | {"tooltip": _tooltip(zone), "label": _quoted(name)}
    yield f"subgraph cluster_z{_zones(picture).index(zone)} {{"
    yield f"graph {_attributes(attributes)}"


def _node(name: str, node: Node) -> str:
    level = getattr(node.tone, "word", None)
    tooltip = BETWEEN.join([node.id, node.kind, *([level] if level else []), *node.members])
    attributes = _sized(node_box(node)) | {"tooltip": _tooltip(tooltip)}
    return f"{name} {_attributes(attributes | style.SHAPES[node.kind] | style.paint(node.tone) | _marks(node))}"


def _sized(box: Box) -> dict[str, str]:
    text = "\\n".join(_escaped(line.text) or " " for line in box.lines)
    return {"label": f'"{text}"', "width": f"{box.width / 72:.3f}", "height": f"{box.height / 72:.3f}"}


def _marks(node: Node) -> dict[str, str]:
    """Whatever sets a node apart: folded, unreached, a crown jewel, a seed; the later outdoes the earlier."""
    looks: dict[str, str] = {}
    looks |= style.MARKS["folded"] if node.count > 1 else {}
    looks |= style.unreached(node.kind) if node.tone is None and not node.seed else {}
    looks |= style.MARKS["jewel"] if node.crown_jewel else {}
    return looks | (style.MARKS["seed"] if node.seed else {})


def _edge_label(name: str, label: Label) -> str:
    first = label.edges[0]
    look = style.CONTROL if first.style == "stopped" else style.LABEL
    tooltip = BETWEEN.join(map(_description, label.edges))
    return f"{name} {_attributes(_sized(label_box(first)) | look | {'tooltip': _tooltip(tooltip)})}"


def _edges(picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    labels = {id(edge): name for name, label in labelled(picture).items() for edge in label.edges}
    begun: set[str] = set()
    for edge in reversed(picture.edges):
        look = _look(edge) | {"tooltip": _tooltip(_description(edge))}
        source, target = names[edge.source], names[edge.target]
        label = labels.get(id(edge))
        if label is None:
            yield f"{source} -> {target} {_attributes(look)}"
            continue
        if label not in begun:
            begun.add(label)
            yield f"{source} -> {label} {_attributes(look | style.ENDS[edge.style])}"
        yield f"{label} -> {target} {_attributes(look)}"


def _description(edge: Edge) -> str:
    stopped = STOPPED.format(controls=", ".join(edge.stopped_by)) if edge.stopped_by else ""
    return STEP.format(source=edge.source, target=edge.target, label=edge.label) + stopped


def _look(edge: Edge) -> dict[str, str]:
    return style.line(edge.tone) if edge.style == "step" else style.LINES[edge.style]


def _left(texts: Sequence[str]) -> str:
    """A quoted label, each text a line of its own from the left."""
    return '"' + "".join(_escaped(cut(visible(text), LABEL_LIMIT)) + "\\l" for text in texts if text) + '"'


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
