"""The shapes of the estate format: what may stand where in one file.

Annotations are no text here: pydantic would compile each of some hundred when this is imported.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function
from typing_extensions import TypeAliasType

from blastradius.dates import is_date
from blastradius.loaderkit.options import keyed, listed
from blastradius.model import Basis, Capability, ControlKind, Kind, Records, Signal, Statement

_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _no_harm(text: str) -> str:
    found = _HARMFUL.search(text)
    if found:
        raise ValueError(f"an id cannot have the control character U+{ord(found.group()):04X}; remove it")
    if not text.strip() or len(text) > 500:
        raise ValueError("an id has 1 to 500 characters")
    return text


def _date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or not is_date(text):
        raise ValueError("not a date; write it as YYYY-MM-DD")
    return text


def _empty(value: Any) -> Any:
    return {} if value is None else value


Id = Annotated[str, AfterValidator(_no_harm)]
Date = Annotated[str, AfterValidator(_date)]
# Each list has a name, so that pydantic makes one validator of it and not one for each of a hundred fields.
Ids = TypeAliasType(
    "Ids", Annotated[tuple[Id, ...], BeforeValidator(listed, json_schema_input_type=Id | tuple[Id, ...])]
)


class Shape(BaseModel):
    """A mapping with known keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ControlShape(Shape):
    """A control in its long form."""

    kind: ControlKind
    status: Literal["working", "assumed", "failed", "absent"] = Field(
        "working", description="assumed: said to work, not shown; failed: stops nothing; absent: stated not to be there"
    )
    provided_by: Id | None = Field(None, description="what runs it: it falls with that, and when that stops")
    fails: Literal["open", "closed"] = Field("open", description="whether it lets pass when what runs it stops")
    misled: bool = Field(False, description="it decides by what its provider says, and falls when that is wrong")
    phishable: bool = Field(False, description="of mfa: a code typed in or a push to accept, which people give away")
    starts_after_h: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="of a fallback: hours until it takes over; at once unless said"
    )
    slower: bool = Field(False, description="of a fallback: it keeps things going, and they go slower")
    why: str | None = None
    basis: Basis = Basis.DECLARED


ControlItem = Annotated[ControlShape, BeforeValidator(keyed("kind"), json_schema_input_type=ControlKind | ControlShape)]
Controls = TypeAliasType(
    "Controls",
    Annotated[
        tuple[ControlItem, ...], BeforeValidator(listed, json_schema_input_type=ControlKind | tuple[ControlItem, ...])
    ],
)


_Signal = Annotated[Signal, BeforeValidator(keyed("signal"), json_schema_input_type=str | Signal)]
Signals = TypeAliasType(
    "Signals", Annotated[tuple[_Signal, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[_Signal, ...])]
)
_UNKNOWN = "what is known not to be known about it, such as `reads`; changes no reach, and answers say so"
_SEEN_BY = "what would show it, to whom, within how many hours; changes no reach"


class ItemShape(Shape):
    """One item of a relation: ``to`` one thing, or ``of`` a group."""

    to: Id | None = Field(None, description="the one thing that it goes to")
    of: Ids = Field((), description="a group instead: suppliers of which `at_least` are needed, or feeds that vote")
    together: Ids = Field(
        (),
        alias="with",
        description="of grants and permits: all of these are needed together with this one; of calls: the keys that "
        "the caller holds and calls with, so that the call gives nothing that they do not",
    )
    extent: Literal["all", "subset"] = Field("all", description="of reads and writes: all of it, or own rows only")
    dependency: Literal["hard", "soft", "none"] | None = Field(
        None,
        description="hard: who has it stops without it; soft: slows; of depends_on hard unless said, of calls, reads "
        "and consumes soft",
    )
    buffer_h: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="hours that a loss is outlasted; none unless said"
    )
    at_least: int | None = Field(
        None, ge=1, le=10**6, description="how many of a group of suppliers are needed; all unless said"
    )
    capacity_loss: bool = Field(False, description="the loss of any of the group slows")
    brittle: bool = Field(False, description="malformed input crashes who takes it in")
    vote_min: int | None = Field(
        None,
        ge=1,
        le=10**6,
        description="how many feeds must be up for a vote; fewer, or if it is not said, and any one decides",
    )
    on_bad: Literal["keep", "drop", "halt"] = Field(
        "keep",
        description="what is done with input that is found wrong: go on with the last good one, without, or stop",
    )
    on_missing: Literal["stop", "default"] = Field(
        "stop", description="what is done without it: stop or slow, or go on with a default, which may be wrong"
    )
    obeys: bool = Field(False, description="what it says is acted on: an agent reading mail, a signer shown a page")
    needs: Ids = Field((), description="of calls: keys that must come with what is asked, or it is not done")
    delay_h: float | None = Field(
        None, ge=0, allow_inf_nan=False, description="hours that a step along it takes; no clock unless said"
    )
    controls: Controls = ()
    basis: Basis = Basis.DECLARED
    unknown: Ids = Field((), description=_UNKNOWN)
    seen_by: Signals = Field((), description=_SEEN_BY)


