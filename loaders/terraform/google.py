"""Resource types of the Google provider: things in projects, service accounts, and roles given to members."""

from __future__ import annotations

import re
from typing import Any

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.ending import last_day
from blastradius.loaderkit.json_values import read_json, under
from blastradius.loaderkit.names import fitting, is_name, name_list
from blastradius.model import Basis, Control, ControlKind, Kind, NoteKind, Party, Verb

from .clouds import ACT, CALL, CONTROL, READ, WRITE, Clouds
from .context import CUSTOM_ROLES, Context
from .reading import Resource

STORES = {
    f"google_{word}"
    for word in (  # noqa: SIM905 - a list to read
        "storage_bucket sql_database_instance sql_database bigquery_dataset bigquery_table pubsub_topic "
        "pubsub_subscription secret_manager_secret kms_crypto_key kms_key_ring spanner_instance spanner_database "
        "bigtable_instance firestore_database redis_instance filestore_instance artifact_registry_repository "
        "compute_disk alloydb_cluster datastore_index memcache_instance"
    ).split()
}
SERVICES = {
    f"google_{word}"
    for word in (  # noqa: SIM905 - a list to read
        "cloudfunctions_function cloudfunctions2_function cloud_run_service cloud_run_v2_service cloud_run_v2_job "
        "compute_instance container_cluster dataflow_job composer_environment workflows_workflow dataproc_cluster "
        "app_engine_application notebooks_instance"
    ).split()
}
ROLES = {
    "roles/owner": (READ, WRITE, CONTROL),
    "roles/editor": (READ, WRITE, CONTROL),
    "roles/viewer": (READ,),
    "roles/iam.serviceAccountTokenCreator": (ACT,),
    "roles/iam.serviceAccountUser": (ACT,),
    "roles/iam.serviceAccountKeyAdmin": (ACT,),
    "roles/iam.workloadIdentityUser": (ACT,),
    "roles/iam.securityAdmin": (CONTROL,),
    "roles/storage.objectAdmin": (READ, WRITE),
    "roles/storage.legacyBucketReader": (),
    "roles/storage.legacyBucketOwner": (READ, WRITE, CONTROL),
    "roles/storage.objectUser": (READ, WRITE),
    "roles/cloudsql.client": (READ, WRITE),
    "roles/cloudsql.instanceUser": (READ, WRITE),
    "roles/bigquery.jobUser": (),
    "roles/bigquery.user": (),
    "roles/bigquery.metadataViewer": (),
    "roles/datastore.user": (READ, WRITE),
    "roles/spanner.databaseUser": (READ, WRITE),
    "roles/logging.logWriter": (),
    "roles/monitoring.metricWriter": (),
    "roles/container.developer": (CONTROL,),
}
_ENDINGS = (
    (("dataviewer", "objectviewer", "secretaccessor", "subscriber", "reader", "decrypter", "viewer"), (READ,)),
    (("objectcreator", "publisher", "writer", "secretversionadder"), (WRITE,)),
    (("dataeditor", "objectadmin", "editor", "encrypterdecrypter"), (READ, WRITE)),
    (("invoker",), (CALL,)),
    (("admin", "owner"), (READ, WRITE, CONTROL)),
)
PLACES = {
    "storage_bucket": "bucket",
    "secret_manager_secret": "secret_id",
    "pubsub_topic": "topic",
    "pubsub_subscription": "subscription",
    "bigquery_dataset": "dataset_id",
    "bigquery_table": "table_id",
    "kms_crypto_key": "crypto_key_id",
    "kms_key_ring": "key_ring_id",
    "spanner_instance": "instance",
    "spanner_database": "database",
    "bigtable_instance": "instance",
    "artifact_registry_repository": "repository",
    "cloudfunctions_function": "cloud_function",
    "cloudfunctions2_function": "cloud_function",
    "cloud_run_service": "service",
    "cloud_run_v2_service": "name",
    "cloud_run_v2_job": "name",
    "compute_instance": "instance_name",
    "compute_disk": "name",
    "service_account": "service_account_id",
    "project": "project",
    "folder": "folder",
    "organization": "org_id",
}
_WHOLE_OF = {
    "google_bigquery_table": ("bigquery_dataset", "dataset_id"),
    "google_sql_database": ("sql_database_instance", "instance"),
    "google_spanner_database": ("spanner_instance", "instance"),
    "google_kms_crypto_key": ("kms_key_ring", "key_ring"),
}
_ABOVE = ("project", "folder", "organization")
_GLOBAL = ("storage_bucket",)
_AGENTS = ("gcp-sa-", "cloudservices", "container-engine-robot")
_BY_PROJECT = ("projectOwner", "projectEditor", "projectViewer")
_DATASET_ROLES = {
    "READER": "roles/bigquery.dataViewer",
    "WRITER": "roles/bigquery.dataEditor",
    "OWNER": "roles/bigquery.dataOwner",
}
_DATASET_MEMBERS = {"iam_member": "", "user_by_email": "user:", "group_by_email": "group:", "domain": "domain:"}
_RIGHTS = {
    READ: re.compile(
        r"^(storage\.objects|datastore\.entities)\.get$"
        r"|\.(getData|access|consume|read|readRows|select|downloadArtifacts|useToDecrypt|export|connect|login)$"
    ),
    WRITE: re.compile(
        r"^(storage\.objects|datastore\.entities|secretmanager\.versions)\.(create|update|delete|add|destroy)$"
        r"|\.(updateData|publish|write|mutateRows|uploadArtifacts|connect|login)$"
    ),
    CONTROL: re.compile(
        r"\.(setIamPolicy|setMetadata|osLogin|osAdminLogin|sourceCodeSet|exec)$"
        r"|^(?!storage\.objects|datastore\.entities|secretmanager\.versions).*\.(update|patch)$"
    ),
    CALL: re.compile(r"\.(invoke|call)$"),
    ACT: re.compile(
        r"^iam\.serviceAccounts\.(actAs|getAccessToken|getOpenIdToken|implicitDelegation|signBlob|signJwt)$"
        r"|^iam\.serviceAccountKeys\.create$"
    ),
}
"""What single permissions of roles of one's own let one do."""
_ACCOUNT_KINDS = ("user", "group", "serviceAccount")
_FOR_EVERYBODY = ("gmail.com", "googlemail.com")
_WHOLE_POOL = re.compile(r"^principalSet:.*/workloadIdentityPools/([^/]+)/\*$")
_BEFORE = re.compile(r"\(*request\.time\s*<(=?)\s*timestamp\(\s*[\"']([^\"']+)[\"']\s*\)+")
"""A condition that ends a role, in the Common Expression Language of IAM."""
_ANYONE = ("allUsers", "allAuthenticatedUsers")
_ROBOT = ".iam.gserviceaccount.com"


