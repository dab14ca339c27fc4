"""The APIs of a template: each method or route as an operation, and the function that answers it."""

from __future__ import annotations

from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.names import fitting
from blastradius.loaderkit.vendors.aws.build import Builder
from blastradius.loaderkit.vendors.aws.events import function_in, route

from .template import Resource, Template

MAX_PARENTS = 50


def _api(build: Builder, template: Template, value: object, provenance: Provenances) -> str | None:
    """The API that a property refers to: one of the template, or a name."""
    text = template.values.text(value)
    if not text:
        return None
    for api in template.of_type("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"):
        if template.values.name(api.name) == text:
            return build.graph.thing("api", fitting(template.values.arn(api.name)), provenance)
    region = template.values.region or template.values.unknown("Region")
    return build.graph.thing("api", fitting(f"arn:aws:apigateway:{region}::/apis/{text}"), provenance)


def method(build: Builder, template: Template, resource: Resource) -> bool:
    """A method of a REST API."""
    attributes, provenance = resource.properties, build.collector.provenance(*resource.keys)
    api = _api(build, template, attributes.get("RestApiId"), provenance)
    verb = template.values.text(attributes.get("HttpMethod"))
    if not api or not verb:
        return False
    integration = template.values.resolve(attributes.get("Integration"))
    uri = template.values.text(integration.get("Uri")) if isinstance(integration, dict) else None
    keyed = str(template.values.resolve(attributes.get("ApiKeyRequired"))).lower() == "true"
    anonymous = template.values.text(attributes.get("AuthorizationType")) == "NONE" and not keyed
    line = f"{verb.upper()} {_path(template, attributes.get('ResourceId'))}"
    route(build, api, line, provenance, anonymous=anonymous, function=function_in(uri))
    return True


def _path(template: Template, value: object) -> str:
    """The path of a REST resource, from its parents."""
    parts: list[str] = []
    by_name = {
        template.values.name(resource.name): resource for resource in template.of_type("AWS::ApiGateway::Resource")
    }
    for _ in range(MAX_PARENTS):
        part = by_name.get(template.values.text(value) or "")
        if part is None:
            break
        parts.append(template.values.text(part.properties.get("PathPart")) or "*")
        value = part.properties.get("ParentId")
    return "/" + "/".join(reversed(parts))


def http_route(build: Builder, template: Template, resource: Resource) -> bool:
    """A route of an HTTP or WebSocket API; one that says nothing of authorization has none, as is the default."""
    attributes, provenance = resource.properties, build.collector.provenance(*resource.keys)
    api, key = (
        _api(build, template, attributes.get("ApiId"), provenance),
        template.values.text(attributes.get("RouteKey")),
    )
    if not api or not key:
        return False
    target = (template.values.text(attributes.get("Target")) or "").rpartition("/")[2]
    uri = None
    for integration in template.of_type("AWS::ApiGatewayV2::Integration"):
        if template.values.name(integration.name) == target:
            uri = template.values.text(integration.properties.get("IntegrationUri"))
    asked = attributes.get("AuthorizationType")
    default = asked is None and not _is_websocket(template, api)
    anonymous = default or template.values.text(asked) == "NONE"
    route(build, api, key, provenance, anonymous=anonymous, function=function_in(uri))
    return True


def _is_websocket(template: Template, api: str) -> bool:
    """Whether the routes of an API are for those whom its ``$connect`` let in."""
    return any(
        fitting(template.values.arn(known.name)) == api
        and template.values.text(known.properties.get("ProtocolType")) == "WEBSOCKET"
        for known in template.of_type("AWS::ApiGatewayV2::Api")
    )


TIE = {"AWS::ApiGateway::Method": method, "AWS::ApiGatewayV2::Route": http_route}
PARTS = frozenset({"AWS::ApiGateway::Resource", "AWS::ApiGatewayV2::Integration"})
"""What only says more of a route: its path, and what answers it."""
