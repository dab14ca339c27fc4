"""Kubernetes manifests in their own terms: resources, and the workloads among them.

Rests on ``v1`` (PodSpec, Volume, EnvVarSource) and on ``apps/v1`` and ``batch/v1`` for what makes pods.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Provenances
from blastradius.loaderkit.json_values import Keys, mappings, scalar, scalars, under
from blastradius.model import NoteKind, placed

Maps = dict[tuple[str, str], dict[str, str]]
Path = tuple[str, str, str]
"""Namespace, kind and name."""

_CORE = frozenset({"", "apps", "batch", "extensions", "autoscaling", "policy"})
_OF_GROUP = re.compile(r"(?!([a-z.]+\.)?backstage\.io/)[a-z0-9-]+(\.[a-z0-9-]+)+/v[0-9]+((alpha|beta)[0-9]+)?")
_NO_MANIFEST = {
    "Config": "a kubeconfig, not manifests; load what kubectl get gives",
    "Kustomization": "a kustomization, not manifests; load what kubectl kustomize gives",
}
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
_WORKLOAD_GROUPS = _CORE | {"apps.openshift.io"}


@dataclass(frozen=True)
class Resource:
    """One object of the API: what it is, its name and namespace, and what it says."""

    group: str
    kind: str
    namespace: str
    name: str
    attributes: dict[str, Any]
    provenance: Provenances

    def get(self, *keys: str) -> Any:
        """What stands under ``keys``; ``None`` where nothing does."""
        return under(self.attributes, *keys)

    @property
    def path(self) -> str:
        """Namespace, kind and name, as ids have them."""
        return f"{self.namespace}/{self.kind.lower()}/{self.name}"


class Port(NamedTuple):
    """A port a container says it listens on."""

    name: str | None
    number: int
    protocol: str


_OF_THE_HOST = {"ALL", "SYS_ADMIN", "SYS_MODULE"}
_FILES_OF_THE_HOST = re.compile(
    r"/|/(etc|root|run|var|var/run|var/lib|var/lib/kubelet)/?|/(var/)?run/(docker|containerd|crio)\b.*"
)


@dataclass(frozen=True)
class Workload:
    """A resource that runs pods: what network, identity and data have to do with."""

    resource: Resource
    labels: dict[str, str]
    ports: frozenset[Port]
    account: str | None
    token: bool | None
    host_network: bool
    node: str
    wanted_nodes: dict[str, str]
    breaks_out: bool
    images: frozenset[str]
    secrets: frozenset[str]
    claims: dict[str, bool]
    maps: frozenset[str]
    settings: tuple[tuple[str, str], ...]

    @property
    def namespace(self) -> str:
        """The namespace its pods run in."""
        return self.resource.namespace


@dataclass
class Manifests:
    """All resources of all documents.

    ``owned`` are run by another resource that is there too; ``nodes`` are those that pods which another runs are on, by
    what runs them.
    """

    resources: list[Resource] = field(default_factory=list)
    workloads: list[Workload] = field(default_factory=list)
    owned: list[Resource] = field(default_factory=list)
    nodes: dict[Path, set[str]] = field(default_factory=dict)

    def of(self, *kinds: str, group: str | None = None) -> Iterator[Resource]:
        """The resources of some kinds; ``group`` is how the API group ends, if it matters."""
        return (
            resource
            for resource in self.resources
            if resource.kind in kinds and (group is None or in_group(resource, group))
        )


def in_group(resource: Resource, group: str) -> bool:
    """Whether a resource is of an API group, or of one below it."""
    return resource.group == group or resource.group.endswith(f".{group}")


def recognises(data: Any) -> bool:
    """Whether a document, or one of several, is a manifest of Kubernetes or of a mesh on it."""
    several = data if isinstance(data, list) else [data]
    return any(_known(manifest) for manifest in several[:1000])


def _known(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return False
    if not isinstance(value.get("apiVersion"), str):
        return False
    if _group(value["apiVersion"]) in (*_CORE, "kustomize.config.k8s.io"):
        return True
    return isinstance(value.get("metadata"), dict) and bool(_OF_GROUP.fullmatch(value["apiVersion"]))


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def read(documents: list[Document], namespace: str, collector: FactCollector) -> Manifests:
    """Read manifests; what is no resource where one is expected is rejected.

    Raises:
        InputError: no manifests, or something that only looks like them, such as a kubeconfig.
    """
    found = Manifests()
    for document in documents:
        for keys, value, kind, version in _objects(document.data):
            _refuse(document, keys, kind)
            resource = _resource(document, keys, value, kind, version, namespace)
            if isinstance(resource, str):
                collector.reject(resource, provenance=_provenance(document, keys))
            else:
                found.resources.append(resource)
    if not found.resources:
        _no_object(documents[0], collector)
    if any(under(document.data, "metadata", "continue") for document in documents):
        collector.note(NoteKind.INCOMPLETE, "a list was cut off (continue); save the rest of it as well")
    there = {(resource.namespace, resource.kind, resource.name): resource for resource in found.resources}
    maps = {
        (config_map.namespace, config_map.name): labels(config_map.get("data"))
        for config_map in found.of("ConfigMap", group="")
    }
    for item in found.resources:
        if item.kind in _TEMPLATES and item.group in _WORKLOAD_GROUPS:
            owned = bool(_owners(item, there))
            found.owned += [item] if owned else []
            found.workloads += [] if owned else [_workload(item, maps)]
    for pod in found.owned:
        node = scalar(pod.get("spec", "nodeName")) if pod.kind == "Pod" else ""
        for runner in _runners(pod, there) if node else ():
            found.nodes.setdefault(runner, set()).add(node)
    return found


def _no_object(document: Document, collector: FactCollector) -> None:
    if not recognises(document.data):
        raise InputError([f"{document.path}: no manifest in it; expected objects with apiVersion and kind"])
    collector.note(NoteKind.INCOMPLETE, "manifests without an object that can be read: nothing is said of a cluster")


def _provenance(document: Document, keys: Keys) -> Provenances:
    line, column = document.position(*keys)
    return (placed("kubernetes", document.path, line, column),)


def _objects(data: Any) -> Iterator[tuple[Keys, Any, str, str]]:
    """The objects of a document: alone, several documents, or the items of lists; empty documents are none."""
    queue: list[tuple[Keys, Any, str, str]] = [((), data, "", "")]
    if isinstance(data, list):
        queue = [((number,), item, "", "") for number, item in enumerate(data)]
    for keys, value, kind, version in queue:
        if value is None:
            continue
        kind = scalar(under(value, "kind")) or kind
        version = scalar(under(value, "apiVersion")) or version
        inner = under(value, "items")
        if kind.endswith("List") and (inner is None or isinstance(inner, list)):
            item_kind = kind.removesuffix("List")
            of = version if item_kind else ""
            queue += [((*keys, "items", number), item, item_kind, of) for number, item in enumerate(inner or [])]
        else:
            yield keys, value, kind, version


def _refuse(document: Document, keys: Keys, kind: str) -> None:
    if kind in _NO_MANIFEST:
        line, column = document.position(*keys)
        raise InputError([f"{document.path}:{line}:{column}: {_NO_MANIFEST[kind]}"])


def _resource(document: Document, keys: Keys, value: Any, kind: str, version: str, namespace: str) -> Resource | str:
    """The resource, or why it is none."""
    if not isinstance(value, dict) or not kind or not version:
        return "no resource: it has no apiVersion and kind"
    metadata = value.get("metadata")
    name = scalar(under(metadata, "name")) or scalar(under(metadata, "generateName"))
    if not name.strip():
        return "a resource without a name"
    where = scalar(under(metadata, "namespace")) or namespace
    return Resource(_group(version), kind, where, name, value, _provenance(document, keys))


def _owners(resource: Resource, there: Collection[Path]) -> list[Path]:
    """The resources that are there and run it; what is not there cannot speak for it."""
    owners = mappings(resource.get("metadata", "ownerReferences"))
    named = [(resource.namespace, owner["kind"], owner["name"]) for owner in owners if _hashable(owner)]
    return [owner for owner in named if owner in there]


def _runners(resource: Resource, there: dict[Path, Resource]) -> list[Path]:
    """What runs it, and what runs that: of a pod its ReplicaSet and the Deployment of that."""
    found = _owners(resource, there)
    for runner in found:
        found += [owner for owner in _owners(there[runner], there) if owner not in found]
    return found


def _hashable(owner: dict[str, Any]) -> bool:
    return isinstance(owner.get("kind"), str) and isinstance(owner.get("name"), str)


# workloads


def _workload(resource: Resource, maps: Maps) -> Workload:
    template = resource.get(*_TEMPLATES[resource.kind])
    spec = under(template, "spec")
    containers = [
        container
        for key in ("containers", "initContainers", "ephemeralContainers")
        for container in mappings(under(spec, key))
    ]
    account = under(spec, "serviceAccountName") or under(spec, "serviceAccount")
    return Workload(
        resource=resource,
        labels=labels(under(template, "metadata", "labels")),
        ports=frozenset(
            port
            for container in containers
            for declared in mappings(container.get("ports"))
            if (port := _port(declared))
        ),
        account=account if isinstance(account, str) and account else None,
        token=_has_token(spec) or _flag(under(spec, "automountServiceAccountToken")),
        host_network=under(spec, "hostNetwork") in (True, "true"),
        node=scalar(under(spec, "nodeName")),
        wanted_nodes=labels(under(spec, "nodeSelector")),
        breaks_out=_has_host(spec) or any(map(_is_privileged, containers)),
        images=frozenset(scalar(container.get("image")) for container in containers) - {""},
        secrets=frozenset(_secrets(spec, containers)),
        claims=dict(_claims(resource, spec)),
        maps=frozenset(_maps(containers)),
        settings=tuple(
            setting for container in containers for setting in _settings(container, resource.namespace, maps)
        ),
    )


def _is_privileged(container: dict[str, Any]) -> bool:
    """Whether what runs in a container can do what it wants with the node."""
    context = container.get("securityContext")
    added = {name.upper().removeprefix("CAP_") for name in scalars(under(context, "capabilities", "add"))}
    return _flag(under(context, "privileged")) is True or bool(added & _OF_THE_HOST)


def _has_host(spec: Any) -> bool:
    """Whether pods mount files of the node with which it can be taken over."""
    paths = (scalar(under(volume, "hostPath", "path")) for volume in mappings(under(spec, "volumes")))
    return any(map(_FILES_OF_THE_HOST.fullmatch, paths))


def _has_token(spec: Any) -> bool:
    """Whether pods mount a token of their service account by themselves, whatever is mounted without asking."""
    sources = (source for volume in mappings(under(spec, "volumes")) for source in _projected(volume))
    return any(under(source, "serviceAccountToken") is not None for source in sources)


def _projected(volume: dict[str, Any]) -> list[dict[str, Any]]:
    return mappings(under(volume, "projected", "sources"))


def _flag(value: Any) -> bool | None:
    return True if value in (True, "true") else False if value in (False, "false") else None


def labels(value: Any) -> dict[str, str]:
    """Labels; what is no text is none."""
    return {key: item for key, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


def number(value: Any) -> int | None:
    """A port number, as number or text."""
    declared = scalar(value)
    return int(declared) if re.fullmatch(r"[0-9]{1,5}", declared) else None


def _port(value: dict[str, Any]) -> Port | None:
    port, name = number(value.get("containerPort")), value.get("name")
    if port is None:
        return None
    return Port(name if isinstance(name, str) else None, port, scalar(value.get("protocol")) or "TCP")


def _secrets(spec: Any, containers: list[dict[str, Any]]) -> Iterator[str]:
    """The Secrets that pods are given, as volumes or in their environment."""
    for volume in mappings(under(spec, "volumes")):
        yield scalar(under(volume, "secret", "secretName"))
        for source in _projected(volume):
            yield scalar(under(source, "secret", "name"))
    for container in containers:
        for source in mappings(container.get("envFrom")):
            yield scalar(under(source, "secretRef", "name"))
        for variable in mappings(container.get("env")):
            yield scalar(under(variable, "valueFrom", "secretKeyRef", "name"))


def _claims(resource: Resource, spec: Any) -> Iterator[tuple[str, bool]]:
    """The volume claims of the pods, and whether they are for reading only."""
    for volume in mappings(under(spec, "volumes")):
        claim = under(volume, "persistentVolumeClaim")
        if name := scalar(under(claim, "claimName")):
            yield name, under(claim, "readOnly") in (True, "true")
    for template in mappings(resource.get("spec", "volumeClaimTemplates")):
        if name := scalar(under(template, "metadata", "name")):
            yield f"{name}-{resource.name}", False


def _maps(containers: list[dict[str, Any]]) -> Iterator[str]:
    """The ConfigMaps that containers have in their environment."""
    for container in containers:
        for source in mappings(container.get("envFrom")):
            yield scalar(under(source, "configMapRef", "name"))
        for variable in mappings(container.get("env")):
            yield scalar(under(variable, "valueFrom", "configMapKeyRef", "name"))


def _settings(container: dict[str, Any], namespace: str, maps: Maps) -> Iterator[tuple[str, str]]:
    """What a container is told: its environment by name, its command and arguments without one."""
    for source in mappings(container.get("envFrom")):
        yield from maps.get((namespace, scalar(under(source, "configMapRef", "name"))), {}).items()
    for variable in mappings(container.get("env")):
        ref = under(variable, "valueFrom", "configMapKeyRef")
        value = variable.get("value") or maps.get((namespace, scalar(under(ref, "name"))), {}).get(
            scalar(under(ref, "key"))
        )
        if isinstance(value, str):
            yield scalar(variable.get("name")), value
    for word in (*scalars(container.get("command")), *scalars(container.get("args"))):
        yield "", word
