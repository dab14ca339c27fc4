"""The shared words: entities, relations, controls in use, provenance and notes.

Values are frozen; an entity or a relation says where it is from (``provenance``) and how well it is known (``basis``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from blastradius.dates import Date
from blastradius.secrets import redacted

Id = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MOST_RECORDS = 10**15
Records = Annotated[int, Field(ge=0, le=MOST_RECORDS)]


class Kind(StrEnum):
    """The eight kinds of entity."""

    PARTY = "party"
    CREDENTIAL = "credential"
    SCOPE = "scope"
    OPERATION = "operation"
    SERVICE = "service"
    STORE = "store"
    FEED = "feed"
    PROCESS = "process"


class Capability(StrEnum):
    """What an attacker has over an entity, or what is broken about it.

    Four chains (``read_subset`` < ``read``, ``taint`` < ``write``, ``degrade`` < ``deny``, ``use`` <
    ``control``); on credentials ``operate`` and ``possess`` instead. The last four are no capability over
    an entity but stepping stones of a proof: a control is ``inactive``, some function of an API is
    ``callable``, there is a ``foothold`` in a flat zone, and ``anyone`` can act from the internet.
    """

    READ_SUBSET = "read_subset"
    READ = "read"
    TAINT = "taint"
    WRITE = "write"
    DEGRADE = "degrade"
    DENY = "deny"
    USE = "use"
    CONTROL = "control"
    OPERATE = "operate"
    POSSESS = "possess"
    INACTIVE = "inactive"
    CALLABLE = "callable"
    FOOTHOLD = "foothold"
    ANYONE = "anyone"


STEPPING_STONES = frozenset({Capability.INACTIVE, Capability.CALLABLE, Capability.FOOTHOLD, Capability.ANYONE})


class Level(IntEnum):
    """How much is assumed of the attacker, cumulative."""

    GRANTED = 1
    ABUSED = 2
    TAKEOVER = 3
    LATERAL = 4

    @property
    def word(self) -> str:
        """The level's name as people write it: ``granted``, ``abused``, ``takeover``, ``lateral``."""
        return self.name.lower()

    @property
    def says(self) -> str:
        """The level in words for a board."""
        return _LEVEL_WORDS[self]


_LEVEL_WORDS = {
    Level.GRANTED: "they use exactly what we gave them; we swallow what they send",
    Level.ABUSED: "and all they can trick or find without breaking in",
    Level.TAKEOVER: "and they break the system behind the door",
    Level.LATERAL: "and they walk on inside",
}


