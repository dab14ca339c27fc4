"""CloudFormation templates: roles and whom they trust, stores, functions, APIs, and the policies between them.

A record is a resource. Names that only the deployment decides stay as ``${...}``, so that two things of one name are
one and the same only within a stack: the option ``stack`` keeps the templates of an estate apart.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.aws.access import few
from blastradius.loaderkit.vendors.aws.build import Builder, builder
from blastradius.model import Basis, NoteKind

from . import apis, iam, serverless, things
from .loops import MAX_MADE
from .template import Resource, Template, TemplateOptions, is_template, read_template

_PASSES = (
    {**things.DESCRIBE, **iam.DESCRIBE},
    iam.ADMIT,
    {**things.TIE, **iam.TIE, **apis.TIE, **serverless.TIE},
)
"""What is done for each type: things are described, then policies permit and roles let in, then all is tied."""


def recognises(data: Any) -> bool:
    """Whether a document is a template, or what ``get-template`` prints."""
    return is_template(data) or (isinstance(data, dict) and "TemplateBody" in data and "StagesAvailable" in data)


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one template.

    Raises:
        InputError: no template of the known version, or an option that does not fit.
    """
    chosen = read_options(TemplateOptions, document, options)
    if isinstance(document.data, dict) and isinstance(document.data.get("TemplateBody"), str):
        document = document.part("TemplateBody")
    template = read_template(document, chosen)
    collector = FactCollector("cloudformation", document)
    account = template.values.account
    build = builder(collector, document, chosen, account, frozenset({account, *chosen.own_accounts}))
    build.access.statements_count = False
    for keys in template.malformed:
        collector.reject(
            "a resource without a type, or with properties that are none", provenance=collector.provenance(*keys)
        )
    _build(build, template)
    build.finish()
    _say(collector, template)
    return collector.loaded()


def _build(build: Builder, template: Template) -> None:
    done: dict[str, bool] = {}
    for handlers in _PASSES:
        for resource in template.resources:
            handle = handlers.get(resource.type)
            if handle:
                done[resource.name] = handle(build, template, resource) or done.get(resource.name, False)
    for resource in template.resources:
        _count(build.collector, resource, done.get(resource.name))


def _count(collector: FactCollector, resource: Resource, done: bool | None) -> None:
    if done or resource.type in apis.PARTS or resource.type in iam.PROVIDERS:
        collector.fact()
    elif done is None:
        collector.ignore(f"{resource.type[:100]} resources")
    else:
        why = f"{resource.type} {resource.name[:80]!r} does not say what it is of, in values that can be told"
        collector.reject(why, provenance=collector.provenance(*resource.keys))


def _say(collector: FactCollector, template: Template) -> None:
    values = template.values
    for name in sorted({*template.macros, *values.transforms}):
        message = f"the macro {name} writes more of this template; what it adds is not here"
        collector.note(NoteKind.INCOMPLETE, message)
    if values.assumed:
        message = f"parameters taken as their defaults: {few(values.assumed)}; option 'parameters' says what they are"
        collector.note(NoteKind.ASSUMED, message)
    for name in sorted(values.missing):
        collector.note(NoteKind.UNRESOLVED, f"a reference to {name[:80]!r}, which is not in the template")
    for name in sorted(template.loops.unknown):
        message = f"the loop {name[:80]!r} goes over what only the deployment decides; what it makes is there once"
        collector.note(NoteKind.INCOMPLETE, message)
    if template.loops.left <= 0:
        collector.note(NoteKind.INCOMPLETE, f"loops make more than {MAX_MADE:,} entries; the rest is left out")
    conditional = sum(resource.basis == Basis.ASSUMED for resource in template.resources)
    if conditional:
        message = f"{conditional:,} resources are made only under a condition; taken as made"
        collector.note(NoteKind.ASSUMED, message)


LOADER = Loader(
    name="cloudformation",
    title="AWS CloudFormation template (YAML, JSON)",
    suffixes=(".yaml", ".yml", ".json"),
    recognises=recognises,
    load=load,
    reads=(
        "roles and whom they trust, policies, buckets, tables, queues, topics, secrets and functions, routes of APIs, "
        "event sources, and templates fetched from elsewhere"
    ),
    maps=(
        ("AWS::IAM::Role, User, Group", "service that holds its credential"),
        ("trust policy", "outside principals are parties that hold a session, which grants assuming the role"),
        ("policy, managed or inline", "scope; it permits operations on what its resources name"),
        ("bucket, table, queue, topic, secret, key and the like", "store"),
        ("function, instance, cluster and the like", "service; its role's credential is held by it"),
        (
            "policy of a bucket, queue, topic, secret, stream or function",
            "credentials of those let in grant operations on it; anyone: operation without a key",
        ),
        ("method or route of an API", "operation, served by the function behind it, or by the API"),
        (
            "event source mapping, notification, subscription",
            "the function reads the store; a queue derives from its topic",
        ),
        ("replication of a bucket", "copy derives from the bucket"),
        ("bucket with a WebsiteConfiguration that anyone may read", "store and operation that are public by intent"),
        ("object lock in compliance mode", "control immutable_backup"),
        ("nested stack", "service that installs the template as a feed of code"),
    ),
    infers_not=(
        "which account and region it is deployed to (options account, region)",
        "which deployment it is, where two use the same names (option stack)",
        "what the deployment gives its parameters (option parameters)",
        "which conditions hold: both branches are taken",
        "which vendor an account id is (options vendors, parties)",
        "what macros and nested templates add",
        "whether what it describes was ever deployed, or has changed since",
    ),
    options=TemplateOptions,
)
