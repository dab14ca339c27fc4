"""Secrets enter nothing: not an error, not a note, not a fact."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from blastradius.docgen.secret_samples import Sample, legitimate, planted
from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded, SourceRequest
from blastradius.loaderkit.gate import cleared, without_secrets
from blastradius.model import (
    ENTITY_TYPES,
    Accepted,
    Capability,
    Control,
    ControlKind,
    Credential,
    Entity,
    Exercise,
    Expectation,
    ExpectedFact,
    Kept,
    Kind,
    Note,
    NoteKind,
    Party,
    Provenance,
    Relation,
    Scenario,
    Selection,
    Signal,
    Verb,
    Zone,
)
from blastradius.secrets import looks_secret, may_hold_secret, quoted, redacted
from blastradius.secrets.rules import RULES

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIICANARY\n-----END RSA PRIVATE KEY-----"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJDQU5BUlkiOjF9.CANARY_signature"
SECRETS = (
    *("AKIAIOSFODNN7CANARY1", "ghp_CANARYCANARYCANARYCANARY", "xoxb-CANARY-1234567890", TOKEN, KEY),
    *(
        "password=CANARY-1",
        "DB_PASSWORD=CANARY-1",
        "'token': 'CANARY-1'",
        "kafka:password=CANARY-1",
        "token:CANARY-123",
    ),
)
NAMES = (
    *("token:write_all", "user:token:read", "secrets:read", "password reset", "api_key", "gho_st"),
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db-1a2B3c",
)


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_secret_is_cut_out_whole(secret: str) -> None:
    assert looks_secret(secret)
    assert "CANARY" not in redacted(f"before {secret} after")
    assert redacted(f"before {secret} after").startswith("before ")


@pytest.mark.parametrize("name", NAMES)
def test_names_stay(name: str) -> None:
    assert redacted(name) == name


def test_a_value_is_redacted_before_it_is_cut() -> None:
    value = {"colour": "green", "key": "ghp_CANARYCANARYCANARYCANARY"}
    assert quoted(value) == "{'colour': 'green', 'key': '[secret]'}"
    assert quoted(value, 36) == "{'colour': 'green', 'key': '[secr..."


@pytest.mark.parametrize("secret", SECRETS)
def test_errors_notes_and_requests_have_none(secret: str) -> None:
    at = Provenance(source="x", file="f")
    note = Note(kind=NoteKind.UNRESOLVED, message=f"{secret!r} is not there", provenance=(at,))
    request = SourceRequest(loader="x", path=f"a?{secret}", provenance=at)
    assert "CANARY" not in f"{InputError([secret])!r} {note} {request}"


def test_text_of_facts_is_redacted() -> None:
    why = Control(kind=ControlKind.PAM, why="password=CANARY-1")
    one = Party(id="a", name="token=CANARY", owner="password=CANARY", tags=("x", "secret=CANARY"), controls=(why,))
    (party,) = Loaded(entities=(one,)).entities
    assert (party.id, party.name, party.owner, party.tags) == ("a", "[secret]", "[secret]", ("x", "[secret]"))
    assert party.controls[0].why == "[secret]"


def test_an_id_that_is_a_secret_gets_another_name_wherever_it_stands() -> None:
    at = (Provenance(source="x", file="f", line=3, column=1),)
    keys = ("password=CANARY1", "password=CANARY2")
    held = tuple(Relation(verb=Verb.HOLDS, sources=("a",), targets=(key,), provenance=at) for key in keys)
    entities = (Party(id="a"), *(Credential(id=key, zone=keys[0], provenance=at) for key in keys))
    loaded = Loaded(entities=entities, relations=held)
    names = ("[secret 1 in f]", "[secret 2 in f]")
    assert tuple(entity.id for entity in loaded.entities) == ("a", *names)
    assert tuple(relation.targets[0] for relation in loaded.relations) == names
    assert {entity.zone for entity in loaded.entities} == {None, names[0]}
    assert [(str(note), note.about) for note in loaded.notes] == [
        (
            f"f:3:1: secret_dropped: an id here looks like a secret; it is called {name!r}, "
            "give it another name to refer to it",
            (name,),
        )
        for name in names
    ]


def test_counts_of_one_redacted_class_are_added() -> None:
    assert Loaded(ignored={"token=CANARY1": 2, "token=CANARY2": 3, "x": 1}).ignored == {"[secret]": 5, "x": 1}


@pytest.mark.parametrize("sample", planted(), ids=lambda sample: sample.kind)
def test_what_is_planted_is_found_and_cut_out(sample: Sample) -> None:
    """Alone, in a sentence, in quotes, and in what a message quotes of a mapping."""
    for text in (sample.text, f"see {sample.text} there", f"'{sample.text}'", repr({"x": [sample.text]})):
        assert looks_secret(text)
        assert sample.value not in redacted(text)
    assert may_hold_secret(f'{{"x": "{sample.text}"}}')


@pytest.mark.parametrize("sample", legitimate(), ids=lambda sample: sample.kind)
def test_what_is_legitimate_stays(sample: Sample) -> None:
    for text in (sample.text, f"{sample.text!r} is not declared", f"f.yaml:3:1: {sample.text}: not found"):
        assert redacted(text) == text


def test_beside_a_secret_a_word_made_by_chance_is_another() -> None:
    bare = "".join(("Zq7Xk2", "Lm9Pv4"))
    assert redacted(f"a/{bare}.yaml:3:1: {bare} and password=CANARY-1") == f"a/{bare}.yaml:3:1: [secret] and [secret]"
    assert redacted(f"{bare} alone") == f"{bare} alone"


def test_letters_that_change_their_length_move_nothing() -> None:
    assert redacted("İİİİ password=CANARY-1 İ") == "İİİİ [secret] İ"


def test_a_long_text_of_hints_is_searched_once() -> None:
    texts = ("token" * 20_000, "password: " * 10_000, "://a" * 20_000, "-----BEGIN " * 10_000, "secret=" * 10_000)
    start = time.perf_counter()
    for text in texts:
        redacted(text)
    assert time.perf_counter() - start < 5


CANARY = "".join(("ghp", "_", "Zq7Xk2Lm9", "Pv4Tn8Rw3Yd"))


def _models() -> list[type[BaseModel]]:
    """Every model that a loader's result is made of, the kinds of entity among them."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[Any] = [Loaded, *ENTITY_TYPES.values()]
    while waiting:
        made = waiting.pop()
        waiting += get_args(made)
        if isinstance(made, type) and issubclass(made, BaseModel) and made not in found:
            found[made] = None
            waiting += [field.annotation for field in made.model_fields.values()]
    return list(found)


