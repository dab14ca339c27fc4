"""BloodHound: who can act as whom, and what that opens, as OpenGraph documents and SharpHound's files say it.

A record is a node or an edge of an OpenGraph document; of a SharpHound file an object, or one thing that an object
lists of others (an access right, a member, a session, a trust).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_refs import Place
from blastradius.loaderkit.validation import read_options
from blastradius.reading import Archive

from .model import GraphMapper
from .options import Options
from .reading import SOURCE, Record, documents, is_opengraph, opengraph, some
from .sharphound import is_sharphound, refusal, sharphound


def recognises(data: Any) -> bool:
    """Whether a document is an OpenGraph document, a file of SharpHound, or a zip of such files."""
    if isinstance(data, Archive):
        return any(map(recognises, some(data)))
    return is_opengraph(data) or is_sharphound(data)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one file, or a zip of several as one.

    Raises:
        InputError: no file of a known form, a graph of which no kind is known, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    if not recognises(document.data):
        expected = "expected an OpenGraph document, a file of SharpHound version 4 to 6, or a zip of them"
        raise InputError([f"{document.path}: nothing that BloodHound takes in; {expected}"])
    why = refusal(document.data)
    if why:
        raise InputError([f"{document.path}: {why}"])
    return GraphMapper(document, chosen).loaded(_records(document))


def _records(document: Document) -> Iterator[Record]:
    for item in documents(document):
        if isinstance(item, str):
            yield Record(Place.root(document, SOURCE), wrong=item)
        elif is_opengraph(item.data):
            yield from opengraph(item)
        elif is_sharphound(item.data):
            why = refusal(item.data)
            yield from (Record(Place.root(item, SOURCE), wrong=why),) if why else sharphound(item)
        else:
            yield Record(Place.root(item, SOURCE), skip="files in the archive that BloodHound does not take in")


LOADER = Loader(
    name="bloodhound",
    title="BloodHound OpenGraph and SharpHound (JSON, zip)",
    suffixes=(".json", ".zip"),
    recognises=recognises,
    load=load,
    reads="accounts, groups, computers, domains, policies and their access rights, sessions and trusts of Active "
    "Directory; Entra and Azure nodes; GitHub organisations, apps, tokens, repositories, secrets and runners; Okta "
    "users, groups, apps and tokens; other kinds as options say",
    maps=(
        ("User, Computer, AZUser, service principal", "service that acts as it, and the credential it signs in with"),
        ("Group, role", "service that stands for acting with its rights; members act as it"),
        ("Domain", "service, and a store that contains the credentials of its accounts"),
        ("access right, AdminTo, MemberOf", "operation that its holder calls and that controls the object"),
        ("right to a password or a secret of an account", "operation that its holder calls and that issues the key"),
        ("HasSession", "store of what is found on the computer, which contains the user's credential"),
        ("GetChanges and GetChangesAll", "scopes that together permit replicating the domain"),
        ("GPO that is linked", "controls the accounts that its policies apply to"),
        ("trust to a domain that was not collected", "noted; a party only where option `parties` says whose it is"),
        ("GitHub App, installation, token", "party by its owner, and credential that grants its permissions as scopes"),
        ("repository", "store of its content, and a service that its workflows run as"),
        ("nodes and edges of other kinds", "ignored, counted under their kind, unless options say what they are"),
    ),
    options=Options,
    infers_not=(
        "whose a domain, a tenant, an organisation or an app is, but for an app's owner (option parties)",
        "which organisations are ours (option own)",
        "what nodes and edges of kinds that are not known mean (options kinds and edges)",
        "whether rights are effective: what access rights allow is taken as all that they say",
        "what control of certificate templates and authorities opens",
        "which policies a unit that blocks inheritance does not take in",
        "what a secret opens, whether a repository's workflows are on, and which environments they may use",
    ),
)
