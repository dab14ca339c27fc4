"""What a server is asked about one start is what the whole estate says, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.engine import Certificate, solve
from blastradius.errors import NotHereError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded
from blastradius.model import Credential, Relation, Scope, Verb
from blastradius.stores.neo4j import Allowed, asked_there, push
from tests.engine.short import scenario
from tests.stores.conftest import Place
from tests.stores.estates import sized

ANY = Allowed(shrink=True, incomplete=True, beside_others=True)
QUESTIONS = (
    ("reach", "--compromise", "acme"),
    ("reach", "--compromise", "acme", "--assume", "lateral", "--distrust", "mfa"),
    ("reach", "--outage", "acme=12"),
    ("reach", "--anyone", "--assume", "takeover", "--basis", "declared"),
    ("explain", "--compromise", "acme", "--entity", "orders_db"),
    ("explain", "--compromise", "acme", "--entity", "customer_db", "--assume", "lateral"),
    ("reach", "--compromise", "acme", "--without", "holds:acme_tms>acme_token", "--with", "hardened@orders_api"),
    ("exposure", "--entity", "customer_db"),
    ("exposure", "--entity", "customer_db", "--with", "mfa@acme_token", "--assume", "abused"),
    ("grant", "--new-partner", "newco", "--grant", "orders:customers.read", "--fail-on", "never"),
    ("grant", "--holder", "acme", "--needs", "orders:getCustomer", "--fail-on", "never"),
)


@pytest.fixture
def northwind_there(place: Place, northwind: Path) -> Place:
    assert main(["push", place.uri, str(northwind), "--beside-others"]) == 0
    return place


@pytest.mark.parametrize("form", ["table", "json"])
def test_the_server_answers_as_the_whole_estate(
    northwind_there: Place, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for question, *given in QUESTIONS[form == "json" :: 2]:
        said = []
        for engine in ("server", "embedded"):
            capsys.readouterr()
            assert main([question, northwind_there.uri, *given, "--engine", engine, "--format", form]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1], given


@pytest.mark.parametrize(
    "given",
    [
        ("--compromise", "acme", "--without", "holds:acme>acmee_key"),
        ("--compromise", "acme", "--with", "mfa@acme"),
        ("--compromise", "acmee"),
        ("--compromise", "half \udcff a character"),
        ("--distrust", "mfa"),
    ],
)
def test_what_only_the_whole_can_say_is_said_by_the_whole(
    northwind_there: Place, northwind: Path, given: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for where in (northwind_there.uri, str(northwind)):
        capsys.readouterr()
        code = main(["reach", where, *given])
        shown = capsys.readouterr()
        said.append((code, shown.out, shown.err))
    assert said[0] == said[1]


def test_the_server_is_asked_for_a_part(place: Place) -> None:
    built = sized(300)
    push(place.connection, built, ANY)
    asked = scenario("compromise party-7")
    sizes = []

    def ask(estate: Estate) -> Certificate:
        found = solve(estate, asked).certificate
        sizes.append(len(estate.relations))
        return found

    assert asked_there(place.connection, ("party-7",), ask) == solve(built, asked).certificate
    assert sizes[-1] < len(built.relations) / 4


def test_where_most_of_it_would_be_read_no_more_of_it_is(place: Place) -> None:
    built, asked = sized(1_700), list[int]()
    push(place.connection, built, ANY)

    def ask(estate: Estate) -> None:
        asked.append(len(estate.relations))
        estate.require(built.entities)

    assert asked_there(place.connection, ("party-7",), ask) is None
    assert len(asked) == 1


def test_what_is_joined_to_a_hub_is_counted_before_it_is_read(place: Place) -> None:
    """One thing more, and most of the estate is around it."""
    keys, scope = [Credential(id=f"key-{number}") for number in range(7_000)], Scope(id="scope")
    joins = [Relation(verb=Verb.GRANTS, sources=(key.id,), targets=(scope.id,)) for key in keys]
    push(place.connection, Estate.build([Loaded(entities=(*keys, scope), relations=tuple(joins))]), ANY)
    asked = list[int]()

    def ask(estate: Estate) -> None:
        asked.append(len(estate.relations))
        raise NotHereError(["scope"])

    assert asked_there(place.connection, (), ask) is None
    assert asked == [0]


def test_an_answer_from_a_load_that_was_swept_meanwhile_is_none(place: Place, places: Callable[[], Place]) -> None:
    push(place.connection, sized(30), ANY)
    other, pushed = places(), list[int]()

    def ask(estate: Estate) -> Certificate:
        for seed in range(1, 4) if not pushed else ():
            push(other.connection, sized(30, seed), ANY)
            pushed.append(seed)
        return solve(estate, scenario("compromise party-7")).certificate

    assert asked_there(place.connection, ("party-7",), ask) is None
    assert asked_there(place.connection, ("party-7",), ask) is not None


def test_where_nothing_is_kept_it_is_said(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", place.uri, "--compromise", "acme"]) == 4
    assert "no estate" in capsys.readouterr().err


def test_no_server_is_asked_about_files(northwind: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reach", str(northwind), "--compromise", "acme", "--engine", "server"]) == 2
    assert "--engine server: the estate is not one at a server" in capsys.readouterr().err
