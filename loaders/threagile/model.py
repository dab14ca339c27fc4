"""A Threagile model in our terms: who owns what, which links open it with which key, and which data they touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID
from blastradius.loaderkit.vendors.threat_models.diagram import Options, matches
from blastradius.loaderkit.vendors.threat_models.plain import Naming, clean, flag, said, shown, word, words
from blastradius.model import Basis, Control, ControlKind, Credential, NoteKind, Operation, Party, Service, Store, Verb

from .reading import DataAsset, Group, Link, Model, TechnicalAsset

_KEYS: dict[str, Literal["password", "session", "oauth_token", "mtls"]] = {
    "credentials": "password",
    "session-id": "session",
    "token": "oauth_token",
    "client-certificate": "mtls",
    "two-factor": "password",
}
_OWN_ROWS = "end-user-identity-propagation"
_FLAGS = {
    "internet": "internet",
    "multi_tenant": "multi-tenant",
    "used_as_client_by_human": "used by people",
    "out_of_scope": "out of scope",
}


@dataclass
class ModelMapper:
    """What a model comes to."""

    collector: FactCollector
    naming: Naming
    options: Options
    model: Model
    zones: dict[str, tuple[str, str]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    stores: dict[tuple[str, str | None], str] = field(default_factory=dict)
    locks: dict[str, tuple[Control, ...]] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)

    def build(self) -> None:
        """Model all of it."""
        for boundary in self.model.boundaries.values():
            self._boundary(boundary)
        for asset in self.model.assets.values():
            self._asset(asset)
        for data in self.model.data.values():
            self._data(data)
        for asset in self.model.assets.values():
            self._keeps(asset)
            for link in asset.links:
                self._link(asset, link)
        for runtime in self.model.runtimes.values():
            self._runtime(runtime)
        for asset in self.model.assets.values():
            self._owned(asset)
        if self.owners and not self.options.us:
            message = f"which of the owners is ourselves is not said (option us): {', '.join(sorted(self.owners)[:5])}"
            self.collector.note(NoteKind.ASSUMED, message)

    def _unknown(self, what: str, ref: str, provenance: Provenances) -> None:
        self.collector.note(
            NoteKind.UNRESOLVED, f"{what} {shown(ref)}, which the model does not have", provenance=provenance
        )

    # things

    def _boundary(self, each: Group) -> None:
        zone = self.naming.zone(each.id, each.title, each.provenance)
        self.collector.fact()
        for member in each.members:
            if member not in self.model.assets:
                self._unknown("a trust boundary lies around", member, each.provenance)
            elif zone:
                self.zones.setdefault(member, (zone, each.title))

    def _data(self, each: DataAsset) -> None:
        """A store for every place that keeps the data; one for the data in passing where none does."""
        made = self.naming.id(each.id, each.title)
        places = self.places.setdefault(each.id, []) if made else []
        kept = [
            self._store(each, place, f"{made} at {clean(place)}", f"{each.title} at {self.model.assets[place].title}")
            for place in places
        ]
        if made and not places:
            taken = made in self.collector.entities
            kept = [self._store(each, None, f"{made} (data)" if taken else made, each.title)]
        if any(kept):
            self.collector.fact()
        else:
            self.collector.reject("a data asset without an id of its own", provenance=each.provenance)

    def _store(self, each: DataAsset, place: str | None, made: str, title: str) -> bool:
        store = Store(
            id=made[:MAX_ID],
            name=title,
            owner=each.owner,
            zone=self.zones[place][0] if place in self.zones else self.options.zone,
            classification=each.classification,
            tags=each.tags,
            provenance=each.provenance,
        )
        kept = self.naming.put(store)
        if kept:
            self.stores[each.id, place] = kept
            self.locks[kept] = self._locked(self.model.assets[place]) if place else ()
        return kept is not None

    def _asset(self, each: TechnicalAsset) -> None:
        owner = self.naming.text(each.said.get("owner"), "an owner", each.provenance)
        made = self.naming.id(each.id, each.title)
        zone, _ = self.zones.get(each.id, (self.options.zone, ""))
        declared = {"name": each.title, "zone": zone, "owner": owner, "tags": self._tags(each)}
        kept = self.naming.make(Service, made, **declared, provenance=each.provenance)
        if kept is None:
            records = each.records + len(each.links)
            self.collector.reject(
                "a technical asset with the id of something else, with its links",
                provenance=each.provenance,
                records=records,
            )
            return
        self.collector.fact(each.records)
        self.services[each.id] = kept
        for ref in words(each.said.get("data_assets_stored")):
            self.places.setdefault(ref, []).append(each.id)

    def _tags(self, each: TechnicalAsset) -> tuple[str, ...]:
        stated = [each.said.get(key) for key in ("type", "technology", "technologies", "tags")]
        flags = (tag for key, tag in _FLAGS.items() if flag(each.said.get(key)) is True)
        return (*(tag for some in stated for tag in self.naming.tags(some, each.provenance)), *flags)

    def _owned(self, each: TechnicalAsset) -> None:
        """The owner as a party; of something outside without one, whoever runs it."""
        names, service = self._names(each), self.services.get(each.id)
        owner = self.naming.text(each.said.get("owner"), "an owner", each.provenance)
        if service is None:
            return
        if owner:
            self.owners.add(owner)
            party = self.naming.party(owner, *names) or owner
            made = Party(id=party, name=party, provenance=each.provenance)
        elif self._outside(each):
            party = self.naming.party(*names) or f"{service}/owner"[:MAX_ID]
            made = Party(
                id=party, name=f"whoever runs {each.title}"[:MAX_ID], basis=Basis.INFERRED, provenance=each.provenance
            )
        else:
            return
        basis = Basis.DECLARED if owner else Basis.INFERRED
        self.naming.owner(made, service, each.provenance, basis, (owner,) if owner else names)

    def _names(self, each: TechnicalAsset) -> tuple[str, ...]:
        named = (each.id, each.title, word(each.said.get("type")), self.zones.get(each.id, ("", ""))[1])
        return tuple(name for name in named if name)

    def _outside(self, each: TechnicalAsset) -> bool:
        """External, or out of scope because someone else answers for it."""
        names = self._names(each)
        if matches(self.options.outside, names):
            return True
        drawn = word(each.said.get("type")) == "external-entity" or flag(each.said.get("out_of_scope")) is True
        return drawn and not matches(self.options.inside, names)

    def _keeps(self, each: TechnicalAsset) -> None:
        """Whoever controls an asset has what it stores, and sees what it processes.

        What someone outside processes is what its links fetch and send, and those say whether that is all of it.
        """
        service = self.services.get(each.id)
        stored, processed = words(each.said.get("data_assets_stored")), words(each.said.get("data_assets_processed"))
        if self._outside(each):
            moved = {ref for link in each.links for ref in (*link.sent, *link.received)}
            processed = tuple(ref for ref in processed if ref not in moved)
        for ref in dict.fromkeys((*stored, *processed)) if service else ():
            basis = Basis.DECLARED if ref in stored else Basis.INFERRED
            for store in self._copies(ref, each, "either", each.provenance):
                self.naming.relate(Verb.READS, service or "", store, each.provenance, basis, controls=self.locks[store])
                if ref in stored:
                    self.naming.relate(Verb.WRITES, service or "", store, each.provenance)

    def _copies(
        self, ref: str, at_asset: TechnicalAsset, way: Literal["sent", "received", "either"], provenance: Provenances
    ) -> list[str]:
        """The stores of a data asset that a technical asset has before it: its own, else where its links lead.

        Where no link leads to one, what is sent goes no further, and what is seen may come from any of them.
        """
        if ref not in self.model.data:
            self._unknown("named is the data asset", ref, provenance)
            return []
        if not self.places.get(ref):
            return [self.stores[ref, None]] if (ref, None) in self.stores else []
        found = [place for place in self._reached(ref, at_asset, way) if place in self.places[ref]]
        found = found or ([] if way == "sent" else self.places[ref])
        return [self.stores[ref, place] for place in found if (ref, place) in self.stores]

    def _reached(self, ref: str, start: TechnicalAsset, way: str) -> list[str]:
        """Where the links that carry a data asset lead, up to the first that keep it."""
        seen, queue = [start.id], [start]
        while queue:
            one = queue.pop()
            for link in one.links if one.id not in self.places[ref] else ():
                carried = (*(link.sent if way != "received" else ()), *(link.received if way != "sent" else ()))
                if ref in carried and link.target in self.model.assets and link.target not in seen:
                    seen.append(link.target)
                    queue.append(self.model.assets[link.target])
        return seen

    def _locked(self, each: TechnicalAsset) -> tuple[Control, ...]:
        """What keeps all but the end user from reading what an asset stores."""
        encryption = word(each.said.get("encryption")) or ""
        if encryption not in ("data-with-end-user-individual-key", "data-with-enduser-individual-key"):
            return ()
        return (said(ControlKind.ENCRYPTED_ELSEWHERE, "encrypted with a key of each end user", each.provenance),)

    # links

    def _link(self, source: TechnicalAsset, link: Link) -> None:
        target = self.model.assets.get(link.target)
        if source.id not in self.services:
            return
        if target is None or target.id not in self.services:
            self.naming.unresolved(
                f"a link leads to {shown(link.target)}, which the model does not have", provenance=link.provenance
            )
            return
        user, served = self.services[source.id], self.services[target.id]
        made = self.collector.name(f"{user}/{link.title}")
        operation = self.naming.put(self._operation(made, source, target, link)) if made else None
        if operation is None:
            self.collector.reject("a link whose title cannot be an id", provenance=link.provenance)
            return
        self.collector.fact()
        self.naming.relate(Verb.SERVES, served, operation, link.provenance)
        self.naming.relate(Verb.CALLS, user, operation, link.provenance)
        self._key(source, target, link, operation)
        self._moves(target, link, operation)

    def _operation(self, made: str, source: TechnicalAsset, target: TechnicalAsset, link: Link) -> Operation:
        served = self.services[target.id]
        controls = (said(ControlKind.IP_ALLOWLIST, "the link is said to be ip_filtered", link.provenance),)
        return Operation(
            id=made,
            name=link.title,
            api=f"{served}/{link.protocol}" if link.protocol else served,
            direction=self._direction(source, target),
            anonymous=link.authentication == "none",
            tags=(*((link.protocol,) if link.protocol else ()), *link.tags),
            controls=controls if link.filtered else (),
            provenance=link.provenance,
        )

    def _direction(self, source: TechnicalAsset, target: TechnicalAsset) -> Literal["exposed", "consumed", "internal"]:
        ends = (self._outside(source), self._outside(target))
        if ends == (True, False) or (not ends[1] and flag(target.said.get("internet")) is True):
            return "exposed"
        return "consumed" if ends == (False, True) else "internal"

    def _key(self, source: TechnicalAsset, target: TechnicalAsset, link: Link, operation: str) -> None:
        """The key that the link authenticates with, held by who opens it."""
        kind = _KEYS.get(link.authentication or "")
        if kind is None:
            return
        mfa = (said(ControlKind.MFA, "two-factor", link.provenance),) if link.authentication == "two-factor" else ()
        name = f"{link.authentication} of {source.title} at {target.title}"[:MAX_ID]
        key = Credential(id=f"{operation} key"[:MAX_ID], name=name, type=kind, controls=mfa, provenance=link.provenance)
        kept = self.naming.put(key)
        if kept:
            self.naming.relate(Verb.HOLDS, self.services[source.id], kept, link.provenance, Basis.INFERRED)
            self.naming.relate(Verb.GRANTS, kept, operation, link.provenance)

    def _moves(self, target: TechnicalAsset, link: Link, operation: str) -> None:
        """Received data is read and sent data written, own rows only where the end user's identity goes along."""
        extent: Literal["subset", "all"] = "subset" if link.authorization == _OWN_ROWS else "all"
        for ref in link.received:
            for store in self._copies(ref, target, "received", link.provenance):
                says = {"extent": extent, "controls": self.locks[store] if extent == "all" else ()}
                self.naming.relate(Verb.READS, operation, store, link.provenance, Basis.INFERRED, **says)
        for ref in link.sent if not link.readonly else ():
            stores = self._copies(ref, target, "sent", link.provenance)
            for store in stores:
                self.naming.relate(Verb.WRITES, operation, store, link.provenance, Basis.INFERRED, extent=extent)
            if not stores and ref in self.model.data:
                self.naming.relate(Verb.WRITES, operation, self.services[target.id], link.provenance, Basis.INFERRED)

    # runtimes

    def _runtime(self, each: Group) -> None:
        """What runs on one host stops with it, and is within reach of it and of the others."""
        made = self.naming.id(each.id, each.title)
        if made and made in self.collector.entities:
            made = f"{made} (runtime)"[:MAX_ID]
        host = self.naming.make(Service, made, name=each.title, tags=("shared runtime",), provenance=each.provenance)
        if host is None:
            self.collector.reject("a shared runtime with the id of something else", provenance=each.provenance)
            return
        self.collector.fact()
        for member in each.members:
            service = self.services.get(member)
            if service is None:
                self._unknown("a shared runtime runs", member, each.provenance)
            elif service != host:
                self.naming.relate(Verb.DEPENDS_ON, service, host, each.provenance)
                self.naming.relate(Verb.CONNECTS, host, service, each.provenance, Basis.INFERRED)
                self.naming.relate(Verb.CONNECTS, service, host, each.provenance, Basis.INFERRED)
