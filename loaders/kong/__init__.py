"""Kong declarative configuration (decK): consumers, credentials, groups, routes, and which opens which.

A record is an entity of the configuration wherever it stands: a service, a route, a consumer, a credential, a
membership, a plug-in. A consumer is a party. Each of its credentials grants a scope for each of its groups and one
for being valid at all; the authentication and acl plug-ins in force on a route say which of them permit it.
Values of credentials are never read.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options

from .model import GatewayMapper, KongOptions
from .reading import Configuration, read, recognises


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one configuration, and the files named with it; those of one gateway are one configuration.

    Raises:
        InputError: no configuration of a known version, a file named with it that cannot be read, or an option that
            does not fit.
    """
    chosen = read_options(KongOptions, document, options)
    collector = FactCollector("kong", document)
    gateways: dict[str, Configuration] = {}
    for part in (document, *(document.sibling(path) for path in chosen.also)):
        stated = read(part, collector)
        gateways.setdefault(chosen.gateway or _gateway(collector, part.data), Configuration()).add(stated)
    for gateway, configuration in gateways.items():
        GatewayMapper(collector, chosen, configuration, gateway).build()
    return collector.loaded()


def _gateway(collector: FactCollector, data: dict[str, Any]) -> str:
    """The name of the gateway as far as the file says: its control plane, or its workspace."""
    konnect = data.get("_konnect")
    plane = (
        konnect.get("control_plane_name") or konnect.get("runtime_group_name") if isinstance(konnect, dict) else None
    )
    workspace = collector.name(data.get("_workspace"))
    return collector.name(plane) or (f"kong {workspace}" if workspace and workspace != "default" else "kong")


LOADER = Loader(
    name="kong",
    title="Kong declarative configuration (decK)",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="services, routes, consumers, credentials, ACL groups, and the plug-ins that decide who may call",
    maps=(
        ("service", "service; its host tells which party owns it (option `parties`)"),
        ("route", "operation that the service serves"),
        ("consumer", "party"),
        ("credential of a consumer", "credential that the consumer holds, without its value"),
        ("authenticating plug-in", "scope that any of its credentials carries; it permits the routes"),
        ("acl plug-in and groups", "scope of the group; credentials of its members grant it"),
        ("openid-connect scopes", "scope of the issuer"),
        ("several plug-ins in force on a route", "scopes that are needed together"),
        ("anonymous consumer that is let in", "operation without a key"),
        ("ip-restriction", "control ip_allowlist, assumed"),
        ("other plug-ins, upstreams, certificates", "ignored, counted"),
    ),
    infers_not=(
        "files that belong together (option also): a plug-in says nothing without the routes that it is on",
        "which party a consumer is (option consumers)",
        "which party runs what is behind a service (option parties, by host)",
        "the names of two gateways, apart from workspace and control plane (option gateway)",
        "whether the service behind a route asks for more",
        "what a route reads and writes",
        "who holds the tokens of an issuer that openid-connect trusts",
    ),
    options=KongOptions,
)
