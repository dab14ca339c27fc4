"""What answers should repeat of an Entra export: what it leaves open, and what is taken for granted."""

from __future__ import annotations

from blastradius.loaderkit.collector import Gap
from blastradius.model import NoteKind

from .reading import Record, listed, lower


class DirectoryGap(Gap):
    """What an export does not say of the things it names."""

    NO_PUBLISHER = (NoteKind.INCOMPLETE, "apps without a publisher tenant, whose party is not known")
    CLIENT = (NoteKind.UNRESOLVED, "apps named by a service principal that is not here (option tables)")
    RESOURCE = (NoteKind.UNRESOLVED, "resources that are not here to be named (option tables)")
    ROLE = (NoteKind.UNRESOLVED, "app roles that are not here to be named (option tables)")
    BY_NAME = (NoteKind.ASSUMED, "resources taken for Microsoft's own by their display name")
    NO_HOLDER = (NoteKind.UNRESOLVED, "permissions assigned to an app that is not named")
    NO_DATE = (NoteKind.UNSUPPORTED, "credentials whose end is not a date")
    NO_END = (NoteKind.UNSUPPORTED, "directory roles whose end is not a moment, taken to stay")
    NO_APP = (NoteKind.UNRESOLVED, "federated credentials that do not say which app they sign in to")


class RightsGap(Gap):
    """What is taken for granted of permissions and roles that give rights."""

    GIVES = (NoteKind.ASSUMED, "permissions and roles that give further rights, taken as far as they can go")


def beside(app: Record) -> dict[str, int]:
    """How much stands beside an app that may give rights, and is not followed."""
    ahead = lower(app.attributes.get("api")).get("preauthorizedapplications")
    found = {
        "owners of apps, who may add keys to them": app.attributes.get("owners"),
        "consents to apps that an API of ours gives in advance": ahead,
    }
    return {what: len(listed(value, ())) for what, value in found.items() if listed(value, ())}
