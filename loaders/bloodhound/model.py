"""What the edges of a BloodHound graph give in our terms: who acts as whom, and what that opens.

Whoever acts as a node is in control of a service of that name. A right of one node over another is an operation
that the first calls and that controls, reads or writes the second, so that rights lead on from file to file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Provenances
from blastradius.model import SIGNATURES, Basis, Kind, NoteKind, Verb

from .options import Options
from .reading import SOURCE, Edge, Record
from .things import HAS_POLICIES, GraphGap, Thing, Things
from .tokens import OPENINGS
from .words import KINDS, ONLY_TO, STEPS, How, Role, Step

_MAX_CLASSES = 100
_TRUSTS = ("SameForestTrust", "SpoofSIDHistory", "AbuseTGTDelegation")
_TAKES_POLICIES = ("User", "Computer")
_DOING = ((Kind.SERVICE, Verb.CALLS), (Kind.CREDENTIAL, Verb.GRANTS), (Kind.SCOPE, Verb.PERMITS))
_BY_ITSELF = (How.FINDS, How.PART, How.PASSES, How.USES)
_PERMISSIONS = tuple(dict.fromkeys(need for opening in OPENINGS for needs in opening.needs for need in needs))


Handler = Callable[[Thing, Thing, Edge, Provenances, Basis], None]


class _UnfitError(Exception):
    """An edge whose ends do not fit what its kind gives; the message says why."""


class GraphMapper:
    """The facts of one load."""

    def __init__(self, document: Document, options: Options) -> None:
        self.collector = FactCollector(SOURCE, document)
        self.options = options
        self.things = Things(self.collector, options)
        self.used: set[str] = set()
        self.handlers: dict[How, Handler] = {
            How.ACTS_AS: self._acts_as,
            How.CONTROL: self._control,
            How.GETS_KEY: self._gets_key,
            How.CAN_READ: self._touches(Verb.READS),
            How.CAN_WRITE: self._touches(Verb.WRITES),
            How.CAN_CHANGE: self._touches(Verb.WRITES, extent="subset"),
            How.FINDS: self._finds,
            How.PART: self._part,
            How.REPLICATES: self._replicates,
            How.IS_USED_BY: lambda start, end, edge, provenance, basis: self._acts_as(
                end, start, edge, provenance, basis
            ),
            How.HAS_IN_IT: self._has_in_it,
            How.PASSES: lambda start, end, _, provenance, basis: self._passes(start, end, provenance, basis),
            How.APPLIES_TO: lambda start, end, _, provenance, basis: self._does(
                start, self.things.policies(end, provenance), provenance, basis
            ),
            How.USES: self._uses,
        }

    def loaded(self, records: Iterable[Record]) -> Loaded:
        """All of it: the nodes first, then what refers to them."""
        gathered = list(records)
        for record in gathered:
            if record.node is not None and self.collector.name(record.node.id) == record.node.id:
                self.things.nodes.add(record.node)
        for record in gathered:
            if record.node is not None:
                self._node(record)
        for record in gathered:
            if record.node is None:
                self._statement(record)
        self._refuse_strange(gathered)
        self._say()
        return self.collector.loaded()

    def _refuse_strange(self, records: list[Record]) -> None:
        """A graph of which nothing is known is not read as an empty one."""
        edges = [edge.kind for record in records for edge in record.edges]
        known = any(edge in STEPS or edge in self.options.edges for edge in edges)
        nodes = [record.node.kinds for record in records if record.node is not None]
        if self.collector.facts or known or not (nodes or edges) or any(map(self.things.role, nodes)):
            return
        shown = " and ".join(
            f"{what} {', '.join(sorted(set(kinds))[:5])}"
            for what, kinds in (("nodes", map(self._shown, nodes)), ("edges", edges))
            if kinds
        )
        why = f"a graph of kinds that are not known ({shown}); say what they are with options kinds and edges"
        raise InputError([f"{self.collector.document.path}: {why}"])

    def _node(self, record: Record) -> None:
        node = record.node
        if node is None or self.collector.name(node.id) != node.id:
            self.collector.reject("a node without a usable id", provenance=record.provenance)
            return
        thing = self.things.described(node)
        if thing is None:
            self._pass(f"nodes of kind {self._shown(node.kinds)}")
            return
        if any(self.things.scope(permission, thing, ()) for permission in _PERMISSIONS if thing.role == Role.TOKEN):
            self.collector.gaps[GraphGap.REPOSITORIES].add(self.things.id(thing, Kind.CREDENTIAL))
        for edge in record.edges:
            try:
                self._edge(edge, record.provenance)
            except _UnfitError as unfit:
                self.collector.note(NoteKind.UNSUPPORTED, f"{unfit}; left out", provenance=record.provenance)
        self.collector.fact()

    def _statement(self, record: Record) -> None:
        """A record that is no node: a fact if one of its edges is."""
        if record.remark:
            self.collector.note(*record.remark, provenance=record.provenance)
            return
        if record.wrong:
            self.collector.reject(record.wrong, provenance=record.provenance)
            return
        if record.skip:
            self._pass(record.skip)
            return
        try:
            passed = [self._edge(edge, record.provenance) for edge in record.edges]
        except _UnfitError as unfit:
            self.collector.reject(str(unfit), provenance=record.provenance)
            return
        why = next(filter(None, passed), None)
        if None in passed or why is None:
            self.collector.fact()
        else:
            self._pass(why)

    def _edge(self, edge: Edge, provenance: Provenances) -> str | None:
        """What an edge gives; the class it is passed over in where it gives nothing.

        Raises:
            _UnfitError: its ends do not fit.
        """
        declared = self.options.edges.get(edge.kind)
        step = Step(declared, Basis.DECLARED) if isinstance(declared, (How, Verb)) else STEPS.get(edge.kind)
        if declared == "ignore":
            self.collector.told.add(f"edges of kind {edge.kind}")
        if step is None or declared == "ignore":
            return f"edges of kind {edge.kind}"
        start, end = self.things.named(edge.start), self.things.named(edge.end)
        if isinstance(start, str) or isinstance(end, str):
            return f"edges of kind {edge.kind} with an end {start if isinstance(start, str) else end}"
        how = self._limited(edge, step.how, end) if declared is None else step.how
        if how is None:
            return f"edges of kind {edge.kind} to a {end.kinds[0]}"
        self._able(how, *((end, start) if how == How.IS_USED_BY else (start, end)), edge)
        for thing in (start, end):
            self.things.whole(thing, provenance)
        if edge.kind in _TRUSTS:
            self.collector.gaps[GraphGap.TRUSTS].update(
                self.things.id(thing, Kind.SERVICE) for thing in (start, end) if not thing.node
            )
        if isinstance(how, Verb):
            self._as_it_is(how, start, end, edge, provenance, step.basis)
        else:
            self.handlers[how](start, end, edge, provenance, step.basis)
        return None

    def _limited(self, edge: Edge, how: How | Verb, end: Thing) -> How | Verb | None:
        """What an edge gives of an end of this kind, if anything."""
        limits = ONLY_TO.get(edge.kind)
        found = how if limits is None else next((limits[kind] for kind in end.kinds if kind in limits), None)
        without_laps = end.node is not None and end.node.attributes.get("haslaps") is False
        return None if edge.kind == "AllExtendedRights" and end.is_a("Computer") and without_laps else found

    def _able(self, how: How | Verb, start: Thing, end: Thing, edge: Edge) -> None:
        """Refuse an edge whose start can do nothing, before anything is made of it."""
        if isinstance(how, Verb) or how in _BY_ITSELF:
            return
        more = (Kind.PARTY, Kind.OPERATION) if how in (How.ACTS_AS, How.CONTROL, How.GETS_KEY, How.IS_USED_BY) else ()
        if not {*more, *(kind for kind, _ in _DOING)} & {*KINDS[start.role]}:
            found = f"{edge.kind} goes from {start.role} to {end.role}"
            raise _UnfitError(f"{found}; expected a start that can act, such as service or credential (option kinds)")

    # what an edge gives

    def _does(self, start: Thing, operation: str, provenance: Provenances, basis: Basis) -> None:
        """The start can have an operation done: what acts as it calls it, a key grants it, a scope permits it."""
        kind, verb = next((kind, verb) for kind, verb in _DOING if kind in KINDS[start.role])
        more = {"dependency": "none"} if verb == Verb.CALLS else {}
        self.collector.relate(verb, self.things.id(start, kind), operation, provenance=provenance, basis=basis, **more)

    def _acts_as(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        if start.role in (Role.PARTY, Role.OPERATION) or Kind.SERVICE not in KINDS[end.role]:
            self._control(start, end, edge, provenance, basis)
        else:
            self._does(start, self.things.acting(end, provenance), provenance, basis)

    def _control(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        """By an operation of the edge's kind; a party owns; a key is held, as nothing controls one."""
        kinds = _controlled(end)
        if not kinds:
            self._as_it_is(Verb.HOLDS, start, end, edge, provenance, basis)
        elif start.role in (Role.PARTY, Role.OPERATION):
            verb = Verb.OWNS if start.role == Role.PARTY else Verb.CONTROLS
            for kind in kinds:
                source, target = self.things.id(start, KINDS[start.role][0]), self.things.id(end, kind)
                self.collector.relate(verb, source, target, provenance=provenance, basis=basis)
        else:
            does = tuple((Verb.CONTROLS, kind) for kind in kinds)
            self._does(start, self.things.right(edge.kind, end, does, provenance, basis=basis), provenance, basis)

    def _gets_key(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        """By an operation that issues the end's key, which its own record may say opens nothing any more."""
        if Kind.CREDENTIAL not in KINDS[end.role] or start.role in (Role.PARTY, Role.OPERATION):
            self._control(start, end, edge, provenance, basis)
        else:
            does = ((Verb.ISSUES, Kind.CREDENTIAL),)
            self._does(start, self.things.right(edge.kind, end, does, provenance, basis=basis), provenance, basis)

    def _touches(self, verb: Verb, **attributes: str) -> Handler:
        """The start reads or writes the end by an operation of the edge's kind."""

        def handle(start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
            held = _held(end)
            if held is None:
                raise _UnfitError(f"{edge.kind} ends at {end.role}; expected a store, a feed or a service")
            self._does(
                start,
                self.things.right(edge.kind, end, ((verb, held),), provenance, basis=basis, **attributes),
                provenance,
                basis,
            )

        return handle

    def _finds(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        self._needs(start, Kind.SERVICE, edge)
        self._needs(end, Kind.CREDENTIAL, edge)
        store = self.things.finding(edge.kind, start, provenance)
        self.collector.relate(
            Verb.CONTAINS, store, self.things.id(end, Kind.CREDENTIAL), provenance=provenance, basis=basis
        )

    def _part(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        self._is_directory(end, edge)
        self._needs(start, Kind.SERVICE, edge)
        part = self.things.part(edge.kind, end, provenance)
        self.collector.relate(Verb.HOLDS, self.things.id(start, Kind.SERVICE), part, provenance=provenance, basis=basis)

    def _replicates(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        self._is_directory(end, edge)
        self._does(start, self.things.replicating(end, provenance), provenance, basis)

    def _has_in_it(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        self._acts_as(start, end, edge, provenance, basis)
        self._passes(start, end, provenance, Basis.INFERRED)

    def _passes(self, start: Thing, end: Thing, provenance: Provenances, basis: Basis) -> None:
        """What policies on the start apply to: accounts in it, and in the units in it."""
        if not start.is_a(*HAS_POLICIES):
            return
        operation = None
        if end.is_a(*_TAKES_POLICIES):
            operation = self.things.acting(end, provenance)
        elif end.is_a(*HAS_POLICIES):
            operation = self.things.policies(end, provenance)
        if operation:
            self.things.policies(start, provenance)
            carrier = self.things.carrier(start)
            self.collector.relate(Verb.CALLS, carrier, operation, provenance=provenance, basis=basis, dependency="none")

    def _uses(self, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis) -> None:
        """What a token's permissions, alone or together, are for in a repository."""
        if start.role != Role.TOKEN or end.role != Role.REPOSITORY:
            raise _UnfitError(f"{edge.kind} goes from {start.role} to {end.role}; expected token to repository")
        self.used.add(self.things.id(start, Kind.CREDENTIAL))
        for opening in OPENINGS:
            for needs in opening.needs:
                scopes = [self.things.scope(need, start, provenance) for need in needs]
                if None not in scopes:
                    operation = self.things.right(opening.words, end, opening.does, provenance)
                    self.collector.relate(
                        Verb.PERMITS, tuple(filter(None, scopes)), operation, provenance=provenance, basis=basis
                    )

    def _as_it_is(
        self, verb: Verb, start: Thing, end: Thing, edge: Edge, provenance: Provenances, basis: Basis
    ) -> None:
        """A relation of ours, between those entities of the two nodes that it goes between."""
        ends = SIGNATURES[verb]
        source = next((kind for kind in KINDS[start.role] if kind in ends.sources), None)
        target = next((kind for kind in KINDS[end.role] if kind in ends.targets), None)
        if source is None or target is None:
            allowed = (" or ".join(sorted(kinds)) for kinds in (ends.sources, ends.targets))
            expected = f"{verb} goes from {' to '.join(allowed)}"
            raise _UnfitError(f"{edge.kind} goes from {start.role} to {end.role}; {expected} (options kinds, edges)")
        self.collector.relate(
            verb, self.things.id(start, source), self.things.id(end, target), provenance=provenance, basis=basis
        )

    def _needs(self, thing: Thing, kind: Kind, edge: Edge) -> None:
        if kind not in KINDS[thing.role]:
            raise _UnfitError(f"{edge.kind} is at {thing.role}; expected what has a {kind}")

    def _is_directory(self, end: Thing, edge: Edge) -> None:
        if end.role != Role.DIRECTORY:
            raise _UnfitError(f"{edge.kind} ends at {end.role}; expected a directory")

    # what is said

    def _shown(self, kinds: tuple[str, ...]) -> str:
        known = [kind for kind in kinds if self.collector.name(kind)]
        return "+".join(known)[:100] if known else "(none)"

    def _pass(self, what: str) -> None:
        """Count a record of a class that is passed over; beyond so many classes they are one."""
        full = what not in self.collector.ignored and len(self.collector.ignored) >= _MAX_CLASSES
        self.collector.ignore("records of further kinds" if full else what)

    def _say(self) -> None:
        """What answers should repeat: what is missing, and what was assumed."""
        gaps = self.collector.gaps
        gaps[GraphGap.REPOSITORIES] -= self.used
        gaps[GraphGap.APP] -= self.things.owned
        self.collector.note_gaps(GraphGap)


def _controlled(end: Thing) -> tuple[Kind, ...]:
    """What of a thing is controlled with it; of an account and a directory the rest follows."""
    kinds = tuple(kind for kind in KINDS[end.role] if kind in (Kind.STORE, Kind.SERVICE, Kind.FEED))
    return kinds[:1] if end.role == Role.DIRECTORY else kinds


def _held(end: Thing) -> Kind | None:
    """What of a thing is read or written: its data, if it has any."""
    return next((kind for kind in (Kind.STORE, Kind.FEED, Kind.SERVICE) if kind in KINDS[end.role]), None)
