"""The sections of the marketplace's data with the place of each entry, of the form of today and of the older one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blastradius.loaderkit.json_values import Keys

Entry = tuple[Any, Keys]
SECTIONS = ("Products", "Agencies", "Assessors", "AtoMapping", "ReuseMapping")
BUILT_ON = "leveraged_systems"
_OF_A_PRODUCT = {
    "id": "Package_ID",
    "csp": "Cloud_Service_Provider_Name",
    "cso": "Cloud_Service_Provider_Package",
    "status": "Designation",
    "impact_level": "Impact_Level",
    "deployment_model": "Deployment_Model",
    "service_model": "Service_Model",
}


def is_older(inner: dict[str, Any]) -> bool:
    """Whether it is the form with ``Providers``, in use until 2023."""
    return isinstance(inner.get("Providers"), list) and "Products" not in inner


def sections(inner: dict[str, Any]) -> dict[str, list[Entry]]:
    """The entries by section, in the words of today; who is built on whom is ``leveraged_systems`` of its own."""
    if is_older(inner):
        listed = list(_listed(inner["Providers"], ("data", "Providers")))
        return {
            "Products": [(_renamed(item), keys) for item, keys in listed],
            "AtoMapping": [use for item, keys in listed for use in _authorised(item, keys)],
            "ReuseMapping": [use for item, keys in listed for use in _letters(item, keys)],
            BUILT_ON: [use for item, keys in listed for use in _underlying(item, keys)],
        }
    found = {name: list(_listed(inner.get(name, []), ("data", name))) for name in SECTIONS}
    return found | {BUILT_ON: [use for product, keys in found["Products"] for use in _leveraged(product, keys)]}


def _listed(value: Any, keys: Keys) -> Iterator[Entry]:
    yield from ((item, (*keys, number)) for number, item in enumerate(value if isinstance(value, list) else []))


def _leveraged(product: Any, keys: Keys) -> Iterator[Entry]:
    listed = product.get(BUILT_ON) if isinstance(product, dict) else None
    for system, place in _listed(listed, (*keys, BUILT_ON)):
        yield {"id": system.get("id") if isinstance(system, dict) else None, "on": product.get("id")}, place


def _renamed(provider: Any) -> Any:
    if not isinstance(provider, dict):
        return None
    return {name: provider.get(older) for name, older in _OF_A_PRODUCT.items()}


def _authorised(provider: Any, keys: Keys) -> Iterator[Entry]:
    """The agency that authorised a product for its own use; the board that did so for all is no agency."""
    if isinstance(provider, dict) and str(provider.get("Path")).lower() == "agency":
        parent = provider.get("Authorizing_Agency") or provider.get("Sponsoring_Agency")
        part = provider.get("Authorizing_Subagency") or provider.get("Sponsoring_Subagency")
        yield {"id": provider.get("Package_ID"), "parent": parent, "sub": part}, keys


def _letters(provider: Any, keys: Keys) -> Iterator[Entry]:
    listed = provider.get("Leveraged_ATO_Letters") if isinstance(provider, dict) else None
    for letter, place in _listed(listed, (*keys, "Leveraged_ATO_Letters")):
        declared = letter if isinstance(letter, dict) else {}
        parent, part = declared.get("Authorizing_Agency"), declared.get("Authorizing_Subagency")
        yield {"id": provider.get("Package_ID"), "parent": parent, "sub": part}, place


def _underlying(provider: Any, keys: Keys) -> Iterator[Entry]:
    listed = provider.get("Underlying_CSP_Package_ID") if isinstance(provider, dict) else None
    for package, place in _listed(listed, (*keys, "Underlying_CSP_Package_ID")):
        yield {"id": provider.get("Package_ID"), "on": package}, place
