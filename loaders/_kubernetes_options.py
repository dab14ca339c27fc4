"""What a user may say about a cluster that its manifests cannot say."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from blastradius.options import Name, Names, Options, listed


def _addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        try:
            ip_network(each, strict=False)
        except ValueError:
            raise ValueError(f"{each[:60]!r} is no block of addresses, such as 10.0.0.0/8") from None
    return value


PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
Blocks = Annotated[tuple[str, ...], BeforeValidator(listed), AfterValidator(_addresses)]


class ClusterOptions(Options):
    """The options of one load: ``also`` names further files of the same cluster, to be read with it."""

    cluster: Name = "k8s"
    namespace: Name = "default"
    also: Names = ()
    owner: str | None = None
    parties: dict[str, Name] = Field(default_factory=dict)
    own_hosts: Names = ()
    pod_addresses: Blocks = PRIVATE
    trust_domain: Name = "cluster.local"
    root_namespace: Name = "istio-system"
