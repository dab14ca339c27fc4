"""Secrets enter nothing: not an error, not a note, not a fact."""

from __future__ import annotations

import pytest

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Loaded, SourceRequest
from blastradius.model import Control, ControlKind, Note, NoteKind, Party, Provenance, Relation, Scope, Verb
from blastradius.secrets import looks_secret, quoted, redacted

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


def test_text_of_facts_is_redacted_and_an_id_refused() -> None:
    at = (Provenance(source="x", file="f", line=3, column=1),)
    why = Control(kind=ControlKind.PAM, why="password=CANARY-1")
    one = Party(id="a", name="token=CANARY", owner="password=CANARY", tags=("x", "secret=CANARY"), controls=(why,))
    (party,) = Loaded(entities=(one,)).entities
    assert (party.id, party.name, party.owner, party.tags) == ("a", "[secret]", "[secret]", ("x", "[secret]"))
    assert party.controls[0].why == "[secret]"
    with pytest.raises(InputError, match=r"f:3:1: an id of this scope looks like a secret; name it by something else"):
        Loaded(entities=(Scope(id="password=CANARY", provenance=at),))
    with pytest.raises(InputError, match=r"f:3:1: an id of what is related here by owns looks like a secret"):
        Loaded(relations=(Relation(verb=Verb.OWNS, sources=("a",), targets=("token=CANARY",), provenance=at),))
