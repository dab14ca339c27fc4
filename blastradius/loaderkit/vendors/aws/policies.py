"""IAM policy documents in their own terms: statements, principals and conditions.

Rests on the IAM User Guide, reference of JSON policy elements (version 2012-10-17): Statement, Principal, NotPrincipal,
Condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blastradius.loaderkit.ending import last_day
from blastradius.loaderkit.json_values import Keys, read_json
from blastradius.loaderkit.names import name_list

_REGIONAL = re.compile(r"([\w.-]+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d|\.\$\{[^}]*\})?\.amazonaws\.com(?:\.cn)?", re.ASCII)
_BEFORE = re.compile(r"(date|numeric)lessthan(equals)?(ifexists)?")
DATES = frozenset({"aws:currenttime", "aws:epochtime"})
"""Keys that every request has, with the moment that it is made."""
PRINCIPALS = ("AWS", "Service", "Federated", "CanonicalUser")


@dataclass(frozen=True)
class Condition:
    """One test: operator, key (in lower case) and the values it takes."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def until(self) -> str | None:
        """The last day on which it is met, where it is met until a moment and no longer."""
        before = _BEFORE.fullmatch(self.operator.lower()) if self.key in DATES and len(self.values) == 1 else None
        return last_day(self.values[0], inclusive=bool(before[2])) if before else None


@dataclass(frozen=True)
class Statement:
    """One statement; ``keys`` lead to it. Principals are pairs of a type and a value, ``("*", "*")`` for anyone."""

    keys: Keys
    allow: bool
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    not_principal: bool = False
    conditions: tuple[Condition, ...] = ()

    @property
    def until(self) -> str | None:
        """The last day on which it holds, where conditions end it on one."""
        return min((day for condition in self.conditions if (day := condition.until)), default=None)

    @property
    def everything(self) -> bool:
        """Whether it speaks of every action on every resource without a condition."""
        return "*" in self.actions and "*" in self.resources and not self.conditions


@dataclass(frozen=True)
class Policy:
    """A policy document: its statements, and the places of those that cannot be read."""

    statements: tuple[Statement, ...] = ()
    malformed: tuple[Keys, ...] = ()

    @property
    def records(self) -> int:
        """How many statements it has, readable or not; a document that cannot be read is one."""
        return len(self.statements) + len(self.malformed)


def read_policy(value: Any, keys: Keys) -> Policy:
    """A policy document: an object, JSON text, or JSON text in URL encoding."""
    if isinstance(value, str):
        return _read_text(value, keys)
    if not isinstance(value, dict):
        return Policy(malformed=(keys,))
    declared = value.get("Statement")
    if isinstance(declared, dict):
        return _read_all([(declared, (*keys, "Statement"))])
    if not isinstance(declared, list):
        return Policy(malformed=(keys,))
    return _read_all([(item, (*keys, "Statement", index)) for index, item in enumerate(declared)])


def _read_text(text: str, keys: Keys) -> Policy:
    """The document in a text; all of it stands at the place of the text."""
    inner = read_json(text)
    read = read_policy(inner, keys) if isinstance(inner, dict) else Policy(malformed=(keys,))
    placed = [Statement(**{**vars(statement), "keys": keys}) for statement in read.statements]
    return Policy(tuple(placed), tuple(keys for _ in read.malformed))


def _read_all(declared: list[tuple[Any, Keys]]) -> Policy:
    read = [(read_statement(item, keys), keys) for item, keys in declared]
    good = tuple(record for record, _ in read if record is not None)
    return Policy(good, tuple(keys for record, keys in read if record is None))


def read_statement(value: Any, keys: Keys) -> Statement | None:
    """One statement, or ``None`` where it cannot be read as one."""
    if not isinstance(value, dict) or value.get("Effect") not in ("Allow", "Deny"):
        return None
    lists = [name_list(value.get(key)) for key in ("Action", "NotAction", "Resource", "NotResource")]
    conditions = _conditions(value.get("Condition"))
    trustee = value.get("Principal", value.get("NotPrincipal"))
    principals = _principals(trustee)
    if any(names is None for names in lists) or conditions is None or principals is None or not (lists[0] or lists[1]):
        return None
    actions, not_actions, resources, not_resources = (names or () for names in lists)
    return Statement(
        keys,
        value["Effect"] == "Allow",
        actions,
        not_actions,
        resources,
        not_resources,
        principals,
        "NotPrincipal" in value,
        conditions,
    )


def service_name(text: str) -> str:
    """A service of AWS by its name without region and partition: ``states.eu-west-1.amazonaws.com`` is the one."""
    found = _REGIONAL.fullmatch(text)
    return f"{found[1]}.amazonaws.com" if found else text


def _principals(value: Any) -> tuple[tuple[str, str], ...] | None:
    if value == "*":
        return (("*", "*"),)
    if value is None:
        return ()
    if not isinstance(value, dict):
        return None
    found: list[tuple[str, str]] = []
    for kind, declared in value.items():
        listed = declared if isinstance(declared, list) else [] if declared is None else [declared]
        named = name_list([account_text(item) for item in listed])
        if named is None or kind not in PRINCIPALS:
            return None
        found += [("*", "*") if (kind, name) == ("AWS", "*") else (kind, name) for name in named]
    return tuple(found)


def account_text(account: Any) -> Any:
    """An account id that was written as a number as text of twelve digits; anything else as it is."""
    return f"{account:012d}" if isinstance(account, int) and not isinstance(account, bool) else account


def _conditions(value: Any) -> tuple[Condition, ...] | None:
    if value is None:
        return ()
    if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
        return None
    return tuple(_tests(value))


def _tests(value: dict[str, dict[str, Any]]) -> Iterator[Condition]:
    for operator, tests in value.items():
        for key, values in tests.items():
            listed = values if isinstance(values, list) else [values]
            yield Condition(operator, key.lower(), tuple(_word(item) for item in listed))


def _word(value: Any) -> str:
    """A condition's value as text: ``true`` and ``5`` may come bare."""
    if isinstance(value, (dict, list)):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
