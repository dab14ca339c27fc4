"""What is left of a firm's name: without legal form, as a host or a gateway's user has it, or cut short."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

LEAST = 4
"""How many letters a short name has at least, to be taken for the beginning of another."""

_FORMS = re.compile(
    r"[\s.,&-]*\b(?:incorporated|inc|ltd|limited|llc|llp|lp|corporation|corp|company|co|gmbh|mbh|ggmbh|ag|kg|kgaa|ohg"
    r"|ug|e\.?\s?v|se|plc|s\.?\s?a\.?\s?s|s\.?\s?a\.?\s?r\.?\s?l|s\.?\s?a|sarl|s\.?\s?p\.?\s?a|s\.?\s?r\.?\s?l|b\.?\s?v"
    r"|n\.?\s?v|ab|asa|as|a/s|aps|oyj?|pty|pte|pvt|kk|k\.?k|s\.?\s?r\.?\s?o|a\.?\s?s|sp\.? ?z ?o\.? ?o|d\.?o\.?o|lda"
    r"|ltda|kft|zrt|bvba|srl|sl|s\.?\s?l|holdings?|group)\.?\s*$"
)
_HOST = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?::\d+)?(?:/.*)?")
_INSIDE = ("internal", "local", "localhost", "lan", "svc", "cluster", "corp", "intranet", "home", "arpa")
_SECOND = frozenset(("co", "com", "org", "net", "ac", "gov", "edu", "ltd"))
_USE = frozenset(
    ("prod", "production", "prd", "live", "test", "testing", "staging", "stage", "stg", "dev", "sandbox", "uat", "key",
     "keys", "apikey", "api", "token", "svc", "service", "client", "partner", "user", "app", "integration", "sync",
     "consumer", "account", "sa", "connector", "vendor", "supplier", "ext", "external")
)  # fmt: skip
_TRADE = frozenset(
    ("logistics", "logistic", "logistik", "transport", "shipping", "freight", "express", "payments", "payment", "pay",
     "solutions", "services", "systems", "software", "technologies", "technology", "tech", "consulting", "consultants",
     "international", "europe", "deutschland", "uk", "usa", "us", "global", "digital", "online", "labs", "partners",
     "industries", "enterprises", "networks", "crm", "erp", "cloud", "analytics", "reviews", "returns", "chat",
     "hosting")
)  # fmt: skip
_COMMON = frozenset(
    ("data", "cloud", "digital", "global", "first", "open", "smart", "united", "north", "south", "east", "west",
     "national", "international", "general", "group", "home", "health", "central", "american", "european", "royal",
     "green", "blue", "team", "shop", "store", "order", "orders", "customer", "customers", "partner", "partners",
     "internal", "external", "admin", "public", "platform", "service", "services", "default", "anonymous", "guest",
     "test", "demo", "mobile", "web", "website", "backend", "frontend", "system", "user", "users", "unknown", "other")
)  # fmt: skip


@lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a firm's name, without legal form; of a host the name that was registered."""
    plain = unicodedata.normalize("NFKD", name).casefold().strip()
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("_", " ")
    host = _registered(plain)
    if host:
        return (host,)
    while (shorter := _FORMS.sub("", plain)) != plain and sum(map(str.isalnum, shorter)) >= LEAST - 1:
        plain = shorter
    found = [word for word in re.split(r"[^\w]+", plain) if word]
    if len(found) > 1 and found[0] == "the":
        found = found[1:]
    return tuple(_without_use(found))


def firm(name: str) -> str:
    """The words of a firm's name as one, so that spaces and hyphens make no difference."""
    return "".join(words(name))


def has_form(name: str) -> bool:
    """Whether a name is written with a legal form, as it is in contracts."""
    return bool(_FORMS.search(name.casefold().strip()))


def is_host(name: str) -> bool:
    """Whether a name is that of a host outside."""
    return bool(_registered(name.casefold()))


def beginnings(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a name begins with, word by word, and the words that follow; those that could be anybody's left out."""
    found = words(name)
    for count in range(1, len(found)):
        short = "".join(found[:count])
        if len(short) >= LEAST and short not in _COMMON and not short.isdigit():
            yield short, found[count:]


def says_only_the_trade(more: Iterable[str]) -> bool:
    """Whether words say what a firm does rather than which it is."""
    return all(word in _TRADE for word in more)


def shortened(names: Iterable[tuple[str, str]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """For each name, as one word, the only longer one that begins with it, and what follows there.

    ``names`` are names as one word and as they stand.
    """
    listed = list(names)
    whole = {key for key, _ in listed}
    longer: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for key, name in listed:
        for short, more in beginnings(name):
            if short in whole and short != key:
                longer[short][key] = more
    return {short: next(iter(found.items())) for short, found in longer.items() if len(found) == 1}


def _registered(plain: str) -> str:
    """Of a host's name the label that somebody registered; nothing for other texts and for hosts inside."""
    found = _HOST.fullmatch(plain)
    labels = found[1].split(".") if found else []
    if not labels or any(label in _INSIDE for label in labels[1:]):
        return ""
    beyond = 3 if len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2 else 2
    return labels[-beyond].replace("-", "")


def _without_use(found: list[str]) -> list[str]:
    """Words without those at the ends that say what a key or an account is for, and which of several it is."""
    while len(found) > 1:
        last = -2 if found[-1].isdigit() and len(found) > 2 else -1
        if found[last] not in _USE or len("".join(found[:last])) < LEAST:
            break
        found = found[:last]
    while len(found) > 1 and found[0] in _USE and len("".join(found[1:])) >= LEAST:
        found = found[1:]
    return found