class Basis(StrEnum):
    """How well a thing is known, best first."""

    OBSERVED = "observed"
    DECLARED = "declared"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class Frozen(BaseModel):
    """A value: immutable, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Provenance(Frozen):
    """Where a thing was read: the source (a loader's name), the file as it was named, line and column from 1."""

    source: str
    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


class ControlKind(StrEnum):
    """The closed vocabulary of controls; ``blastradius.controls`` says what each stops and what not."""

    COMPARTMENT = "compartment"
    NON_EXPORTABLE = "non_exportable"
    REVOKED = "revoked"
    ROTATED = "rotated"
    EXPIRED = "expired"
    IP_ALLOWLIST = "ip_allowlist"
    TOKEN_BINDING = "token_binding"  # noqa: S105 - a control's name, not a secret
    DEVICE_POLICY = "device_policy"
    MFA = "mfa"
    APPROVAL = "approval"
    ENCRYPTED_ELSEWHERE = "encrypted_elsewhere"
    OBJECT_AUTHZ = "object_authz"
    FUNCTION_AUTHZ = "function_authz"
    REDACTED = "redacted"
    PURGED = "purged"
    VALIDATED = "validated"
    QUARANTINED = "quarantined"
    HUMAN_REVIEW = "human_review"
    SECOND_SOURCE = "second_source"
    BULKHEAD = "bulkhead"
    PINNED = "pinned"
    VERIFIED = "verified"
    STAGED = "staged"
    NOT_EXPOSED = "not_exposed"
    EGRESS_FILTER = "egress_filter"
    FALLBACK = "fallback"
    HARDENED = "hardened"
    SANDBOXED = "sandboxed"
    TWO_PARTY_SIGNING = "two_party_signing"
    IMMUTABLE_BACKUP = "immutable_backup"
    FAIL_CLOSED = "fail_closed"
    SEGMENTED = "segmented"
    HARD_MFA = "hard_mfa"
    PAM = "pam"


class Control(Frozen):
    """A control in use on an entity or a relation.

    ``status``: ``working`` (shown to work), ``assumed`` (said to, not shown), ``failed`` (stops nothing).
    ``provided_by``: the entity that runs it; it falls with that entity, and when that entity is denied
    unless ``fails`` is ``closed``.
    """

    kind: ControlKind
    status: Literal["working", "assumed", "failed"] = "working"
    provided_by: Id | None = None
    fails: Literal["open", "closed"] = "open"
    why: str | None = None
    basis: Basis = Basis.DECLARED
    provenance: tuple[Provenance, ...] = ()


class Entity(Frozen):
    """What every entity carries; ``basis`` is the best on which it is known, ``also`` those of other sources."""

    id: Id
    kind: Kind
    name: str | None = None
    zone: str | None = None
    owner: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    basis: Basis = Basis.DECLARED
    also: tuple[Basis, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @property
    def label(self) -> str:
        """The display name, or the id where none was given."""
        return self.name or self.id

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Every basis on which a source knows it, best first."""
        return (self.basis, *self.also)


class Party(Entity):
    """An organisation: ourselves, a partner, a provider, a processor or a party further upstream."""

    kind: Kind = Kind.PARTY
    role: Literal["self", "partner", "provider", "processor", "upstream"] = "partner"
    contract_end: Date | None = None
    substitutability: Literal["easy", "hard", "impossible"] | None = None
    governance: dict[str, str] = Field(default_factory=dict)


class Credential(Entity):
    """What lets its holder act."""

    kind: Kind = Kind.CREDENTIAL
    type: Literal[
        "password", "session", "oauth_token", "api_key", "client_secret", "signing_key", "mtls", "job_token"
    ] = "api_key"
    expires: Date | None = None
    dormant: bool = False
    count: int | None = Field(default=None, ge=0)


class Scope(Entity):
    """A permission that can be granted."""

    kind: Kind = Kind.SCOPE
    justification: str | None = None
    needed: bool | None = None
    used: bool | None = None


class Operation(Entity):
    """One callable function of an API; ``anonymous`` when it asks for no credential at all."""

    kind: Kind = Kind.OPERATION
    api: str | None = None
    method: str | None = None
    path: str | None = None
    direction: Literal["exposed", "consumed", "internal"] = "internal"
    anonymous: bool = False


class Service(Entity):
    """Anything that runs: workload, function, CI runner, browser page, endpoint fleet, SaaS tenant."""

    kind: Kind = Kind.SERVICE
    crown_jewel: bool = False


class Store(Entity):
    """Data: database, bucket, topic, warehouse table, ticket system; ``records`` is a count of records."""

    kind: Kind = Kind.STORE
    classification: str | None = None
    records: Records | None = None
    crown_jewel: bool = False
    copy_of: Id | None = None


class Feed(Entity):
    """What a third party sends us."""

    kind: Kind = Kind.FEED
    content: Literal["data", "content", "code"] = "data"
    crown_jewel: bool = False


class Process(Entity):
    """A business process or decision; ``tolerance_h`` is how many hours it may be down."""

    kind: Kind = Kind.PROCESS
    crown_jewel: bool = False
    tolerance_h: float | None = Field(default=None, ge=0)
    weight: float | None = Field(default=None, ge=0)


ENTITY_TYPES: dict[Kind, type[Entity]] = {
    made.model_fields["kind"].default: made
    for made in (Party, Credential, Scope, Operation, Service, Store, Feed, Process)
}


class Zone(Frozen):
    """A trust boundary; in a ``flat`` one every service can walk to every other."""

    id: Id
    name: str | None = None
    flat: bool = False
    provenance: tuple[Provenance, ...] = ()

    @property
    def label(self) -> str:
        """The display name, or the id where none was given."""
        return self.name or self.id


class Verb(StrEnum):
    """The relations, in the words of the domain."""

    OWNS = "owns"
    HOLDS = "holds"
    GRANTS = "grants"
    PERMITS = "permits"
    READS = "reads"
    WRITES = "writes"
    CONTROLS = "controls"
    DISABLES = "disables"
    SERVES = "serves"
    CALLS = "calls"
    CONTAINS = "contains"
    DERIVES_FROM = "derives_from"
    PUBLISHES = "publishes"
    CONSUMES = "consumes"
    INSTALLS = "installs"
    INFORMS = "informs"
    DEPENDS_ON = "depends_on"
    CONNECTS = "connects"
    RELIES_ON = "relies_on"


class Relation(Frozen):
    """One relation, from its ``sources`` to its ``targets``.

    Several sources mean that *all* are needed (``grants``, ``permits``). Several targets mean a group:
    the suppliers of ``depends_on`` (``at_least`` of them must be up) or the feeds of a quorum
    (``consumes`` with ``vote_min``). Every other verb has one of each. ``buffer_h`` is in hours.
    """

    verb: Verb
    sources: tuple[Id, ...] = Field(min_length=1)
    targets: tuple[Id, ...] = Field(min_length=1)
    extent: Literal["all", "subset"] = "all"
    dependency: Literal["hard", "soft", "none"] | None = None
    buffer_h: float | None = Field(default=None, ge=0)
    at_least: int | None = Field(default=None, ge=1, le=10**6)
    capacity_loss: bool = False
    brittle: bool = False
    vote_min: int | None = Field(default=None, ge=1, le=10**6)
    controls: tuple[Control, ...] = ()
    basis: Basis = Basis.DECLARED
    also: tuple[Basis, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Every basis on which a source knows it, best first."""
        return (self.basis, *self.also)

    @cached_property
    def id(self) -> str:
        """A stable name made of the verb and the ends, such as ``grants:key>orders.read``."""
        return relation_id(self.verb, self.sources, self.targets)


def relation_id(verb: Verb, sources: Iterable[str], targets: Iterable[str]) -> str:
    """The id of a relation of these ends; no two lists of ends read the same."""
    return f"{verb}:{'+'.join(map(_escaped, sources))}>{'+'.join(map(_escaped, targets))}"


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("+", "%2B").replace(">", "%3E")


@dataclass(frozen=True)
class Ends:
    """Which kinds may stand at the two ends of a verb, and whether an end may be a group."""

    sources: frozenset[Kind]
    targets: frozenset[Kind]
    joint: bool = False
    group: bool = False


def _ends(sources: str, targets: str, *, joint: bool = False, group: bool = False) -> Ends:
    return Ends(frozenset(map(Kind, sources.split())), frozenset(map(Kind, targets.split())), joint, group)


SIGNATURES: dict[Verb, Ends] = {
    Verb.OWNS: _ends("party", "service store feed credential"),
    Verb.HOLDS: _ends("party service", "credential"),
    Verb.GRANTS: _ends("credential", "scope operation", joint=True),
    Verb.PERMITS: _ends("scope", "operation", joint=True),
    Verb.READS: _ends("operation service", "store service feed"),
    Verb.WRITES: _ends("operation service", "store service feed"),
    Verb.CONTROLS: _ends("operation", "store service feed"),
    Verb.DISABLES: _ends("operation", "store service feed"),
    Verb.SERVES: _ends("service", "operation"),
    Verb.CALLS: _ends("service", "operation"),
    Verb.CONTAINS: _ends("store", "credential"),
    Verb.DERIVES_FROM: _ends("store", "store service"),
    Verb.PUBLISHES: _ends("party service", "feed"),
    Verb.CONSUMES: _ends("service", "feed", group=True),
    Verb.INSTALLS: _ends("service", "feed"),
    Verb.INFORMS: _ends("service store", "process"),
    Verb.DEPENDS_ON: _ends("service process", "service operation store feed party process", group=True),
    Verb.CONNECTS: _ends("service", "service"),
    Verb.RELIES_ON: _ends("party", "party"),
}


class Fact(NamedTuple):
    """What holds: an entity's id and a capability over it.

    With a stepping stone as capability, ``entity`` is a control's id (``inactive``), the name of an API
    (``callable``), of a flat zone (``foothold``), or ``internet`` (``anyone``).
    """

    entity: str
    capability: Capability

    def __str__(self) -> str:
        return f"{self.capability}({self.entity})"


class NoteKind(StrEnum):
    """Why something is worth a note: read, but not (or not fully) modelled as it stands."""

    UNSUPPORTED = "unsupported"
    ASSUMED = "assumed"
    CONTRADICTED = "contradicted"
    UNRESOLVED = "unresolved"
    SECRET_DROPPED = "secret_dropped"  # noqa: S105 - a note's name, not a secret
    INCOMPLETE = "incomplete"


class Note(Frozen):
    """Something that every answer resting on it repeats, no secret in it; ``about`` names entities or relations."""

    kind: NoteKind
    message: Annotated[str, AfterValidator(redacted)]
    about: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    def __str__(self) -> str:
        position = f"{self.provenance[0]}: " if self.provenance else ""
        return f"{position}{self.kind}: {self.message}"


class Tally(Frozen):
    """Conservation: every record of the input ends as exactly one of fact, rejected or declared-ignored."""

    facts: int = 0
    rejected: int = 0
    ignored: int = 0

    @property
    def records(self) -> int:
        """How many records the input had."""
        return self.facts + self.rejected + self.ignored

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: count + getattr(other, name) for name, count in self})


