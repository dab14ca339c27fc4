"""Microsoft Entra: apps, whose they are, their credentials, and which scopes they were granted.

A record is a tenant, a service principal, an application, a credential of either (password, key, federated), a
permission that a resource offers, an app role assignment, a delegated grant, a directory role assignment, a permission
that an app asks for, a section or a record of a kind that is not read, and in ScubaGear's report also a permission of
an app and a privileged service principal.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options

from .model import DirectoryMapper
from .options import Options
from .reading import read, recognises


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one export, and those of the same tenant that are named with it.

    Raises:
        InputError: no export of a known shape, a table that is none, or an option that does not fit.
    """
    chosen = read_options(Options, document, options)
    tables = [read(document.sibling(table)) for table in chosen.tables]
    own = [read(document), *(read(document.sibling(path)) for path in chosen.also)]
    return DirectoryMapper(document, chosen, own, tables).loaded()


LOADER = Loader(
    name="entra",
    title="Microsoft Entra and Graph exports, ScubaGear report (JSON)",
    suffixes=(".json",),
    recognises=recognises,
    load=load,
    reads="service principals, applications, their credentials and publishers, delegated grants, app role "
    "assignments, offered permissions, directory roles of service principals, also as AzureHound collects them",
    maps=(
        ("servicePrincipal, application", "service"),
        ("appOwnerOrganizationId", "party that owns the service; our own tenant is ourselves, an empty one nobody"),
        ("passwordCredentials", "credential client_secret, without its value"),
        ("keyCredentials", "credential signing_key"),
        ("federatedIdentityCredentials", "credential job_token, held by the issuer's subject as a service"),
        (
            "oauth2PermissionGrants, one a scope",
            "credential of the app (for every user or for one) grants the delegated scope",
        ),
        ("appRoleAssignments", "credential of the app's own access, and its secrets, grant the application scope"),
        ("appRoles, oauth2PermissionScopes", "scope of the API that offers it"),
        ("directory role of a service principal", "scope that the app's own access grants"),
        (
            "Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All, RoleManagement.ReadWrite.Directory, and the "
            "directory roles that may do the same",
            "scope permits an operation that issues the own access of apps, their permissions, or directory roles",
        ),
        ("endDateTime in the past", "control expired"),
        ("endDateTime of a directory role", "operation that hands out a credential with that end"),
        ("accountEnabled false", "control revoked"),
    ),
    infers_not=(
        "which tenant is your own, where the export does not say (option tenant; option own names the party)",
        "which tenant or application is which party (option parties)",
        "what ids in other files stand for (option also for exports of the same tenant, tables for names alone)",
        "whose permissions a bare list of them is (option resource)",
        "the day from which an end date is past, but for ScubaGear's report (option as_of)",
        "what a scope opens (for Microsoft Graph: the loader graph_permissions)",
        "what app instance locks, conditional access and protected actions refuse to whoever may give rights",
        "which user rights limit a delegated grant: it is taken as all that the scope says",
    ),
    options=Options,
)
