"""What the words in cells mean: yes and no, numbers, and the closed lists of the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from blastradius.model import MOST_RECORDS, Control, ControlKind

from .options import Role

_YES = frozenset(("yes", "y", "true", "1", "x", "✓", "✔", "ja", "oui", "si", "sí", "wahr"))
_NO = frozenset(("no", "n", "false", "0", "nein", "non", "falsch", "✗"))
_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?:[,.' \u2019\u00a0\u202f][0-9]{3})+")
_SHORT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(k|thousand|m|mio|mn|million|millions|b|bn|billion)\.?")
_LONGEST = 40
_TIMES = {"k": 10**3, "t": 10**3, "m": 10**6, "b": 10**9}
_HOURS = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*(h|hours?|hrs?|d|days?|m|mins?|minutes?|)")
_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/=_.~-]{24,}")

_CREDENTIALS = (
    ("mtls", ("mtls", "certificate", "client cert", "x509", "x.509")),
    ("signing_key", ("sign", "ssh", "pgp", "gpg")),
    ("job_token", ("job", "ci token", "pipeline", "deploy token")),
    ("client_secret", ("client secret", "service principal", "service account", "client credential")),
    ("oauth_token", ("oauth", "oidc", "token", "refresh", "bearer")),
    ("session", ("session", "cookie", "sso", "saml")),
    ("api_key", ("key",)),
    ("password", ("password", "login", "user", "basic", "account")),
)
_ROLES = (
    ("upstream", ("upstream", "fourth", "nth", "subcontractor", "sub-contractor")),
    ("processor", ("processor", "processing", "auftragsverarbeiter")),
    ("provider", ("provider", "vendor", "supplier", "saas", "cloud", "hosting", "outsourc")),
    ("partner", ("partner", "reseller", "customer", "client", "affiliate")),
    ("self", ("self", "internal", "ourselves", "own entity")),
)
_TYPED = re.compile(
    r"\b(sms|text|texts|text messages?|voice|calls?|phone|totp|hotp|otp|one[ -]time|codes?|passcodes?|push|"
    r"authenticator|e-?mail|software tokens?|soft tokens?|security questions?)\b"
)
_BOUND = re.compile(
    r"\b(fido ?2?|webauthn|passkeys?|security keys?|yubikeys?|u2f|smart ?cards?|piv|certificates?|windows hello)\b"
)
_WAYS = frozenset(
    ("api key", "api keys", "apikey", "key", "keys", "token", "api token", "access token", "oauth", "oauth app",
     "oauth token", "oauth2", "oidc", "saml", "sso", "password", "passwords", "user and password", "login", "account",
     "accounts", "user", "user account", "user accounts", "service account", "service principal", "guest account",
     "guest accounts", "guest", "admin account", "basic auth", "certificate", "client certificate", "client secret",
     "mtls", "ssh", "ssh key", "sftp", "vpn", "vpn account", "yes", "shared", "personal", "jwt")
)  # fmt: skip
_SUBSTITUTES = (
    ("impossible", ("impossible", "not substitutable", "none", "irreplaceable")),
    ("hard", ("hard", "difficult", "complex", "high effort")),
    ("easy", ("easy", "low effort", "commodity", "easily")),
)


def opaque(text: str) -> bool:
    """Whether a text looks like the key itself rather than its name."""
    return bool(_OPAQUE.fullmatch(text)) and not _GUID.fullmatch(text)


def truth(text: str) -> bool | None:
    """Yes or no, or neither."""
    word = text.lower().rstrip(".!")
    return True if word in _YES else False if word in _NO else None


def count(text: str) -> int | None:
    """A whole number as people write it: ``12``, ``1,200,000``, ``1.2M``, ``~5k``."""
    bare = text.strip().lstrip("~≈>").rstrip("+").strip().lower()
    short = _SHORT.fullmatch(bare)
    if len(bare) > _LONGEST or not (short or _WHOLE.fullmatch(bare)):
        return None
    found = round(float(short[1].replace(",", ".")) * _TIMES[short[2][0]]) if short else int(re.sub(r"\D", "", bare))
    return found if found <= MOST_RECORDS else None


def hours(text: str) -> float | None:
    """A length of time in hours; a bare number is hours."""
    found = _HOURS.fullmatch(text.strip().lower())
    if found is None or len(found[1]) > _LONGEST:
        return None
    number = float(found[1].replace(",", "."))
    return number * 24 if found[2].startswith("d") else number / 60 if found[2].startswith("m") else number


def verbs(text: str) -> tuple[str, ...]:
    """What access comes to: ``reads``, ``writes``, both, or nothing that is known."""
    word = text.lower()
    if any(key in word for key in ("admin", "full", "read/write", "rw", "crud", "owner", "all")):
        return ("reads", "writes")
    writes = any(key in word for key in ("write", "edit", "update", "modify", "create", "delete", "change"))
    reads = any(key in word for key in ("read", "view", "export", "list", "download", "query"))
    return (*(("reads",) if reads else ()), *(("writes",) if writes else ()))


def second_factor(text: str) -> Control | None:
    """The control that a second factor is: of several methods the one that is easiest to get past counts."""
    flat = text.lower().replace("_", " ")
    stated = truth(flat)
    if stated is False or flat in ("disabled", "not enrolled", "off"):
        return Control(kind=ControlKind.MFA, status="absent", why="said to have no second factor")
    if _TYPED.search(flat):
        return Control(kind=ControlKind.MFA, status="assumed", phishable=True, why=f"second factor: {text[:80]}")
    if _BOUND.search(flat):
        return Control(kind=ControlKind.HARD_MFA, status="assumed", why=f"second factor: {text[:80]}")
    known = stated or flat in ("enabled", "enforced", "on", "mfa", "2fa")
    return Control(kind=ControlKind.MFA, status="assumed", why="said to have a second factor") if known else None


_TOTAL = re.compile(
    r"(?:(?:grand|sub|overall)?[ -]?totals?|sum|summe|gesamt|insgesamt|gesamtsumme|count|anzahl|totaux)"
    r"(?:(?: number)?(?: of)?(?: all| active)? (?P<noun>vendors?|suppliers?|(?:third )?part(?:y|ies)|providers?|rows?|"
    r"records?|lieferanten|dienstleister|accounts?|applications?|components?|systems?|datasets?))?"
    r" ?[:=]? ?(?P<number>[0-9][0-9.,' ]*)?",
    re.IGNORECASE,
)


def is_total(text: str, others: Iterable[str]) -> bool:
    """Whether a row is the sum under a table; ``others`` are its other cells: a firm may be called Total."""
    found = _TOTAL.fullmatch(" ".join(text.split()))
    return found is not None and (bool(found["noun"] or found["number"]) or not any(map(_says_more, others)))


def _says_more(text: str) -> bool:
    """Whether a cell has more in it than a number."""
    return any(map(str.isalpha, text))


def names_a_way(text: str) -> bool:
    """Whether a cell that should name a key names only of what kind it is, as ``API key``: each row means its own."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split()) in _WAYS


