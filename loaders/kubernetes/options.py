"""What a user may say about a cluster that its manifests cannot say."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from blastradius.loaderkit.options import Name, Names, Options


def _addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    for item in value:
        try:
            ip_network(item, strict=False)
        except ValueError:
            raise ValueError(f"{item[:60]!r} is no block of addresses, such as 10.0.0.0/8") from None
    return value


PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
Blocks = Annotated[Names, AfterValidator(_addresses)]


class ClusterOptions(Options):
    """The options of one load."""

    cluster: Name = Field(default="k8s", description="name of the cluster, before every id")
    namespace: Name = Field(default="default", description="namespace of manifests that name none")
    also: Names = Field(default=(), description="files beside this one, read as one with it")
    owner: str | None = Field(default=None, description="who answers for workloads and operations")
    parties: dict[str, Name] = Field(
        default_factory=dict,
        description="which party runs a host outside or a registry of images, by pattern of the host",
    )
    own_hosts: Names = Field(default=(), description="patterns of hosts outside of the cluster that are ours")
    pod_addresses: Blocks = Field(default=PRIVATE, description="blocks of addresses that pods have")
    anyone_signs_in: bool = Field(
        default=False, description="whether anyone with an account at the provider is system:authenticated, as on GKE"
    )
    trust_domain: Name = Field(default="cluster.local", description="what identities in the mesh begin with")
    root_namespace: Name = Field(default="istio-system", description="namespace whose policies are for the whole mesh")
