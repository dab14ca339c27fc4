"""What a row of each meaning says in our terms."""

from __future__ import annotations

from itertools import product

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.loaderkit.names import harmless
from blastradius.model import Basis, Kind, NoteKind, Verb
from blastradius.reading import Sheet, Workbook
from blastradius.secrets import looks_secret

from .cells import ATTRIBUTES, DATES, date, second_factor, truth, verbs
from .options import MAIN, Options, Role
from .rows import KINDS, MAX_NAME, NO_VALUE, Drafts, Rows

_JEWELS: dict[str, Role] = {"components": "service", "vendors": "store", "access": "store", "data": "store"}
_VERBS = {"reads": Verb.READS, "writes": Verb.WRITES}
Found = dict[Role, list[str]]


class TableMapper:
    """A table's rows as entities and relations."""

    def __init__(self, document: Document, sheet: Sheet, options: Options, file: str) -> None:
        self.collector = FactCollector("table", document)
        self.rows = Rows(sheet, options, file, self.collector)
        self.drafts = Drafts(self.rows)
        self.options = options
        self.meaning = options.rows or "vendors"
        self.main: Role = MAIN[self.meaning]
        self.bare = 0
        self.verbs: tuple[Verb, ...] = ()
        self.keys: dict[str, list[str]] = {}
        self.key_basis = Basis.DECLARED

    def build(self) -> Loaded:
        """Model every row; each ends as a fact, rejected or ignored."""
        for bad in self.rows.sheet.bad:
            self.collector.reject(bad.why, provenance=(self.rows.place(bad.line),))
        for row in self.rows:
            why = self._ignored(row)
            if why:
                self.collector.ignore(why)
            elif formulas := self.rows.formulas():
                self.collector.reject(f"{formulas[0]!r}: {NO_VALUE}", provenance=self.rows.provenance(formulas[0]))
            elif self._row():
                self.collector.fact()
            else:
                provenance = self.rows.provenance(self.rows.columns(self.main)[0].column)
                self.collector.reject(f"a row without a {self.main} that can be used", provenance=provenance)
        self._say()
        for entity in self.drafts.made():
            self.collector.entity(entity)
        return self.collector.loaded(as_of=self.options.as_of)

    def _ignored(self, row: dict[str, str]) -> str | None:
        found = (column for column, words in self.options.ignore.items() if row[column].strip() in words)
        return next((f"rows with {row[column].strip()!r} in {column!r}" for column in found), None)

    def _say(self) -> None:
        self.rows.say()
        if not self.rows.sheet and not self.rows.sheet.bad:
            self.collector.note(NoteKind.INCOMPLETE, "there is no row below the header")
        self._say_others()
        if self.bare:
            message = f"{self.bare:,} rows name a {self.main} and nothing else that is mapped; titles inside the table?"
            self.collector.note(NoteKind.ASSUMED, message)
        known = self.drafts.known.items() if self.meaning == "components" else ()
        loose = sorted(
            name for name, declared in known if declared.kind == Kind.SERVICE and declared.basis == Basis.INFERRED
        )
        if loose:
            some = ", ".join(map(repr, loose[:5]))
            message = f"{len(loose):,} components that others depend on have no row of their own, such as {some}"
            self.collector.note(NoteKind.UNRESOLVED, message, *loose)

    def _say_others(self) -> None:
        """The sheets of a workbook that no one asked for."""
        document = self.collector.document
        sheets = document.data if isinstance(document.data, Workbook) else {}
        filled = [name for name, sheet in sheets.items() if sheet.grid]
        others = [name for name in filled if self.rows.file != f"{document.path}#{name}"]
        if others:
            some = ", ".join(map(repr, others[:5]))
            message = f"of {len(filled)} filled sheets this one is read; not {some}"
            self.collector.note(NoteKind.INCOMPLETE, message)

    def _row(self) -> bool:
        found: Found = {self.main: self.drafts.of(self.main)}
        if not found[self.main]:
            return False
        found |= {role: self.drafts.of(role) for role in KINDS if role not in (self.main, "scope")}
        self.bare += self._is_bare()
        self.verbs = self._verbs()
        provenance = self.rows.provenance(self.rows.columns(self.main)[0].column)
        say = {"vendors": self._vendors, "access": self._access, "components": self._components, "data": self._data}
        parts = self._parts(found)
        for part in parts:
            part["scope"] = self.drafts.of("scope", self._prefix(part))
            self._complete(part, provenance)
            say[self.meaning](part, provenance)
        named: Found = {role: list(dict.fromkeys(text for part in parts for text in part[role])) for role in parts[0]}
        self._attributes(named, provenance)
        return True

    def _parts(self, found: Found) -> list[Found]:
        """A row of access says the same of each application that it names, and a scope is one application's."""
        several = found["service"] if self.meaning == "access" and len(found["service"]) > 1 else ()
        return [{**found, "service": [service]} for service in several] or [found]

    def _is_bare(self) -> bool:
        more = [
            column.column for role, columns in self.options.columns.items() if role != self.main for column in columns
        ]
        return bool(more) and not any(self.rows.row[column].strip() for column in more)

    def _prefix(self, found: Found) -> str:
        """Scopes of one application have its name before theirs: an 'admin' of two is not one."""
        services = found["service"]
        return f"{self._bare(services[0])}:" if self.meaning == "access" and len(services) == 1 else ""

    # meanings

    def _vendors(self, found: Found, provenance: Provenances) -> None:
        for party in found["party"]:
            self._party(party, found, provenance)
            self._keys(party, found, provenance)
            for service in self._run_by(party, found, provenance):
                self._touch(service, found, provenance)

    def _access(self, found: Found, provenance: Provenances) -> None:
        self._opened(found, provenance)
        for party in found["party"]:
            self._party(party, found, provenance)
            self._keys(party, found, provenance)

    def _components(self, found: Found, provenance: Provenances) -> None:
        for service in found["service"]:
            self._all(Verb.DEPENDS_ON, service, found["depends_on"], provenance)
            self._all(Verb.RUNS_ON, service, found["runs_on"], provenance)
            self._all(Verb.PART_OF, service, found["part_of"], provenance)
            self._all(Verb.READS, service, found["reads"], provenance)
            self._all(Verb.WRITES, service, found["writes"], provenance)
            self._all(Verb.CONSUMES, service, found["feed"], provenance)
            self._all(Verb.HOLDS, service, found["credential"], provenance)
            self._touch(service, found, provenance)
            for party in found["party"]:
                self._relate(Verb.OWNS, party, service, provenance)
            for process in found["process"]:
                self._relate(Verb.DEPENDS_ON, process, service, provenance)
        for credential in found["credential"]:
            self._all(Verb.GRANTS, credential, found["scope"], provenance)

    def _data(self, found: Found, provenance: Provenances) -> None:
        services = [service for party in found["party"] for service in self._run_by(party, found, provenance)]
        for service in dict.fromkeys((*found["service"], *services)):
            self._touch(service, found, provenance)
        for store in found["store"]:
            self._all(Verb.INFORMS, store, found["process"], provenance)
            self._all(Verb.RUNS_ON, store, found["runs_on"], provenance)

    # parts of them

    def _party(self, party: str, found: Found, provenance: Provenances) -> None:
        self._all(Verb.RELIES_ON, party, found["relies_on"], provenance)
        self._all(Verb.PUBLISHES, party, found["feed"], provenance)
        for dependent in (*found["process"], *found["used_by"]):
            self._relate(Verb.DEPENDS_ON, dependent, party, provenance)

    def _run_by(self, party: str, found: Found, provenance: Provenances) -> list[str]:
        """What a party runs for us: the services named, or one nameless service when data is named alone."""
        services, basis = found["service"], Basis.DECLARED
        if not services and found["store"]:
            basis = Basis.INFERRED
            services = [
                self.drafts.entity(Kind.SERVICE, f"run by {party}", provenance, name=f"what {party} runs for us")
            ]
        for service in services:
            self._relate(Verb.OWNS, party, service, provenance, basis)
        return services

    def _touch(self, service: str, found: Found, provenance: Provenances) -> None:
        for store in found["store"]:
            for verb in self.verbs:
                self._relate(verb, service, store, provenance)

    def _verbs(self) -> tuple[Verb, ...]:
        text = self.rows.text("access")
        declared = verbs(text) if text else ()
        if text and not declared:
            self.rows.leave_out("access", "say no kind of access that is known; taken as reading", text)
        return tuple(_VERBS[item] for item in declared) or (Verb.READS,)

    def _complete(self, found: Found, provenance: Provenances) -> None:
        """What a row of access means where it names no scope or no key: the access, and what it is signed in with."""
        self.keys = dict.fromkeys(found["party"], found["credential"])
        self.key_basis = Basis.DECLARED
        if self.meaning == "access" and not found["scope"]:
            things = [self._bare(item) for item in found["service"] or found["store"]]
            named = ((f"{thing}:access", f"access to {thing}") for thing in things)
            found["scope"] = [self.drafts.entity(Kind.SCOPE, made, provenance, name=name) for made, name in named]
        if found["scope"] and not found["credential"] and self.meaning in ("access", "vendors"):
            self.key_basis = Basis.INFERRED
            on = f" on {self._bare(found['service'][0])}" if len(found["service"]) == 1 else ""
            for party in self.keys:
                key = self.drafts.entity(
                    Kind.CREDENTIAL, f"{party}{on}", provenance, name=f"what {party} signs in with{on}"
                )
                self.keys[party] = [key]
            found["credential"] = [key for keys in self.keys.values() for key in keys]

    def _keys(self, party: str, found: Found, provenance: Provenances) -> None:
        """The party holds its keys, and each grants the scopes."""
        for key in self.keys[party]:
            self._relate(Verb.HOLDS, party, key, provenance, self.key_basis)
            for scope in found["scope"]:
                self._relate(Verb.GRANTS, key, scope, provenance, self.key_basis)

    def _opened(self, found: Found, provenance: Provenances) -> None:
        """What a scope opens: some function of the service, and through it the data that the row names."""
        for scope in found["scope"] if found["service"] or found["store"] else ():
            text = self._bare(scope)
            operation = self.drafts.entity(Kind.OPERATION, text, provenance, name=f"what {text} opens")
            self._relate(Verb.PERMITS, scope, operation, provenance, Basis.INFERRED)
            for service in found["service"]:
                self._relate(Verb.SERVES, service, operation, provenance, Basis.INFERRED)
            for verb, store in product(self.verbs, found["store"]):
                self._relate(verb, operation, store, provenance, Basis.INFERRED)

    def _bare(self, name: str) -> str:
        """A name without its kind."""
        return name.removeprefix(f"{self.drafts.known[name].kind}:")

    def _all(self, verb: Verb, source: str, targets: list[str], provenance: Provenances) -> None:
        for target in targets:
            self._relate(verb, source, target, provenance)

    def _relate(
        self, verb: Verb, source: str, target: str, provenance: Provenances, basis: Basis = Basis.DECLARED
    ) -> None:
        if source != target:
            self.collector.relate(verb, source, target, provenance=provenance, basis=basis)

    # attributes

    def _attributes(self, found: Found, provenance: Provenances) -> None:
        for role, (kind, attribute, read) in ATTRIBUTES.items():
            text = self.rows.text(role) if self.rows.columns(role) else None
            value = date(text, self.options.dates) if text and role in DATES else read(text) if text else None
            if text is not None and value is None:
                self.rows.leave_out(role, self._why(role), text)
            if role == "records" and text and value is not None and len(found[kind]) > 1:
                self.rows.leave_out(role, "count several stores together; left out", text)
            else:
                for name in found[kind] if value is not None else ():
                    self.drafts.set(name, attribute, value, provenance)
        self._second_factor(found["credential"], provenance)
        self._of_main(found[self.main], provenance)
        self._governance(found["party"])
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
            self.rows.leave_out("second_factor", "name no second factor that is known; left out", text)
        for key in keys if control else ():
            self.drafts.known[key].fallback.setdefault("type", "password")
            self.drafts.set(key, "controls", (control,), provenance)

    def _why(self, role: Role) -> str:
        ambiguous = role in DATES and self.options.dates is None
        more = "; for 1/2/2027 state option 'dates' as dmy or mdy" if ambiguous else ""
        return f"cannot be read; left out{more}"

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

    def _governance(self, parties: list[str]) -> None:
        for column in self.rows.columns("governance"):
            text = " ".join(self.rows.cell(column.column).split())
            if looks_secret(text):
                self.collector.secret("a cell of 'governance'", provenance=self.rows.provenance(column.column))
            elif text and not harmless(text):
                self.rows.leave_out("governance", "are no text that can be kept; left out", text)
            elif text:
                for name in parties:
                    self.drafts.known[name].values.setdefault("governance", {}).setdefault(
                        column.column, text[:MAX_NAME]
                    )