Item = Annotated[ItemShape, BeforeValidator(keyed("to"), json_schema_input_type=Id | ItemShape)]
Items = TypeAliasType(
    "Items", Annotated[tuple[Item, ...], BeforeValidator(listed, json_schema_input_type=Id | tuple[Item, ...])]
)


class EntryShape(Shape):
    """What every entity may say."""

    name: str | None = None
    zone: Id | None = None
    owner: str | None = None
    description: str | None = None
    tags: Ids = ()
    controls: Controls = ()
    basis: Basis = Basis.DECLARED
    unknown: Ids = Field((), description=_UNKNOWN)
    seen_by: Signals = Field((), description=_SEEN_BY)


class PartyShape(EntryShape):
    """An organisation."""

    role: Literal["self", "partner", "provider", "processor", "upstream"] = "partner"
    contract_end: Date | None = None
    substitutability: Literal["easy", "hard", "impossible"] | None = None
    governance: dict[str, str] = {}
    owns: Items = ()
    holds: Items = ()
    publishes: Items = ()
    relies_on: Items = ()


class CredentialShape(EntryShape):
    """What lets its holder act."""

    type: Literal[
        "password", "session", "oauth_token", "api_key", "client_secret", "signing_key", "mtls", "job_token"
    ] = "api_key"
    expires: Date | None = None
    dormant: bool = False
    count: int | None = Field(None, ge=0)
    grants: Items = ()


class ScopeShape(EntryShape):
    """A permission that can be granted."""

    justification: str | None = None
    needed: bool | None = None
    used: bool | None = None
    permits: Items = ()


class OperationShape(EntryShape):
    """One callable function of an API."""

    api: Id | None = None
    method: str | None = None
    path: str | None = None
    direction: Literal["exposed", "consumed", "internal"] = "internal"
    anonymous: bool = False
    public: bool = Field(False, description="meant for anyone: left out of counts and headlines")
    reads: Items = ()
    writes: Items = ()
    controls_target: Items = ()
    disables: Items = ()
    issues: Items = ()
    connects: Items = ()


class ServiceShape(EntryShape):
    """Anything that runs."""

    crown_jewel: bool = False
    serves: Items = ()
    holds: Items = ()
    calls: Items = ()
    reads: Items = ()
    writes: Items = ()
    publishes: Items = ()
    consumes: Items = ()
    installs: Items = ()
    connects: Items = ()
    informs: Items = ()
    depends_on: Items = ()
    runs_on: Items = ()
    part_of: Items = ()
    public: bool = Field(False, description="meant for anyone: left out of counts and headlines")
    parts: Literal["complete"] | None = Field(None, description="those declared as part_of it are all there are")


class StoreShape(EntryShape):
    """Data."""

    classification: str | None = None
    records: Records | None = None
    crown_jewel: bool = False
    copy_of: Ids = Field((), description="the original, or originals, whose records are in it too")
    contains: Items = ()
    runs_on: Items = ()
    part_of: Items = ()
    public: bool = Field(False, description="meant for anyone: left out of counts and headlines")
    parts: Literal["complete"] | None = Field(None, description="those declared as part_of it are all there are")
    derives_from: Items = ()
    informs: Items = ()


class FeedShape(EntryShape):
    """What a third party sends us."""

    content: Literal["data", "content", "code"] = "data"
    crown_jewel: bool = False


class ProcessShape(EntryShape):
    """A business process or decision."""

    crown_jewel: bool = False
    tolerance_h: float | None = Field(None, ge=0, allow_inf_nan=False)
    weight: float | None = Field(None, ge=0, allow_inf_nan=False)
    depends_on: Items = ()
    consumes: Items = ()


class ZoneShape(Shape):
    """A trust boundary."""

    name: str | None = None
    flat: bool = False


class EffectShape(Shape):
    """What the operations that match touch."""

    match: Annotated[tuple[str, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...])]
    scopes: Annotated[tuple[str, ...], BeforeValidator(listed, json_schema_input_type=str | tuple[str, ...])] = ()
    reads: Items = ()
    writes: Items = ()
    controls_target: Items = ()
    disables: Items = ()
    issues: Items = ()
    connects: Items = ()


class ApiShape(Shape):
    """An API description that belongs to the estate."""

    openapi: str
    api: Id | None = None
    direction: Literal["exposed", "consumed", "internal"] | None = None
    served_by: Id | None = None
    owner: str | None = None
    scopes: Literal["any", "all"] = "any"
    effects: tuple[EffectShape, ...] = ()


Capabilities = Annotated[
    tuple[Capability, ...], BeforeValidator(listed, json_schema_input_type=Capability | tuple[Capability, ...])
]
Facts = dict[Id, Capabilities]


class SelectShape(Shape):
    """The things that a rule is about, each in turn: those that fit all that is said."""

    role: Literal["self", "partner", "provider", "processor", "upstream"] | None = None
    tag: str | None = None
    zone: Id | None = None
    excluded: Ids = Field((), alias="except", description="ids of things that the rule is not about")


