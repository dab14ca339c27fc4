"""Kong as an ingress controller: consumers with the Secrets they hold, and the plug-ins that ask for one of these.

Rests on ``configuration.konghq.com/v1``: KongConsumer and KongPlugin.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from blastradius.loaderkit.json_values import scalar, scalars
from blastradius.model import NoteKind, Party, Scope, Verb

from .model import Cluster
from .reading import Resource, labels

_ASKING = frozenset({"key-auth", "key-auth-enc", "basic-auth", "hmac-auth", "jwt", "oauth2", "mtls-auth"})
_NARROWING = frozenset({"acl", "ip-restriction", "openid-connect", "ldap-auth", "request-termination"})


@dataclass
class Kong:
    """The plug-ins of a cluster by namespace and name, and what their consumers hold."""

    cluster: Cluster
    plugins: dict[tuple[str, str], Resource] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def build(self) -> None:
        """Plug-ins first; a credential grants the scope of each that takes its kind."""
        manifests = self.cluster.manifests
        for plugin in manifests.of("KongPlugin", "KongClusterPlugin", group="konghq.com"):
            where = plugin.namespace if plugin.kind == "KongPlugin" else ""
            self.plugins[where, plugin.name] = plugin
            if scalar(plugin.get("plugin")) in _ASKING:
                self.cluster.keep(plugin, self._scope(plugin))
        kinds = {(secret.namespace, secret.name): _kind(secret) for secret in manifests.of("Secret", group="")}
        for consumer in manifests.of("KongConsumer", group="konghq.com"):
            self.cluster.keep(consumer, self._consumer(consumer, kinds))

    def _scope(self, plugin: Resource) -> str | None:
        made = self.cluster.identified(plugin)
        if made is not None:
            name = f"any credential by {scalar(plugin.get('plugin'))}"
            self.cluster.collector.entity(Scope(id=made, name=name, provenance=plugin.provenance))
        return made

    def _consumer(self, consumer: Resource, kinds: dict[tuple[str, str], str]) -> str | None:
        collector, made = self.cluster.collector, self.cluster.identified(consumer)
        if made is None:
            return None
        name = collector.name(consumer.get("username")) or collector.name(consumer.get("custom_id"))
        collector.entity(Party(id=made, name=name, provenance=consumer.provenance))
        for credential in scalars(consumer.get("credentials")):
            held = self.cluster.secret(consumer.namespace, credential, consumer)
            if held is not None:
                collector.relate(Verb.HOLDS, made, held, provenance=consumer.provenance)
                self._grant(held, kinds.get((consumer.namespace, credential), ""), consumer)
        return made

    def _grant(self, secret: str, kind: str, resource: Resource) -> None:
        for plugin in self.plugins.values():
            scope = self.cluster.identified(plugin)
            if scope is not None and kind in _ASKING and scalar(plugin.get("plugin")) == kind:
                self.cluster.collector.relate(Verb.GRANTS, secret, scope, provenance=resource.provenance)

    def asked(self, resources: list[Resource]) -> tuple[str, ...]:
        """The scopes that the plug-ins named by a route and by the Services behind it ask for, all of them."""
        found: set[str] = set()
        for resource in resources:
            named = labels(resource.get("metadata", "annotations")).get("konghq.com/plugins", "")
            for name in filter(None, map(str.strip, named.split(","))):
                plugin = self.plugins.get((resource.namespace, name)) or self.plugins.get(("", name))
                kind = scalar(plugin.get("plugin")) if plugin else "of which nothing is known"
                scope = self.cluster.identified(plugin) if plugin and kind in _ASKING else None
                found |= {scope} if scope else set()
                self.unread |= {kind} if plugin is None or kind in _NARROWING else set()
        return tuple(sorted(found))

    def say(self) -> None:
        """What plug-ins on routes may ask for besides."""
        if self.unread:
            message = f"plug-ins of Kong on routes may let in fewer than is said here: {', '.join(sorted(self.unread))}"
            self.cluster.collector.note(NoteKind.ASSUMED, message)


def _kind(secret: Resource) -> str:
    """The plug-in that takes a Secret, as its label says, or the one field of it that is no secret."""
    declared = labels(secret.get("metadata", "labels")).get("konghq.com/credential")
    return declared or scalar(secret.get("stringData", "kongCredType"))
