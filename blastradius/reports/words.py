"""The one vocabulary for people: tables, sentences and pictures take their words from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from blastradius.estate import Estate
from blastradius.estate.things import told
from blastradius.model import STEPPING_STONES, Capability, ControlKind, Fact, Kind, input_ends
from blastradius.reports.phrases import phrase

WORDS = {
    Capability.CONTROL: "controls it",
    Capability.STEER: "makes it do what they want",
    Capability.WRITE: "can change it",
    Capability.READ: "can read all of it",
    Capability.POSSESS: "has a copy",
    Capability.OPERATE: "can use it through its holder",
    Capability.USE: "can use it",
    Capability.DENY: "it stops",
    Capability.TAINT: "it is wrong",
    Capability.READ_SUBSET: "can read part of it",
    Capability.DEGRADE: "it slows",
    Capability.PRESENT: "can use it together with others",
}
"""Capabilities in words for people."""

MEANINGS = {
    Capability.CONTROL: "all that it can do and holds is theirs",
    Capability.STEER: "within what it may do, it does what they ask",
    Capability.POSSESS: "the key itself, to use from anywhere",
    Capability.OPERATE: "without a copy of it, through whoever holds it",
    Capability.READ_SUBSET: "the rows that concern them, not those of others",
}
"""What those words mean that do not say it themselves."""

STARTED = {
    "compromise": "compromise of",
    "leak": "leak of",
    "poison": "poisoning of",
    "wrong": "a fault in",
    "outage": "outage of",
    "breach": "breach of",
    "use": "use of",
}
"""Where a scenario starts, by its way, in words that a name follows."""

HAPPENED = {"compromise": "compromised", "leak": "leaked", "poison": "poisoned", "anyone": ""}
"""What happened to a start, by its way."""

SEVERAL = {Kind.PARTY: "parties", Kind.PROCESS: "processes"}
_CONTROLS = {
    ControlKind.COMPARTMENT: "kept apart from its owner's other assets",
    ControlKind.NON_EXPORTABLE: "the key cannot be copied",
    ControlKind.REVOKED: "the key is revoked",
    ControlKind.ROTATED: "the key was replaced",
    ControlKind.EXPIRED: "the key has expired",
    ControlKind.IP_ALLOWLIST: "only known addresses may connect",
    ControlKind.TOKEN_BINDING: "the token works for its own client only",
    ControlKind.DEVICE_POLICY: "only managed devices may connect",
    ControlKind.MFA: "a second factor",
    ControlKind.APPROVAL: "a second person has to agree",
    ControlKind.ENCRYPTED_ELSEWHERE: "encrypted, the key kept elsewhere",
    ControlKind.OBJECT_AUTHZ: "a check of whose rows they are",
    ControlKind.FUNCTION_AUTHZ: "a check of which functions were granted",
    ControlKind.REDACTED: "secrets are blacked out",
    ControlKind.PURGED: "secrets were deleted",
    ControlKind.VALIDATED: "implausible data is refused",
    ControlKind.QUARANTINED: "held back before it is used",
    ControlKind.HUMAN_REVIEW: "a person looks at it first",
    ControlKind.SECOND_SOURCE: "compared with a second source",
    ControlKind.INSENSITIVE: "small errors do not matter there",
    ControlKind.OUT_OF_BAND: "confirmed by a second way",
    ControlKind.BULKHEAD: "bad input stops only a part of it",
    ControlKind.PINNED: "new versions are not taken in unasked",
    ControlKind.VERIFIED: "signatures are checked",
    ControlKind.STAGED: "releases go to few hosts first",
    ControlKind.NOT_EXPOSED: "it does not take this in",
    ControlKind.EGRESS_FILTER: "it may not connect to the outside",
    ControlKind.FALLBACK: "a fallback",
    ControlKind.HARDENED: "hardened against break-ins",
    ControlKind.SANDBOXED: "a sandbox",
    ControlKind.TWO_PARTY_SIGNING: "two have to sign",
    ControlKind.IMMUTABLE_BACKUP: "a backup that cannot be changed",
    ControlKind.FAIL_CLOSED: "it refuses when the control is down",
    ControlKind.SEGMENTED: "the network is segmented",
    ControlKind.HARD_MFA: "a second factor that cannot be phished",
    ControlKind.PAM: "administrators get access only for the hour they need it",
}

STATUS = {"working": "stated to work", "assumed": "assumed to work", "failed": "does not work", "absent": "not there"}
"""How well a control is known to work, in words for people."""


def control_said(kind: ControlKind) -> str:
    """What a kind of control does, in a few words: ``a check of which functions were granted``."""
    return _CONTROLS[kind]


def label(estate: Estate, name: str) -> str:
    """The display name of an entity; its kind (and its id, if need be) besides, where others have the same name."""
    called = told(estate.entities, name).label
    alike = estate.namesakes.get(called)
    if alike is None:
        return called
    kind = estate.kind_of(name)
    same_kind = sum(estate.kind_of(other) == kind for other in alike) > 1
    return f"{called} ({kind}{f' {name}' if same_kind else ''})"


def place(estate: Estate, name: str) -> str:
    """The display name of an entity or a zone, or the text itself if it is neither."""
    if name in estate.entities:
        return label(estate, name)
    return estate.zones[name].label if name in estate.zones else name


_MOST_NAMED = 20_000
"""Up to how many entities an estate may have for texts about it to be told with names, each looked up for it."""
_QUOTED = re.compile("(zone )?'([^']+)'")
_GAINED = re.compile(rf"\b({'|'.join(WORDS)}) of (?=')")
_CHOICE = re.compile("(?<=; choose of ).*")


def with_names(estate: Estate, text: str) -> str:
    """A text that quotes ids, with the name of each thing, a relation or a capability in words, beside them."""
    if len(estate.entities) > _MOST_NAMED:
        return text
    text = _GAINED.sub(lambda found: f"“{WORDS[Capability(found[1])]}” ({found[1]}) of ", text)
    text = _CHOICE.sub(lambda found: ", ".join(map(_with_words, found[0].split(", "))), text)
    return _QUOTED.sub(lambda quoted: quoted[0] if quoted[1] else _named(estate, quoted, text), text)


def _with_words(capability: str) -> str:
    return f"{capability} ({WORDS[Capability(capability)]})" if capability in WORDS else capability


def _named(estate: Estate, quoted: re.Match[str], text: str) -> str:
    name = quoted[2]
    if name in estate.relations:
        return f"{relation_said(estate, name)} ({name!r})"
    known = estate.entities[name].label if name in estate.entities else name
    return quoted[0] if known in name or repr(known) in text else f"{known} ({name!r})"


def said(estate: Estate, fact: Fact) -> str:
    """A fact about an entity in words: ``Orders: can read all of it``."""
    return f"{label(estate, fact.entity)}: {WORDS[fact.capability]}"


def relation_said(estate: Estate, relation: str) -> str:
    """A relation in words: ``Acme's access token grants orders.read``."""
    found = estate.relations[relation]
    ends = [listed([label(estate, name) for name in names], 2) for names in (found.sources, found.targets)]
    return f"{ends[0]} {found.verb.replace('_', ' ')} {ends[1]}"