def _starts(value: Any) -> Any:
    return {} if value in ("*", ["*"]) else value if isinstance(value, dict) else listed(value)


def _is_selection(value: Any) -> str:
    return "[each]" if isinstance(value, (dict, SelectShape)) else "[ids]"


Starts = Annotated[
    Annotated[SelectShape, Tag("[each]")] | Annotated[tuple[Id, ...], Tag("[ids]")],
    Discriminator(_is_selection),
    BeforeValidator(_starts, json_schema_input_type=Id | tuple[Id, ...] | SelectShape),
]
"""Where an expectation starts: ids, or what says which things, each in turn; ``"*"`` for all of them."""


class KeptShape(Shape):
    """What is to be kept out of reach: everything that fits all that is said."""

    capability: Capabilities = Field(description="what nobody is to be able to do to it, such as `write`")
    crown_jewel: bool = Field(False, description="only what is marked as a crown jewel")
    kind: Kind | None = None
    tag: str | None = None
    zone: Id | None = None


class AcceptedShape(Shape):
    """An exception that somebody answers for, until a day."""

    start: Id | None = Field(None, description="of whom it is accepted; of anyone that the rule is about unless said")
    entity: Id | None = Field(None, description="what may be reached; anything that the rule speaks of unless said")
    why: str
    owner: str
    until: Date


_Kept = Annotated[
    tuple[KeptShape, ...], BeforeValidator(listed, json_schema_input_type=KeptShape | tuple[KeptShape, ...])
]
_Accepted = Annotated[
    tuple[AcceptedShape, ...],
    BeforeValidator(listed, json_schema_input_type=AcceptedShape | tuple[AcceptedShape, ...]),
]
_Stated = Annotated[
    tuple[Statement, ...], BeforeValidator(listed, json_schema_input_type=Statement | tuple[Statement, ...])
]


class ExpectShape(Shape):
    """A unit test for a trust boundary."""

    name: str
    compromise: Starts = ()
    leak: Starts = ()
    poison: Starts = ()
    wrong: Starts = ()
    outage: Starts = ()
    breach: Starts = ()
    use: Starts = Field((), description="operations, services, scopes and keys that are used as they were granted")
    anyone: bool = Field(False, description="a stranger on the internet")
    hours: float | None = Field(None, ge=0, allow_inf_nan=False)
    assume: Literal["granted", "abused", "takeover", "lateral"] = "abused"
    distrust: Ids = ()
    controls: Ids = Field((), alias="with", description="controls put in place, each as KIND@ID")
    without: Ids = Field((), description="relations taken away, by id")
    reached: Facts = {}
    not_reached: Facts = {}
    possible: Facts = {}
    out_of_reach: _Kept = ()
    stated: _Stated = ()
    accepted: _Accepted = ()
    basis: Basis = Basis.DECLARED
    why: str | None = None


class ExerciseShape(Shape):
    """An exercise that was held, or is to be: what was played."""

    name: str
    date: Date
    compromise: Ids = ()
    leak: Ids = ()
    poison: Ids = ()
    wrong: Ids = ()
    outage: Ids = ()
    breach: Ids = ()
    use: Ids = ()
    anyone: bool = Field(False, description="a stranger on the internet")
    hours: float | None = Field(None, ge=0, allow_inf_nan=False)
    assume: Literal["granted", "abused", "takeover", "lateral"] = "abused"
    distrust: Ids = Field((), description="controls that were taken not to work")
    scope: Ids = Field((), description="ids of the things it was about; all that it reaches unless said")


class _MayBeEmpty:
    """A key with nothing after it means an empty mapping."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(_empty, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"type": "null"}]}


_Bare = _MayBeEmpty()


class FileShape(Shape):
    """One estate file."""

    blastradius: Literal[1, "1"]
    title: str | None = None
    as_of: Date | None = None
    clock: Annotated[dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]], _Bare] = {}
    zones: Annotated[dict[Id, Annotated[ZoneShape, _Bare]], _Bare] = {}
    parties: Annotated[dict[Id, Annotated[PartyShape, _Bare]], _Bare] = {}
    credentials: Annotated[dict[Id, Annotated[CredentialShape, _Bare]], _Bare] = {}
    scopes: Annotated[dict[Id, Annotated[ScopeShape, _Bare]], _Bare] = {}
    operations: Annotated[dict[Id, Annotated[OperationShape, _Bare]], _Bare] = {}
    services: Annotated[dict[Id, Annotated[ServiceShape, _Bare]], _Bare] = {}
    stores: Annotated[dict[Id, Annotated[StoreShape, _Bare]], _Bare] = {}
    feeds: Annotated[dict[Id, Annotated[FeedShape, _Bare]], _Bare] = {}
    processes: Annotated[dict[Id, Annotated[ProcessShape, _Bare]], _Bare] = {}
    apis: tuple[ApiShape, ...] = ()
    expect: tuple[ExpectShape, ...] = ()
    exercises: tuple[ExerciseShape, ...] = ()
