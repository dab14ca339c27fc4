"""Kubernetes manifests, with Istio: workloads, identities, secrets, volumes, ways in and out, and who reaches whom.

A record is an object of the API, alone, as one of several documents or as an item of a list. What runs pods is a
service; a Service, an Ingress path or a route is an operation that those serve; a role is a scope. Network policies
are applied with their exact meaning to the workloads read with them: manifests that select each other are read in one
load, the further files by the option ``also``. Data of secrets and values of settings are never copied.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options

from .access import Access
from .entry_points import EntryPoints
from .images import Images
from .kong import Kong
from .mesh import Mesh
from .model import Cluster
from .options import ClusterOptions
from .reading import read, recognises
from .routes import Routes


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read the manifests of one file, and of those named with it.

    Raises:
        InputError: no manifests, a file named with it that cannot be read, or an option that does not fit.
    """
    chosen = read_options(ClusterOptions, document, options)
    collector = FactCollector("kubernetes", document)
    documents = [document, *(document.sibling(path) for path in chosen.also)]
    cluster = Cluster(collector, chosen, read(documents, chosen.namespace, collector))
    cluster.build()
    Images(cluster).build()
    access = Access(cluster)
    access.build()
    entry_points = EntryPoints(cluster)
    entry_points.build()
    kong = Kong(cluster)
    kong.build()
    Routes(entry_points, kong).build()
    Mesh(entry_points).build()
    access.finish()
    cluster.finish()
    return collector.loaded(zones=tuple(cluster.zones.values()))


LOADER = Loader(
    name="kubernetes",
    title="Kubernetes manifests, with Istio",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="workloads, Services, Ingress and routes, service accounts, roles, Secrets, volume claims, network policies, "
    "of Istio gateways, virtual services, service entries and authorization policies, of Kong consumers and plug-ins",
    maps=(
        ("Deployment, StatefulSet, Job, Pod and what else runs pods", "service"),
        ("namespace, or workloads that all reach each other", "zone, flat where they do"),
        ("nodeName of pods, Node", "the workload runs_on the node, a service"),
        (
            "privileged pods, and those with files of their node",
            "operation that takes over the node; where none is named, those of their pods and each they may be put on",
        ),
        ("PersistentVolume local to one node", "the claim that has it runs_on the node"),
        (
            "image of a container",
            "repository as a store that the workload installs, pinned where a digest names the image; option `parties` "
            "says who runs the registry",
        ),
        ("NetworkPolicy", "connects, for the pairs that the policies leave"),
        ("ServiceAccount, Secret", "credential that the workload holds, without its data"),
        ("PersistentVolumeClaim", "store that the workload reads, and writes unless it is read-only"),
        ("Service", "operation that the workloads it selects serve"),
        ("Ingress, HTTPRoute, VirtualService", "operations, one for each host and path, with what answers behind"),
        ("Gateway", "service that serves the routes bound to it and calls what is behind"),
        ("ServiceEntry, ExternalName", "operation that we call, served by a service outside that a party owns"),
        ("setting that names a host", "the workload calls the Service"),
        ("Role, ClusterRole", "scope, which opens Secrets and workloads; bindings grant it to service accounts"),
        (
            "create pods or serviceaccounts/token, impersonate",
            "operation that issues the service accounts, users or groups that one may then act as",
        ),
        ("bind, escalate, with what it takes to change bindings or roles", "operation that issues the role's scope"),
        (
            "role bound to system:unauthenticated, and to system:authenticated with option `anyone_signs_in`",
            "operations that anyone may call",
        ),
        ("group system:masters", "credential that grants cluster-admin, whatever it is bound to"),
        ("weight of 0, also of a canary of ingress-nginx that nothing else asks for", "no call, and nothing served"),
        ("aggregationRule", "the scope opens what the cluster roles open that its selectors match, and what it states"),
        ("KongConsumer", "party that holds keys, which open the routes whose plug-ins ask for them"),
        ("AuthorizationPolicy", "service accounts grant scopes that permit the operation"),
        ("loadBalancerSourceRanges, whitelist of an Ingress", "control ip_allowlist, assumed"),
        ("other kinds", "ignored, counted"),
    ),
    infers_not=(
        "which cluster it is (option cluster): manifests of two clusters need two names",
        "the namespace of manifests that name none (option namespace)",
        "on which nodes the pods of a Deployment or the like run, where their template does not name one",
        "files that belong together (option also): a policy says nothing without the workloads it selects",
        "what a secret opens, and who else has it",
        "what roles permit beyond Secrets, workloads, accounts and roles, and roles that are not in the files",
        "who runs a host outside (options parties and own_hosts)",
        "calls that no setting names",
        "whether what is exposed asks for a credential",
        "which addresses pods have (option pod_addresses: private ones)",
    ),
    options=ClusterOptions,
)
