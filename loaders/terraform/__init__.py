"""Terraform plans and states: identities, policies, stores and services of AWS, Azure and Google, and who is let in.

A record is a resource instance: of a state each one, of a plan each one that will be, each data source that was read
for it, and each one that it destroys. Attributes that are marked as sensitive are not looked at.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.names import counted, is_name
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.aws.arns import arn_of, is_account
from blastradius.loaderkit.vendors.aws.build import builder
from blastradius.model import NoteKind

from . import aws, azure, google
from .clouds import Clouds
from .context import Context, TerraformOptions, account_of, region_of
from .reading import Resource, is_terraform, read_estate
from .references import References

_PASSES = (
    {**aws.DESCRIBE, **azure.DESCRIBE, **google.DESCRIBE},
    aws.ADMIT,
    {**aws.TIE, **azure.TIE, **google.TIE},
)
"""What is done for each type: things are described, then policies permit and roles let in, then all is tied."""


def recognises(data: Any) -> bool:
    """Whether a document is a plan, a state, or configuration as JSON, which is refused."""
    return is_terraform(data)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one plan or state.

    Raises:
        InputError: no plan or state of a known version, or an option that does not fit.
    """
    chosen = read_options(TerraformOptions, document, options)
    estate = read_estate(document)
    collector = FactCollector("terraform", document)
    account, own = account_of(estate, chosen)
    build = builder(collector, document, chosen, account, own)
    build.access.statements_count = False
    region, references = region_of(estate, chosen), References.of(estate.configuration)
    context = Context(estate, chosen, build, region, references)
    for why, keys in estate.malformed:
        collector.reject(why, provenance=collector.provenance(*keys))
    _build(context)
    context.google.publish()
    build.finish()
    _say(context)
    return collector.loaded()


def _build(context: Context) -> None:
    done: dict[int, bool] = {}
    managed = [resource for resource in context.estate.resources if resource.mode == "managed"]
    for handlers in _PASSES:
        for resource in managed:
            handle = handlers.get(resource.type)
            if handle:
                context.build.graph.account = _account(context, resource)
                done[id(resource)] = handle(context, resource) or done.get(id(resource), False)
    context.build.graph.account = context.default_account
    for resource in context.estate.resources:
        _count(context, resource, done.get(id(resource)))
    if context.estate.destroyed:
        context.collector.ignore("resources that the plan destroys", len(context.estate.destroyed))


def _account(context: Context, resource: Resource) -> str:
    """The account that a resource stands in, where a file speaks of several."""
    declared = context.value(resource, "arn")
    arn = arn_of(declared) if is_name(declared) else None
    return arn.account if arn and is_account(arn.account) else context.default_account


def _count(context: Context, resource: Resource, done: bool | None) -> None:
    collector = context.collector
    if resource.mode != "managed":
        collector.ignore("data sources")
    elif done:
        collector.fact()
    elif done is None:
        collector.ignore(f"{resource.type[:100]} resources")
    else:
        why = f"{resource.address[:200]} does not say what it is of, in values that are known"
        collector.reject(why, provenance=context.provenance(resource))


def _say_places(context: Context, cloud: Clouds) -> None:
    """What is taken of places whose content no file says."""
    if cloud.above:
        message = f"roles given on {counted(len(cloud.above), 'place')} above subscriptions and projects, such as "
        message += f"{cloud.above[0]}, are taken to reach everything in the file"
        context.collector.note(NoteKind.ASSUMED, message)
    if cloud.unplaced:
        message = f"{counted(len(cloud.unplaced), 'thing')} whose subscription or project is not known, such as "
        message += f"{min(cloud.unplaced)}, taken to stand wherever a role is given"
        context.collector.note(NoteKind.ASSUMED, message)


def _say(context: Context) -> None:
    collector, estate = context.collector, context.estate
    if not estate.resources and not estate.malformed:
        collector.note(NoteKind.INCOMPLETE, "there are no resources in it")
    if estate.errored:
        message = "the plan ended in an error, or leaves something for later; what it did not come to is not here"
        collector.note(NoteKind.INCOMPLETE, message)
    for cloud in (context.azure, context.google):
        _say_places(context, cloud)
    for address in sorted(set(context.unknown_policies)):
        message = f"the policy of {address[:200]} is known only after the plan is applied; what it says is not here"
        collector.note(NoteKind.INCOMPLETE, message)


LOADER = Loader(
    name="terraform",
    title="Terraform plan or state (JSON)",
    suffixes=(".json", ".tfstate"),
    recognises=recognises,
    load=load,
    reads=(
        "roles and whom they trust, policies, role assignments and their members, buckets, tables, queues, secrets, "
        "functions and routes of AWS, Azure and Google"
    ),
    maps=(
        ("AWS role, user, group, policy", "as in AWS IAM: service with credential, scope, parties that are trusted"),
        ("bucket, table, queue, secret, storage account and the like", "store"),
        (
            "function, instance, cluster, app and the like",
            "service; the identity it acts as is a credential that it holds",
        ),
        ("policy of a resource", "credentials of those let in grant operations on it"),
        ("route or method of an API", "operation, served by the function behind it, or by the API"),
        (
            "azurerm_role_assignment, azurerm_pim_…_role_assignment, google_…_iam_member and _binding",
            "scope of the role on the place; the principal's credential grants it, and it permits operations there",
        ),
        (
            "condition of a role at Google that is met until a moment, end of a role's schedule at Azure",
            "operation that hands out a credential with that end",
        ),
        ("managed identity, service account", "service with a credential"),
        ("role to create tokens or keys of an account, or to act as it", "operation that issues its credential"),
        ("member of another domain, project, tenant or identity pool", "party with a credential"),
        ("bucket set up as a website that anyone may read", "store and operation that are public by intent"),
        ("allUsers, allAuthenticatedUsers, public container", "operation without a key"),
        (
            "container, queue, table or database that names its account, namespace, server, dataset or vault",
            "store that is part_of that store",
        ),
        ("event source, notification, subscription, replication", "reads or derives_from"),
        ("data source, other resource type, what the plan destroys", "ignored, counted"),
    ),
    infers_not=(
        "which account and region it is of, where no ARN says so (options account, region)",
        "which workspace it is, where two name things alike that have no id yet (option workspace)",
        "which vendor an account id, a principal, a tenant or a project is (options vendors, parties)",
        "which domains, projects and tenants are ours (options own_domains, own_projects, own_tenants)",
        "values that are known only after a plan is applied, apart from what the configuration refers to",
        "what other conditions and deny rules come to",
        "what stands below a management group, a folder or an organisation: taken as everything in the file",
        "whether anything has changed since outside of Terraform",
    ),
    options=TerraformOptions,
)
