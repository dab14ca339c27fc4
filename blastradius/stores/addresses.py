"""The addresses of shared estates: ``neo4j://host:7687/database?estate=name``, never with a password in it."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from blastradius.errors import UsageError

_SCHEMES = {f"{base}{tls}" for base in ("neo4j", "bolt") for tls in ("", "+s", "+ssc")}
DEFAULT_ESTATE = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHAPE = "neo4j+s://HOST[:PORT][/DATABASE][?estate=NAME]"


class Address(NamedTuple):
    """Where an estate is kept: a server, a database (``None``: the user's own), and the estate's name in it."""

    scheme: str
    host: str
    port: int | None
    database: str | None
    estate: str

    @property
    def server(self) -> str:
        """The server alone, as the driver takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}"

    def __str__(self) -> str:
        database = f"/{quote(self.database)}" if self.database else ""
        return f"{self.server}{database}{'' if self.estate == DEFAULT_ESTATE else f'?estate={self.estate}'}"


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of a shared estate rather than as a path."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.lower() in _SCHEMES


def address_of(text: str, *, self_signed: bool = False) -> Address:
    """An address from a text; ``self_signed`` allows certificates that nobody vouches for.

    Raises:
        UsageError: a user or password in it, no host, no encryption to another machine, or a name that cannot be one.
    """
    scheme, _, rest = text.partition("://")
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        raise UsageError(
            f"{scheme}://…: an address has no user and no password in it, for others could read them; "
            f"set NEO4J_USERNAME, and NEO4J_PASSWORD or NEO4J_PASSWORD_FILE"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{text}: {str(error).lower()}; expected {_SHAPE}") from None
    if not host or parts.fragment:
        raise UsageError(f"{text}: no host; expected {_SHAPE}" if not host else f"{text}: expected {_SHAPE}")
    database, estate = unquote(parts.path.strip("/")) or None, _estate(text, parts.query)
    found = Address(scheme.lower(), host, port, database, estate)
    _require_encryption(found, self_signed)
    return found


def _estate(text: str, query: str) -> str:
    stated = parse_qs(query, keep_blank_values=True)
    if stated.keys() - {"estate"} or len(stated.get("estate", ())) > 1:
        raise UsageError(f"{text}: expected {_SHAPE}")
    name = stated.get("estate", [DEFAULT_ESTATE])[0]
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{text}: the estate's name is {name!r}; expected up to 100 letters, digits, '.', '_' and '-', "
            f"a letter or digit first"
        )
    return name


def _require_encryption(address: Address, self_signed: bool) -> None:
    if address.scheme.endswith("+ssc") and not self_signed:
        raise UsageError(
            f"{address}: +ssc trusts any certificate, so anybody between could read along; use +s, or say "
            f"--self-signed (or BLASTRADIUS_SELF_SIGNED=1)"
        )
    if "+" not in address.scheme and not _is_loopback(address.host):
        raise UsageError(
            f"{address}: not encrypted, and the server is another machine; write {address.scheme}+s://, which checks "
            f"its certificate"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