def _named(context: Context, resource: Resource, of: str, attribute: str) -> tuple[str, str] | None:
    """The id and the name of a thing: its type, its project where that is stated, and what it is called."""
    text = context.text(resource, attribute)
    if not text:
        return None
    name = text.rpartition("/")[2]
    project = text.split("/")[1] if text.startswith("projects/") else context.text(resource, "project")
    parts = [of, *([project] if project and of not in _GLOBAL else []), name]
    return fitting("google:" + "/".join(parts)), name


def _described(context: Context, resource: Resource) -> tuple[str, str]:
    """The id and the name of a thing as its own resource says it."""
    of = resource.type.removeprefix("google_")
    for attribute in (PLACES.get(of, "name"), "name", "id"):
        found = _named(context, resource, of, attribute)
        if found:
            return found
    return fitting(f"google:{of}/{context.unknown(resource)}"), resource.address


def describe_thing(context: Context, resource: Resource) -> bool:
    """A store or a service in its project."""
    kind = Kind.STORE if resource.type in STORES else Kind.SERVICE
    made, name = _described(context, resource)
    places = [f"project {project}" for project in [context.text(resource, "project")] if project]
    provenance = context.provenance(resource)
    context.google.thing(made, kind, name, provenance, tag=resource.type, places=places, basis=Basis.DECLARED)
    return True


