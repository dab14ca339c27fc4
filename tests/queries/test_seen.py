"""The question ``seen``: declared and never seen, seen and not declared."""

from __future__ import annotations

from typing import Any

import pytest

from blastradius.api import ask
from blastradius.errors import UsageError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Basis, Feed, Operation, Provenance, Relation, Service, Store, Verb


def relation(verb: Verb, source: str, target: str, basis: Basis) -> Relation:
    at = (Provenance(source="test", file=f"{basis}.yaml", line=1, column=1),)
    return Relation(verb=verb, sources=(source,), targets=(target,), basis=basis, provenance=at)


def said(basis: Basis, *relations: tuple[Verb, str, str], **paths: str) -> Loaded:
    """What one side says: relations, and operations by id with their path (``GET``, of the API ``orders``)."""
    names = {name for _, *ends in relations for name in ends}
    kinds = {"db": Store, "prices": Feed}
    things = [kinds.get(name, Service)(id=name, basis=basis) for name in sorted(names) if not name.startswith("op_")]
    operations = [Operation(id=n, api="orders", method="GET", path=p, basis=basis) for n, p in paths.items()]
    made = tuple(relation(verb, source, target, basis) for verb, source, target in relations)
    return Loaded(entities=(*things, *operations), relations=made)


def seen(*parts: Loaded, **params: Any) -> tuple[list[str], list[str]]:
    data: Any = ask("seen", Estate.build(parts), **params).data
    return [row.id for row in data.never_seen], [row.id for row in data.not_declared]


def test_what_both_sides_know_is_on_neither_list() -> None:
    stated = ((Verb.CALLS, "shop", "op_a"), (Verb.READS, "shop", "db"))
    both = [said(basis, *stated, op_a="/a") for basis in (Basis.DECLARED, Basis.OBSERVED)]
    assert seen(*both) == seen(*reversed(both)) == ([], [])


def test_each_side_alone() -> None:
    declared = said(Basis.DECLARED, (Verb.CALLS, "shop", "op_a"), (Verb.CONSUMES, "shop", "prices"), op_a="/a")
    observed = said(Basis.OBSERVED, (Verb.CALLS, "shop", "op_b"), (Verb.READS, "shop", "db"), op_b="/b")
    assert seen(declared, observed) == (
        ["op_a", "prices", "calls:shop>op_a", "consumes:shop>prices"],
        ["op_b", "db", "calls:shop>op_b", "reads:shop>db"],
    )
    assert seen(declared, observed, only=["operation", "reads"]) == (["op_a"], ["op_b", "reads:shop>db"])


def test_one_function_under_two_ids_is_one() -> None:
    declared = said(Basis.DECLARED, (Verb.CALLS, "shop", "op_get"), op_get="/orders/{orderId}")
    observed = said(Basis.OBSERVED, (Verb.CALLS, "shop", "op_seen"), op_seen="/orders/{id}/")
    assert seen(declared, observed) == ([], [])
    other = said(Basis.OBSERVED, (Verb.CALLS, "shop", "op_seen"), op_seen="/orders/{id}/lines")
    assert seen(declared, other)[0] == ["op_get", "calls:shop>op_get"]


def test_a_dependence_is_seen_in_any_call_between_the_two() -> None:
    declared = said(Basis.DECLARED, (Verb.DEPENDS_ON, "shop", "orders"), (Verb.CONNECTS, "shop", "mail"))
    served, called = (Verb.SERVES, "orders", "op_a"), (Verb.CALLS, "shop", "op_a")
    observed = said(Basis.OBSERVED, served, called, op_a="/a")
    assert seen(declared, observed)[0] == ["mail", "connects:shop>mail"]


def test_rows_say_whether_the_source_was_watched_and_what_is_there_instead() -> None:
    declared = said(Basis.DECLARED, (Verb.SERVES, "orders", "op_a"), (Verb.CALLS, "shop", "op_a"), op_a="/a")
    observed = said(Basis.OBSERVED, (Verb.SERVES, "orders", "op_b"), (Verb.CALLS, "shop", "op_b"), op_b="/b")
    unwatched = said(Basis.DECLARED, (Verb.CALLS, "batch", "op_a"))
    data: Any = ask("seen", Estate.build([declared, observed, unwatched])).data
    rows = {row.id: row for row in data.never_seen}
    assert rows["calls:shop>op_a"].instead == "calls:shop>op_b"
    assert rows["calls:shop>op_a"].at == ("declared.yaml:1:1",)
    assert {name: row.watched for name, row in rows.items()} == {
        "batch": False,
        "op_a": True,
        "calls:batch>op_a": False,
        "calls:shop>op_a": True,
        "serves:orders>op_a": True,
    }


def test_what_is_only_inferred_is_neither_declared_nor_seen() -> None:
    assert seen(said(Basis.INFERRED, (Verb.READS, "shop", "db"))) == ([], [])


def test_without_traffic_the_answer_says_so() -> None:
    estate = Estate.build([said(Basis.DECLARED, (Verb.READS, "shop", "db"))])
    assert "nothing in this estate was observed" in ask("seen", estate).answer.headline


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(UsageError):
        ask("seen", Estate.build([]), kinds=["x"])
