"""Controls in use."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from blastradius.model.values import Basis, Frozen, Id, Provenance


class ControlKind(StrEnum):
    """The closed vocabulary of controls; ``blastradius.meanings`` says what each stops and what not."""

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
    INSENSITIVE = "insensitive"
    OUT_OF_BAND = "out_of_band"
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

    ``status``: ``working`` (stated to work), ``assumed`` (said to, not shown), ``failed`` (stops nothing), ``absent``
    (stated not to be there).
    ``provided_by``: the entity that runs it; it falls with that entity, and when that entity is denied
    unless ``fails`` is ``closed``; ``misled``: it decides by what that entity says, and falls when it is wrong.
    ``phishable``: a code typed in, a push to accept (MFA). A fallback takes over ``starts_after_h`` hours after the
    loss (unstated: at once), and may be ``slower`` than what it replaces.
    """

    kind: ControlKind
    status: Literal["working", "assumed", "failed", "absent"] = "working"
    provided_by: Id | None = None
    fails: Literal["open", "closed"] = "open"
    misled: bool = False
    phishable: bool = False
    starts_after_h: float | None = Field(default=None, ge=0)
    slower: bool = False
    why: str | None = None
    basis: Basis = Basis.DECLARED
    provenance: tuple[Provenance, ...] = ()
