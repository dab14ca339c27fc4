"""CycloneDX 1.2 to 1.7 with services (JSON, XML): who provides what, what it opens, which data goes where.

A record is a service, an endpoint, a data entry, a component, or one dependency of one thing on another.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import slug
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.threat_models.plain import Naming

from .model import BillMapper, Options
from .reading import read_bill
from .xml import is_xml


def recognises(data: Any) -> bool:
    """Whether a document says it is a CycloneDX bill."""
    return is_xml(data) or (isinstance(data, dict) and data.get("bomFormat") == "CycloneDX")


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one bill.

    Raises:
        InputError: no bill of a known version, one without services, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    collector = FactCollector("cyclonedx", document)
    naming = Naming(collector, chosen)
    bill = read_bill(document, collector, naming)
    naming.namespace = chosen.namespace or slug(bill.subject.name if bill.subject else None)
    BillMapper(collector, naming, chosen, bill).build()
    return collector.loaded(title=bill.subject and bill.subject.name, zones=tuple(naming.zones.values()))


LOADER = Loader(
    name="cyclonedx",
    title="CycloneDX 1.2 to 1.7 with services",
    suffixes=(".json", ".xml"),
    recognises=recognises,
    load=load,
    reads="services, their providers, endpoints, trust zones and data, and what depends on them",
    maps=(
        ("service", "service; nested ones are within reach of the one around them"),
        ("provider", "party that owns the service, and what is nested in it without a provider of its own"),
        ("endpoint", "operation that the service serves; open to anyone where authenticated is false"),
        ("endpoint of a provider that is not ourselves, beyond a trust boundary", "operation that we call (consumed)"),
        ("trustZone, x-trust-boundary", "zone"),
        (
            "data with its flow",
            "store of that classification at the service: what comes in is written, and kept, so that the service can "
            "read it; what goes out is read",
        ),
        ("source, destination of data", "service that writes or reads the data"),
        ("dependency between services, or of a component on one", "depends_on, and calls of the endpoints"),
        ("component that a service has to do with", "service; other components are ignored, counted"),
    ),
    infers_not=(
        "which of the providers are ourselves (option us)",
        "whether we offer or call what lies beyond a trust boundary (option direction)",
        "who holds which key: 'authenticated' says that one is needed, not whose",
        "which endpoint carries which data: taken as each",
        "where data lies: a service that takes data in is taken to keep it",
    ),
    options=Options,
)
