"""A loader as a page: what it reads, what that becomes, what its options are, what has to be declared, an example."""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from blastradius.loaderkit.contract import Loader

MAX_LINES = 40
_OWN = ("input", "options", "expected")
_ELSEWHERE = {"Control": "[control](../controls.md)", "ControlKind": "[control](../controls.md)"}
_WORDS = {"string": "text", "boolean": "yes or no", "integer": "whole number", "number": "number", "object": "mapping"}


def index(loaders: Iterable[Loader]) -> str:
    """The page that lists all loaders."""
    rows = [
        f"| [{loader.title}]({loader.name}.md) | {_codes(loader.suffixes)} | {_cell(loader.reads)} |"
        for loader in sorted(loaders, key=lambda loader: loader.title.lower())
    ]
    return "\n".join(
        [
            "# What can be read\n",
            "A file that is named is read by the loader that recognises what it is. A loader takes in what the format "
            "says and notes what it cannot; each page lists what has to be declared besides. Options are said of a "
            "source in [the workspace](../workspace.md). A format that is missing: [writing a "
            "loader](writing-a-loader.md).\n",
            "| format | files | reads |\n|---|---|---|",
            *rows,
            "",
        ]
    )


def page(loader: Loader, cases: Path) -> str:
    """The page of one loader; ``cases`` is the folder of its golden cases."""
    parts = [
        f"# {loader.title}\n",
        *(f"{paragraph}\n" for paragraph in _about(loader)),
        f"Reads {loader.reads}. Loader `{loader.name}`, files {_codes(loader.suffixes)}.\n",
        "## What becomes of it\n\n| there | here |\n|---|---|",
        *(f"| {_cell(there)} | {_cell(here)} |" for there, here in loader.maps),
        "",
        *_options(loader),
        *_gaps(loader),
        *_refused(loader),
        *_example(cases),
    ]
    return "\n".join(parts)


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _plain(text: str) -> str:
    """A docstring's words as Markdown."""
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


# what its code says of it


def _about(loader: Loader) -> Iterator[str]:
    """The paragraphs with which the loader's file begins, its title line apart."""
    doc = inspect.getdoc(sys.modules[loader.load.__module__]) or ""
    for paragraph in doc.split("\n\n")[1:]:
        yield _plain(paragraph)


def _gaps(loader: Loader) -> Iterator[str]:
    if loader.infers_not:
        yield "## What it cannot tell, and you have to declare\n"
        yield from (f"- {gap}" for gap in loader.infers_not)
        yield ""


def _refused(loader: Loader) -> Iterator[str]:
    """How a file is told, and what is no such file, as the functions' own words say it."""
    told = (inspect.getdoc(loader.recognises) or "").partition("\n")[0]
    refused = (inspect.getdoc(loader.load) or "").partition("InputError:")[2]
    yield "## What is refused\n"
    if told.startswith("Whether "):
        yield f"A file is told by {_plain(told[0].lower() + told[1:])}\n"
    if refused:
        yield f"Refused, with a reason and a way out: {_plain(' '.join(refused.split()))}\n"


# options


def _options(loader: Loader) -> Iterator[str]:
    schema = loader.options.model_json_schema() if loader.options else {}
    yield "## Options\n"
    if not schema.get("properties"):
        yield "None.\n"
        return
    yield from _table(schema)
    for name, shape in schema.get("$defs", {}).items():
        if name not in _ELSEWHERE and any("description" in field for field in shape.get("properties", {}).values()):
            yield f"### {name}\n"
            yield f"{_plain(shape['description'].splitlines()[0])}\n"
            yield from _table(shape)


def _table(schema: dict[str, Any]) -> Iterator[str]:
    yield "| option | is | default | says |\n|---|---|---|---|"
    for name, field in schema["properties"].items():
        default = "needed" if name in schema.get("required", ()) else _default(field.get("default"))
        says = _cell(field.get("description", ""))
        yield f"| `{name}` | {_cell(_type(field, schema.get('$defs', {})))} | {default} | {says} |"
    yield ""