def describe_account(context: Context, resource: Resource) -> bool:
    """A service account."""
    email, project = _email(context, resource), context.text(resource, "project")
    places = [f"project {project}"] if project else []
    provenance = context.provenance(resource)
    key = context.google.identity(f"google:{email}", email, provenance, places=places, basis=Basis.DECLARED)
    if context.flag(resource, "disabled"):
        off = Control(kind=ControlKind.REVOKED, why="the service account is disabled", provenance=provenance)
        entities = context.collector.entities
        entities[key] = entities[key].model_copy(update={"controls": (off,)})
    return True


def _email(context: Context, resource: Resource) -> str:
    account, project = context.text(resource, "account_id"), context.text(resource, "project")
    made = f"{account}@{project}{_ROBOT}" if account and project and "@" not in account else None
    return context.text(resource, "email") or made or context.unknown(resource)


def tie_thing(context: Context, resource: Resource) -> bool:
    """The service account that a service acts as; what a store is a part of."""
    google, provenance = context.google, context.provenance(resource)
    of, attribute = _WHOLE_OF.get(resource.type, ("", ""))
    whole = _named(context, resource, of, attribute) if of else None
    if whole:
        google.part_of(_described(context, resource)[0], whole[0], f"google_{of}", (), provenance)
    if resource.type == "google_storage_bucket" and context.blocks(resource, "website"):
        google.websites.add(_described(context, resource)[0])
    for path in _ACCOUNTS:
        name = path[-1]
        blocks = context.blocks(resource, *path[:-1]) if len(path) > 1 else [resource.values]
        for email in (block.get(name) for block in blocks if path[0] not in resource.hidden):
            if is_name(email) and "@" in email:
                key = google.identity(f"google:{email}", email, provenance)
                context.collector.relate(Verb.HOLDS, _described(context, resource)[0], key, provenance=provenance)
    return True


_ACCOUNTS = (
    ("service_account_email",),
    ("service_account",),
    ("service_account", "email"),
    ("template", "service_account"),
    ("template", "spec", "service_account_name"),
    ("template", "template", "service_account"),
    ("service_config", "service_account_email"),
    ("node_config", "service_account"),
)


def effects_of(role: str) -> tuple[str, ...] | None:
    """What a role lets one do, or ``None`` where it is not known."""
    if role in ROLES:
        return ROLES[role]
    last = role.rpartition(".")[2].lower()
    return next((effects for endings, effects in _ENDINGS if last.endswith(endings)), None)


def _effects_stated(context: Context, role: str) -> tuple[str, ...] | None:
    """What a role lets one do that the file itself defines; ``None`` where it defines none."""
    known = [row for row in context.custom_roles if context.text(row, "role_id") == role.rpartition("/")[2]]
    if role.startswith("roles/") or not known:
        return None
    rights = {right for row in known for right in context.texts(row, "permissions")}
    return tuple(effect for effect, allowed in _RIGHTS.items() if any(map(allowed.search, rights)))


def grant(context: Context, resource: Resource) -> bool:
    """A role that members have on something."""
    role = context.text(resource, "role")
    members = [*context.texts(resource, "member"), *context.texts(resource, "members")]
    place = _place(context, resource)
    if not role or not members or not place:
        return False
    conditions = context.blocks(resource, "condition")
    _granted(context, resource, role, members, place, condition=conditions[0] if conditions else None)
    return True


def whole_policy(context: Context, resource: Resource) -> bool:
    """All roles that anyone has on something, as one document."""
    document, place = read_json(context.text(resource, "policy_data")), _place(context, resource)
    bindings = document.get("bindings") if isinstance(document, dict) else None
    for binding in bindings if isinstance(bindings, list) and place else ():
        role, members = (
            (binding.get("role"), name_list(binding.get("members"))) if isinstance(binding, dict) else (None, None)
        )
        if is_name(role) and members and place:
            _granted(context, resource, role, list(members), place, condition=binding.get("condition"))
    return isinstance(bindings, list) and place is not None


