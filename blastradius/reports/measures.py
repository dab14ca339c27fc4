"""What keeps a third party in bounds: who answers for it, what it may do, who would notice, how to go on without it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Sized
from typing import Literal

from blastradius.engine import PreparedEstate
from blastradius.estate import Estate, PlacedControl
from blastradius.estate.footing import status_of
from blastradius.model import ControlKind, Credential, Frozen, Party, Signal, Verb
from blastradius.reports.governance import CONTRACT_END, LAST_REVIEW
from blastradius.reports.needed import Judged, judged
from blastradius.reports.surface import SPENT, Surface, is_live
from blastradius.reports.words import plural

State = Literal["kept", "lacking", "unknown"]
MEASURES = {
    "owner": "somebody here answers for it",
    "last_review": "last review",
    "contract": "end of the contract",
    "least_access": "it holds no more than is needed and used",
    "key_expiry": "its keys end",
    "checks": "what stands on its keys and the functions that they open is stated to work",
    "noticed": "somebody would notice",
    "validated": "what comes from it is checked",
    "exit": "there is a way without it",
}
"""What is asked of a third party, in the order in which it is told; a measure that does not concern it is left out."""
CHECKING = frozenset(
    {
        ControlKind.VALIDATED,
        ControlKind.QUARANTINED,
        ControlKind.HUMAN_REVIEW,
        ControlKind.SECOND_SOURCE,
        ControlKind.OUT_OF_BAND,
        ControlKind.PINNED,
        ControlKind.VERIFIED,
        ControlKind.STAGED,
    }
)
"""The controls that check what comes from others."""
_INTAKES = (Verb.CONSUMES, Verb.READS, Verb.CALLS, Verb.INSTALLS)


class MeasureRow(Frozen):
    """One measure for one third party: its ``id``, whether it is kept, lacking or not known, and the words for it.

    ``lacking`` is what is stated and is not as it should be, ``unknown`` what nobody states.
    """

    id: str
    state: State
    says: str


class Measures:
    """What is stated of third parties' measures, looked up once for all of them."""

    def __init__(self, system: PreparedEstate) -> None:
        self.estate: Estate = system.estate
        self._granted: dict[str, list[Judged]] = defaultdict(list)
        for grant in judged(system):
            for holder in grant.holders:
                self._granted[holder].append(grant)
        self._intakes: dict[str, list[str]] = defaultdict(list)
        for relation in (relation for verb in _INTAKES for relation in self.estate.by_verb[verb]):
            for name in relation.targets:
                self._intakes[name].append(relation.id)

    def of(self, party: Party, surface: Surface, stops: Collection[str]) -> tuple[MeasureRow, ...]:
        """The measures that concern a party; ``stops`` are the processes that stop without it."""
        found = [*self._kept_on_paper(party, surface), *self._of_access(surface)]
        found += [*self._of_doors(party, surface), *self._of_intake(surface)]
        found += [self._exit(party)] if stops else []
        return tuple(found)

    def _kept_on_paper(self, party: Party, surface: Surface) -> Iterator[MeasureRow]:
        yield _stated("owner", party.owner, "nobody is named who answers for it")
        yield _stated("last_review", party.governance.get(LAST_REVIEW), "no review is on record")
        end = party.governance.get(CONTRACT_END, party.contract_end)
        over = party.contract_end is not None and party.contract_end < self.estate.day
        if over and any(is_live(self.estate, key) for key in surface.keys):
            yield MeasureRow(id="contract", state="lacking", says=f"over since {end}, and a key of it works still")
        else:
            yield _stated("contract", end, "no end of the contract is on record")

    def granted(self, surface: Surface) -> list[Judged]:
        """What the keys of a party and of its services grant, each judged."""
        holders = (surface.party, *sorted(surface.own))
        return list({it.grant.id: it for name in holders for it in self._granted.get(name, ())}.values())

    def _of_access(self, surface: Surface) -> Iterator[MeasureRow]:
        granted = self.granted(surface)
        if granted:
            yield _least(granted)
        keys = [self.estate.entities[name] for name in surface.keys if is_live(self.estate, name)]
        endless = [key for key in keys if isinstance(key, Credential) and key.expires is None]
        if keys:
            says = f"no end of its keys is stated ({_of(endless, keys)})" if endless else "each key has an end"
            yield MeasureRow(id="key_expiry", state="unknown" if endless else "kept", says=says)

    def _of_doors(self, party: Party, surface: Surface) -> Iterator[MeasureRow]:
        doors = (*surface.keys, *surface.scopes, *surface.can_call, *surface.feeds)
        if not doors:
            return
        yield _checks([placed for name in doors for placed in self.estate.controls_on(name)])
        signals = [signal for name in (party.id, *doors) for signal in self.estate.entities[name].seen_by]
        yield _noticed(signals)

    def _of_intake(self, surface: Surface) -> Iterator[MeasureRow]:
        taken = {relation: name for name in (*surface.feeds, *surface.called) for relation in self._intakes[name]}
        bare = [relation for relation, name in taken.items() if not self._is_checked(relation, name)]
        if taken:
            says = f"no check is stated where it is taken in ({_of(bare, taken)})"
            kept = f"a check stands wherever it is taken in ({_of(taken, taken)})"
            yield MeasureRow(id="validated", state="unknown" if bare else "kept", says=says if bare else kept)

    def _is_checked(self, relation: str, taken: str) -> bool:
        """Whether a control that checks stands where something is taken in, on who takes it in, or on what it is."""
        hosts = (relation, *self.estate.relations[relation].sources, taken)
        placed = (it.control for host in hosts for it in self.estate.controls_on(host))
        return any(it.kind in CHECKING and it.status not in ("failed", "absent") for it in placed)

    @staticmethod
    def _exit(party: Party) -> MeasureRow:
        plan = next((text for key, text in party.governance.items() if "exit" in key.casefold()), None)
        judged_as = party.substitutability and f"{party.substitutability} to replace"
        return _stated("exit", plan or judged_as, "nobody states how to go on without it")