def _with(annotation: Any, text: str) -> list[Any]:
    """Values of a type with a text at each place where it can hold one; none where it cannot."""
    parts = get_args(annotation)
    if annotation in (str, Any):
        return [text]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [_planted(annotation, name, text) for name in annotation.model_fields if _fits(annotation, name, text)]
    if get_origin(annotation) is tuple:
        return [(value,) for part in parts for value in _with(part, text)]
    if get_origin(annotation) is dict:
        return [*({key: 1} if parts[1] is int else {key: "x"} for key in _with(parts[0], text)),
                *({"x": value} for value in _with(parts[1], text))]  # fmt: skip
    if get_origin(annotation) is Annotated or (parts and get_origin(annotation) is not Literal):
        return [value for part in parts for value in _with(part, text)]
    return []


def _fits(model: type[BaseModel], name: str, text: str) -> bool:
    return bool(_with(model.model_fields[name].annotation, text))


def _planted(model: type[BaseModel], name: str, text: str) -> BaseModel:
    """A model that is as good as empty but for one field, with the text in it; made without its own checks."""
    return model.model_construct(**{**_least(model), name: _with(model.model_fields[name].annotation, text)[0]})


def _least(model: type[BaseModel]) -> dict[str, Any]:
    """What a model must have."""
    needed = {"id": "a", "kind": Kind.PARTY, "verb": Verb.OWNS, "sources": ("a",), "targets": ("b",), "name": "n",
              "scenario": Scenario(), "message": "m", "source": "s", "file": "f", "entity": "a", "why": "w",
              "capability": Capability.READ, "signal": "s", "owner": "o", "until": "2030-01-01",
              "date": "2020-01-01"}  # fmt: skip
    return {key: value for key, value in needed.items() if key in model.model_fields} | (
        {"kind": ControlKind.PAM} if model is Control else {"capability": (Capability.READ,)} if model is Kept else {}
    )


FIELDS = [
    (model, name)
    for model in _models()
    for name in model.model_fields
    if _fits(model, name, CANARY) and model not in (Loaded, SourceRequest)
]


def test_the_walk_over_the_model_meets_what_it_should() -> None:
    assert {(Party, "governance"), (Entity, "zone"), (Provenance, "file"), (Control, "why")} <= set(FIELDS)
    assert not {(Party, "role"), (Party, "kind"), (Relation, "verb")} & set(FIELDS)
    assert {model for model, _ in FIELDS} >= {*ENTITY_TYPES.values(), Scenario, ExpectedFact, Expectation, Zone, Note}


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_no_field_of_the_model_keeps_a_secret(model: type[BaseModel], name: str) -> None:
    for value in _with(model.model_fields[name].annotation, CANARY):
        made = model.model_construct(**{**_least(model), name: value})
        loaded = Loaded.model_construct(**_around(made))
        assert CANARY in repr(loaded)
        assert CANARY not in repr({**loaded.__dict__, **without_secrets(loaded.__dict__)})
        if isinstance(made, Entity | Relation):
            facts: Any = (made,)
            assert CANARY not in repr(cleared(facts))


def _around(made: Any) -> dict[str, Any]:
    """The part of a loader's result that a value stands in."""
    if isinstance(made, Entity):
        return {"entities": (made,)}
    for kind, field in ((Relation, "relations"), (Zone, "zones"), (Expectation, "expectations"),
                        (Exercise, "exercises"), (Note, "notes")):  # fmt: skip
        if isinstance(made, kind):
            return {field: (made,)}
    if isinstance(made, Control):
        return {"entities": (Party(id="a").model_copy(update={"controls": (made,)}),)}
    if isinstance(made, Signal):
        return {"entities": (Party(id="a").model_copy(update={"seen_by": (made,)}),)}
    if isinstance(made, Provenance):
        return {"entities": (Party(id="a").model_copy(update={"provenance": (made,)}),)}
    blank = Expectation.model_construct(name="n", scenario=Scenario())
    expected: dict[str, Any] = {"reached": (made,)}
    if isinstance(made, Kept | Accepted):
        expected = {"kept" if isinstance(made, Kept) else "accepted": (made,)}
    if isinstance(made, Scenario | Selection):
        expected = {"scenario" if isinstance(made, Scenario) else "for_each": made}
    return {"expectations": (blank.model_copy(update=expected),)}


@pytest.mark.parametrize("around", ["{}", "x{}y", "ä {} ü", "\ud800{}", "\n{}\x00"])
def test_every_hint_is_found_wherever_it_stands(around: str) -> None:
    for hint in (hint for rule in RULES for hint in rule.hints):
        assert may_hold_secret(around.format(hint)), hint
        assert may_hold_secret(around.format(hint.upper())), hint
        assert not may_hold_secret(around.format("".join(f"{letter}!" for letter in hint if letter.isalpha()))), hint
