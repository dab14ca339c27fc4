"""The eight kinds of entity, and the zones they lie in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from blastradius.dates import Date
from blastradius.model.controls import Control
from blastradius.model.values import (
    Basis,
    Frozen,
    Id,
    Mould,
    Provenance,
    Records,
    Signal,
    fits_id,
)


def _listed(value: object) -> object:
    """One id as a list of one; none as an empty one."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


Ids = Annotated[tuple[Id, ...], BeforeValidator(_listed)]


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


class Entity(Frozen):
    """What every entity carries; ``basis`` is the best on which it is known, ``also`` those of other sources.

    ``unknown`` names what is known not to be known about it, such as ``reads``; it changes no reach.
    """

    id: Id
    kind: Kind
    name: str | None = None
    zone: str | None = None
    owner: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    unknown: tuple[str, ...] = ()
    seen_by: tuple[Signal, ...] = ()
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
    """One callable function of an API; ``anonymous`` when it asks for no credential at all, ``public`` by intent."""

    kind: Kind = Kind.OPERATION
    api: str | None = None
    method: str | None = None
    path: str | None = None
    direction: Literal["exposed", "consumed", "internal"] = "internal"
    anonymous: bool = False
    public: bool = False


class Service(Entity):
    """Anything that runs or acts: workload, function, CI runner, endpoint fleet, SaaS tenant, agent, approving team.

    ``parts`` says that those declared as ``part_of`` it are all there are; ``public`` that anyone may have it.
    """

    kind: Kind = Kind.SERVICE
    crown_jewel: bool = False
    public: bool = False
    parts: Literal["complete"] | None = None


class Store(Entity):
    """Data: database, bucket, topic, warehouse table, ticket system; ``records`` is a count of records.

    ``copy_of`` names its originals; ``parts`` and ``public`` are as for a service.
    """

    kind: Kind = Kind.STORE
    classification: str | None = None
    records: Records | None = None
    crown_jewel: bool = False
    copy_of: Ids = ()
    public: bool = False
    parts: Literal["complete"] | None = None


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


_BARE = {kind: Mould(made, "id", "basis", "provenance") for kind, made in ENTITY_TYPES.items()}
_NAMED = {kind: Mould(made, "id", "basis", "provenance", "name") for kind, made in ENTITY_TYPES.items()}


def bare_entity(
    kind: Kind, made: str, basis: Basis, provenance: tuple[Provenance, ...], name: str | None = None
) -> Entity:
    """An entity of which no more is said than its id, what it is called, on what basis it is known, and where.

    Raises:
        ValidationError: what cannot be an id or a name.
    """
    stated = {"id": made, "basis": basis, "provenance": provenance}
    if name is not None:
        stated["name"] = name
    is_typed = type(basis) is Basis and type(provenance) is tuple and (name is None or type(name) is str)
    if is_typed and fits_id(made):
        return (_BARE if name is None else _NAMED)[kind](**stated)
    return ENTITY_TYPES[kind].model_validate(stated)


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
