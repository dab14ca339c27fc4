"""Permissions and roles in Entra that give rights: to add credentials to apps, to assign app roles, to assign roles.

Rests on the permissions reference of Microsoft Graph and on the built-in roles of Microsoft Entra. What can be given is
tied to the operation where it is described, whoever may call it, so that exports can be read apart.
"""

from __future__ import annotations

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import last_day, until
from blastradius.model import Basis, Control, ControlKind, Operation, Verb

from .gaps import DirectoryGap, RightsGap
from .reading import Record, lower

ADD_CREDENTIALS, ADD_TO_OWN = "add credentials to apps", "add credentials to apps of one's own"
ASSIGN_APP_ROLES, ASSIGN_ROLES = "assign app roles", "assign directory roles"
_PERMISSIONS = {
    "application.readwrite.all": (ADD_CREDENTIALS,),
    "application.readwrite.ownedby": (ADD_TO_OWN,),
    "approleassignment.readwrite.all": (ASSIGN_APP_ROLES,),
    "rolemanagement.readwrite.directory": (ASSIGN_ROLES,),
    "roleassignmentschedule.readwrite.directory": (ASSIGN_ROLES,),
}
_ROLES = {
    "application administrator": (ADD_CREDENTIALS,),
    "cloud application administrator": (ADD_CREDENTIALS,),
    "global administrator": (ADD_CREDENTIALS, ASSIGN_APP_ROLES, ASSIGN_ROLES),
    "privileged role administrator": (ASSIGN_APP_ROLES, ASSIGN_ROLES),
}


def gives(collector: FactCollector, scope: str, provenance: Provenances, permission: str = "", role: str = "") -> None:
    """Let a scope permit what its permission of Microsoft Graph, or its role in the directory, lets one give."""
    for operation in _PERMISSIONS.get(permission.lower(), ()) or _ROLES.get(role.lower(), ()):
        made = _operation(collector, operation, provenance)
        collector.relate(Verb.PERMITS, scope, made, provenance=provenance, basis=Basis.INFERRED)
        collector.gaps[RightsGap.GIVES].add(scope)


def given(collector: FactCollector, operation: str, what: str, provenance: Provenances) -> None:
    """Let an operation issue a credential or a scope."""
    made = _operation(collector, operation, provenance)
    collector.relate(Verb.ISSUES, made, what, provenance=provenance, basis=Basis.INFERRED)


def scheduled(collector: FactCollector, scope: str, record: Record, as_of: str | None) -> str:
    """What to grant for a scope that a schedule, or an instance of one, may give only until a moment."""
    expiration = lower(lower(record.attributes.get("scheduleinfo")).get("expiration"))
    declared = record.text("enddatetime") or expiration.get("enddatetime")
    ends = last_day(declared) if isinstance(declared, str) else None
    if declared and ends is None:
        collector.gaps[DirectoryGap.NO_END].add(scope)
    return until(collector, scope, ends, record.provenance, expired(ends, as_of, record.provenance))


def expired(ends: str | None, as_of: str | None, provenance: Provenances) -> tuple[Control, ...]:
    """That something has ended, where its last day lies before the day that is stated."""
    over = ends is not None and as_of is not None and ends < as_of
    return (Control(kind=ControlKind.EXPIRED, why=f"ended on {ends}", provenance=provenance),) if over else ()


def _operation(collector: FactCollector, operation: str, provenance: Provenances) -> str:
    """The operation of giving; what else it could give, an export need not say."""
    made = f"entra:{operation}"
    if made in collector.entities:  # of an export with tens of thousands of apps each assignment asks for it
        return made
    return collector.keep(
        Operation(id=made, name=operation, unknown=("issues",), basis=Basis.INFERRED, provenance=provenance)
    )
