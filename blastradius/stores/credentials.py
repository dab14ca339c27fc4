"""Who we are to a database: from the environment, a file that only its owner reads, or a prompt; never an argument."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blastradius.errors import UsageError


@dataclass(frozen=True)
class Credentials:
    """A user and a password, which no ``repr`` shows."""

    user: str
    password: str = field(repr=False)


def credentials(environment: Mapping[str, str] = os.environ) -> Credentials | None:
    """The credentials that are stated; ``None`` where ``NEO4J_AUTH=none`` says that the server asks for none.

    Raises:
        UsageError: none are stated and nobody can be asked, or the file with the password can be read by others.
    """
    if environment.get("NEO4J_AUTH", "").lower() == "none":
        return None
    user = environment.get("NEO4J_USERNAME") or environment.get("NEO4J_USER") or "neo4j"
    password = environment.get("NEO4J_PASSWORD")
    if password is None and "NEO4J_PASSWORD_FILE" in environment:
        password = _from_file(Path(environment["NEO4J_PASSWORD_FILE"]))
    return Credentials(user, _asked(user) if password is None else password)


def _from_file(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{file}: others than its owner may use it (mode {mode & 0o777:03o}); chmod 600 it")
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; NEO4J_PASSWORD_FILE names it") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: not text; expected the password alone") from None


def _asked(user: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError("no password for the database; set NEO4J_PASSWORD, or NEO4J_PASSWORD_FILE (mode 600)")
    import getpass

    return getpass.getpass(f"Password of {user}: ")
