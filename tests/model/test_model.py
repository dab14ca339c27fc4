"""The values of the model: what they take, and in which form they keep it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from blastradius.dates import is_date
from blastradius.loaderkit.contract import Loaded
from blastradius.model import (
    ENTITY_TYPES,
    Basis,
    Credential,
    Kind,
    Party,
    Provenance,
    Relation,
    Verb,
    bare_entity,
    bare_relation,
    placed,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2024-W09-4", "2024-02-29"),
        ("20240229", "2024-02-29"),
        ("2024-02-29T23:59:59Z", "2024-02-29"),
        ("2024-02-29 00:00", "2024-02-29"),
    ],
)
def test_dates_are_kept_so_that_text_sorts_by_time(written: str, kept: str) -> None:
    assert Party(id="a", contract_end=written).contract_end == kept
    assert Credential(id="a", expires=written).expires == kept
    assert Loaded(as_of=written).as_of == kept


@pytest.mark.parametrize("written", ["soon", "2024-02-30", "29.02.2024", "2024-13-01", "", "2024-02", "99999-01-01"])
def test_what_is_no_date_is_refused(written: str) -> None:
    assert not is_date(written)
    with pytest.raises(ValidationError, match="not a date; write it as YYYY-MM-DD"):
        Credential(id="a", expires=written)


PLACE = (placed("table", "access.csv", 2, 1),)


def test_what_is_made_in_a_mould_is_what_is_made_with_checks() -> None:
    checked = Relation(
        verb=Verb.HOLDS, sources=("Zulieferer Süd",), targets=("key",), basis=Basis.DECLARED, provenance=PLACE
    )
    made = bare_relation(checked.id, Verb.HOLDS, checked.sources, checked.targets, Basis.DECLARED, PLACE)
    assert (made, hash(made), repr(made), made.id) == (checked, hash(checked), repr(checked), checked.id)
    assert made.model_fields_set == checked.model_fields_set
    assert made.model_dump_json() == checked.model_dump_json()
    for kind, shape in ENTITY_TYPES.items():
        names: tuple[dict[str, Any], ...] = ({}, {"name": "A"})
        for named in names:
            entity = shape(id="a", basis=Basis.INFERRED, provenance=PLACE, **named)
            again = bare_entity(kind, "a", Basis.INFERRED, PLACE, **named)
            assert (again, again.model_fields_set) == (entity, entity.model_fields_set)
            assert type(again) is shape
    assert PLACE[0] == Provenance(source="table", file="access.csv", line=2, column=1)


def test_what_is_made_in_a_mould_is_a_value_of_its_own() -> None:
    one, other = (bare_entity(Kind.PARTY, name, Basis.DECLARED, PLACE) for name in ("one", "other"))
    changed = one.model_copy(update={"name": "One"})
    assert changed.model_fields_set - one.model_fields_set == {"name"}
    assert isinstance(one, Party)
    assert isinstance(other, Party)
    assert one.governance is not other.governance


@pytest.mark.parametrize("name", ["", "a" * 501, "half \ud800", 7, None])
def test_what_cannot_be_an_id_is_refused_in_a_mould(name: Any) -> None:
    with pytest.raises(ValidationError):
        bare_relation("holds:a>b", Verb.HOLDS, ("a",), (name,), Basis.DECLARED, PLACE)
    with pytest.raises(ValidationError):
        bare_entity(Kind.STORE, name, Basis.DECLARED, PLACE)


def test_what_has_no_ends_or_no_name_is_refused_in_a_mould() -> None:
    with pytest.raises(ValidationError):
        bare_relation("holds:a>", Verb.HOLDS, ("a",), (), Basis.DECLARED, PLACE)
    number: Any = 7
    with pytest.raises(ValidationError):
        bare_entity(Kind.STORE, "a", Basis.DECLARED, PLACE, name=number)


def test_words_of_a_loader_without_types_are_read_as_ever() -> None:
    verb: Any = "holds"
    places: Any = list(PLACE)
    made = bare_relation("holds:a>b", verb, ("a",), ("b",), Basis.DECLARED, places)
    assert (made.verb, made.provenance) == (Verb.HOLDS, PLACE)
    assert type(made.verb) is Verb
