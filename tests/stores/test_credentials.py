"""Credentials: from the environment or a file that only its owner reads, and shown nowhere."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from blastradius.errors import UsageError
from blastradius.stores.credentials import Credentials, credentials


def test_the_environment_says_who_we_are() -> None:
    assert credentials({"NEO4J_USERNAME": "u", "NEO4J_PASSWORD": "p"}) == Credentials("u", "p")
    assert credentials({"NEO4J_PASSWORD": ""}) == Credentials("neo4j", "")
    assert credentials({"NEO4J_AUTH": "none"}) is None


def test_no_repr_shows_a_password() -> None:
    assert "hush" not in repr(Credentials("u", "hush"))


def test_a_file_with_the_password_has_to_be_private(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hush\n")
    file.chmod(0o600)
    assert credentials({"NEO4J_PASSWORD_FILE": str(file)}) == Credentials("neo4j", "hush")
    for mode in (0o640, 0o604, 0o666):
        file.chmod(mode)
        with pytest.raises(UsageError, match=f"mode {mode:o}.*chmod 600") as error:
            credentials({"NEO4J_PASSWORD_FILE": str(file)})
        assert "hush" not in str(error.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with pytest.raises(UsageError, match=r"cannot be read|not text"):
        credentials({"NEO4J_PASSWORD_FILE": str(file)})


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hush\n"))
    with pytest.raises(UsageError, match="set NEO4J_PASSWORD, or NEO4J_PASSWORD_FILE"):
        credentials({})
