"""A first workspace file, written from what loaders say of the files in a folder, with comments for a person."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any


@dataclass(frozen=True)
class FileSurvey:
    """What one file is: the loader that says it is its own, or why there is none.

    ``path`` is relative to the folder; ``options`` are proposed for it, to be checked, each for a source of its own,
    and ``unused`` is what of the file they make nothing of; ``asked_by`` is the file that asks for it, and so loads it;
    ``as_one`` where its loader reads several files as one.
    """

    path: str
    loader: str = ""
    why: str = ""
    options: tuple[Mapping[str, Any], ...] = ()
    unused: tuple[str, ...] = ()
    asked_by: str = ""
    as_one: bool = False


_HEAD = """\
# The workspace of an estate: its sources, what they speak for, and which of their names are one thing.
# Check it with `blastradius check {name}`, then ask `blastradius rank {name}`.
workspace: 1
# title: Our company
# as_of: 2026-01-31               # the date of the inventory

"""

_TAIL = """
# What no file says. `blastradius check` proposes links with their evidence; accept those that are true.
# same:                           # one thing under several ids
#   orders: ["component:default/orders", "k8s:shop/deployment/orders"]
# different:                      # looks alike and is not
#   - ["billing", "billings"]
# apis:                           # one API under several names; equal methods and paths in it are one operation
#   orders: {also: ["orders-svc"], base: ["/v1"]}
# parties:                        # whose an account, an app, a consumer or a host is
#   acme: ["123456789012", "acme-*"]
# controls:                       # what stands wherever no source says otherwise
#   - {kind: object_authz, on: reads, match: ["reads:orders:*"], status: assumed, why: "say who says so"}
"""


def first_workspace(files: Sequence[FileSurvey], name: str, links: Mapping[str, Sequence[str]] | None = None) -> str:
    """The text of a first workspace file: sources by loader and folder, the rest as comments with the reason.

    ``links`` are lines of what may be one thing, by the section that they belong in, to be accepted.
    """
    joint = {file.loader for file in files if file.as_one}
    sources = [_source(paths, loader, options, loader in joint) for paths, loader, options in _sources(files)]
    listed = "sources:\n" + "".join(sources) if sources else "sources: []                       # nothing was found\n"
    return _HEAD.format(name=name) + listed + _left_out(files) + _proposed(links or {}) + _TAIL


def said_of(files: Sequence[FileSurvey]) -> list[str]:
    """What a person has to know of a first workspace: which files are left out and why, and what of the others is."""
    left = [f"  {_quoted(file.path)}: {_flat(file.why)}" for file in files if not file.loader]
    partly = [f"  {_quoted(file.path)}: {_flat(', '.join(file.unused))}" for file in files if file.unused]
    proposed = [f"  {_quoted(file.path)}" for file in files if file.options and not file.asked_by]
    return [
        *_headed("Left out:", left),
        *_headed("Not used, for the titles do not say what they are:", partly),
        *_headed("What the columns mean is proposed; check it in the workspace:", proposed),
    ]


def _headed(head: str, lines: list[str]) -> list[str]:
    return [head, *lines] if lines else []


def _sources(files: Sequence[FileSurvey]) -> Iterable[tuple[list[str], str, Mapping[str, Any]]]:
    """Paths, loader and options of each source; a glob where it matches files of one loader only."""
    mine = [file for file in files if file.loader and not file.asked_by]
    for file in mine:
        for options in file.options:
            yield [file.path], file.loader, options
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in (source for source in mine if not source.options):
        together[file.loader, str(PurePosixPath(file.path).parent)].append(file.path)
    others = {file.path for file in files}
    as_one: dict[str, list[str]] = defaultdict(list)
    joint = {file.loader for file in mine if file.as_one}
    for (loader, folder), paths in sorted(together.items()):
        globbed = _globbed(folder, paths, others - set(paths))
        if loader in joint:
            as_one[loader] += globbed
        else:
            yield globbed, loader, {}
    for loader, paths in as_one.items():
        yield paths, loader, {}


def _globbed(folder: str, paths: list[str], others: set[str]) -> list[str]:
    found: list[str] = []
    for suffix in sorted({PurePosixPath(path).suffix for path in paths}):
        alike = [path for path in paths if PurePosixPath(path).suffix == suffix]
        strange = any(str(PurePosixPath(path).parent) == folder and path.endswith(suffix) for path in others)
        plain = suffix and not any(char in folder for char in "*?[]")
        found += [str(PurePosixPath(folder) / f"*{suffix}")] if plain and len(alike) > 1 and not strange else alike
    return found


def _source(paths: list[str], loader: str, options: Mapping[str, Any], as_one: bool) -> str:
    path = _quoted(paths[0]) if len(paths) == 1 else "[" + ", ".join(map(_quoted, paths)) + "]"
    text = f"  - path: {path}\n    loader: {loader}\n"
    if as_one and (len(paths) > 1 or "*" in path):
        text += "    # read as one; another cluster, tenant or gateway is a source of its own, named in its options\n"
    if options:
        text += "    # proposed from the header; check that each column means this\n    options:\n"
        text += "".join(f"      {line}\n" for key, value in options.items() for line in _block(key, value))
    return text


def _block(key: str, value: Any) -> list[str]:
    """An option as lines of YAML: a mapping one level deep with an entry a line, what is in it as JSON."""
    if not isinstance(value, dict) or not value:
        return [f"{_quoted_key(key)}: {_quoted(value)}"]
    return [f"{_quoted_key(key)}:", *(f"  {_quoted_key(name)}: {_quoted(inner)}" for name, inner in value.items())]


def _quoted_key(key: str) -> str:
    return key if re.fullmatch(r"[a-z][a-z_]*", key) else _quoted(key)


def _left_out(files: Sequence[FileSurvey]) -> str:
    lines = [f"#   {_quoted(file.path)}: asked for by {_quoted(file.asked_by)}" for file in files if file.asked_by]
    lines += [f"#   {_quoted(file.path)}: {_flat(file.why)}" for file in files if not file.loader]
    lines += [f"#   {_quoted(file.path)}: {_flat(', '.join(file.unused))}, not used" for file in files if file.unused]
    return "\n# What is no source of its own, or not used:\n" + "\n".join(lines) + "\n" if lines else ""


def _proposed(links: Mapping[str, Sequence[str]]) -> str:
    """What may be one thing, as comments."""
    lines = [
        f"# {line}" for section, said in links.items() for line in (f"{section}:", *(f"  {link}" for link in said))
    ]
    return _PROPOSED + "".join(f"{_printable(line)}\n" for line in lines) if lines else ""


_PROPOSED = """
# What may be one thing: take the "# " away where it is true, and a line out where it is not.
# `blastradius check` tells the evidence of each.
"""


def _quoted(text: Any) -> str:
    return _printable(json.dumps(text, ensure_ascii=False))


def _flat(text: str) -> str:
    """A reason on one line, without what would end a comment."""
    return _printable(" ".join(text.split())[:400])


def _printable(text: str) -> str:
    """A text with an escape for each character that does not show, as YAML and JSON write it."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