def _stated(name: str, text: str | None, unsaid: str) -> MeasureRow:
    return MeasureRow(id=name, state="unknown" if text is None else "kept", says=unsaid if text is None else text)


def _of(some: Sized, whole: Sized) -> str:
    return f"{len(some):,} of {len(whole):,}"


def _least(granted: Sequence[Judged]) -> MeasureRow:
    excess = [it for it in granted if it.verdict == "excess"]
    unsaid = [it for it in granted if it.verdict == "unknown"]
    if excess:
        says = f"not needed, or not seen used, is what it is granted ({_of(excess, granted)})"
        return MeasureRow(id="least_access", state="lacking", says=says)
    if unsaid:
        says = f"nobody says whether it needs or uses what it is granted ({_of(unsaid, granted)})"
        return MeasureRow(id="least_access", state="unknown", says=says)
    return MeasureRow(id="least_access", state="kept", says=f"needed or used ({_of(granted, granted)})")


def _checks(placed: Sequence[PlacedControl]) -> MeasureRow:
    standing = [it.control for it in placed if it.control.kind not in SPENT]
    lost = sum(control.status in ("failed", "absent") for control in standing)
    assumed = [control for control in standing if status_of(control) == "assumed"]
    if lost:
        says = f"{plural(lost, 'control')} failed, or stated not to be there"
        return MeasureRow(id="checks", state="lacking", says=says)
    if not standing:
        return MeasureRow(id="checks", state="unknown", says="no control is stated on its keys or what they open")
    if assumed:
        says = f"nobody has shown that the controls on its keys and what they open work ({_of(assumed, standing)})"
        return MeasureRow(id="checks", state="unknown", says=says)
    return MeasureRow(id="checks", state="kept", says=f"stated to work: {plural(len(standing), 'control')}")


def _noticed(signals: Sequence[Signal]) -> MeasureRow:
    if not signals:
        return MeasureRow(id="noticed", state="unknown", says="nobody is named who would notice")
    who = ", ".join(dict.fromkeys(signal.who for signal in signals if signal.who)) or "somebody"
    hours = [signal.within_h for signal in signals if signal.within_h is not None]
    within = f"within {min(hours):g} h" if hours else "it is not stated how soon"
    return MeasureRow(id="noticed", state="kept", says=f"{who}, {within}")


def by_state(rows: Sequence[MeasureRow]) -> Mapping[State, tuple[MeasureRow, ...]]:
    """The measures of each state."""
    states: tuple[State, ...] = ("kept", "lacking", "unknown")
    return {state: tuple(row for row in rows if row.state == state) for state in states}
