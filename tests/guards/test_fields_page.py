"""The page on the fields: every field is told, and changes what the page says that it changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import blastradius as br
from blastradius.docgen.fields_page import (
    ANSWERS,
    CHECK,
    CONTROL,
    ENTITIES,
    EVERY,
    ITEM,
    NOTHING,
    REACH,
    REST,
    STARTS,
    TAKES,
    TIME,
    schema_of_files,
)
from blastradius.engine.check.spec import arrivals_at
from blastradius.errors import InputError
from blastradius.model import SIGNATURES, Level, Verb
from tests.guards.test_modelling_page import ROWS, scenario

SCHEMA = schema_of_files()
SHAPES: dict[str, Any] = {"": SCHEMA, **SCHEMA["definitions"]}
KINDS = {"PartyShape": "parties", "ProcessShape": "processes"} | {
    f"{kind.capitalize()}Shape": f"{kind}s" for kind in ("credential", "scope", "operation", "service", "store", "feed")
}
VERBS = {"controls_target" if verb == Verb.CONTROLS else str(verb) for verb in Verb}


def _fields(shape: str) -> set[str]:
    return set(SHAPES[shape]["properties"])


def test_every_field_is_told_and_no_other() -> None:
    told = {shape: {*fields, *EVERY} for shape, fields in ENTITIES.items()}
    assert {shape: _fields(shape) - VERBS for shape in told} == told
    assert told.keys() == KINDS.keys()
    assert (_fields("ItemShape"), _fields("ControlShape")) == (set(ITEM), set(CONTROL))
    assert _fields("") - set(KINDS.values()) == set(REST[""])
    assert _fields("ExpectShape") - set(STARTS) == set(REST["ExpectShape"])
    assert _fields("ExerciseShape") - set(STARTS) == set(REST["ExerciseShape"])
    assert _fields("ZoneShape") == set(REST["ZoneShape"])
    assert _fields("SelectShape") == set(REST["SelectShape"])
    words = {
        what for fields in (EVERY, ITEM, CONTROL, *ENTITIES.values(), *REST.values()) for what, _ in fields.values()
    }
    assert words == {REACH, TIME, ANSWERS, CHECK, NOTHING}


SAMPLES = {
    "with": ["k2"],
    "extent": "subset",
    "dependency": "hard",
    "buffer_h": 1,
    "at_least": 1,
    "vote_min": 1,
    "on_bad": "drop",
    "on_missing": "default",
    "needs": ["k2"],
}


def test_a_word_may_stand_where_the_page_says_and_nowhere_else(tmp_path: Path) -> None:
    assert set(TAKES) == set(ITEM) - {"to", "of", "delay_h", "controls", "basis", "unknown", "seen_by"}
    kinds = {kind[: -len("Shape")].lower(): section for kind, section in KINDS.items()}
    for word, verbs in TAKES.items():
        taken = set()
        for verb, ends in SIGNATURES.items():
            (kind, *_) = [kind for kind in ends.sources if kind in ("service", "process")] or [min(ends.sources)]
            name = "controls_target" if verb == Verb.CONTROLS else str(verb)
            item = {"to": "t", word: SAMPLES.get(word, True)}
            file = tmp_path / "estate.yaml"
            target = kinds[min(ends.targets - {kind})] if ends.targets - {kind} else kinds[kind]
            estate: dict[str, Any] = {"blastradius": 1, kinds[kind]: {"s": {name: [item]}}}
            estate.setdefault(target, {})["t"] = None
            estate.setdefault("scopes" if verb == Verb.PERMITS else "credentials", {})["k2"] = None
            file.write_text(yaml.safe_dump(estate))
            if _takes(file):
                taken.add(str(verb))
        assert taken == set(verbs.split(", ")), word


def _takes(file: Path) -> bool:
    """Whether an estate file loads; a word where it may not stand is the only thing that is wrong with it."""
    try:
        br.load(str(file))
    except InputError as error:
        if "does not take" not in str(error):
            raise
        return False
    return True


def _reach(text: str, asked: str, folder: Path) -> list[Any]:
    file = folder / "estate.yaml"
    file.write_text(text, "utf-8")
    estate, question = br.load(str(file)), scenario(asked)
    return [arrivals_at(estate, question, level) for level in Level if level <= question.assume]


CHANGES = [
    ("flat: true", "zones: {z: {flat: true}}\nservices: {a: {zone: z}, b: {zone: z}}", "--compromise a --assume "
                                                                                       "lateral"),
    ("zone: z", "zones: {z: {flat: true}}\nservices: {a: {zone: z}, b: {zone: z}}", "--compromise a --assume lateral"),
    ("role: self", "parties: {p: {role: self, owns: [s]}}\nservices: {s: {serves: [o]}}\noperations: {o: {}}",
     "--use o --assume takeover"),
    ("type: password", "credentials: {k: {type: password, controls: [mfa], grants: [s]}}\nservices: {s: }", "--leak k"),
    ("api: a", "operations: {o: {api: a}, p: {api: a}}", "--use o"),
    ("direction: exposed", "operations: {o: {direction: exposed, anonymous: true}}", "--anyone"),
    ("anonymous: true", "operations: {o: {direction: exposed, anonymous: true}}", "--anyone"),
    ("parts: complete", "services: {w: {parts: complete}, x: {part_of: [w]}}", "--outage x"),
    ("with: [l]", "credentials: {k: {grants: [{to: o, with: [l]}]}, l: }\noperations: {o: }", "--leak k"),
    ("extent: subset", "operations: {o: {reads: [{to: d, extent: subset}]}}\nstores: {d: }", "--use o --assume "
                                                                                             "granted"),
    ("dependency: hard", "services: {s: {calls: [{to: o, dependency: hard}]}}\noperations: {o: }", "--outage o"),
    ("buffer_h: 9", "services: {s: {depends_on: [{to: t, buffer_h: 9}]}, t: }", "--outage t=4"),
    ("at_least: 1", "services: {s: {depends_on: [{of: [a, b], at_least: 1}]}, a: , b: }", "--outage a"),
    ("capacity_loss: true",
     "services: {s: {depends_on: [{of: [a, b], at_least: 1, capacity_loss: true}]}, a: , b: }", "--outage a"),
    ("brittle: true", "services: {s: {consumes: [{to: f, brittle: true}]}}\nfeeds: {f: }", "--wrong f"),
    ("vote_min: 2", "services: {s: {consumes: [{of: [f, g, h], vote_min: 2}]}}\nfeeds: {f: , g: , h: }", "--wrong f"),
    ("on_bad: halt", "services: {s: {consumes: [{to: f, on_bad: halt}]}}\nfeeds: {f: }", "--wrong f"),
    ("on_missing: default", "services: {s: {consumes: [{to: f, on_missing: default}]}}\nfeeds: {f: }", "--outage f"),
    ("obeys: true", "services: {s: {consumes: [{to: f, obeys: true}]}}\nfeeds: {f: }", "--poison f"),
    ("needs: [k]", "services: {s: {consumes: [{to: f, obeys: true}], calls: [{to: o, needs: [k]}]}}\nfeeds: {f: }\n"
     "operations: {o: }\ncredentials: {k: }", "--poison f"),
    ("status: absent", "services: {s: {controls: [{kind: hardened, status: absent}], serves: [o]}}\noperations: {o: }",
     "--use o --assume takeover"),
    ("provided_by: n", "services: {s: {controls: [{kind: hardened, provided_by: n}], serves: [o]}, n: }\noperations: "
                       "{o: }",
     "--use o --compromise n --assume takeover"),
    ("fails: closed", "services: {s: {controls: [{kind: hardened, provided_by: n, fails: closed}], serves: [o]}, n: }\n"
     "operations: {o: }", "--use o --outage n --assume takeover"),
    ("misled: true", "services: {s: {controls: [{kind: hardened, provided_by: n, misled: true}], serves: [o]}, n: }\n"
     "operations: {o: }", "--use o --wrong n --assume takeover"),
    ("phishable: true", "credentials: {k: {type: password, controls: [{kind: mfa, phishable: true}], grants: [s]}}\n"
     "services: {s: }", "--leak k"),
    ("starts_after_h: 5", "services: {s: {depends_on: [{to: t, controls: [{kind: fallback, starts_after_h: 5}]}]}, "
                          "t: }",
     "--outage t"),
    ("slower: true", "services: {s: {depends_on: [{to: t, controls: [{kind: fallback, slower: true}]}]}, t: }",
     "--outage t"),
    ("expires: 2020-01-01", "as_of: 2026-01-01\ncredentials: {k: {expires: 2020-01-01, grants: [s]}}\nservices: {s: }",
     "--leak k"),
    ("as_of: 2019-01-01", "as_of: 2019-01-01\ncredentials: {k: {expires: 2020-01-01, grants: [s]}}\nservices: {s: }",
     "--leak k"),
]  # fmt: skip
"""What an estate says, the estate, and a question to which the answer is another where it does not say so."""


@pytest.mark.parametrize(("said", "text", "asked"), CHANGES, ids=[said for said, *_ in CHANGES])
def test_what_is_said_to_change_reach_does(said: str, text: str, asked: str, tmp_path: Path) -> None:
    assert said in text
    text = f"blastradius: 1\n{text}\n"
    without = re.sub(rf"{re.escape(said)}(, )?", "", text)
    assert _reach(text, asked, tmp_path) != _reach(without, asked, tmp_path)


def test_all_that_is_said_to_change_reach_is_asked() -> None:
    tables = (EVERY, ITEM, CONTROL, REST["ZoneShape"], *ENTITIES.values())
    said = {name for fields in tables for name, (what, _) in fields.items() if what in (REACH, TIME)}
    assert said - {"to", "of", "controls", "kind", "delay_h"} == {said.partition(":")[0] for said, *_ in CHANGES} - {
        "as_of"
    }


def _sample(name: str, field: Any) -> Any:
    """Something that a field may say."""
    if name in ("contract_end", "expires"):
        return "2020-01-01"
    options = [_resolved(option) for option in _resolved(field).get("anyOf", (_resolved(field),))]
    options = [option for option in options if option.get("type") != "null"]
    kinds = {"string": "x", "number": 3, "integer": 3, "boolean": True, "object": {"x": "y"}, "array": ["x"]}
    if name in ("seen_by", "basis"):
        return {"seen_by": [{"signal": "x"}], "basis": "inferred"}[name]
    return options[0]["enum"][-1] if "enum" in options[0] else kinds[options[-1]["type"]]


def _resolved(field: Any) -> Any:
    """What a reference to a named type stands for."""
    return SHAPES[field["$ref"].rsplit("/", 1)[1]] if "$ref" in field else field


def _idle(shape: str, fields: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Every field that changes no reach, saying something."""
    properties = SHAPES[shape]["properties"]
    return {name: _sample(name, properties[name]) for name, (what, _) in fields.items() if what not in (REACH, TIME)}


