"""Believable estates of any size, the same for the same seed: entities and relations as JSON Lines records.

Services live in domains and call mostly their own domain and a few platforms, with a power law over who is called;
partners hold keys whose scopes, and scopes whose operations, are heavy-tailed; providers publish feeds that services
consume, vote on or install; controls stand where they stand in practice, and not everywhere.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

Record = dict[str, Any]

SHARES = {
    "party": 0.03,
    "feed": 0.02,
    "credential": 0.06,
    "scope": 0.05,
    "process": 0.02,
    "store": 0.17,
    "service": 0.20,
    "operation": 0.45,
}
"""The share of each kind among the entities."""

DOMAIN = 60
"""Services in a domain, about."""


def records(size: int, seed: int = 1) -> Iterator[Record]:
    """The records of an estate of ``size`` entities: zones, entities, relations."""
    estate = _Estate(size, random.Random(seed))
    seen: set[tuple[str, tuple[str, ...], tuple[str, ...]]] = set()
    for record in chain(estate.zones(), estate.entities(), estate.relations()):
        if "verb" in record:
            key = (record["verb"], tuple(record["sources"]), tuple(record["targets"]))
            if key in seen:
                continue
            seen.add(key)
        yield record


class _Estate:
    def __init__(self, size: int, rng: random.Random) -> None:
        self.rng = rng
        self.count = {kind: max(2, round(size * share)) for kind, share in SHARES.items()}
        self.domains = max(1, self.count["service"] // DOMAIN)

    # names and places

    def some(self, kind: str) -> str:
        return f"{kind}_{self.rng.randrange(self.count[kind])}"

    def popular(self, kind: str) -> str:
        """One of a kind by a power law: a few are in everybody's hands."""
        share = self.rng.random() ** 3
        return f"{kind}_{int(share * self.count[kind])}"

    def near(self, kind: str, service: int) -> str:
        """One of a kind in the domain of a service."""
        per_domain = max(1, self.count[kind] // self.domains)
        first = (service // DOMAIN) % self.domains * per_domain
        return f"{kind}_{min(first + int(self.rng.random() ** 2 * per_domain), self.count[kind] - 1)}"

    def often(self, most: int) -> range:
        """A heavy-tailed number from 1 to ``most``."""
        return range(min(most, max(1, int(self.rng.paretovariate(1.3)))))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def controls(self, **shares: float) -> list[Record]:
        found: list[Record] = []
        for kind, share in shares.items():
            if self.chance(share):
                record: Record = {"kind": kind, "status": self.rng.choice(("working", "assumed", "assumed", "failed"))}
                if self.chance(0.2):
                    record |= {"provided_by": self.popular("service"), "fails": self.rng.choice(("open", "closed"))}
                found.append(record)
        return found

    # records

    def zones(self) -> Iterator[Record]:
        for domain in range(self.domains):
            yield {"zone": f"zone_{domain}", "flat": domain % 10 == 0}

    def entities(self) -> Iterator[Record]:
        for kind, count in self.count.items():
            for number in range(count):
                yield {"kind": kind, "id": f"{kind}_{number}", **getattr(self, f"_{kind}")(number)}

    def _party(self, number: int) -> Record:
        return {"role": "provider" if number % 3 == 0 else "partner"}

    def _feed(self, number: int) -> Record:
        return {"content": "code" if number % 4 == 0 else "data"}

    def _credential(self, number: int) -> Record:
        shares = {"ip_allowlist": 0.3, "rotated": 0.05, "token_binding": 0.05, "non_exportable": 0.1, "mfa": 0.1}
        return {"type": self.rng.choice(("api_key", "oauth_token", "password")), "controls": self.controls(**shares)}

    def _scope(self, number: int) -> Record:
        return {}

    def _process(self, number: int) -> Record:
        return {"crown_jewel": number % 50 == 0, "controls": self.controls(human_review=0.3)}

    def _store(self, number: int) -> Record:
        shares = {"encrypted_elsewhere": 0.05, "immutable_backup": 0.4, "validated": 0.1}
        return {"records": int(self.rng.paretovariate(0.7)) * 100, "crown_jewel": number % 200 == 0,
                "controls": self.controls(**shares)}  # fmt: skip

    def _service(self, number: int) -> Record:
        shares = {"hardened": 0.6, "sandboxed": 0.1, "validated": 0.3, "segmented": 0.3, "bulkhead": 0.2}
        return {"zone": f"zone_{number // DOMAIN % self.domains}", "controls": self.controls(**shares)}

    def _operation(self, number: int) -> Record:
        direction = "exposed" if number % 5 == 0 else "internal"
        api = f"api_{number // 12}"
        controls = self.controls(approval=0.05, function_authz=0.7)
        return {"api": api, "direction": direction, "anonymous": number % 500 == 0, "controls": controls}

    def relations(self) -> Iterator[Record]:
        yield from self._access()
        yield from self._inside()
        yield from self._feeds()
        yield from self._dependence()

    def _access(self) -> Iterator[Record]:
        for number in range(self.count["credential"]):
            key = f"credential_{number}"
            holder = self.some("party") if self.chance(0.6) else self.some("service")
            yield _relation("holds", holder, key)
            for _ in self.often(40):
                yield _relation("grants", key, self.popular("scope"))
            if self.chance(0.03):
                yield {"verb": "grants", "sources": sorted({key, self.some("credential")}),
                       "targets": [self.popular("scope")]}  # fmt: skip
        for number in range(self.count["scope"]):
            for _ in self.often(30):
                yield _relation("permits", f"scope_{number}", self.some("operation"))

    def _inside(self) -> Iterator[Record]:
        services = self.count["service"]
        for number in range(self.count["operation"]):
            operation, service = f"operation_{number}", number * services // self.count["operation"]
            yield _relation("serves", f"service_{service}", operation)
            if self.chance(0.5):
                extent = "subset" if self.chance(0.5) else "all"
                controls = self.controls(object_authz=0.6) if extent == "subset" else []
                verb = "reads" if self.chance(0.7) else "writes"
                yield _relation(verb, operation, self.near("store", service), extent=extent, controls=controls)
        for number in range(services):
            yield from self._service_relations(number)
        for number in range(0, self.count["store"], 60):
            yield _relation(
                "contains", f"store_{number}", self.some("credential"), controls=self.controls(redacted=0.5)
            )
        for number in range(0, self.count["store"], 5):
            yield _relation("derives_from", f"store_{number}", self.near("store", number))

    def _service_relations(self, number: int) -> Iterator[Record]:
        service = f"service_{number}"
        for _ in self.often(12):
            target = self.near("operation", number) if self.chance(0.85) else self.popular("operation")
            yield _relation("calls", service, target, dependency=self.rng.choice(("hard", "soft", "soft")))
        for _ in self.often(4):
            yield _relation("reads" if self.chance(0.5) else "writes", service, self.near("store", number))
        if self.chance(0.15):
            yield _relation("connects", service, self.near("service", number))

    def _feeds(self) -> Iterator[Record]:
        for number in range(self.count["feed"]):
            feed = f"feed_{number}"
            yield _relation("publishes", self.some("party"), feed)
            for _ in self.often(20):
                if number % 4 == 0:
                    controls = self.controls(pinned=0.3, staged=0.3, egress_filter=0.2)
                    yield _relation("installs", self.some("service"), feed, controls=controls)
                else:
                    controls = self.controls(validated=0.5, quarantined=0.1)
                    yield _relation("consumes", self.some("service"), feed, controls=controls, brittle=self.chance(0.2))
        for _ in range(self.count["feed"] // 10):
            voters = sorted({self.some("feed") for _ in range(3)})
            yield {"verb": "consumes", "sources": [self.some("service")], "targets": voters, "vote_min": 2}

    def _dependence(self) -> Iterator[Record]:
        for number in range(self.count["process"]):
            process = f"process_{number}"
            yield _relation("depends_on", process, self.some("service"), buffer_h=self.rng.choice((0, 0, 4, 24)))
            yield _relation("informs", self.some("store"), process)
            if self.chance(0.4):
                several = sorted({self.some("service") for _ in range(self.rng.randint(2, 5))})
                at_least = self.rng.randint(1, len(several))
                yield {"verb": "depends_on", "sources": [process], "targets": several, "at_least": at_least}


def _relation(verb: str, source: str, target: str, **says: Any) -> Record:
    return {"verb": verb, "sources": [source], "targets": [target], **says}


def write_lines(found: Iterable[Record], file: Path) -> None:
    """Records as JSON Lines."""
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(entry) + "\n" for entry in found)


def write_tables(found: Iterable[Record], folder: Path) -> None:
    """Records as Parquet: ``zones``, ``entities`` and ``relations`` in a folder, a row group for each 50,000 rows."""
    from pyarrow import Table
    from pyarrow.parquet import ParquetWriter

    folder.mkdir(exist_ok=True)
    schemas = _schemas()
    with ExitStack() as open_:
        writers = {
            name: open_.enter_context(ParquetWriter(folder / f"{name}.parquet", schema))
            for name, schema in schemas.items()
        }
        for name, rows in groupby(found, key=_table_of):
            for some in batched(rows, 50_000):
                writers[name].write_table(Table.from_pylist(some, schema=schemas[name]))


def _table_of(record: Record) -> str:
    return "relations" if "verb" in record else "entities" if "id" in record else "zones"


def batched(rows: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Rows in lists of a size, the last one shorter."""
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some


def _schemas() -> dict[str, Any]:
    import pyarrow as pa

    def schema(**columns: Any) -> Any:
        return pa.schema(list(columns.items()))

    text, flag, number = pa.string(), pa.bool_(), pa.int64()
    control = {"kind": text, "status": text, "provided_by": text, "fails": text}
    controls = pa.list_(pa.struct(list(control.items())))
    return {
        "zones": schema(zone=text, flat=flag),
        "entities": schema(kind=text, id=text, role=text, content=text, type=text, zone=text, api=text, direction=text,
                           anonymous=flag, crown_jewel=flag, records=number, controls=controls),
        "relations": schema(verb=text, sources=pa.list_(text), targets=pa.list_(text), extent=text, dependency=text,
                            buffer_h=pa.float64(), brittle=flag, vote_min=number, at_least=number, controls=controls),
    }  # fmt: skip


def main() -> None:
    """Write an estate: JSON Lines, or with a name that does not end in .jsonl a folder of Parquet."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("size", type=int, help="how many entities, about")
    parser.add_argument("target", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    stated = parser.parse_args()
    write = write_lines if stated.target.suffix == ".jsonl" else write_tables
    write(records(stated.size, stated.seed), stated.target)


if __name__ == "__main__":
    main()
