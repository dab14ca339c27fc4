"""Whose scopes are whose: schemes of one issuer share their scopes, those of others do not, whatever the name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from blastradius.loaderkit.json_refs import Place
from blastradius.loaderkit.json_values import mapping
from blastradius.loaderkit.names import counted
from blastradius.secrets import quoted

_ADDRESSES = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")
_DISCOVERY = "/.well-known/"


def issuer_addresses(scheme: Place) -> frozenset[str]:
    """The addresses at which a scheme of OpenAPI, Swagger or AsyncAPI has its tokens issued, of all its flows."""
    flows = scheme.child("flows")
    holders = [scheme, *(flows.child(flow) for flow in mapping(flows.value))]
    found = [mapping(holder.value).get(word) for holder in holders for word in _ADDRESSES]
    found += [mapping(scheme.value).get(word) for word in ("openIdConnectUrl", "oauth2MetadataUrl")]
    return frozenset(address.strip().rstrip("/") for address in found if isinstance(address, str) and address.strip())


def scope_names(schemes: Mapping[str, frozenset[str]], scopes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What each scope, given with its scheme, is called: its name, with a scheme before it where issuers differ.

    Schemes are of one issuer where they share an address; one that states no address is an issuer of its own.
    """
    asked = sorted(set(scopes))
    issuers = _issuers({scheme: schemes.get(scheme, frozenset()) for scheme in {*schemes, *(one for one, _ in asked)}})
    of_name: dict[str, set[str]] = defaultdict(set)
    for scheme, name in asked:
        of_name[name].add(issuers[scheme])
    return {
        (scheme, name): name if len(of_name[name]) == 1 else _qualified(issuers[scheme], name, of_name)
        for scheme, name in asked
    }


def apart(named: Mapping[tuple[str, str], str]) -> list[str]:
    """What is to be said where scopes of several issuers have one name; nothing where none do."""
    split = sorted({name for (_, name), made in named.items() if made != name})
    if not split:
        return []
    shown = ", ".join(quoted(name) for name in split[:5]) + (", …" if len(split) > 5 else "")
    count = counted(len(split), "name of a scope is", "names of scopes are")
    return [f"{count} that of schemes of several issuers, kept apart with the scheme before it: {shown}"]


def _qualified(issuer: str, name: str, taken: Mapping[str, set[str]]) -> str:
    made = f"{issuer}:{name}"
    return made if made not in taken else f"{issuer} (scheme):{name}"


def _issuers(schemes: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The issuer of each scheme, called as the first of its schemes by name."""
    groups: list[tuple[set[str], set[str]]] = []
    for scheme, addresses in schemes.items():
        names, known = {scheme}, set(addresses)
        apart = []
        for group in groups:
            if any(_same(scheme, other) for scheme in known for other in group[1]):
                names |= group[0]
                known |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (names, known)]
    return {name: min(names) for names, _ in groups for name in names}


def _same(address: str, other: str) -> bool:
    """Whether two addresses are one issuer's: alike, or one is below what the other discovers."""
    return address == other or _below(address, other) or _below(other, address)


def _below(address: str, discovery: str) -> bool:
    base, found, _ = discovery.partition(_DISCOVERY)
    return bool(found) and address.startswith(f"{base}/")