def _granted(
    context: Context, resource: Resource, role: str, members: list[str], place: str, condition: Any = None
) -> None:
    provenance, stated = context.provenance(resource), _effects_stated(context, role)
    effects = effects_of(role) if stated is None else stated
    if effects is None:
        message = f"role {role[:100]} is not known here; what it permits is left out"
        context.collector.note(NoteKind.UNRESOLVED, message, provenance=provenance)
    end, whole = _ends(under(condition, "expression"))
    if condition and not whole:
        context.build.access.assumed.conditional += 1
        context.build.access.assumed.conditions["a role given under a condition"] += 1
    for member in dict.fromkeys(members):
        named = _deleted(context, member, provenance) if member.startswith("deleted:") else member
        if named is not None:
            _member(context, named, role, effects or (), place, provenance, end)


def _ends(expression: Any) -> tuple[str | None, bool]:
    """The last day on which a condition is met, where it ends on one; and whether that is all that it says."""
    parts = [part.strip() for part in str(expression).split("&&")]
    found = [_BEFORE.fullmatch(part) for part in parts if not re.search(r"\|\||[!?]", str(expression))]
    days = [last_day(match[2], inclusive=bool(match[1])) for match in found if match]
    return min(filter(None, days), default=None), len(days) == len(parts) and None not in days


def _deleted(context: Context, member: str, provenance: Provenances) -> str | None:
    """A deleted member without what marks it so, where it is another's, who may bring it back; else ``None``."""
    named = member.removeprefix("deleted:").partition("?")[0]
    party, kind = _outsider(context, named), named.partition(":")[0]
    if party is None or party.basis == Basis.ASSUMED or kind not in _ACCOUNT_KINDS:
        return None
    message = f"{member[:200]} is deleted; whoever it is of may bring it back, with its roles"
    context.collector.note(NoteKind.ASSUMED, message, provenance=provenance)
    return named


def dataset_access(context: Context, resource: Resource) -> bool:
    """Who may do what with a dataset, as the dataset's own list or as a resource of its own."""
    found = _named(context, resource, "bigquery_dataset", "dataset_id")
    alone = resource.type == "google_bigquery_dataset_access"
    blocks = [resource.values] if alone else context.blocks(resource, "access")
    for block in blocks if found else ():
        role, member = block.get("role"), _dataset_member(block)
        if found and is_name(role) and member:
            google = context.google.thing(
                found[0], Kind.STORE, found[1], context.provenance(resource), tag="google_bigquery_dataset"
            )
            _granted(context, resource, _DATASET_ROLES.get(role, role), [member], google)
    return found is not None


def _dataset_member(block: dict[str, Any]) -> str | None:
    """Whom an entry of a dataset's list names; nobody for the project's own groups and for views."""
    if block.get("special_group") == "allAuthenticatedUsers":
        return "allAuthenticatedUsers"
    for word, kind in (
        ("iam_member", ""),
        ("user_by_email", "user:"),
        ("group_by_email", "group:"),
        ("domain", "domain:"),
    ):
        name = block.get(word)
        if is_name(name) and name:
            return f"serviceAccount:{name}" if kind and name.endswith("gserviceaccount.com") else f"{kind}{name}"
    return None


def _place(context: Context, resource: Resource) -> str | None:
    """What a role is given on: the thing that the resource's own type names, or what stands above."""
    of = resource.type.removeprefix("google_").rpartition("_iam_")[0]
    google, provenance, attribute = context.google, context.provenance(resource), PLACES.get(of, "name")
    if of in _ABOVE:
        name = context.text(resource, attribute)
        return f"{of} {name.rpartition('/')[2]}" if name else None
    if of == "service_account":
        email = (context.text(resource, attribute) or "").rpartition("/")[2]
        if email:
            google.identity(f"google:{email}", email, provenance)
        return fitting(f"google:{email}") if email else None
    found = _named(context, resource, of, attribute)
    if found:
        kind = Kind.SERVICE if f"google_{of}" in SERVICES else Kind.STORE
        google.thing(found[0], kind, found[1], provenance, tag=f"google_{of}")
    return found[0] if found else None