def _one_of(words: Iterable[tuple[str, tuple[str, ...]]]) -> Callable[[str], str | None]:
    def pick(text: str) -> str | None:
        flat = text.lower().replace("_", " ")
        known = [value for value, _ in words if value.replace("_", " ") == flat]
        return next(iter(known), None) or next((v for v, marks in words if any(mark in flat for mark in marks)), None)

    return pick


DATES: tuple[Role, ...] = ("contract_end", "expires")
ATTRIBUTES: dict[Role, tuple[Role, str, Callable[[str], Any]]] = {
    "party_role": ("party", "role", _one_of(_ROLES)),
    "contract_end": ("party", "contract_end", str),
    "substitutability": ("party", "substitutability", _one_of(_SUBSTITUTES)),
    "credential_type": ("credential", "type", _one_of(_CREDENTIALS)),
    "expires": ("credential", "expires", str),
    "dormant": ("credential", "dormant", truth),
    "justification": ("scope", "justification", str),
    "needed": ("scope", "needed", truth),
    "used": ("scope", "used", truth),
    "classification": ("store", "classification", str),
    "records": ("store", "records", count),
    "tolerance_h": ("process", "tolerance_h", hours),
}
"""Role of an attribute → the kind that has it, its field, and how a cell is read; ``None`` is: not readable."""
UNREAD: dict[Role, str] = {
    **dict.fromkeys(("party_role", "substitutability", "credential_type"), "left out, no word for it that is known"),
    **dict.fromkeys(("dormant", "needed", "used"), "left out, neither yes nor no"),
    "records": "left out, no number",
    "tolerance_h": "left out, no length of time",
}
"""Why a cell of a role says nothing that can be read."""
