"""Several accounts of one relation become one that reaches as far as any of them; what it overrules is said.

Each account is a road of its own. So of two values the one that reaches further stands, what an account does not say
counts as its default there, and a control guards only where every account states it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from blastradius.model import Control, Note, NoteKind, Relation, Verb

Reach = Callable[[Any], float]
"""How far an account reaches by what it says under one field; the larger reaches further."""

_GUARDING = ("working", "assumed")
_ON_BAD = ("keep", "drop", "halt")


def _strength(relation: Relation) -> float:
    """How hard a dependence is; on what is taken in, one that is not said is soft, but less so than one that is."""
    own = relation.verb == Verb.DEPENDS_ON
    return {"none": 0, None: 3 if own else 1, "soft": 2, "hard": 3}[relation.dependency]


_ALIKE: dict[str, Reach] = {
    "extent": lambda relation: relation.extent == "all",
    "dependency": _strength,
    "capacity_loss": lambda relation: relation.capacity_loss,
    "brittle": lambda relation: relation.brittle,
    "vote_min": lambda relation: relation.vote_min or inf,
    "on_bad": lambda relation: _ON_BAD.index(relation.on_bad),
    "on_missing": lambda relation: relation.on_missing == "default",
    "obeys": lambda relation: relation.obeys,
}
_OF_THE_STRONGEST: dict[str, Reach] = {
    "buffer_h": lambda relation: -(relation.buffer_h or 0.0),
    "at_least": lambda relation: relation.at_least or len(relation.targets),
}
"""What counts only with the dependence that it is said of."""
_OF_CONTROLS: dict[str, Reach] = {
    "status": lambda control: ("working", "assumed", "failed", "absent").index(control.status),
    "fails": lambda control: control.provided_by is not None and control.fails == "open",
    "provided_by": lambda control: control.provided_by is not None,
    "misled": lambda control: control.misled,
    "phishable": lambda control: control.phishable,
    "starts_after_h": lambda control: control.starts_after_h or 0.0,
    "slower": lambda control: control.slower,
}


def furthest(accounts: Sequence[Relation], notes: list[Note]) -> dict[str, Any]:
    """What accounts of one relation come to, the better known first, by field; every contradiction is noted.

    Only what the first does not say already is there.
    """
    values = _Joining(accounts, notes).values()
    return {field: value for field, value in values.items() if value != getattr(accounts[0], field)}


class _Joining:
    """The accounts of one relation as they are joined, and the notes on it."""

    def __init__(self, accounts: Sequence[Relation], notes: list[Note]) -> None:
        self.accounts = accounts
        self.notes = notes
        self.name = f"relation {accounts[0].id!r}"

    def values(self) -> dict[str, Any]:
        """All fields in which accounts can differ."""
        strong = max(map(_strength, self.accounts))
        strongest = [account for account in self.accounts if _strength(account) == strong]
        values = {field: self.pick(self.accounts, field, reach, self.name) for field, reach in _ALIKE.items()}
        values |= {field: self.pick(strongest, field, reach, self.name) for field, reach in _OF_THE_STRONGEST.items()}
        values |= {field: self.shared(field) for field in ("keys", "needs")}
        delays = [account.delay_h for account in self.accounts if account.delay_h is not None]
        return values | {"delay_h": min(delays, default=None), "controls": self.controls()}

    def pick(self, accounts: Sequence[Any], field: str, reach: Reach, name: str) -> Any:
        """The value of the account that reaches furthest by it; of several that of one which states it."""
        most = max(map(reach, accounts))
        ahead = [account for account in accounts if reach(account) == most]
        kept = next((account for account in ahead if _states(account, field)), ahead[0])
        there = f"{getattr(kept, field)!r}" if _states(kept, field) else "none is stated"
        for account in accounts:
            if _states(account, field) and getattr(account, field) != getattr(kept, field):
                why = "reaches further and is kept" if reach(account) < most else "is kept"
                here = f"{name} has {field} {getattr(account, field)!r} here"
                self.note(account, f"{here}, and {there} at {_place(kept)}; the latter {why}")
        return getattr(kept, field)

    def shared(self, field: str) -> tuple[str, ...]:
        """The keys that every account asks for: what one does not ask for is not needed on its road."""
        stated = [set[str](getattr(account, field)) for account in self.accounts]
        common = set.intersection(*stated)
        for account, keys in zip(self.accounts, stated, strict=True):
            for key in sorted(keys - common):
                other = next(other for other, also in zip(self.accounts, stated, strict=True) if key not in also)
                message = f"{self.name} asks for {key!r} here and not at {_place(other)}; taken as not asked for"
                self.note(account, message)
        return tuple(key for key in getattr(self.accounts[0], field) if key in common)

    def controls(self) -> tuple[Control, ...]:
        """The controls that every account states, and those that stop nothing by one of them."""
        found = []
        for kind in sorted({control.kind for account in self.accounts for control in account.controls}):
            stated = [control for account in self.accounts for control in account.controls if control.kind == kind]
            silent = [account for account in self.accounts if all(own.kind != kind for own in account.controls)]
            if silent and all(control.status in _GUARDING for control in stated):
                self.unguarded(stated, silent[0])
            else:
                found.append(self.control(stated))
        return tuple(found)

    def control(self, stated: Sequence[Control]) -> Control:
        """Accounts of one control, the better known first, as the one that stops least."""
        name = f"{self.name}: control {str(stated[0].kind)!r}"
        values = {field: self.pick(stated, field, reach, name) for field, reach in _OF_CONTROLS.items()}
        values["provenance"] = tuple(dict.fromkeys(place for control in stated for place in control.provenance))
        values["why"] = next((control.why for control in stated if control.why is not None), None)
        return stated[0].model_copy(update=values)

    def unguarded(self, stated: Sequence[Control], silent: Relation) -> None:
        """Note that a control guards only the road of those who state it."""
        for control in stated:
            message = (
                f"{self.name}: control {str(control.kind)!r} is stated here and not at {_place(silent)}, so it guards "
                "one of two accounts and is not counted; state it there too, or take out the account that is wrong"
            )
            self.note(control, message)

    def note(self, at: Relation | Control, message: str) -> None:
        """Say what is overruled, where it stands."""
        about, place = (self.accounts[0].id,), at.provenance[:1]
        self.notes.append(Note(kind=NoteKind.CONTRADICTED, message=message, about=about, provenance=place))


def _states(account: Any, field: str) -> bool:
    return field in account.model_fields_set and getattr(account, field) is not None


def _place(account: Relation | Control) -> str:
    return str(account.provenance[0]) if account.provenance else "another place"
