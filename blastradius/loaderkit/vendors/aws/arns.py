"""ARNs as AWS writes them, and what a resource in a policy can stand for.

Rests on the IAM User Guide, section Identify AWS resources with ARNs, and the Service Authorization Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.families import BY_NAME, BY_SERVICE, Effects, Family

_VARIABLE = re.compile(r"\$\{[^}]*:[^}]*\}|\$\{[*?$]\}")
_CALLER = re.compile(r"\$\{aws:(username|userid)\}", re.IGNORECASE)
_WHOLE = re.compile(r"(?:/?[A-Za-z-]+[:/])?\*+")
_QUEUE = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com/(\d{12})/([\w.-]+)")
_ACCOUNT = re.compile(r"\d{12}")
_BUCKET_ONLY = frozenset({"control", "disable"})
_OBJECTS_ONLY = frozenset({"read", "write"})
_IDENTITIES = ("user", "role", "group")


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN: ``arn:partition:service:region:account:resource``."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


@dataclass(frozen=True)
class Target:
    """What a resource of a policy comes to: one thing, all that fit a pattern, or (no ``arn``) the whole family.

    ``part`` is what it is limited to inside the thing, such as a prefix of a bucket.
    """

    family: Family
    effects: frozenset[str]
    account: str
    arn: str | None = None
    pattern: bool = False
    part: str | None = None


def arn_of(text: str) -> Arn | None:
    """The parts of an ARN, or ``None``."""
    parts = text.split(":", 5)
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None


def is_account(text: str) -> bool:
    """Whether a text is an account id."""
    return _ACCOUNT.fullmatch(text) is not None


def identity_arn(arn: Arn) -> str:
    """A user, role or group without its path: the name alone is unique in an account, and references drop the path."""
    kind, _, rest = arn.resource.partition("/")
    return fitting(f"arn:{arn.partition}:iam::{arn.account}:{kind}/{rest.rpartition('/')[2]}")


def is_caller(resource: str) -> bool:
    """Whether a resource is the caller's own user, by a policy variable."""
    return ":iam:" in resource and _CALLER.search(resource) is not None


@lru_cache(maxsize=8192)
def targets(resource: str, does: Effects, own: str) -> tuple[Target, ...]:
    """What a resource of a statement that allows ``does`` in the account ``own`` can be."""
    plain = _VARIABLE.sub("*", resource)
    arn = arn_of(plain)
    if arn is None or "*" in arn.service:
        return tuple(_all_of(does, own)) if "*" in plain else ()
    return tuple(target for family in BY_SERVICE.get(arn.service, ()) for target in _of_family(family, arn, does, own))


def _all_of(does: Effects, own: str) -> Iterator[Target]:
    for name in sorted({name for name, _ in does}):
        yield Target(BY_NAME[name], _effects(does, name), own)


def _effects(does: Effects, family: str) -> frozenset[str]:
    return frozenset(effect for name, effect in does if name == family)


def _of_family(family: Family, arn: Arn, does: Effects, own: str) -> Iterator[Target]:
    effects = _effects(does, family.name)
    account = arn.account if is_account(arn.account) else own
    anywhere = arn.region in ("", "*")
    fits = family.resource.fullmatch(arn.resource)
    if effects and arn.resource.strip("*") == "" and anywhere:
        yield Target(family, effects, account)
    if not effects or fits is None or (arn.resource.strip("*") == "" and anywhere):
        return
    entity, rest = fits[1], fits[2] if fits.re.groups > 1 else None
    if family.name == "s3":
        effects &= _s3_effects(entity, rest)
    if _WHOLE.fullmatch(entity) and anywhere:
        yield Target(family, effects, account)
    elif effects:
        thing = Arn(arn.partition.replace("*", "aws"), arn.service, arn.region, _pinned(arn.account, own), entity)
        pattern = any("*" in part or "?" in part for part in (thing.region, thing.account, entity))
        named = identity_arn(thing) if arn.service == "iam" and not pattern else str(thing)
        yield Target(family, effects, account, named, pattern, _part(family, rest))


def _pinned(account: str, own: str) -> str:
    return own if account == "*" and own else account


def _s3_effects(bucket: str, rest: str | None) -> frozenset[str]:
    """Object actions need the object's ARN, bucket actions the bucket's."""
    if rest is not None:
        return _OBJECTS_ONLY
    return _OBJECTS_ONLY | _BUCKET_ONLY if "*" in bucket else _BUCKET_ONLY


def _part(family: Family, rest: str | None) -> str | None:
    """The prefix or key that a resource is limited to, of a bucket only: other parts are not apart as data."""
    return rest if family.name == "s3" and rest and rest.strip("/*") else None


def queue_arn(url: str) -> str | None:
    """The ARN of a queue by its URL."""
    found = _QUEUE.fullmatch(url)
    return f"arn:aws:sqs:{found[1]}:{found[2]}:{found[3]}" if found else None


def is_identity(arn: Arn) -> bool:
    """Whether an ARN is a user's, a role's or a group's."""
    return arn.service == "iam" and arn.resource.partition("/")[0] in _IDENTITIES
