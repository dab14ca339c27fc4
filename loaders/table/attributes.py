"""What the cells of a row say of what the row names: dates, numbers, words, and what people keep beside them."""

from __future__ import annotations

import re
from typing import Any

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import harmless
from blastradius.model import NoteKind
from blastradius.secrets import looks_secret

from .cells import ATTRIBUTES, DATES, UNREAD, second_factor, truth
from .dates import NO_END, date, is_ambiguous, is_open, last_day
from .options import MAIN, Role
from .rows import MAX_TEXT, Drafts, Rows

Found = dict[Role, list[str]]
"""The ids of what a row names, by role."""
_JEWELS: dict[str, Role] = {"components": "service", "vendors": "store", "access": "store", "data": "store"}
_ORDER = "left out, for day and month can be read either way (state option 'dates' as dmy or mdy)"
_SERIAL = re.compile(r"[2-7][0-9]{4}(\.[0-9]+)?")
_STRETCH = "taken as the last day of what they say"


class Attributes:
    """Sets what the cells of the row at hand say."""

    def __init__(self, rows: Rows, drafts: Drafts) -> None:
        self.rows = rows
        self.drafts = drafts
        self.options = rows.options
        self.meaning = rows.options.rows or "vendors"
        self.stated: list[tuple[Role, Role, str]] = [
            (role, kind, attribute) for role, (kind, attribute, _) in ATTRIBUTES.items() if rows.columns(role)
        ]

    def set(self, found: Found, provenance: Provenances) -> None:
        """Set all that the row at hand says of what it names."""
        for role, kind, attribute in self.stated:
            text = self.rows.text(role)
            value = self._read(role, text, found) if text else None
            if role == "records" and value is not None and len(_stores(found)) > 1:
                self.rows.leave_out(role, "left out, a count of several stores together", text or "")
                continue
            of = _stores(found) if role == "records" else found[kind]
            if value is not None and not of:
                self.rows.leave_out(role, f"left out, for the row names no {kind} that has it", text or "")
            for name in of if value is not None else ():
                self.drafts.set(name, attribute, value, provenance)
        self._second_factor(found["credential"], provenance)
        self._of_main(found[MAIN[self.meaning]], provenance)
        self._governance(found["party"])
        self._places(found, provenance)

    def _read(self, role: Role, text: str, found: Found) -> Any:
        """What a cell says; what does not say it is remembered."""
        value = self._day(role, text, found["party"]) if role in DATES else ATTRIBUTES[role][2](text)
        if value is None and role not in DATES:
            self.rows.leave_out(role, UNREAD[role], text)
        return value

    def _day(self, role: Role, text: str, parties: list[str]) -> str | None:
        """A date; where a contract's end is anything but a day, its words are kept beside it."""
        day = date(text, self.options.dates)
        if day is None and role == "contract_end":
            self._keep(parties, "contract end", text)
        if day is None and is_open(text):
            return NO_END
        if day is None:
            day = last_day(text)
            kind = NoteKind.ASSUMED if day else NoteKind.UNSUPPORTED
            self.rows.leave_out(role, _STRETCH if day else self._unread(text), text, kind)
        return day

    def _unread(self, text: str) -> str:
        if _SERIAL.fullmatch(text.strip()):
            return "left out, a bare number and no date; give the cells the format of a date and save it again"
        return _ORDER if self.options.dates is None and is_ambiguous(text) else "left out, no date"

    def _places(self, found: Found, provenance: Provenances) -> None:
        """Crown jewels, zones, and the role of those who have none."""
        jewel = truth(self.rows.text("crown_jewel") or "")
        for name in found[_JEWELS[self.meaning]] if jewel else ():
            self.drafts.set(name, "crown_jewel", True, provenance)
        zone = self.rows.text("zone") or self.options.zone
        for name in (*found["service"], *found["store"]) if zone else ():
            self.drafts.set(name, "zone", zone, provenance)
        for name in found["party"] if self.meaning == "vendors" else ():
            self.drafts.known[name].fallback.setdefault("role", "provider")

    def _second_factor(self, keys: list[str], provenance: Provenances) -> None:
        """What else is asked for where a key is used: then the key is a password, unless a column says otherwise."""
        text = self.rows.text("second_factor") if self.rows.columns("second_factor") else None
        control = second_factor(text) if text else None
        if text and control is None:
            self.rows.leave_out("second_factor", "left out, no second factor that is known", text)
        for key in keys if control else ():
            self.drafts.known[key].fallback.setdefault("type", "password")
            self.drafts.set(key, "controls", (control,), provenance)

    def _of_main(self, mains: list[str], provenance: Provenances) -> None:
        attributes = {
            "name": self.rows.text("name"),
            "description": self.rows.text("description"),
            "owner": self.rows.text("owner") or self.options.owner,
        }
        tags = tuple(sorted({text for text, _ in self.rows.kept("tags")}))
        for name in mains:
            for attribute, value in attributes.items():
                if value:
                    self.drafts.set(name, attribute, value, provenance)
            if tags:
                self.drafts.set(name, "tags", tags, provenance)

    # what people keep beside it

    def _governance(self, parties: list[str]) -> None:
        if text := self._beside("criticality", "?"):  # somebody asks, and the board is told
            self._keep(parties, "criticality", text)
        if text := self._beside("last_review"):
            day = date(text, self.options.dates)
            if day is None and is_ambiguous(text):
                self.rows.leave_out("last_review", _ORDER.replace("left out", "kept as it stands"), text)
            self._keep(parties, "last review", day or text)
        for column in self.rows.columns("governance"):
            if text := self._words(column.column):
                self._keep(parties, column.column, text)

    def _beside(self, role: Role, *said: str) -> str | None:
        """The first words of a role's cells that say something: unknown is not stated, save by the words ``said``."""
        found = (self._words(column.column) for column in self.rows.columns(role))
        empty = set(self.options.empty) - set(said)
        return next((text for text in found if text and text.lower() not in empty), None)

    def _words(self, column: str) -> str | None:
        """The words of a cell as they stand, where there are any that can be kept; a question mark says something."""
        text = " ".join(self.rows.cell(column).split())
        if looks_secret(text):
            self.rows.collector.secret(f"a cell of {column!r}", provenance=self.rows.provenance(column))
        elif text and not harmless(text):
            self.rows.remember(column, "left out, no text that can be kept", text)
        elif any(char.isalnum() or char == "?" for char in text):
            return text[:MAX_TEXT]
        return None

    def _keep(self, parties: list[str], key: str, text: str) -> None:
        """Keep words of a party; what further rows say is put behind them."""
        for name in parties:
            kept = self.drafts.known[name].values.setdefault("governance", {})
            before = kept.setdefault(key, text)
            if text not in before.split("; "):
                kept[key] = f"{before}; {text}"[:MAX_TEXT]


def _stores(found: Found) -> list[str]:
    """The data that a row names: stores, or where it names classes what is held of them."""
    return found["store"] or found["data_class"]
