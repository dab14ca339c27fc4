from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from blastradius.errors import InputError
from blastradius.model import ENTITY_TYPES, Control, Relation, Scenario
from blastradius.reading import parse_document

native = importlib.import_module("blastradius.loaders.native")
DOC = Path(__file__).parents[3] / "docs" / "estate-format.md"


def test_the_documented_example_loads_whole() -> None:
    found = re.search(r"```yaml\n(blastradius.*?)```", DOC.read_text(), re.DOTALL)
    assert found
    loaded = native.load(parse_document(found.group(1), "x.yaml"), {})
    assert loaded.tally.facts == 41
    assert loaded.requests[0].path == "apis/orders.yaml"


def test_an_entry_may_be_empty() -> None:
    loaded = native.load(parse_document("blastradius: 1\nservices:\n  a:\nstores:\n", "x.yaml"), {})
    assert [entity.id for entity in loaded.entities] == ["a"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parties: {a: {}}\n", "'blastradius' is missing; an estate file starts with"),
        (
            "blastradius: 1\nparties:\n  a:\n  holds: [k]\n",
            r"x.yaml:4:3: 'holds' is \['k'\]; expected a mapping; as a word of parties it is indented below one",
        ),
        ("blastradius: 1\nparties: {a: [k]}\n", r"x.yaml:2:11: 'a' is \['k'\]; expected a mapping$"),
        (
            "blastradius: 1\nservices: {a: {depends_on: [{to: b, buffer_h: 3 days}]}}\n",
            "x.yaml:2:37: 'buffer_h' is '3 days'; expected a number$",
        ),
        ("blastradius: 1\nparties: {a: {rol: self}}\n", r"x.yaml:2:15: 'rol' is not known.*'role'"),
        (
            "blastradius: 1\nstores: {a: {depends_on: []}}\n",
            "x.yaml:2:14: 'depends_on' is not known here; it belongs to services, processes$",
        ),
        (
            "blastradius: 1\noperations: {a: {informs: []}}\n",
            "x.yaml:2:18: 'informs' is not known here; it belongs to services, stores$",
        ),
        (
            "blastradius: 1\nstores: {a: {consumes: []}}\n",
            "x.yaml:2:14: 'consumes' is not known here; it belongs to services, processes$",
        ),
        (
            "blastradius: 1\nzones: {a: {controls: []}}\n",
            "x.yaml:2:13: 'controls' is not known here; it belongs to parties, credentials, scopes, operations, "
            "services, stores, feeds, processes$",
        ),
        (
            "blastradius: 1\nservices: {a: {controls_target: []}}\n",
            "x.yaml:2:16: 'controls_target' is not known here; it belongs to operations$",
        ),
        (
            "blastradius: 1\nservices: {a: {controls: [b]}}\n",
            "x.yaml:2:27: 'b' is not one of .* or 'pam'; `controls` lists what protects it; what an operation takes "
            "control of is its `controls_target`$",
        ),
        (
            "blastradius: 1\nservices: {a: {controls: [mfaa]}}\n",
            "x.yaml:2:27: 'mfaa' is not one of .* or 'pam'; did you mean 'mfa'\\?$",
        ),
        (
            "blastradius: 1\nservices: {a: {extent: all}}\n",
            "x.yaml:2:16: 'extent' is not known here; it belongs to one item of a relation$",
        ),
        (
            "blastradius: 1\nservices: {a: {connects: [{to: b, with: [c]}]}}\n",
            "x.yaml:2:35: connects does not take 'with'; it belongs on calls, grants, permits$",
        ),
        ("blastradius: 1\nparties: {a: {}}\nstores: {a: {}}\n", "x.yaml:3:10: 'a' is there already"),
        ("blastradius: 1\nservices: {a: {controls: [pam, pam]}}\n", "is there twice"),
        (
            "blastradius: 1\nservices: {a: {reads: [d, d]}}\n",
            "x.yaml:2:27: said already at x.yaml:2:24; keep one, with only the controls that guard both$",
        ),
        (
            "blastradius: 1\nstores: {d: {records: 10000000000000000}}\n",
            r"x.yaml:2:14: 'records' is .*; expected less than",
        ),
        (
            "blastradius: 1\nexpect: [{name: x, compromise: {rol: partner}}]\n",
            "x.yaml:2:33: 'rol' is not known here; did you mean 'role'",
        ),
        (
            "blastradius: 1\nexpect: [{name: x, compromise: {role: partners}}]\n",
            "x.yaml:2:33: 'partners' is not one of .*; did you mean 'partner'",
        ),
        ("blastradius: 1\nexpect: [{name: x, compromise: [a, {role: self}]}]\n", "x.yaml:2:3[0-9]: .*expected"),
        (
            "blastradius: 1\nexpect: [{name: x, compromise: '*', leak: {tag: x}}]\n",
            "x.yaml:2:37: compromise and leak both stand for several things in turn; keep one of them",
        ),
        ("a: 1\n---\nblastradius: 1\n", r"x.yaml:3:1: a second document in the file; keep one estate a file"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        native.load(parse_document(text, "x.yaml"), {})


def test_schema_is_draft_07() -> None:
    schema = native.schema()
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate({"blastradius": 1, "services": {"a": None, "b": {"reads": ["d"]}}}, schema)
    case = Path(__file__).parent / "cases" / "steered_parts_and_keys" / "input.yaml"
    jsonschema.validate(yaml.load(case.read_text(), yaml.BaseLoader) | {"blastradius": 1}, _as_text(schema))


def _as_text(schema: Any) -> Any:
    """A schema that takes numbers and truth as the texts that YAML spells them with."""
    if isinstance(schema, dict):
        spelled = schema.get("type") in ("number", "integer", "boolean")
        return {"type": "string"} if spelled else {key: _as_text(part) for key, part in schema.items()}
    return [_as_text(part) for part in schema] if isinstance(schema, list) else schema


SHAPES = [
    (Relation, "ItemShape"),
    (Control, "ControlShape"),
    (Scenario, "ExpectShape"),
    *((model, f"{model.__name__}Shape") for model in ENTITY_TYPES.values()),
]


@pytest.mark.parametrize(("model", "shape"), SHAPES)
def test_every_word_of_the_model_is_one_of_the_format(model: type[BaseModel], shape: str) -> None:
    """What an entity, a relation, a control or a scenario can say, a file can; ends and keys have their own words."""
    places = {"id", "kind", "also", "provenance", "verb", "sources", "targets", "keys"}
    places |= {"basis"} if model is Scenario else set()
    assert set(model.model_fields) - places <= set(getattr(native.shapes, shape).model_fields) - {"kind"}


@pytest.mark.parametrize("word", ["issues", "connects"])
def test_what_operations_hand_out_goes_with_an_api(word: str) -> None:
    text = f"blastradius: 1\napis: [{{openapi: a.yaml, effects: [{{match: 'POST *', {word}: [x]}}]}}]\n"
    (request,) = native.load(parse_document(text, "x.yaml"), {}).requests
    assert request.options["effects"] == [{"match": ["POST *"], word: [{"to": "x"}]}]


def test_a_secret_in_the_keys_of_a_call_is_one_name_wherever_it_stands() -> None:
    token = "ghp_" + "a1B2" * 9
    text = (
        f"blastradius: 1\nservices: {{s: {{calls: {{to: o, with: {token}, needs: {token}}}}}}}\n"
        f"operations: {{o: {{}}}}\ncredentials: {{{token}: {{}}}}\nexpect: [{{name: x, use: {token}}}]\n"
    )
    loaded = native.load(parse_document(text, "x.yaml"), {})
    (call,) = loaded.relations
    (name,) = [entity.id for entity in loaded.entities if entity.kind == "credential"]
    assert token not in repr(loaded)
    assert (call.keys, call.needs, loaded.expectations[0].scenario.use) == ((name,), (name,), (name,))