def _member(
    context: Context,
    member: str,
    role: str,
    effects: tuple[str, ...],
    place: str,
    provenance: Provenances,
    end: str | None,
) -> None:
    google = context.google
    if member in _ANYONE and place in context.closed_buckets:
        message = f"{place} lets in anyone, but public access to it is prevented"
        context.collector.note(NoteKind.ASSUMED, message, provenance=provenance)
    elif member in _ANYONE:
        _endless(context, place, end, provenance)
        for effect in effects:
            google.anyone(effect, place, provenance)
    else:
        google.grant(_key(context, google, member, provenance), role, effects, place, provenance, end)
        pool = _WHOLE_POOL.search(member)
        if pool and pool[1] in context.open_pools:
            message = f"pool {pool[1][:100]} takes in the builds of anyone: no attribute_condition says whose"
            context.collector.note(NoteKind.ASSUMED, message, provenance=provenance)
            _endless(context, place, end, provenance)
            for effect in effects:
                google.anyone(effect, place, provenance)


def _endless(context: Context, place: str, end: str | None, provenance: Provenances) -> None:
    """An end of what is open to anyone, which nothing here could lose."""
    if end:
        message = f"what {place[:200]} opens to anyone ends on {end}; taken as without an end, an upper bound"
        context.collector.note(NoteKind.ASSUMED, message, provenance=provenance)


def _key(context: Context, google: Clouds, member: str, provenance: Provenances) -> str:
    """The credential of a member: an outsider's, or an identity's of which no more is told."""
    party = _outsider(context, member)
    if party is None:
        name = _name_of(member)
        return google.identity(f"google:{name}", name, provenance)
    if party.basis == Basis.ASSUMED and party.id not in context.collector.entities:
        message = f"{party.label} is taken as another's; option own_domains says which domains are ours"
        context.collector.note(NoteKind.ASSUMED, message, provenance=provenance)
    return google.party(party.model_copy(update={"provenance": provenance}), provenance)


def _name_of(member: str) -> str:
    kind, _, name = member.partition(":")
    return member if not name or kind in _BY_PROJECT else name


def _outsider(context: Context, member: str) -> Party | None:
    """The outsider that a member is: whom the options name, another's project, an identity pool, another's domain."""
    kind, name = member.partition(":")[0], _name_of(member)
    domain = name.rpartition("@")[2]
    named = context.options.parties.get(name) or context.options.parties.get(domain)
    if named:
        return Party(id=named)
    project = name.partition(":")[2] if kind in _BY_PROJECT else domain.removesuffix(_ROBOT)
    if kind in _BY_PROJECT:
        return None if project in context.projects else _project(project)
    if kind.startswith("principal"):
        pool = (name.partition("/workloadIdentityPools/")[2].partition("/")[0] or name)[:400]
        return Party(id=f"google:pool {pool}", name=f"workload identity pool {pool}", role="provider")
    if domain.endswith(_ROBOT):
        return None if project.startswith(_AGENTS) or project in context.projects else _project(project)
    return _of_domain(context, kind, name, domain)


def _of_domain(context: Context, kind: str, name: str, domain: str) -> Party | None:
    """The organisation of an account, or the person where the domain is for everybody; assumed where ours is unsaid."""
    own = context.options.own_domains
    if kind not in ("user", "group", "domain") or domain in own:
        return None
    who = (name if domain in _FOR_EVERYBODY else domain)[:400]
    known = own or domain in _FOR_EVERYBODY
    return Party(id=f"google:{who}", name=who, basis=Basis.DECLARED if known else Basis.ASSUMED)


def _project(name: str) -> Party:
    return Party(id=f"google:project {name}"[:400], name=f"Google project {name}"[:400])


def account_key(context: Context, resource: Resource) -> bool:
    """A key of a service account."""
    email = (context.text(resource, "service_account_id") or "").rpartition("/")[2]
    if email:
        context.google.identity(f"google:{email}", email, context.provenance(resource))
    return bool(email)


DESCRIBE = {
    **dict.fromkeys(STORES | SERVICES, describe_thing),
    "google_service_account": describe_account,
}
TIE = {
    **dict.fromkeys(STORES | SERVICES, tie_thing),
    **{f"google_{of}_iam_{kind}": grant for of in PLACES for kind in ("member", "binding")},
    **{f"google_{of}_iam_policy": whole_policy for of in PLACES},
    "google_bigquery_dataset": dataset_access,
    "google_bigquery_dataset_access": dataset_access,
    "google_service_account_key": account_key,
    **dict.fromkeys(CUSTOM_ROLES, lambda _, __: True),
}
