"""Network reach as zones, hubs and pairs: flat zones where all reach all, few relations for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from blastradius.loaderkit.contract import Provenances

from .network import Network, Stretch, bits

PAIRS_PER_MEMBER = 4
"""How many pairs a member of a stretch may cost before a hub is cheaper to read than the pairs."""


@dataclass(frozen=True)
class Hub:
    """The network between those that reach it and those it reaches; it may stand in one of the zones."""

    name: str
    zone: str | None
    sources: int
    targets: int
    provenance: Provenances


@dataclass
class Layout:
    """Where each workload stands, and how it reaches those elsewhere."""

    network: Network
    cluster: str
    zones: dict[str, int] = field(default_factory=dict)
    zone_of: dict[int, str] = field(default_factory=dict)
    hubs: list[Hub] = field(default_factory=list)
    pairs: dict[tuple[int, int], Provenances] = field(default_factory=dict)

    def draw(self) -> None:
        """Zones first, then what they leave over."""
        stretches = self.network.stretches()
        self._assign(self.cluster, self.network.open)
        for stretch in sorted(stretches, key=lambda s: (-s.mutual.bit_count(), s.mutual)):
            left = stretch.mutual & ~self._assigned()
            if left.bit_count() > 1:
                self._assign(self._named(stretch, left), left)
        for stretch in stretches:
            self._connect(stretch)

    def _assigned(self) -> int:
        return sum(self.zones.values())

    def _assign(self, zone: str, members: int) -> None:
        if members:
            self.zones[zone] = members
            self.zone_of |= dict.fromkeys(bits(members), zone)

    def _named(self, stretch: Stretch, members: int) -> str:
        where = {member.namespace for member in self.network.members(members)}
        name = f"{self.cluster}/{min(where)}" if len(where) == 1 else self.cluster
        name = f"{name} open by {_some(stretch.names)}"
        return _free(name, self.zones)

    def _connect(self, stretch: Stretch) -> None:
        left = stretch.sources.bit_count() * stretch.targets.bit_count()
        left -= sum(
            (stretch.sources & zone).bit_count() * (stretch.targets & zone).bit_count() for zone in self.zones.values()
        )
        if left > PAIRS_PER_MEMBER * (stretch.sources.bit_count() + stretch.targets.bit_count()):
            self.hubs.append(self._hub(stretch))
            return
        for source in bits(stretch.sources) if left else ():
            around = self.zones.get(self.zone_of.get(source, ""), 0)
            for target in bits(stretch.targets & ~around & ~(1 << source)):
                self.pairs.setdefault((source, target), stretch.provenance)

    def _hub(self, stretch: Stretch) -> Hub:
        inside = [name for name, members in self.zones.items() if not members & ~stretch.mutual]
        zone = max(inside, key=lambda name: (self.zones[name].bit_count(), name), default=None)
        members = self.zones[zone] if zone else 0
        taken = {hub.name: 0 for hub in self.hubs}
        name = _free(f"{self.cluster} network open by {_some(stretch.names)}", taken)
        return Hub(name, zone, stretch.sources & ~members, stretch.targets & ~members, stretch.provenance)

    def outside(self) -> Iterator[int]:
        """The workloads that no flat zone takes in."""
        return bits(self.network.all & ~self._assigned())


def _some(names: tuple[str, ...]) -> str:
    shown = [name[:100] for name in sorted(set(names))] or ["default"]
    return shown[0] if len(shown) == 1 else f"{shown[0]} and {len(shown) - 1} more"


def _free(name: str, taken: dict[str, int]) -> str:
    number = 1
    made = name
    while made in taken:
        number += 1
        made = f"{name} #{number}"
    return made
