"""A scatter plot as SVG: two raw axes, a dot where both counts meet, the names beside it; no score."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape

from blastradius.answer import Scatter
from blastradius.escape import columns, cut, visible

_LINE, _LETTER, _GAP, _EDGE, _HEAD, _FOOT = 15, 7, 18, 46, 34, 46
"""Heights and widths in points: a line of text, a letter, beside a dot, and around the plot."""
_MOST_NAMED, _MOST_LETTERS = 5, 26
_WIDEST = 1600
"""How wide or high an axis on which each count has its place may get; else only those that occur have one."""

Point = tuple[int, int]


def as_svg(scatter: Scatter) -> str:
    """The plot, from left to right and from below to above; names in full are in the tips of the dots."""
    here: dict[Point, list[str]] = defaultdict(list)
    for name, across, up in scatter.points:
        here[across, up].append(visible(name))
    labels = {point: _labels(names) for point, names in here.items()}
    longest = max((columns(label) for lines in labels.values() for label in lines), default=0)
    most = max(map(len, labels.values()), default=1)
    x = _places({across for across, _ in here}, longest * _LETTER + 2 * _GAP)
    y = {count: place + most * _LINE for count, place in _places({up for _, up in here}, (most + 1) * _LINE).items()}
    width = _EDGE + max(x.values()) + longest * _LETTER + 2 * _GAP
    height = _HEAD + max(y.values()) + _LINE + _FOOT
    floor = height - _FOOT
    parts = [*_axes(scatter, x, y, width, floor)]
    for (across, up), names in sorted(here.items()):
        parts += _dot(_EDGE + x[across] + _GAP, floor - y[up], labels[across, up], names)
    title = escape(visible(scatter.title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="Helvetica, Arial, sans-serif" font-size="12"><title>{title}</title>\n'
        + "\n".join(parts)
        + "\n</svg>"
    )


def _places(counts: Collection[int], band: int) -> Mapping[int, int]:
    """Where each count stands on an axis: evenly from 0 on, or one after the other where that would not fit."""
    highest = max(counts, default=0)
    shown = range(highest + 1) if highest * band <= _WIDEST else sorted({0, *counts})
    return {count: place * band for place, count in enumerate(shown)}


def _labels(names: Sequence[str]) -> list[str]:
    shown = [cut(name, _MOST_LETTERS) for name in sorted(names)[:_MOST_NAMED]]
    return [*shown, f"and {len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else shown


def _axes(scatter: Scatter, x: Mapping[int, int], y: Mapping[int, int], width: int, floor: int) -> Iterator[str]:
    """Lines and counts along both axes, and what they count; that counts are left out is said."""
    yield f'<g stroke="#d8d8d8">{"".join(_lines(x, y, width, floor))}</g>'
    for count, place in x.items():
        yield f'<text x="{_EDGE + place + _GAP}" y="{floor + 18}" text-anchor="middle">{count}</text>'
    for count, place in y.items():
        yield f'<text x="{_EDGE - 10}" y="{floor - place + 4}" text-anchor="end">{count}</text>'
    right = f'x="{width - 8}" y="{floor + 36}" text-anchor="end"'
    yield f'<text {right} font-weight="bold">→ {_axis(scatter.across, x)}</text>'
    yield f'<text x="8" y="16" font-weight="bold">↑ {_axis(scatter.up, y)}</text>'


def _axis(counted: str, counts: Collection[int]) -> str:
    """What an axis counts, and that counts are left out where they are."""
    skipped = "" if len(counts) == max(counts) + 1 else " (only counts that occur)"
    return f"{escape(visible(counted))}{skipped}"


def _lines(x: Mapping[int, int], y: Mapping[int, int], width: int, floor: int) -> Iterator[str]:
    for place in x.values():
        yield f'<path d="M{_EDGE + place + _GAP} {_HEAD}V{floor}"/>'
    for place in y.values():
        yield f'<path d="M{_EDGE} {floor - place}H{width}"/>'


def _dot(x: int, y: int, labels: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """A dot as large as its number of names asks for, and the names to the right of it."""
    tip = escape(", ".join(sorted(names)))
    yield f'<circle cx="{x}" cy="{y}" r="{min(9, 4 + len(names))}" fill="#a83232"><title>{tip}</title></circle>'
    for line, label in enumerate(labels):
        place = f'x="{x + 14}" y="{y + 4 + line * _LINE}"'
        yield f'<text {place} paint-order="stroke" stroke="#fff" stroke-width="4">{escape(label)}</text>'