def holds(estate: Estate, fact: Fact) -> str:
    """A fact in words, also one that is only a step on the way."""
    if fact.capability not in STEPPING_STONES:
        return said(estate, fact)
    return _STONES[fact.capability](estate, fact.entity)


def _present(estate: Estate, name: str) -> str:
    return phrase("present", place(estate, name))


def _inactive(estate: Estate, name: str) -> str:
    placed = estate.controls.get(name)
    if placed is None:
        return phrase("fallen", name)
    return phrase("inactive", host_said(estate, placed.host), control_said(placed.control.kind))


def host_said(estate: Estate, host: str) -> str:
    """What a control stands on, in words: an entity or a relation."""
    return label(estate, host) if host in estate.entities else relation_said(estate, host)


def _callable(estate: Estate, name: str) -> str:
    return phrase("callable", place(estate, name))


def _foothold(estate: Estate, name: str) -> str:
    return phrase("foothold", place(estate, name))


def _lost(estate: Estate, name: str) -> str:
    supplier, consumer = input_ends(name)
    return phrase("lost", place(estate, consumer), place(estate, supplier))


def _strained(estate: Estate, name: str) -> str:
    supplier, consumer = input_ends(name)
    return phrase("strained", place(estate, consumer), place(estate, supplier))


_STONES: dict[Capability, Callable[[Estate, str], str]] = {
    Capability.PRESENT: _present,
    Capability.INACTIVE: _inactive,
    Capability.CALLABLE: _callable,
    Capability.FOOTHOLD: _foothold,
    Capability.ANYONE: lambda _estate, _name: phrase("anyone"),
    Capability.LOST: _lost,
    Capability.STRAINED: _strained,
}


def listed(names: Sequence[str], most: int = 4) -> str:
    """The first few of several names, and how many more there are."""
    more = len(names) - most
    return phrase("and more", ", ".join(names[:most]), f"{more:,}") if more > 0 else ", ".join(names)


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count and its noun, such as ``1 store`` or ``3 processes``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def some_of(count: int, of: int, one: str) -> str:
    """How many of how many, such as ``2 of 3 steps``, ``all 3 steps`` or ``the one step``."""
    if of == 1:
        return f"the one {one}"
    return f"{'all' if count == of else f'{count:,} of'} {plural(of, one)}"


def none_of(count: int, one: str) -> str:
    """That it is true of none, such as ``none of 3 grants`` or ``not one grant``."""
    return f"none of {plural(count, one)}" if count > 1 else f"not one {one}"


def kinds(count: int, kind: Kind) -> str:
    """So many of a kind, such as ``1 party`` or ``2 processes``."""
    return plural(count, kind, SEVERAL.get(kind))


def kinds_of(estate: Estate, names: Collection[str]) -> str:
    """How many of each kind, such as ``1 party, 2 stores``; empty of nothing."""
    counts = dict.fromkeys(Kind, 0)
    for name in names:
        counts[estate.kind_of(name)] += 1
    return ", ".join(kinds(count, kind) for kind, count in counts.items() if count)


def hour(at: float) -> str:
    """An hour of an outage, counted from its start."""
    return phrase("at once") if at == 0 else phrase("at hour", f"{at:g}")


def is_public(estate: Estate, name: str) -> bool:
    """Whether it is stated that anyone may have it."""
    return estate.is_public(name)