class ExpectedFact(Frozen):
    """One expectation: an entity and a capability over it."""

    entity: Id
    capability: Capability


class Scenario(Frozen):
    """What is asked: the seeds, how much to assume, which controls not to trust.

    ``hours`` is how long an outage lasts; ``None`` means longer than any buffer.
    """

    compromise: tuple[Id, ...] = ()
    leak: tuple[Id, ...] = ()
    poison: tuple[Id, ...] = ()
    wrong: tuple[Id, ...] = ()
    outage: tuple[Id, ...] = ()
    breach: tuple[Id, ...] = ()
    hours: float | None = Field(default=None, ge=0)
    assume: Level = Level.ABUSED
    distrust: tuple[str, ...] = ()


SEEDS: dict[str, tuple[Capability, frozenset[Kind]]] = {
    "compromise": (Capability.CONTROL, frozenset({Kind.PARTY, Kind.SERVICE})),
    "leak": (Capability.POSSESS, frozenset({Kind.CREDENTIAL})),
    "poison": (Capability.WRITE, frozenset({Kind.FEED})),
    "wrong": (Capability.TAINT, frozenset({Kind.FEED, Kind.SERVICE})),
    "outage": (Capability.DENY, frozenset(Kind) - {Kind.CREDENTIAL, Kind.SCOPE}),
    "breach": (Capability.READ, frozenset({Kind.STORE})),
}
"""How a scenario can start, by its field: the capability over what is named there, and which kinds that may be."""


class Expectation(Frozen):
    """A unit test for a trust boundary; ``possible`` is what the model reaches and no report says has happened."""

    name: str
    scenario: Scenario
    reached: tuple[ExpectedFact, ...] = ()
    not_reached: tuple[ExpectedFact, ...] = ()
    possible: tuple[ExpectedFact, ...] = ()
    basis: Basis = Basis.DECLARED
    why: str | None = None
    provenance: tuple[Provenance, ...] = ()
