"""Addresses: no password in one, encryption beyond this machine, names that can be one."""

from __future__ import annotations

import pytest

from blastradius.errors import UsageError
from blastradius.stores.addresses import Address, address_of, is_address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bolt://localhost", Address("bolt", "localhost", None, None, "default")),
        ("neo4j://127.9.9.9:7687/", Address("neo4j", "127.9.9.9", 7687, None, "default")),
        ("bolt://[::1]:7687/db?estate=a.b-c", Address("bolt", "::1", 7687, "db", "a.b-c")),
        ("NEO4J+S://graph.example/estates", Address("neo4j+s", "graph.example", None, "estates", "default")),
    ],
)
def test_an_address_is_taken_apart_and_put_together(text: str, found: Address) -> None:
    assert is_address(text)
    assert address_of(text) == found
    assert address_of(str(found)) == found


@pytest.mark.parametrize("text", ["neo4j", "neo4j:/x", "http://h", "estate.yaml", "C:\\neo4j", "my+neo4j://x", ""])
def test_what_is_no_address_is_a_path(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bolt://", "no host"),
        ("bolt://localhost:x", "expected neo4j"),
        ("bolt://localhost#x", "expected neo4j"),
        ("bolt://localhost?user=x", "expected neo4j"),
        ("bolt://localhost?estate=", "the estate's name is ''"),
        ("bolt://localhost?estate=a%20b", "the estate's name is 'a b'"),
        (f"bolt://localhost?estate={'a' * 101}", "up to 100"),
        ("neo4j://graph.example", "write neo4j[+]s://"),
        ("bolt://localhost.example", "not encrypted"),
        ("bolt+ssc://graph.example", "--self-signed"),
    ],
)
def test_an_address_that_will_not_do_is_refused_with_the_way_out(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        address_of(text)


def test_self_signed_has_to_be_said() -> None:
    assert address_of("bolt+ssc://graph.example", self_signed=True).scheme == "bolt+ssc"


@pytest.mark.parametrize(
    "text", ["neo4j://neo4j:s3cret@host/x", "bolt://s3cret@host", "bolt+s://a:s3cret@host?estate=a"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="no password in it") as error:
        address_of(text)
    assert "s3cret" not in str(error.value)