def _talkative(text: str) -> str:
    """An estate in which all that can say what changes no reach says it."""
    estate = yaml.safe_load(text)
    for shape, section in KINDS.items():
        for name, entry in estate.get(section, {}).items():
            idle = _idle(shape, EVERY | ENTITIES[shape]) | ({"copy_of": [name]} if section == "stores" else {})
            estate[section][name] = _items(entry or {}) | {key: idle[key] for key in idle.keys() - (entry or {}).keys()}
    return yaml.safe_dump(estate, allow_unicode=True)


def _items(entry: dict[str, Any]) -> dict[str, Any]:
    idle = _idle("ItemShape", ITEM)
    return {
        word: [idle | (item if isinstance(item, dict) else {"to": item}) for item in said] if word in VERBS else said
        for word, said in entry.items()
    }


@pytest.mark.parametrize("recipe", sorted({row.recipe for row in ROWS}))
def test_what_is_said_to_change_no_reach_changes_none(recipe: str, tmp_path: Path) -> None:
    rows = [row for row in ROWS if row.recipe == recipe]
    talkative = _talkative(rows[0].estate)
    assert len(re.findall("signal: x", talkative)) > 1
    for row in rows:
        assert _reach(talkative, row.asked, tmp_path) == _reach(row.estate, row.asked, tmp_path)
