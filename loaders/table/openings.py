"""What scopes open, as the rows of each holder say: what is said of one is not said of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.model import Basis, Kind, NoteKind, Verb

from .rows import Drafts

Touch = tuple[Verb, str, Basis]
"""A verb, a store, and how well it is known that a holder may do so."""


def of_a_class(verb: Verb) -> dict[str, Any]:
    """What is said of touching data of a class: it is assumed, and nothing of ours stops where it is not there."""
    return {"basis": Basis.ASSUMED, **({"dependency": "soft"} if verb == Verb.READS else {})}


@dataclass(slots=True)
class Holding:
    """What the rows of one holder say of a scope: its keys, and the services and data behind it, with their places."""

    keys: dict[str, None] = field(default_factory=dict)
    services: dict[str, dict[Provenances, None]] = field(default_factory=lambda: defaultdict(dict))
    touched: dict[Touch, dict[Provenances, None]] = field(default_factory=lambda: defaultdict(dict))
    places: dict[Provenances, None] = field(default_factory=dict)


class Openings:
    """The scopes of a table of access; what they open is known when all rows are read."""

    def __init__(self, collector: FactCollector, drafts: Drafts) -> None:
        self.collector = collector
        self.drafts = drafts
        self.holdings: dict[str, dict[str, Holding]] = defaultdict(dict)

    def add(
        self,
        scope: str,
        holder: str,
        keys: Iterable[str],
        services: Iterable[str],
        touched: Iterable[Touch],
        at: Provenances,
    ) -> None:
        """Take in what a row says of a scope and one that holds it."""
        holding = self.holdings[scope].setdefault(holder, Holding())
        holding.keys.update(dict.fromkeys(keys))
        holding.places[at] = None
        for service in services:
            holding.services[service][at] = None
        for touch in touched:
            holding.touched[touch][at] = None

    def open(self) -> None:
        """Model what each scope opens: one function for all its holders, where their rows say the same of the data."""
        apart = []
        for scope, holders in self.holdings.items():
            said = {frozenset(holding.touched) for holding in holders.values()}
            for holding in holders.values():
                self._opened(scope, holding, touches=len(said) == 1)
            if len(said) > 1:
                apart.append(scope)
                for holder, holding in holders.items():
                    self._of_one(scope, holder, holding)
        if apart:
            some = ", ".join(repr(self._bare(scope)) for scope in apart[:5]) + (", …" if len(apart) > 5 else "")
            message = f"rows of several holders name different data behind {some}; each is taken to reach its own rows'"
            self.collector.note(NoteKind.ASSUMED, message, *apart)
        self.holdings.clear()

    def _of_one(self, scope: str, holder: str, holding: Holding) -> None:
        """What only the rows of one holder say: a scope of its own opens it."""
        if not holding.touched:
            return
        text, places = f"{self._bare(scope)} of {holder}", list(holding.places)
        own = self.drafts.entity(Kind.SCOPE, text, places[0], name=f"{self._label(scope)} of {holder}")
        for key in holding.keys:
            for at in places:
                self.collector.relate(Verb.GRANTS, key, own, provenance=at, basis=Basis.INFERRED)
        self._opened(own, holding, touches=True)

    def _opened(self, scope: str, holding: Holding, touches: bool) -> None:
        """Some function of the service, and through it the data that the rows name."""
        if not holding.services and not holding.touched:
            return
        text, operation = self._bare(scope), ""
        for at in holding.places:  # there is one at least, and each gives the same id
            operation = self.drafts.entity(Kind.OPERATION, text, at, name=f"what {text} opens")
            self.collector.relate(Verb.PERMITS, scope, operation, provenance=at, basis=Basis.INFERRED)
        for service, places in holding.services.items():
            for at in places:
                self.collector.relate(Verb.SERVES, service, operation, provenance=at, basis=Basis.INFERRED)
        for (verb, store, basis), places in holding.touched.items() if touches else ():
            for at in places:
                said = of_a_class(verb) if basis == Basis.ASSUMED else {"basis": basis}
                self.collector.relate(verb, operation, store, provenance=at, **said)

    def _bare(self, name: str) -> str:
        """A name without its kind."""
        return name.removeprefix(f"{self.drafts.known[name].kind}:")

    def _label(self, name: str) -> str:
        """A display name, or the bare name where there is none."""
        return str(self.drafts.known[name].fallback.get("name", self._bare(name)))
