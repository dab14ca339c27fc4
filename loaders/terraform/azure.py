"""Resource types of the Azure provider: things in resource groups, managed identities, and role assignments."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from blastradius.loaderkit.collector import bare_url
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import last_day
from blastradius.loaderkit.names import fitting, is_name, name_list
from blastradius.model import Basis, Kind, NoteKind, Party, Verb

from .clouds import CALL, CONTROL, READ, WRITE
from .context import Context
from .reading import Resource

STORES = {
    f"azurerm_{word}"
    for word in (  # noqa: SIM905 - a list to read
        "storage_account storage_container storage_share storage_queue storage_table mssql_server mssql_database "
        "mssql_managed_instance sql_server sql_database postgresql_server postgresql_flexible_server "
        "postgresql_database mysql_server mysql_flexible_server mariadb_server cosmosdb_account "
        "cosmosdb_sql_database cosmosdb_mongo_database key_vault key_vault_secret key_vault_key redis_cache "
        "servicebus_namespace servicebus_queue servicebus_topic eventhub_namespace eventhub container_registry "
        "app_configuration managed_disk recovery_services_vault log_analytics_workspace search_service "
        "kusto_cluster synapse_workspace data_lake_store"
    ).split()
}
SERVICES = {
    f"azurerm_{word}"
    for word in (  # noqa: SIM905 - a list to read
        "function_app linux_function_app windows_function_app app_service linux_web_app windows_web_app "
        "container_app container_group kubernetes_cluster virtual_machine linux_virtual_machine "
        "windows_virtual_machine linux_virtual_machine_scale_set windows_virtual_machine_scale_set "
        "logic_app_workflow logic_app_standard data_factory api_management automation_account batch_account "
        "databricks_workspace machine_learning_workspace"
    ).split()
}
ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
    "8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
}
_WHOLES = {
    "storage_account": ("storage_container", "storage_share", "storage_queue", "storage_table"),
    "mssql_server": ("mssql_database",),
    "sql_server": ("sql_database",),
    "postgresql_server": ("postgresql_database",),
    "servicebus_namespace": ("servicebus_queue", "servicebus_topic"),
    "eventhub_namespace": ("eventhub",),
    "cosmosdb_account": ("cosmosdb_sql_database", "cosmosdb_mongo_database"),
    "key_vault": ("key_vault_secret", "key_vault_key"),
}
_WHOLE_OF = {f"azurerm_{part}": f"azurerm_{whole}" for whole, parts in _WHOLES.items() for part in parts}
_ENDINGS = (
    (("data reader", "secrets user", "receiver", "crypto user", "acrpull", "service encryption user"), (READ,)),
    (("sender", "acrpush", "acrdelete", "metrics publisher"), (WRITE,)),
    (("data contributor", "smb share contributor"), (READ, WRITE)),
    (("contributor", "owner", "administrator", "officer", "admin", "admin login"), (READ, WRITE, CONTROL, CALL)),
    (("reader", "user login", "operator"), ()),
)
_ELIGIBLE = "azurerm_pim_eligible_role_assignment"
_GROUPS = re.compile("/resourcegroups/", re.IGNORECASE)
_BLOCKED = "public access to what is in its account is blocked"
_SECRETS = {READ: {"get", "list", "backup"}, WRITE: {"set", "delete", "purge", "restore", "recover"}}


def _id(context: Context, resource: Resource) -> str:
    return _spelled(context.text(resource, "id") or context.unknown(resource))


def _spelled(made: str) -> str:
    """An id as it is mostly spelled: Azure minds no case, and parts of it come either way."""
    return fitting(_GROUPS.sub("/resourceGroups/", made))


def places_of(made: str) -> list[str]:
    """The subscription, the resource group and the resource that something with this id stands in; none if unknown."""
    parts = made.strip("/").split("/")
    ends = [2, 4, 8]
    whole = ["/" + "/".join(parts[:end]) for end in ends if len(parts) > end]
    return whole if made.startswith("/subscriptions/") else []


def describe_thing(context: Context, resource: Resource) -> bool:
    """A store or a service, in what stands above it."""
    kind = Kind.STORE if resource.type in STORES else Kind.SERVICE
    made, name = _id(context, resource), context.text(resource, "name") or resource.address
    provenance = context.provenance(resource)
    context.azure.thing(made, kind, name, provenance, tag=resource.type, places=places_of(made), basis=Basis.DECLARED)
    return True


def describe_identity(context: Context, resource: Resource) -> bool:
    """A managed identity that stands for itself."""
    made, name = _id(context, resource), context.text(resource, "name") or resource.address
    azure, provenance = context.azure, context.provenance(resource)
    key = azure.identity(made, name, provenance, places=places_of(made), basis=Basis.DECLARED)
    azure.acts_as(key, made, provenance)
    principal = context.text(resource, "principal_id") or context.unknown(resource)
    context.collector.relate(Verb.HOLDS, made, _principal(context, principal, provenance), provenance=provenance)
    return True


def tie_thing(context: Context, resource: Resource) -> bool:
    """The identities that a service acts as, its access policies, and whether anyone may read it."""
    azure, made, provenance = context.azure, _id(context, resource), context.provenance(resource)
    for block in context.blocks(resource, "identity") if resource.type in SERVICES else ():
        principal = block.get("principal_id")
        if "principal_id" not in block and "SystemAssigned" in str(block.get("type")):
            principal = context.unknown(resource)
        keys = [_principal(context, principal, provenance)] if is_name(principal) and principal else []
        named = [_spelled(identity) for identity in name_list(block.get("identity_ids")) or ()]
        keys += [azure.identity(name, name.rpartition("/")[2], provenance) for name in named]
        for key in keys:
            context.collector.relate(Verb.HOLDS, made, key, provenance=provenance)
    for block in context.blocks(resource, "access_policy"):
        _vault(context, made, block, provenance)
    whole = _whole(context, resource)
    if context.text(resource, "container_access_type") in ("blob", "container"):
        if _closed(context, whole):
            context.collector.note(NoteKind.ASSUMED, f"{made} lets in anyone, but {_BLOCKED}", provenance=provenance)
        else:
            azure.anyone(READ, made, provenance)
    if whole:
        azure.part_of(made, whole, _WHOLE_OF[resource.type], places_of(whole), provenance)
    return True


def _closed(context: Context, account: str | None) -> bool:
    """Whether the account of a container lets nobody in without a key."""
    known = next((row for row in context.accounts if account is not None and _id(context, row) == account), None)
    words = ("allow_nested_items_to_be_public", "allow_blob_public_access")
    return known is not None and any(context.value(known, word) in (False, "false") for word in words)


def _whole(context: Context, resource: Resource) -> str | None:
    """The account, the server or the like that a container, a database or the like names by its id or its name."""
    kind = _WHOLE_OF.get(resource.type)
    if kind is None:
        return None
    word = kind.removeprefix("azurerm_")
    attributes = (word, "server") if word.endswith("server") else (word, "namespace", "account")
    for attribute in attributes:
        made = context.text(resource, f"{attribute}_id")
        named = context.text(resource, f"{attribute}_name")
        known = context.found(kind, ("name", named)) if named else None
        if made or known:
            return _spelled(made) if made else _id(context, known) if known else None
    return None


def _principal(context: Context, principal: str, provenance: Provenances) -> str:
    """The credential of a principal: of the party that the options name, or of whatever it is."""
    named = context.options.parties.get(principal)
    if named:
        return context.azure.party(Party(id=named, provenance=provenance), provenance)
    return context.azure.identity(f"azure:principal {principal}", f"principal {principal}", provenance)


def effects_of(role: str) -> tuple[str, ...] | None:
    """What a role lets one do with data, or ``None`` where it is not known."""
    word = role.lower()
    return next((effects for endings, effects in _ENDINGS if word.endswith(endings)), None)


def _effects_stated(context: Context, role: str, made: str | None) -> tuple[str, ...] | None:
    """What a role lets one do that the file itself defines; ``None`` where it defines none."""
    kind = "azurerm_role_definition"
    known = context.found(kind, ("role_definition_resource_id", made)) if made else None
    known = known or context.found(kind, ("name", role))
    if known is None:
        return None
    blocks = context.blocks(known, "permissions")
    actions, data = (
        [action.lower() for block in blocks for action in name_list(block.get(key)) or ()]
        for key in ("actions", "data_actions")
    )
    changing = any(not action.endswith("/read") for action in actions)
    reading = any(action.endswith(("*", "/read", "/action")) for action in data)
    writing = any(not action.endswith("/read") for action in data)
    found = {READ: changing or reading, WRITE: changing or writing, CONTROL: changing, CALL: changing}
    return tuple(effect for effect, allowed in found.items() if allowed)


def assignment(context: Context, resource: Resource) -> bool:
    """A role that a principal has on something."""
    scope, principal = context.text(resource, "scope"), context.text(resource, "principal_id")
    made = context.text(resource, "role_definition_id")
    role = _role(context, context.text(resource, "role_definition_name"), made)
    if not scope or not principal or not role:
        return False
    provenance = context.provenance(resource)
    eligible = resource.type == _ELIGIBLE
    if context.text(resource, "condition") or eligible:
        context.build.access.assumed.conditional += 1
        what = "a role that has to be activated first" if eligible else "a role given under a condition"
        context.build.access.assumed.conditions[what] += 1
    key, end = _principal(context, principal, provenance), _end(context, resource)
    _grant(context, key, role, _spelled(scope), provenance, made, end)
    return True


def _end(context: Context, resource: Resource) -> str | None:
    """The last day of an assignment, where its schedule says its end, or its start and how long it lasts."""
    for schedule in context.blocks(resource, "schedule"):
        for expiration in context.rows(schedule, "expiration"):
            ends = expiration.get("end_date_time") or _after(schedule.get("start_date_time"), expiration)
            return last_day(ends) if isinstance(ends, str) else None
    return None


def _after(start: Any, expiration: dict[str, Any]) -> str | None:
    """The moment that lies so many days or hours after a start."""
    days, hours = (expiration.get(f"duration_{unit}") or 0 for unit in ("days", "hours"))
    try:
        return (
            (datetime.fromisoformat(start) + timedelta(days=days, hours=hours)).isoformat() if days or hours else None
        )
    except (TypeError, ValueError, OverflowError):
        return None


def _role(context: Context, name: str | None, made: str | None) -> str | None:
    """The name of a role, also where only its id is told."""
    short = (made or "").rpartition("/")[2]
    known = context.found("azurerm_role_definition", ("role_definition_resource_id", made)) if made else None
    return name or ROLES.get(short) or (context.text(known, "name") if known else None) or (short or None)


def _grant(
    context: Context,
    key: str,
    role: str,
    scope: str,
    provenance: Provenances,
    made: str | None = None,
    end: str | None = None,
) -> None:
    stated = _effects_stated(context, role, made)
    effects = effects_of(role) if stated is None else stated
    if effects is None:
        message = f"role {role[:100]} is not known here; what it permits is left out"
        context.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
    context.azure.grant(key, role, effects or (), scope, provenance, end)


def _vault(context: Context, vault: str, block: dict[str, Any], provenance: Provenances) -> None:
    """What an access policy of a vault lets a principal do."""
    principal = block.get("object_id")
    rights = {right.lower() for name in _RIGHTS for right in name_list(block.get(name)) or ()}
    effects = [effect for effect, words in _SECRETS.items() if rights & words]
    if is_name(principal) and principal and effects:
        context.azure.grant(_principal(context, principal, provenance), "access policy", effects, vault, provenance)


_RIGHTS = ("secret_permissions", "key_permissions", "certificate_permissions", "storage_permissions")


def access_policy(context: Context, resource: Resource) -> bool:
    """An access policy of a vault, as a resource of its own."""
    vault = context.text(resource, "key_vault_id")
    if vault:
        _vault(context, _spelled(vault), resource.values, context.provenance(resource))
    return vault is not None


def federation(context: Context, resource: Resource) -> bool:
    """An outside identity provider whose tokens let one act as a managed identity."""
    issuer, parent = context.text(resource, "issuer"), context.text(resource, "parent_id")
    if not issuer or not parent:
        return False
    azure, provenance, parent = context.azure, context.provenance(resource), _spelled(parent)
    host = bare_url(issuer).partition("://")[2].rstrip("/") or issuer
    named = context.options.parties.get(host)
    made = Party(id=named) if named else Party(id=f"oidc:{host}"[:400], name=host[:400], role="provider")
    key = azure.party(made.model_copy(update={"provenance": provenance}), provenance)
    azure.identity(parent, parent.rpartition("/")[2], provenance)
    azure.acts_as(key, parent, provenance)
    return True


def delegation(context: Context, resource: Resource) -> bool:
    """Another tenant that manages a subscription of ours."""
    tenant, scope = context.text(resource, "managing_tenant_id"), context.text(resource, "scope")
    if not tenant or not scope:
        return False
    provenance = context.provenance(resource)
    if tenant in context.options.own_tenants:
        return True
    named = context.options.parties.get(tenant)
    made = (
        Party(id=named) if named else Party(id=fitting(f"azure:tenant {tenant}"), name=f"Azure tenant {tenant[:200]}")
    )
    key = context.azure.party(made.model_copy(update={"provenance": provenance}), provenance)
    for block in context.blocks(resource, "authorization"):
        declared = block.get("role_definition_id")
        role = _role(context, None, declared if is_name(declared) else None)
        if role:
            _grant(context, key, role, _spelled(scope), provenance, declared if is_name(declared) else None)
    return True


DESCRIBE = {
    **dict.fromkeys(STORES | SERVICES, describe_thing),
    "azurerm_user_assigned_identity": describe_identity,
}
TIE = {
    **dict.fromkeys(STORES | SERVICES, tie_thing),
    **dict.fromkeys(("azurerm_role_assignment", "azurerm_pim_active_role_assignment", _ELIGIBLE), assignment),
    "azurerm_key_vault_access_policy": access_policy,
    "azurerm_federated_identity_credential": federation,
    "azurerm_lighthouse_definition": delegation,
    "azurerm_role_definition": lambda _, __: True,
}
