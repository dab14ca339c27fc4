"""What a row of each meaning says in our terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.loaderkit.names import counted, excerpt, first_few
from blastradius.model import Basis, Kind, NoteKind, Verb
from blastradius.reading import Sheet

from .attributes import Attributes, Found
from .cells import is_total, names_a_way, verbs
from .openings import Openings, of_a_class
from .options import MAIN, Options, Role
from .rows import KINDS, MAX_NAME, NO_VALUE, Drafts, Rows, Text

_VERBS = {"reads": Verb.READS, "writes": Verb.WRITES}
_OWN_WORDS: tuple[Role, ...] = ("service", "credential", "scope", "data_class")
"""Roles whose cells name things by words that mean another thing in another's row."""
_BARE = "with nothing else in their rows (titles inside the table?)"


class TableMapper:
    """A table's rows as entities and relations."""

    def __init__(self, document: Document, sheet: Sheet, options: Options, file: str) -> None:
        self.collector = FactCollector("table", document)
        self.rows = Rows(sheet, options, file, self.collector)
        self.drafts = Drafts(self.rows)
        self.openings = Openings(self.collector, self.drafts)
        self.attributes = Attributes(self.rows, self.drafts)
        self.options = options
        self.meaning = options.rows or "vendors"
        self.main: Role = MAIN[self.meaning]
        mine = {column.column for column in self.rows.columns(self.main)}
        self.more = [it.column for role, columns in options.columns.items() if role != self.main for it in columns]
        self.beside = set(self.more) - mine
        named: list[Role] = [role for role in KINDS if role != self.main and role not in _OWN_WORDS]
        self.named_roles: list[Role] = [role for role in named if self.rows.columns(role)]
        self.unnamed_roles: list[Role] = [role for role in named if not self.rows.columns(role)]
        self.texts: dict[Role, list[Text]] = {}
        self.shared: dict[str, list[str]] = {}
        self.verbs: tuple[Verb, ...] = ()
        self.key_basis = Basis.DECLARED

    def build(self) -> Loaded:
        """Model every row; each ends as a fact, rejected or ignored."""
        self.shared = self._shared()
        for bad in self.rows.sheet.bad:
            self.collector.reject(bad.why, provenance=(self.rows.place(bad.line),))
        for row in self.rows:
            why = self._ignored(row)
            if why:
                self.collector.ignore_as_told(why)
            elif formulas := self.rows.formulas():
                self.collector.reject(f"{formulas[0]!r}: {NO_VALUE}", provenance=self.rows.provenance(formulas[0]))
            elif self._is_total() or not self._row():
                provenance = self.rows.provenance(self.rows.columns(self.main)[0].column)
                self.collector.reject(self._is_none(), provenance=provenance)
            else:
                self.collector.fact()
        self.openings.open()
        self._say()
        for entity in self.drafts.made():
            self.collector.entity(entity)
        return self.collector.loaded(as_of=self.options.as_of)

    def _ignored(self, row: dict[str, str]) -> str | None:
        found = (column for column, words in self.options.ignore.items() if row[column].strip() in words)
        return next((f"rows with {row[column].strip()!r} in {column!r}" for column in found), None)

    def _main_cell(self) -> str:
        """What the row at hand has where it should name what it is about."""
        cells = (self.rows.row[column.column] for column in self.rows.columns(self.main))
        return next((" ".join(cell.split()) for cell in cells if cell.strip()), "")

    def _is_total(self) -> bool:
        """Whether the row at hand is a sum under the table."""
        return is_total(self._main_cell(), (self.rows.row[column] for column in self.beside))

    def _is_none(self) -> str:
        """Why the row at hand is about nothing."""
        cell = self._main_cell()
        if self._is_total():
            return f"{excerpt(cell)!r} is a total and no {self.main}"
        said = cell.lower() in self.options.empty
        return f"{cell!r} is no {self.main}" if said else f"a row without a {self.main} that can be used"

    def _shared(self) -> dict[str, list[str]]:
        """The services that rows of several parties name as what they run, which each runs for itself; and whose."""
        if self.meaning not in ("vendors", "data") or not self.rows.columns("service"):
            return {}
        named: dict[str, dict[str, None]] = defaultdict(dict)
        for row in self.rows:
            if not (self._ignored(row) or self.rows.formulas() or self._is_total()):
                parties = dict.fromkeys(text for text, _ in self.rows.texts("party"))
                for service, _ in self.rows.texts("service"):
                    named[service].update(parties)
        return {service: list(parties) for service, parties in named.items() if len(parties) > 1}

    def _say(self) -> None:
        self.rows.say()
        if not self.rows.sheet and not self.rows.sheet.bad:
            self.collector.note(NoteKind.INCOMPLETE, "there is no row below the header")
        if self.shared:
            some = first_few([f"{service!r} ({', '.join(parties[:3])})" for service, parties in self.shared.items()])
            message = f"{counted(len(self.shared), 'service')} named in rows of several parties, taken as one for each"
            self.collector.note(NoteKind.ASSUMED, f"{message}: {some}")
        known = self.drafts.known.items() if self.meaning == "components" else ()
        loose = sorted(
            name for name, declared in known if declared.kind == Kind.SERVICE and declared.basis == Basis.INFERRED
        )
        if loose:
            message = f"{counted(len(loose), 'component')} that others depend on without a row of their own"
            self.collector.note(NoteKind.UNRESOLVED, f"{message}: {first_few(list(map(repr, loose)))}", *loose)

    def _row(self) -> bool:
        found: Found = {self.main: self.drafts.of(self.main)}
        if not found[self.main]:
            return False
        self._note_bare()
        self.verbs = self._verbs()
        self.texts = {
            role: list(self.rows.kept(role)) if self.rows.columns(role) else []
            for role in _OWN_WORDS
            if role != self.main
        }
        found |= {role: [] for role in self.unnamed_roles}
        for role in self.named_roles:
            found[role] = self.drafts.of(role)
        provenance = self.rows.provenance(self.rows.columns(self.main)[0].column)
        say = {"vendors": self._vendors, "access": self._access, "components": self._components, "data": self._data}
        parts = [self._completed(part, provenance) for part in self._parts(found)]
        for part in parts:
            say[self.meaning](part, provenance)
        self.attributes.set(_joined(parts), provenance)
        return True

    def _parts(self, found: Found) -> list[Found]:
        """What a row says of each party, and in an access list of each application, whose scopes are its own."""
        if self.meaning == "vendors":
            return [{**found, "party": [party], "service": self._services(party)} for party in found["party"]]
        services = found.get("service") or self.drafts.named("service", self.texts["service"])
        if self.meaning != "access":
            return [{**found, "service": services}]
        apart = [[service] for service in services] if len(services) > 1 else [services]
        return [{**found, "party": [party], "service": mine} for party in found["party"] for mine in apart]

    def _services(self, party: str) -> list[str]:
        """What a party runs: of a name that others' rows have too, one of its own."""
        shared = [text for text in self.texts["service"] if text[0] in self.shared]
        own = [text for text in self.texts["service"] if text[0] not in self.shared]
        made = self.drafts.named("service", shared, f"{{}} of {party}", f"{{}} of {party}")
        return [*self.drafts.named("service", own), *made]

    def _completed(self, part: Found, provenance: Provenances) -> Found:
        """A part of a row with its keys, its scopes and its data, those that are meant where none is named."""
        part["credential"] = self._credentials(part)
        services = part["service"]
        prefix = f"{self._bare(services[0])}:" if self.meaning == "access" and len(services) == 1 else ""
        part["scope"] = self.drafts.named("scope", self.texts["scope"], f"{prefix}{{}}")
        holders = part["service"] if self.meaning == "components" else part.get("party", [])
        part["data_class"] = [store for holder in holders for store in self._classes(holder)]
        self._complete(part, provenance)
        return part

    def _credentials(self, part: Found) -> list[str]:
        """The keys that a row names; a word for a kind of key, such as ``SFTP``, is each holder's own."""
        ways = [text for text in self.texts["credential"] if names_a_way(text[0])]
        keys = [text for text in self.texts["credential"] if not names_a_way(text[0])]
        holders = part["service"] if self.meaning == "components" else part.get("party", [])
        made = self.drafts.named("credential", keys)
        for holder in map(self._bare, holders):
            made += self.drafts.named("credential", ways, f"{{}} of {holder}", f"{{}} of {holder}")
        return made

    def _classes(self, holder: str) -> list[str]:
        """The data that a holder has of each class named: its own, for of whose it is a class says nothing."""
        found = []
        for text, provenance in self.texts["data_class"]:
            called = f"{text} at {self._bare(holder)}"
            found.append(self.drafts.entity(Kind.STORE, called, provenance, Basis.ASSUMED, name=called))
            self.drafts.known[found[-1]].fallback.setdefault("classification", text[:MAX_NAME])
        return found

    def _note_bare(self) -> None:
        """Remember a row that names something and says nothing of it: a title inside the table, perhaps."""
        if self.more and not any(self.rows.row[column].strip() for column in self.more):
            main = self.rows.columns(self.main)[0].column
            self.rows.remember(main, _BARE, self._main_cell(), NoteKind.ASSUMED)

    # meanings

    def _vendors(self, found: Found, provenance: Provenances) -> None:
        for party in found["party"]:
            self._party(party, found, provenance)
            self._keys(party, found, provenance)
            for service in self._run_by(party, found, provenance):
                self._touch(service, found, provenance)

    def _access(self, found: Found, provenance: Provenances) -> None:
        touched = [(verb, store, Basis.INFERRED) for verb in self.verbs for store in found["store"]]
        touched += [(verb, store, Basis.ASSUMED) for verb in self.verbs for store in found["data_class"]]
        for party in found["party"]:
            for scope in found["scope"]:
                self.openings.add(scope, party, found["credential"], found["service"], touched, provenance)
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
        several = any(text in self.shared for text, _ in self.texts["service"])
        own: Found = {**found, "service": []} if several else found
        services = [service for party in found["party"] for service in self._run_by(party, own, provenance)]
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
        if not services and (found["store"] or found["data_class"]):
            basis = Basis.INFERRED
            services = [
                self.drafts.entity(Kind.SERVICE, f"run by {party}", provenance, name=f"what {party} runs for us")
            ]
        for service in services:
            self._relate(Verb.OWNS, party, service, provenance, basis)
        return services

    def _touch(self, service: str, found: Found, provenance: Provenances) -> None:
        for verb in self.verbs:
            self._all(verb, service, found["store"], provenance)
            for store in found["data_class"]:
                self.collector.relate(verb, service, store, provenance=provenance, **of_a_class(verb))

    def _verbs(self) -> tuple[Verb, ...]:
        text = self.rows.text("access")
        declared = verbs(text) if text else ()
        if text and not declared:
            self.rows.leave_out("access", "taken as reading, no kind of access that is known", text)
        return tuple(_VERBS[item] for item in declared) or (Verb.READS,)

    def _complete(self, found: Found, provenance: Provenances) -> None:
        """What a row of access means where it names no scope or no key: the access, and what it is signed in with."""
        self.key_basis = Basis.DECLARED
        if self.meaning == "access" and not found["scope"]:
            things = [self._bare(item) for item in found["service"] or found["store"]] or ["what is not named"]
            found["scope"] = [self._access_of(found["party"][0], thing, provenance) for thing in things]
        if found["scope"] and not found["credential"] and self.meaning in ("access", "vendors"):
            self.key_basis = Basis.INFERRED
            on = f" on {self._bare(found['service'][0])}" if len(found["service"]) == 1 else ""
            for party in found["party"]:
                name = f"what {party} signs in with{on}"
                found["credential"].append(self.drafts.entity(Kind.CREDENTIAL, f"{party}{on}", provenance, name=name))

    def _access_of(self, party: str, thing: str, provenance: Provenances) -> str:
        """The access of one party to a thing: what its rows say of the thing is not said of another's access."""
        name = f"access of {party} to {thing}"
        return self.drafts.entity(Kind.SCOPE, f"{thing}:access of {party}", provenance, name=name)

    def _keys(self, party: str, found: Found, provenance: Provenances) -> None:
        """The party holds its keys, and each grants the scopes."""
        for key in found["credential"]:
            self._relate(Verb.HOLDS, party, key, provenance, self.key_basis)
            for scope in found["scope"]:
                self._relate(Verb.GRANTS, key, scope, provenance, self.key_basis)

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


def _joined(parts: Sequence[Found]) -> Found:
    """What the parts of a row name together, each thing once."""
    found: Found = parts[0]
    if parts[1:]:
        found = {role: [name for part in parts for name in part[role]] for role in parts[0]}
    return {role: list(dict.fromkeys(names)) if names[1:] else names for role, names in found.items()}
