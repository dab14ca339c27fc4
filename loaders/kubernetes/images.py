"""Container images: the repositories that workloads get from what they run.

Rests on ``v1``: the image of a Container, and on how references to images are written: a name whose first part is a
host only if it has a dot or a port or is localhost, then a tag or a digest; without a host it is Docker Hub's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from blastradius.model import Basis, Control, ControlKind, NoteKind, Party, Store, Verb

from .model import Cluster
from .reading import Workload

_REFERENCE = re.compile(
    r"(?P<name>[a-z0-9._-]+(?::\d+(?=/))?(?:/[a-z0-9._-]+)*)(?::[\w.-]+)?(?P<digest>@sha\d+:[0-9a-f]+)?", re.ASCII
)
_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com")
_HUB = "docker.io"


@dataclass
class Images:
    """The images of a cluster on their way into our terms."""

    cluster: Cluster
    strange: int = 0

    def build(self) -> None:
        """A store for each repository, which the workloads install."""
        for workload in self.cluster.workloads():
            for name, pinned in sorted(self._repositories(workload.images).items()):
                self._install(workload, name, pinned)
        if self.strange:
            message = (
                f"{self.strange} images are not named by a reference that can be read; where they are from is left out"
            )
            self.cluster.collector.note(NoteKind.UNRESOLVED, message)

    def _repositories(self, images: Iterable[str]) -> dict[str, bool]:
        """The repositories with their hosts, and whether all that is taken from each is named by its digest."""
        found: dict[str, bool] = {}
        for image in sorted(images):
            reference = _REFERENCE.fullmatch(image)
            if reference is None:
                self.strange += 1
                continue
            name = _with_host(reference["name"])
            found[name] = found.get(name, True) and reference["digest"] is not None
        return found

    def _install(self, workload: Workload, name: str, pinned: bool) -> None:
        collector, provenance = self.cluster.collector, workload.resource.provenance
        made = collector.name(_id(name))
        if made is None:
            self.strange += 1
            return
        if made not in collector.entities:
            collector.entity(Store(id=made, name=name, tags=("container images",), provenance=provenance))
            self._own(made, name, workload)
        digest = Control(kind=ControlKind.PINNED, why="the image is named by its digest", provenance=provenance)
        controls = (digest,) if pinned else ()
        collector.relate(Verb.INSTALLS, self.cluster.ids[id(workload)], made, provenance=provenance, controls=controls)

    def _own(self, made: str, name: str, workload: Workload) -> None:
        """The party that runs the registry, where the options say so."""
        host, provenance = name.partition("/")[0], workload.resource.provenance
        for pattern, party in self.cluster.options.parties.items():
            if fnmatchcase(host, pattern):
                kept = self.cluster.collector.keep(Party(id=party, basis=Basis.INFERRED, provenance=provenance))
                self.cluster.collector.relate(Verb.OWNS, kept, made, provenance=provenance, basis=Basis.INFERRED)
                return


def _with_host(name: str) -> str:
    """The name of a repository in full."""
    first, _, rest = name.partition("/")
    if rest and (first == "localhost" or "." in first or ":" in first):
        return name
    return f"{_HUB}/{name}" if rest else f"{_HUB}/library/{name}"


def _id(name: str) -> str:
    """What a repository is called; one at AWS as AWS calls it, so that it is the same in every source."""
    host, _, path = name.partition("/")
    registry = _ECR.fullmatch(host)
    return f"arn:aws:ecr:{registry[2]}:{registry[1]}:repository/{path}" if registry else f"image:{name}"
