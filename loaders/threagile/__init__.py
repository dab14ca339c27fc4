"""Threagile (YAML, with includes): technical assets and their owners, communication links, data assets, boundaries.

A record is a data asset, technical asset, communication link, trust boundary or shared runtime in any of the
files; risk categories, tracked risks, abuse cases, requirements and questions are counted and ignored.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import slug
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.threat_models.diagram import Options
from blastradius.loaderkit.vendors.threat_models.plain import Naming

from .model import ModelMapper
from .reading import read_model, recognises


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one model and what it includes.

    Raises:
        InputError: no Threagile model of a known version, one without technical assets, or an option that
            does not fit.
    """
    chosen = read_options(Options, document, options)
    collector = FactCollector("threagile", document)
    naming = Naming(collector, chosen)
    model = read_model(document, collector, naming)
    naming.namespace = chosen.namespace or slug(model.title)
    ModelMapper(collector, naming, chosen, model).build()
    return collector.loaded(title=model.title, zones=tuple(naming.zones.values()))


LOADER = Loader(
    name="threagile",
    title="Threagile model",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="technical assets and their owners, links with how they authenticate, data assets, boundaries, runtimes",
    maps=(
        ("technical asset", "service"),
        ("owner", "party that owns the service"),
        ("external entity, out of scope", "service of an outside party"),
        ("communication link", "operation that the source calls and the target serves"),
        (
            "authentication of a link",
            "credential that the source holds and that grants the operation; none: open to anyone",
        ),
        ("data asset", "store, one for each technical asset that stores it"),
        (
            "data received, sent over a link",
            "the operation reads, writes it; own rows only where the end user's identity goes along",
        ),
        ("trust boundary", "zone"),
        ("shared runtime", "service that the technical assets it names run on, and that is within their reach"),
        ("encryption with a key of each end user", "control encrypted_elsewhere"),
        ("ip_filtered, two-factor", "controls ip_allowlist, mfa; assumed"),
    ),
    infers_not=(
        "which of the owners is ourselves (option us)",
        "which copy of a data asset is meant, where no link leads to one that stores it: it may be any",
        "whether sent data replaces what is stored: it is taken to",
        "how hard a link is needed: taken as soft",
        "whether services within one boundary can walk to each other",
    ),
    options=Options,
)
