"""A Threagile model in our terms: who owns what, which links open it with which key, and which data they touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import MAX_ID
from blastradius.loaderkit.vendors.threat_models.diagram import Options, matches
from blastradius.loaderkit.vendors.threat_models.plain import Naming, assumed_control, clean, flag, shown, word, words
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

    def _boundary(self, group: Group) -> None:
        zone = self.naming.zone(group.id, group.title, group.provenance)
        self.collector.fact()
        for member in group.members:
            if member not in self.model.assets:
                self._unknown("a trust boundary lies around", member, group.provenance)
            elif zone:
                self.zones.setdefault(member, (zone, group.title))

    def _data(self, data_asset: DataAsset) -> None:
        """A store for every place that keeps the data; one for the data in passing where none does."""
        made = self.naming.id(data_asset.id, data_asset.title)
        places = self.places.setdefault(data_asset.id, []) if made else []
        kept = [
            self._store(
                data_asset,
                place,
                f"{made} at {clean(place)}",
                f"{data_asset.title} at {self.model.assets[place].title}",
            )
            for place in places
        ]
        if made and not places:
            taken = made in self.collector.entities
            kept = [self._store(data_asset, None, f"{made} (data)" if taken else made, data_asset.title)]
        if any(kept):
            self.collector.fact()
        else:
            self.collector.reject("a data asset without an id of its own", provenance=data_asset.provenance)

    def _store(self, data_asset: DataAsset, place: str | None, made: str, title: str) -> bool:
        store = Store(
            id=made[:MAX_ID],
            name=title,
            owner=data_asset.owner,
            zone=self.zones[place][0] if place in self.zones else self.options.zone,
            classification=data_asset.classification,
            tags=data_asset.tags,
            provenance=data_asset.provenance,
        )
        kept = self.naming.put(store)
        if kept:
            self.stores[data_asset.id, place] = kept
            self.locks[kept] = self._locked(self.model.assets[place]) if place else ()
        return kept is not None

    def _asset(self, asset: TechnicalAsset) -> None:
        owner = self.naming.text(asset.attributes.get("owner"), "an owner", asset.provenance)
        made = self.naming.id(asset.id, asset.title)
        zone, _ = self.zones.get(asset.id, (self.options.zone, ""))
        declared = {"name": asset.title, "zone": zone, "owner": owner, "tags": self._tags(asset)}
        kept = self.naming.make(Service, made, **declared, provenance=asset.provenance)
        if kept is None:
            records = asset.records + len(asset.links)
            self.collector.reject(
                "a technical asset with the id of something else, with its links",
                provenance=asset.provenance,
                records=records,
            )
            return
        self.collector.fact(asset.records)
        self.services[asset.id] = kept
        for ref in words(asset.attributes.get("data_assets_stored")):
            self.places.setdefault(ref, []).append(asset.id)

    def _tags(self, asset: TechnicalAsset) -> tuple[str, ...]:
        declared = [asset.attributes.get(key) for key in ("type", "technology", "technologies", "tags")]
        flags = (tag for key, tag in _FLAGS.items() if flag(asset.attributes.get(key)) is True)
        return (*(tag for some in declared for tag in self.naming.tags(some, asset.provenance)), *flags)

    def _owned(self, asset: TechnicalAsset) -> None:
        """The owner as a party; of something outside without one, whoever runs it."""
        names, service = self._names(asset), self.services.get(asset.id)
        owner = self.naming.text(asset.attributes.get("owner"), "an owner", asset.provenance)
        if service is None:
            return
        if owner:
            self.owners.add(owner)
            party = self.naming.party(owner, *names) or owner
            made = Party(id=party, name=party, provenance=asset.provenance)
        elif self._outside(asset):
            party = self.naming.party(*names) or f"{service}/owner"[:MAX_ID]
            made = Party(
                id=party, name=f"whoever runs {asset.title}"[:MAX_ID], basis=Basis.INFERRED, provenance=asset.provenance
            )
        else:
            return
        basis = Basis.DECLARED if owner else Basis.INFERRED
        self.naming.owner(made, service, asset.provenance, basis, (owner,) if owner else names)

    def _names(self, asset: TechnicalAsset) -> tuple[str, ...]:
        named = (asset.id, asset.title, word(asset.attributes.get("type")), self.zones.get(asset.id, ("", ""))[1])
        return tuple(name for name in named if name)

    def _outside(self, asset: TechnicalAsset) -> bool:
        """External, or out of scope because someone else answers for it."""
        names = self._names(asset)
        if matches(self.options.outside, names):
            return True
        drawn = (
            word(asset.attributes.get("type")) == "external-entity"
            or flag(asset.attributes.get("out_of_scope")) is True
        )
        return drawn and not matches(self.options.inside, names)

    def _keeps(self, asset: TechnicalAsset) -> None:
        """Whoever controls an asset has what it stores, and sees what it processes.

        What someone outside processes is what its links fetch and send, and those say whether that is all of it.
        """
        service = self.services.get(asset.id)
        stored, processed = (
            words(asset.attributes.get("data_assets_stored")),
            words(asset.attributes.get("data_assets_processed")),
        )
        if self._outside(asset):
            moved = {ref for link in asset.links for ref in (*link.sent, *link.received)}
            processed = tuple(ref for ref in processed if ref not in moved)
        for ref in dict.fromkeys((*stored, *processed)) if service else ():
            basis = Basis.DECLARED if ref in stored else Basis.INFERRED
            for store in self._copies(ref, asset, "either", asset.provenance):
                self.naming.relate(
                    Verb.READS, service or "", store, asset.provenance, basis, controls=self.locks[store]
                )
                if ref in stored:
                    self.naming.relate(Verb.WRITES, service or "", store, asset.provenance)

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
            asset = queue.pop()
            for link in asset.links if asset.id not in self.places[ref] else ():
                carried = (*(link.sent if way != "received" else ()), *(link.received if way != "sent" else ()))
                if ref in carried and link.target in self.model.assets and link.target not in seen:
                    seen.append(link.target)
                    queue.append(self.model.assets[link.target])
        return seen

    def _locked(self, asset: TechnicalAsset) -> tuple[Control, ...]:
        """What keeps all but the end user from reading what an asset stores."""
        encryption = word(asset.attributes.get("encryption")) or ""
        if encryption not in ("data-with-end-user-individual-key", "data-with-enduser-individual-key"):
            return ()
        return (
            assumed_control(ControlKind.ENCRYPTED_ELSEWHERE, "encrypted with a key of each end user", asset.provenance),
        )

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
        controls = (assumed_control(ControlKind.IP_ALLOWLIST, "the link is said to be ip_filtered", link.provenance),)
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
        if ends == (True, False) or (not ends[1] and flag(target.attributes.get("internet")) is True):
            return "exposed"
        return "consumed" if ends == (False, True) else "internal"

    def _key(self, source: TechnicalAsset, target: TechnicalAsset, link: Link, operation: str) -> None:
        """The key that the link authenticates with, held by who opens it."""
        kind = _KEYS.get(link.authentication or "")
        if kind is None:
            return
        mfa = (
            (assumed_control(ControlKind.MFA, "two-factor", link.provenance),)
            if link.authentication == "two-factor"
            else ()
        )
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
                attributes = {"extent": extent, "controls": self.locks[store] if extent == "all" else ()}
                self.naming.relate(Verb.READS, operation, store, link.provenance, Basis.INFERRED, **attributes)
        for ref in link.sent if not link.readonly else ():
            stores = self._copies(ref, target, "sent", link.provenance)
            for store in stores:
                self.naming.relate(Verb.WRITES, operation, store, link.provenance, Basis.INFERRED, extent=extent)
            if not stores and ref in self.model.data:
                self.naming.relate(Verb.WRITES, operation, self.services[target.id], link.provenance, Basis.INFERRED)

    # runtimes

    def _runtime(self, group: Group) -> None:
        """What runs on one host is in the hands of whoever has the host, which is within reach of it."""
        made = self.naming.id(group.id, group.title)
        if made and made in self.collector.entities:
            made = f"{made} (runtime)"[:MAX_ID]
        host = self.naming.make(Service, made, name=group.title, tags=("shared runtime",), provenance=group.provenance)
        if host is None:
            self.collector.reject("a shared runtime with the id of something else", provenance=group.provenance)
            return
        self.collector.fact()
        for member in group.members:
            service = self.services.get(member)
            if service is None:
                self._unknown("a shared runtime runs", member, group.provenance)
            elif service != host:
                self.naming.relate(Verb.RUNS_ON, service, host, group.provenance)
                self.naming.relate(Verb.CONNECTS, service, host, group.provenance, Basis.INFERRED)
