"""Rights that end on a day: what a policy or a binding gives only until then."""

from __future__ import annotations

import datetime

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import fitting
from blastradius.model import Basis, Control, Credential, Operation, Verb


def last_day(moment: str, *, inclusive: bool = False) -> str | None:
    """The last day before a moment of ISO 8601 or in seconds since 1970, in UTC; ``None`` where it is no moment.

    What ends at midnight ends with the day before, unless the moment itself is ``inclusive``.
    """
    try:
        seconds = moment.isascii() and moment.isdigit()
        found = datetime.datetime.fromtimestamp(int(moment), datetime.UTC) if seconds else _moment(moment)
        return (found - datetime.timedelta(microseconds=0 if inclusive else 1)).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _moment(text: str) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(text)
    return found.astimezone(datetime.UTC) if found.tzinfo else found


def until(
    collector: FactCollector,
    target: str,
    day: str | None,
    provenance: Provenances,
    controls: tuple[Control, ...] = (),
) -> str:
    """What to grant or permit in the place of a scope or an operation that is open until a day; itself where none is.

    It is an operation that hands out a credential with that end, and with ``controls``, which grants the target.
    """
    if day is None:
        return target
    handing, key = fitting(f"{target} until {day}"), fitting(f"{target} key until {day}")
    if handing not in collector.entities:
        attributes = {"basis": Basis.INFERRED, "provenance": provenance}
        collector.entity(Operation.model_validate({"id": handing, **attributes}))
        declared = {"id": key, "type": "session", "expires": day, "controls": controls, **attributes}
        collector.entity(Credential.model_validate(declared))
    collector.relate(Verb.ISSUES, handing, key, provenance=provenance, basis=Basis.INFERRED)
    collector.relate(Verb.GRANTS, key, target, provenance=provenance, basis=Basis.INFERRED)
    return handing