def _default(value: Any) -> str:
    if value in (None, [], {}):
        return ""
    return "no" if value is False else _codes(value) if isinstance(value, list) else f"`{value}`"


def _type(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    """A JSON Schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if "enum" in defs.get(name, {}) and name not in _ELSEWHERE:
            return _either(f"`{word}`" for word in defs[name]["enum"])
        return _ELSEWHERE.get(name, f"[{name.lower()}](#{name.lower()})")
    if "enum" in schema:
        return _either(f"`{word}`" for word in schema["enum"])
    if "anyOf" in schema:
        return _either(_several(schema["anyOf"], defs))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), defs)}"
    if "additionalProperties" in schema:
        keys = _type(schema.get("propertyNames", {"type": "string"}), defs)
        return f"mapping of {keys} to {_type(schema['additionalProperties'], defs)}"
    return _WORDS.get(schema.get("type", ""), "any value")


def _several(choices: list[dict[str, Any]], defs: dict[str, Any]) -> Iterator[str]:
    """The choices in words; a list of one of them is said as several."""
    said = [_type(choice, defs) for choice in choices if choice.get("type") not in ("null", "array")]
    yield from dict.fromkeys(said)
    for choice in choices:
        if choice.get("type") == "array":
            yield "several in a list" if said else _type(choice, defs)


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


# example


def _example(folder: Path) -> Iterator[str]:
    """One golden case: its input, its options, and the facts that it gives."""
    found = sorted(folder.glob("cases/*/input.*"), key=lambda each: _rank(each.parent))
    if not found:
        return
    file, case = found[0], found[0].parent
    yield "## Example\n"
    yield f"From the [golden case {case.name}](../../tests/loaders/{folder.name}/cases/{case.name}).\n"
    yield from _shown(file)
    beside = sorted(path.name for path in case.iterdir() if path.is_file() and path.stem not in _OWN)
    if beside:
        yield f"Beside it are {_codes(beside)}.\n"
    if (case / "options.yaml").is_file():
        yield from _shown(case / "options.yaml")
    yield f"This gives:\n\n```\n{_cut(_facts(case), 'expected.yaml')}\n```\n"


def _rank(case: Path) -> tuple[bool, bool, int, str]:
    """The best example is read whole and small."""
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in case.iterdir() if path.is_file())
    return case.name == "nasty", _expected(case)["tally"]["rejected"] > 0, lines, case.name


def _expected(case: Path) -> Any:
    return yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8"))


def _shown(file: Path) -> Iterator[str]:
    kind = file.suffix[1:] if file.suffix in (".yaml", ".json") else ""
    lines = file.read_text(encoding="utf-8").splitlines()
    yield f"`{file.name}`:\n\n```{kind}\n{_cut(lines, file.name)}\n```\n"


def _cut(lines: list[str], name: str) -> str:
    more = len(lines) - MAX_LINES
    return "\n".join([*lines[:MAX_LINES], *([f"… and {more} more lines in {name}"] if more > 0 else [])])


def _facts(case: Path) -> list[str]:
    """What a case expects, one line a fact or note."""
    expected = _expected(case)
    by_kind: dict[str, list[str]] = defaultdict(list)
    for name, each in expected["entities"].items():
        by_kind[each["kind"]].append(name)
    lines = [f"{kind} {name}" for kind, names in by_kind.items() for name in names]
    lines += [f"zone {name}" for name in expected.get("zones", {})]
    lines += map(_related, expected["relations"])
    lines += [f"expectation {name}" for name in expected.get("expectations", {})]
    lines += [f"request for loader {request['loader']}" for request in expected.get("requests", ())]
    lines += [f"note {note}" for note in expected["notes"]]
    tally = expected["tally"]
    return [*lines, ", ".join(f"{count} {word}" for word, count in tally.items())]


def _related(name: str) -> str:
    verb, _, ends = name.partition(":")
    return f"{verb} {ends.replace('>', ' → ')}"
