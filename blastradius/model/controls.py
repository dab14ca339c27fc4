"""Controls in use."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from blastradius.model.values import Basis, Frozen, Id, Provenance


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
