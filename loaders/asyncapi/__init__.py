"""AsyncAPI 2 and 3: channels as feeds, the application that sends or receives, and what its servers ask for.

A record is a server, a channel, an operation, a declared scope, or an alternative of a security requirement. A
channel is a feed, named after the host of its server, so that descriptions of two applications on one broker meet.
In version 2 ``publish`` is what others do: the application receives. In version 3 an operation is the application's.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import harmless, slug
from blastradius.loaderkit.validation import read_options

from .model import ApiMapper, AsyncOptions
from .reading import read_description, recognises


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one description.

    Raises:
        InputError: no description of a known version, or an option that does not fit.
    """
    chosen = read_options(AsyncOptions, document, options)
    collector = FactCollector("asyncapi", document)
    description = read_description(document, collector)
    api = chosen.api or _api_name(document, description.title)
    ApiMapper(collector, chosen, description, api).build()
    return collector.loaded(title=description.title)


def _api_name(document: Document, title: str | None) -> str:
    stem = PurePath(document.path).stem
    return slug(title, 100) or slug(stem, 100) or (stem if harmless(stem) else "api")


LOADER = Loader(
    name="asyncapi",
    title="AsyncAPI 2 and 3",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads="servers, channels, messages by name, operations, security schemes, scopes, and what each asks for",
    maps=(
        ("server", "service, which writes the feeds that it carries and serves their operations"),
        ("channel", "feed, named after the host and the address"),
        ("the application that the description is of", "service"),
        ("send (version 3)", "the application publishes the feed; operation that writes it"),
        ("receive (version 3)", "the application consumes the feed; operation that reads it"),
        ("subscribe (version 2)", "the application publishes the feed; operation with which others read it"),
        ("publish (version 2)", "the application consumes the feed; operation with which others write it"),
        ("reply", "the application takes part in the feed of the reply, the other way round"),
        ("scope of a security scheme", "scope"),
        (
            "security requirement of a server or an operation",
            "scopes permit the operation, those of the server together with its own",
        ),
        ("security scheme without scopes", "scope that any valid key of the scheme carries"),
    ),
    infers_not=(
        "which service is the application, and which the broker (options application and served_by)",
        "which of several servers the estate uses (option server), or what else names its feeds (option broker)",
        "whether we offer or use it (option direction)",
        "who else sends or receives on a channel, and who holds credentials",
        "what a message is about, and whether bad ones stop the application",
        "whether several scopes in one requirement mean all or any (option scopes)",
    ),
    options=AsyncOptions,
)
