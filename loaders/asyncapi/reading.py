"""An AsyncAPI description in its own terms: servers, channels, operations, and what each asks for.

Rests on the AsyncAPI Specification 2.x, sections Channel Item Object and Security Requirement Object, and 3.0, sections
Operation Object and Security Scheme Object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector, bare_url
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.issuers import issuer_addresses
from blastradius.loaderkit.json_refs import Place, References
from blastradius.loaderkit.names import line
from blastradius.model import NoteKind
from blastradius.secrets import quoted

_BLANK = re.compile(r"\{([^{}]+)\}")
_VERSION = re.compile(r"([23])\.[0-9]+(\.[0-9]+)?([-.].*)?")
Does = Literal["reads", "writes"]


@dataclass(frozen=True)
class Requirement:
    """One alternative: all these schemes are needed, each with the scopes it lists."""

    schemes: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Security:
    """The alternatives in force; none where nothing is said."""

    alternatives: tuple[Requirement, ...] = ()
    malformed: int = 0


@dataclass(frozen=True)
class Server:
    """Where the channels are: a broker, by its host."""

    name: str
    host: str | None
    protocol: str | None
    security: Security
    place: Place


@dataclass(frozen=True)
class Channel:
    """A channel; ``servers`` are those it is on, all if none is named."""

    name: str
    address: str | None
    messages: tuple[str, ...]
    servers: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class ChannelOperation:
    """One operation: what it does to its channel, and whether the application itself sends or receives there."""

    name: str
    word: str
    does: Does
    sends: bool
    channel: str
    reply: str | None
    title: str | None
    tags: tuple[str, ...]
    security: Security
    place: Place


@dataclass
class Description:
    """All that was read of one description."""

    title: str | None
    servers: list[Server] = field(default_factory=list)
    channels: dict[str, Channel] = field(default_factory=dict)
    operations: list[ChannelOperation] = field(default_factory=list)
    scopes: dict[str, dict[str, str | None]] = field(default_factory=dict)
    inline: dict[str, dict[str, str | None]] = field(default_factory=dict)
    schemes: dict[str, Place] = field(default_factory=dict)
    defaults: set[str] = field(default_factory=set)


def recognises(data: Any) -> bool:
    """Whether a document says it is an AsyncAPI description."""
    return isinstance(data, dict) and "asyncapi" in data


def read_description(document: Document, collector: FactCollector) -> Description:
    """Read a description; what does not fit is rejected piece by piece.

    Raises:
        InputError: the document is no AsyncAPI description of a known version.
    """
    if not recognises(document.data):
        raise InputError([f"{document.path}: no 'asyncapi' at the top; expected an AsyncAPI description"])
    version = _VERSION.fullmatch(str(document.data["asyncapi"]))
    if version is None:
        line, column = document.position("asyncapi")
        found = f"asyncapi version {quoted(document.data['asyncapi'])}"
        raise InputError([f"{document.path}:{line}:{column}: {found}; read are 2.x and 3.x"])
    reader = (_ReaderOf2 if version.group(1) == "2" else _ReaderOf3)(document, collector)
    return reader.read()


class _Reader:
    """What the versions have in common."""

    def __init__(self, document: Document, collector: FactCollector) -> None:
        self.root = Place.root(document, "asyncapi")
        self.collector = collector
        self.references = References()
        self.found = Description(line(self.root.child("info", "title").value))
        self.names: dict[tuple[str, tuple[str | int, ...]], str] = {}

    def read(self) -> Description:
        for place, name in self.entries("components", "securitySchemes"):
            self.found.schemes[name] = place
            self.found.scopes[name] = self.declared_scopes(place)
        for place, name in self.entries("servers"):
            self.found.servers.append(self.server(place, name))
        for place, name in self.entries("channels"):
            self.found.channels[name] = self.channel(place, name)
        self.operations()
        self.note_references()
        return self.found

    def server(self, place: Place, name: str) -> Server:
        raise NotImplementedError

    def channel(self, place: Place, name: str) -> Channel:
        raise NotImplementedError

    def operations(self) -> None:
        raise NotImplementedError

    def host(self, server: Place, address: Any) -> str | None:
        """The host in an address of a server, with its variables at their defaults."""

        def filled(blank: re.Match[str]) -> str:
            variable = self.references.follow(server.child("variables", blank[1]))
            default = variable.child("default").value if variable is not None else None
            if not isinstance(default, (str, int)):
                return blank[0]
            self.found.defaults.add(blank[1])
            return str(default)

        return host_of(_BLANK.sub(filled, address) if isinstance(address, str) else None)

    def reject(self, place: Place, why: str) -> None:
        self.collector.reject(why, provenance=(place.provenance(),))

    def entries(self, *keys: str) -> Iterator[tuple[Place, str]]:
        """What a section has, by name, each with its reference followed; the place is remembered by its name."""
        section = self.root.child(*keys)
        if section.value is not None and not isinstance(section.value, dict):
            self.reject(section, f"{keys[-1]!r} is {quoted(section.value)}, not a mapping")
        for name in section.value if isinstance(section.value, dict) else ():
            reference = section.child(name)
            place = self.references.follow(reference)
            if place is None or not isinstance(place.value, dict):
                self.reject(
                    reference, f"{quoted(name)} of {keys[-1]} is not a mapping, or a reference that leads to none"
                )
                continue
            self.names.setdefault((place.document.path, place.keys), name)
            self.names.setdefault((reference.document.path, reference.keys), name)
            yield place, name

    def named(self, reference: Place) -> str | None:
        """The name of the entry that a reference leads to."""
        place = self.references.follow(reference)
        return None if place is None else self.names.get((place.document.path, place.keys))

    def declared_scopes(self, scheme: Place) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        flows = scheme.child("flows")
        for name in flows.value if isinstance(flows.value, dict) else ():
            for word in ("scopes", "availableScopes"):
                declared = flows.child(name, word).value
                found |= {key: line(item) for key, item in declared.items()} if isinstance(declared, dict) else {}
        return found

    def security(self, holder: Place) -> Security:
        """What a server or an operation asks for; what its traits ask for where it says nothing itself."""
        if not isinstance(holder.value, dict) or "security" not in holder.value:
            traits = holder.child("traits")
            for number in range(len(traits.value) if isinstance(traits.value, list) else 0):
                trait = self.references.follow(traits.child(number))
                if trait is not None and isinstance(trait.value, dict) and "security" in trait.value:
                    return self.security(trait)
            return Security()
        listed = holder.child("security")
        if not isinstance(listed.value, list):
            self.reject(listed, f"'security' is {quoted(listed.value)}, not a list")
            return Security()
        read = [self.requirement(listed.child(number)) for number in range(len(listed.value))]
        for number, record in enumerate(read):
            if record is None:
                self.reject(listed.child(number), "an alternative of 'security' cannot be read")
        return Security(tuple(record for record in read if record is not None), read.count(None))

    def requirement(self, place: Place) -> Requirement | None:
        raise NotImplementedError

    def messages(self, place: Place) -> Iterator[str]:
        """The name of a message: its own, or that of what its reference leads to."""
        target = self.references.follow(place)
        value = target.value if target is not None else None
        declared = [value.get(key) for key in ("name", "messageId", "title")] if isinstance(value, dict) else []
        last = str(target.keys[-1]) if target is not None and target.keys != place.keys else None
        yield from [name for text in (*declared, last) if (name := self.collector.name(text))][:1]

    def tags(self, holder: Place) -> tuple[str, ...]:
        tags = holder.child("tags")
        found = [tags.child(number) for number in range(len(tags.value) if isinstance(tags.value, list) else 0)]
        followed = (self.references.follow(item) for item in found)
        names = (self.collector.name(tag.child("name").value) for tag in followed if tag is not None)
        return tuple(dict.fromkeys(name for name in names if name))

    def note_references(self) -> None:
        broken = [f"{quoted(ref)}: {why}" for ref, why in sorted(self.references.broken.items())]
        broken += [f"{quoted(ref)}: leads back to itself" for ref in sorted(self.references.cycles)]
        if broken:
            message = f"{len(broken)} references were not followed, such as {'; '.join(broken[:5])}"
            self.collector.note(NoteKind.UNRESOLVED, message)


class _ReaderOf2(_Reader):
    """Version 2: ``publish`` is what others do to reach the application, ``subscribe`` to hear from it."""

    def server(self, place: Place, name: str) -> Server:
        host = self.host(place, place.value.get("url"))
        return Server(name, host, line(place.value.get("protocol")), self.security(place), place)

    def channel(self, place: Place, name: str) -> Channel:
        listed = place.value.get("servers")
        servers = tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()
        messages = [
            message for word in ("publish", "subscribe") for message in self._messages(place.child(word, "message"))
        ]
        return Channel(name, name, tuple(dict.fromkeys(messages)), servers, place)

    def _messages(self, place: Place) -> Iterator[str]:
        several = place.child("oneOf")
        if isinstance(several.value, list):
            for number in range(len(several.value)):
                yield from self.messages(several.child(number))
        elif place.value is not None:
            yield from self.messages(place)

    def operations(self) -> None:
        for channel in list(self.found.channels.values()):
            for word in ("publish", "subscribe"):
                if word in channel.place.value:
                    self._operation(channel, word)

    def _operation(self, channel: Channel, word: str) -> None:
        reference = channel.place.child(word)
        place = self.references.follow(reference)
        if place is None or not isinstance(place.value, dict):
            self.reject(
                reference, f"{word} of {quoted(channel.name)} is not a mapping, or a reference that leads to none"
            )
            return
        own = place.value.get("operationId")
        made = ChannelOperation(
            name=own if isinstance(own, str) and own.strip() else f"{word} {channel.name}",
            word=word,
            does="writes" if word == "publish" else "reads",
            sends=word == "subscribe",
            channel=channel.name,
            reply=None,
            title=line(place.value.get("summary")),
            tags=self.tags(place),
            security=self.security(place),
            place=place,
        )
        self.found.operations.append(made)

    def requirement(self, place: Place) -> Requirement | None:
        if not isinstance(place.value, dict):
            return None
        schemes = []
        for name, scopes in place.value.items():
            listed = [] if scopes is None else scopes
            if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
                return None
            schemes.append((name, tuple(dict.fromkeys(listed))))
        return Requirement(tuple(schemes))


class _ReaderOf3(_Reader):
    """Version 3: ``send`` and ``receive`` are what the application itself does."""

    def server(self, place: Place, name: str) -> Server:
        host = self.host(place, place.value.get("host"))
        return Server(name, host, line(place.value.get("protocol")), self.security(place), place)

    def channel(self, place: Place, name: str) -> Channel:
        address = place.value.get("address")
        messages = place.child("messages")
        names = [self.collector.name(message) for message in messages.value] if isinstance(messages.value, dict) else []
        listed = place.child("servers")
        count = len(listed.value) if isinstance(listed.value, list) else 0
        servers = [self.named(listed.child(number)) for number in range(count)]
        return Channel(
            name=name,
            address=address if isinstance(address, str) and address.strip() else None,
            messages=tuple(message for message in names if message),
            servers=tuple(server or "" for server in servers),
            place=place,
        )

    def operations(self) -> None:
        for place, name in self.entries("operations"):
            action = place.value.get("action")
            if action not in ("send", "receive"):
                self.reject(place, f"operation {quoted(name)} neither sends nor receives")
                continue
            channel = self.named(place.child("channel"))
            if channel is None or channel not in self.found.channels:
                self.reject(place, f"operation {quoted(name)} names no channel of the description")
                continue
            made = ChannelOperation(
                name=name,
                word=action,
                does="writes" if action == "send" else "reads",
                sends=action == "send",
                channel=channel,
                reply=self.named(place.child("reply", "channel")) if place.child("reply", "channel").value else None,
                title=line(place.value.get("title")) or line(place.value.get("summary")),
                tags=self.tags(place),
                security=self.security(place),
                place=place,
            )
            self.found.operations.append(made)

    def requirement(self, place: Place) -> Requirement | None:
        """A scheme with the scopes it needs, or a list of schemes that are all needed."""
        several = range(len(place.value)) if isinstance(place.value, list) else None
        found = [self._scheme(place)] if several is None else [self._scheme(place.child(number)) for number in several]
        schemes = tuple(item for item in found if item is not None)
        return Requirement(schemes) if schemes and len(schemes) == len(found) else None

    def _scheme(self, reference: Place) -> tuple[str, tuple[str, ...]] | None:
        """A scheme by reference, or written out where it is needed."""
        place = self.references.follow(reference)
        if place is None or not isinstance(place.value, dict):
            return None
        name = self.names.get((place.document.path, place.keys))
        if name is None and isinstance(place.value.get("type"), str):
            name = self._inline(place)
            self.found.schemes.setdefault(name, place)
            self.found.inline.setdefault(name, {}).update(self.declared_scopes(place))
        scopes = place.value.get("scopes")
        listed = [] if scopes is None else scopes
        if name is None or not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            return None
        return name, tuple(dict.fromkeys(listed))

    def _inline(self, place: Place) -> str:
        """What a scheme written out in place is called: its type, with where its tokens come from."""
        first = min(issuer_addresses(place), default=None)
        name = f"{place.value['type']} at {bare_url(first)}" if first else str(place.value["type"])
        declared = name in self.found.schemes and name not in self.found.inline
        return f"{name} (written out)" if declared else name


def host_of(url: Any) -> str | None:
    """The host and port of an address, without scheme, user, path and query."""
    if not isinstance(url, str):
        return None
    bare = re.split(r"[/?#]", url.partition("://")[2] or url, maxsplit=1)[0].rpartition("@")[2]
    return line(bare)
