"""A register in our terms: providers, what they run for us, the functions that depend on it, their suppliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.loaderkit.names import counted
from blastradius.model import ENTITY_TYPES, Basis, Kind, NoteKind, Provenance, Verb

from .register import ISO, TEMPLATES, Register, Row

SERVICES = {
    "S01": "ICT project management", "S02": "ICT development", "S03": "ICT help desk", "S04": "ICT security management",
    "S05": "provision of data", "S06": "data analysis", "S07": "hosting, not cloud", "S08": "computation",
    "S09": "data storage, not cloud", "S10": "telecom carrier", "S11": "network infrastructure", "S12": "hardware",
    "S13": "software licensing, not SaaS", "S14": "ICT operation management", "S15": "ICT consulting",
    "S16": "ICT risk management", "S17": "cloud: IaaS", "S18": "cloud: PaaS", "S19": "cloud: SaaS",
}  # fmt: skip
_YES, _NO = ("x28", "true", "yes"), ("x29", "false", "no")
_SENSITIVE = {"x791": "low", "x792": "medium", "x793": "high"}
_MOST = ("high", "medium", "low")
_HARD = {"x794": "soft", "x795": "soft", "x796": "hard", "x797": "hard"}
_SUBSTITUTE = {"x959": "impossible", "x960": "hard", "x961": "hard", "x962": "easy"}
_HARDEST = ("impossible", "hard", "easy")
_FOREVER = "9999-12-31"
_IGNORED = {
    "b_01.03": "branches",
    "b_02.01": "contracts' general terms (who provides what is in b_02.02)",
    "b_02.03": "links between contracts within the group",
    "b_03.01": "signatures of our entities",
    "b_03.02": "signatures of providers",
    "b_03.03": "signatures of entities that provide within the group",
    "b_04.01": "entities that use a contract",
    "b_99.01": "definitions of terms",
}
_NEEDS = {
    "b_01.01": ("c0010",),
    "b_01.02": ("c0010",),
    "b_02.02": ("c0010", "c0030"),
    "b_05.01": ("c0010",),
    "b_05.02": ("c0010", "c0030"),
    "b_06.01": ("c0010",),
    "b_07.01": ("c0010", "c0020"),
}


@dataclass
class _Draft:
    kind: Kind
    basis: Basis = Basis.INFERRED
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Provenance, None] = field(default_factory=dict)


class RegisterMapper:
    """Reads the templates in their order."""

    def __init__(self, document: Document, register: Register) -> None:
        self.register = register
        self.collector = FactCollector("dora", document)
        self.drafts: dict[str, _Draft] = {}
        self.ends: dict[str, set[str]] = {}
        self.unread = 0
        self.over = 0

    def build(self) -> Loaded:
        """All templates; each row ends as a fact, rejected or ignored."""
        read: dict[str, Callable[[Row], bool]] = {
            "b_01.01": self._ourselves,
            "b_01.02": self._ourselves,
            "b_02.02": self._contract,
            "b_05.01": self._provider,
            "b_05.02": self._chain,
            "b_06.01": self._function,
            "b_07.01": self._assessment,
        }
        for template in TEMPLATES:
            for row in self.register.rows(template, _NEEDS.get(template, ())):
                if row.why is not None:
                    self.collector.reject(row.why, provenance=row.provenance)
                elif template == "b_02.02" and self._is_over(row):
                    self.collector.ignore(f"arrangements that ended before {self.register.as_of}")
                elif template in _IGNORED:
                    self.collector.ignore(f"rows of {template}, {_IGNORED[template]}")
                elif read[template](row):
                    self.collector.fact()
                else:
                    self.collector.reject(f"a row of {template} without the names it needs", provenance=row.provenance)
        self._contract_ends()
        self._say_unresolved()
        for name, draft in self.drafts.items():
            values = {"id": name, "basis": draft.basis, "provenance": tuple(draft.places), **draft.values}
            declared = {key: value for key, value in values.items() if value is not None}
            self.collector.entity(ENTITY_TYPES[draft.kind].model_validate(declared))
        return self.collector.loaded(as_of=self.register.as_of)

    # templates

    def _ourselves(self, row: Row) -> bool:
        return self._party(row, "c0010", role="self", name=self._name(row["c0020"]))

    def _provider(self, row: Row) -> bool:
        parent = self._name(row["c0110"])
        governance = {"ultimate parent": parent} if parent and parent != row["c0010"] else None
        name = self._name(row["c0060"]) or self._name(row["c0050"])
        known = self.drafts.get(self._name(row["c0010"]) or "")
        role = known.values.get("role", "provider") if known else "provider"
        return self._party(row, "c0010", role=role, name=name, governance=governance)

    def _function(self, row: Row) -> bool:
        function = self._function_of(row["c0010"], row["c0040"], row.provenance, Basis.DECLARED)
        if function is None:
            return False
        rto = row["c0080"]
        declared = rto.isascii() and rto.isdigit() and len(rto) < 10
        tolerance = (float(rto) or None) if declared else None  # the register's 0 says that none is set
        jewel = True if row["c0050"].lower() in _YES else None
        self._say(function, row.provenance, name=self._name(row["c0030"]), tolerance_h=tolerance, crown_jewel=jewel)
        return True

    def _is_over(self, row: Row) -> bool:
        """Whether an arrangement ended before the day that the register is of; its end is kept all the same."""
        end = row["c0080"]
        if not ISO.fullmatch(end) or end >= (self.register.as_of or ""):
            return False
        provider = self._named(Kind.PARTY, row["c0030"], row.provenance)
        if provider:
            self.ends.setdefault(provider, set()).add(end)
        self.over += provider is not None
        return provider is not None

    def _contract(self, row: Row) -> bool:
        provider = self._named(Kind.PARTY, row["c0030"], row.provenance)
        if not provider:
            return False
        service = self._service(row["c0010"], row["c0030"], row["c0060"], row.provenance)
        if not service:
            return False
        self.collector.relate(Verb.OWNS, provider, service, provenance=row.provenance)
        end = row["c0080"]
        if end and not ISO.fullmatch(end):
            message = f"the end {end[:40]!r} of an arrangement is no date; taken as without an end"
            self.collector.note(NoteKind.UNSUPPORTED, message, provenance=row.provenance)
        self.ends.setdefault(provider, set()).add(end if ISO.fullmatch(end) else _FOREVER)
        function = self._function_of(row["c0050"], row["c0020"], row.provenance, Basis.INFERRED)
        if function:
            reliance = _HARD.get(row["c0180"])
            self.unread += bool(row["c0180"]) and reliance is None
            self.collector.relate(Verb.DEPENDS_ON, function, service, provenance=row.provenance, dependency=reliance)
        if row["c0140"].lower() in _YES:
            self._data(service, row)
        return True

    def _data(self, service: str, row: Row) -> None:
        """What the provider keeps for us; that who keeps data can read and change it is our reading."""
        store = self._named(Kind.STORE, f"data:{service.partition(':')[2]}", row.provenance, Basis.DECLARED)
        if store is not None:
            name = f"our data under {row['c0010']}"
            owner = self._name(row["c0020"])
            self._say(store, row.provenance, name=name, owner=owner)
            values = self.drafts[store].values
            values["classification"] = _worst(_MOST, _SENSITIVE.get(row["c0170"]), values.get("classification"))
            for verb in (Verb.READS, Verb.WRITES):
                self.collector.relate(verb, service, store, provenance=row.provenance, basis=Basis.INFERRED)

    def _chain(self, row: Row) -> bool:
        """At rank 1 stands the provider itself; from rank 2 on, who receives relies on who provides."""
        provider = self._named(Kind.PARTY, row["c0030"], row.provenance)
        recipient = (
            self._named(Kind.PARTY, row["c0060"], row.provenance) if row["c0060"] and row["c0050"] != "1" else None
        )
        if provider is None:
            return False
        if recipient and recipient != provider:
            self.collector.relate(Verb.RELIES_ON, recipient, provider, provenance=row.provenance)
        return True

    def _assessment(self, row: Row) -> bool:
        provider = self._named(Kind.PARTY, row["c0020"], row.provenance)
        if provider is None:
            return False
        values = self.drafts[provider].values
        declared = _SUBSTITUTE.get(row["c0050"])
        values["substitutability"] = _worst(_HARDEST, declared, values.get("substitutability"))
        answer = dict.fromkeys(_YES, "yes") | dict.fromkeys(_NO, "no")
        asked = {"exit plan": row["c0080"], "alternatives identified": row["c0110"]}
        governance = {key: answer[code.lower()] for key, code in asked.items() if code.lower() in answer}
        for key, word in governance.items():
            before = values.setdefault("governance", {}).setdefault(key, word)
            values["governance"][key] = "no" if "no" in (before, word) else "yes"
        return True

    # entities

    def _name(self, text: str) -> str | None:
        return self.collector.name(text)

    def _party(self, row: Row, column: str, **attributes: Any) -> bool:
        party = self._named(Kind.PARTY, row[column], row.provenance, Basis.DECLARED)
        if party is not None:
            self._say(party, row.provenance, **attributes)
        return party is not None

    def _service(self, contract: str, provider: str, kind: str, provenance: Provenances) -> str | None:
        service = self._named(Kind.SERVICE, f"service:{contract}/{provider}/{kind}" if contract else "", provenance)
        if service is not None:
            self._say(service, provenance, name=f"{SERVICES.get(kind, kind or 'ICT services')} under {contract}")
            self.drafts[service].basis = Basis.DECLARED
        return service

    def _function_of(self, function: str, entity: str, provenance: Provenances, basis: Basis) -> str | None:
        return self._named(Kind.PROCESS, f"function:{entity}/{function}" if function else "", provenance, basis)

    def _named(self, kind: Kind, text: str, provenance: Provenances, basis: Basis = Basis.INFERRED) -> str | None:
        name = self._name(text)
        if name is None or (name in self.drafts and self.drafts[name].kind != kind):
            return None
        draft = self.drafts.setdefault(name, _Draft(kind))
        draft.basis = Basis.DECLARED if basis == Basis.DECLARED else draft.basis
        draft.places.update(dict.fromkeys(provenance))
        return name

    def _say(self, made: str, provenance: Provenances, **attributes: Any) -> None:
        values = self.drafts[made].values
        for key, value in attributes.items():
            if value is not None and values.setdefault(key, value) != value:
                message = f"{made!r} has {key} {value!r} here and {values[key]!r} before; the first is kept"
                self.collector.note(NoteKind.CONTRADICTED, message, made, provenance=provenance)

    # after all templates

    def _contract_ends(self) -> None:
        """The relationship ends with its last contract; one without an end date does not end."""
        for provider, ends in self.ends.items():
            if max(ends) < _FOREVER:
                self.drafts[provider].values["contract_end"] = max(ends)

    def _say_unresolved(self) -> None:
        if self.over:
            day = self.register.as_of
            message = f"{counted(self.over, 'arrangement')} ended before {day}: nothing runs under it, or depends on it"
            self.collector.note(NoteKind.ASSUMED, message)
        if self.unread:
            message = (
                f"{self.unread:,} arrangements have a code of reliance (c0180) that is not known; taken as not stated"
            )
            self.collector.note(NoteKind.UNSUPPORTED, message)
        for kind, where in ((Kind.PARTY, "b_05.01 or b_01.02"), (Kind.PROCESS, "b_06.01")):
            loose = [
                name for name, draft in self.drafts.items() if draft.kind == kind and draft.basis == Basis.INFERRED
            ]
            if loose:
                word = "parties" if kind == Kind.PARTY else "functions"
                some = ", ".join(map(repr, sorted(loose)[:5]))
                message = f"{len(loose):,} {word} are referred to and not described in {where}, such as {some}"
                self.collector.note(NoteKind.UNRESOLVED, message, *sorted(loose))


def _worst(ranked: tuple[str, ...], *declared: str | None) -> str | None:
    """The first of the ranked words that is said."""
    return next((candidate for candidate in ranked if candidate in declared), None)
