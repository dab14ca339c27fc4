"""An API description in our terms: scopes, operations, and permits between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from blastradius.loaderkit.api_effects import EffectMapper
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Provenances
from blastradius.loaderkit.issuers import apart, issuer_addresses, scope_names
from blastradius.loaderkit.names import MAX_ID, harmless
from blastradius.model import Feed, NoteKind, Operation, Scope, Verb

from .options import Options
from .reading import ApiOperation, Callback, Description, Requirement

MAX_COMBINATIONS = 1000


@dataclass
class ApiMapper:
    """Maps a description to our terms and counts how each of its records ended.

    A record is an operation, a declared scope, an alternative of what an operation asks for, or a callback.
    """

    collector: FactCollector
    api: str
    options: Options
    description: Description
    operations: dict[str, Operation] = field(default_factory=dict)
    several: int = 0
    silent: int = 0
    permitted_by: dict[str, set[str]] = field(default_factory=dict)
    undeclared: dict[str, set[str]] = field(default_factory=dict)
    any_key: Counter[str] = field(default_factory=Counter)
    scope_names: dict[tuple[str, str], str] = field(default_factory=dict)

    def build(self) -> None:
        """Map all of it."""
        addresses = {name: issuer_addresses(scheme.place) for name, scheme in self.description.schemes.items()}
        self.scope_names = scope_names(addresses, self._scopes())
        self._declared_scopes()
        repeated = self._repeated_ids()
        for operation in self.description.operations:
            self._operation(operation, repeated)
        callbacks = sum(self._feed(callback) for callback in self.description.callbacks)
        effects = EffectMapper(self.collector, self.api, self.operations.values(), self.permitted_by)
        effects.map(self.options.effects)
        self._note_assumptions()
        self._note_callbacks(callbacks)
        self._note_unresolved()

    # scopes

    def _declared_scopes(self) -> None:
        seen: set[str] = set()
        for scheme in self.description.schemes.values():
            for name, description in scheme.scopes.items():
                made = self.scope_names[scheme.name, name]
                if made in seen:
                    continue
                seen.add(made)
                if not self._is_id(made):
                    self.collector.reject(f"a scope of {scheme.name!r} has no usable name")
                    continue
                self.collector.fact()
                self._keep_scope(f"{self.api}:{made}", made, (scheme.place.provenance(),), description or None)

    def _scopes(self) -> Iterator[tuple[str, str]]:
        """Every scope that is declared or asked for, with its scheme."""
        for scheme in self.description.schemes.values():
            yield from ((scheme.name, name) for name in scheme.scopes)
        for operation in self.description.operations:
            for alternative in operation.security.alternatives:
                for name, scopes in alternative.schemes:
                    yield from ((name, scope) for scope in scopes)

    def _keep_scope(self, scope: str, name: str, provenance: Provenances, description: str | None = None) -> None:
        """A permission, where it is not there yet."""
        if scope not in self.collector.entities:
            self.collector.entity(Scope(id=scope, name=name, description=description, provenance=provenance))

    def _is_id(self, name: str) -> bool:
        return harmless(name) and len(self.api) + 1 + len(name) <= MAX_ID

    def _scope(self, scheme: str, name: str, operation: Operation) -> str:
        """The scope of that name; made where the description does not declare it."""
        made = self.scope_names[scheme, name]
        scope = f"{self.api}:{made}"
        known = self.description.schemes.get(scheme)
        if known is None or (name not in known.scopes and known.type.lower() == "oauth2"):  # no other declares any
            self.undeclared.setdefault(scheme, set()).add(name)
        self._keep_scope(scope, made, operation.provenance)
        return scope

    def _key(self, scheme: str, operation: Operation) -> str:
        """The permission that any valid key of a scheme carries."""
        known = self.description.schemes.get(scheme)
        taken = scheme in self.scope_names.values()
        permission = f"{self.api}:{scheme} (any key)" if taken else f"{self.api}:{scheme}"
        self.any_key[permission] += 1
        if known is None:
            self.undeclared.setdefault(scheme, set())
        provenance = (known.place.provenance(),) if known else operation.provenance
        self._keep_scope(permission, f"any valid key of {scheme}", provenance)
        return permission

    # operations

    def _repeated_ids(self) -> set[str]:
        """Operation ids that more than one operation has, or that a scope or a scheme has too."""
        counts = Counter(operation.operation_id for operation in self.description.operations if operation.operation_id)
        repeated = {name for name, count in counts.items() if count > 1}
        clashing = counts.keys() & self._permission_names()
        for words, names in (("of several operations", repeated), ("also the name of a scope or scheme", clashing)):
            if names:
                message = f"{len(names)} operation ids are {words}; method and path are used: {_some(names)}"
                self.collector.note(NoteKind.ASSUMED, message)
        return repeated | clashing

    def _permission_names(self) -> set[str]:
        alternatives = (
            alternative for operation in self.description.operations for alternative in operation.security.alternatives
        )
        asked = {scheme for alternative in alternatives for scheme, _ in alternative.schemes}
        return {*self.description.schemes, *asked, *self.scope_names.values()}

    def _operation(self, read: ApiOperation, repeated: set[str]) -> None:
        line = f"{read.method} {read.path}"
        name = read.operation_id if read.operation_id and read.operation_id not in repeated else line
        made = f"{self.api}:{name}"
        if not (self._is_id(name) and harmless(line)) or made in self.operations:
            records = 1 + len(read.security.alternatives) + read.security.malformed
            why = f"an operation has no id that can be used, {name[:60]!r}"
            self.collector.reject(why, provenance=(read.provenance,), records=records)
            return
        self.collector.fact()
        self.collector.rejected += read.security.malformed
        self.silent += not read.security.declared
        operation = self.operations[made] = self._entity(made, read)
        self.collector.entity(operation)
        for requirement in read.security.alternatives:
            self._permit(requirement, operation)
        for service in self.options.served_by:
            self.collector.relate(Verb.SERVES, service, made, provenance=operation.provenance)

    def _entity(self, made: str, read: ApiOperation) -> Operation:
        return Operation(
            id=made,
            name=read.summary or read.operation_id,
            owner=self.options.owner,
            api=self.api,
            method=read.method,
            path=read.path,
            anonymous=read.security.open,
            tags=read.tags,
            provenance=(read.provenance,),
            **self.options.facing,
        )

    def _feed(self, callback: Callback) -> bool:
        """Keep what the API sends, published by what answers; false where it has no name, or is there already."""
        made, provenance = f"{self.api}:{callback.name}", (callback.provenance,)
        if not self._is_id(callback.name) or made in self.operations:
            why = f"a webhook or callback has no name that can be used, {callback.name[:60]!r}"
            self.collector.reject(why, provenance=provenance)
            return False
        self.collector.fact()
        if made in self.collector.entities:
            return False
        self.collector.entity(Feed(id=made, name=callback.name, owner=self.options.owner, provenance=provenance))
        for service in self.options.served_by:
            self.collector.relate(Verb.PUBLISHES, service, made, provenance=provenance)
        return True

    # permits

    def _permit(self, requirement: Requirement, operation: Operation) -> None:
        why = self._refusal(requirement)
        if why:
            self.collector.rejected += 1
            message = f"a requirement of {operation.id} {why}; left out"
            self.collector.note(NoteKind.UNSUPPORTED, message, operation.id)
            return
        self.collector.fact()
        self.several += any(len(scopes) > 1 for _, scopes in requirement.schemes)
        if not requirement.schemes:
            return
        for needed in self._readings(requirement, operation):
            self.collector.relate(Verb.PERMITS, needed, operation.id, provenance=operation.provenance)
            self.permitted_by.setdefault(operation.id, set()).update(needed)

    def _refusal(self, requirement: Requirement) -> str | None:
        names = [f"{scheme} (any key)" for scheme, _ in requirement.schemes]
        names += [self.scope_names[scheme, scope] for scheme, scopes in requirement.schemes for scope in scopes]
        if not all(map(self._is_id, names)):
            return "names a scope or scheme that cannot be used as an id"
        if self.options.scopes == "any":
            ways = prod(max(1, len(scopes)) for _, scopes in requirement.schemes)
            return f"has more than {MAX_COMBINATIONS} combinations of scopes" if ways > MAX_COMBINATIONS else None
        return None

    def _readings(self, requirement: Requirement, operation: Operation) -> Iterator[tuple[str, ...]]:
        """The sets of permissions that each suffice."""
        per_scheme = [
            [self._scope(scheme, name, operation) for name in scopes] or [self._key(scheme, operation)]
            for scheme, scopes in requirement.schemes
        ]
        if self.options.scopes == "all":
            per_scheme = [[item] for listed in per_scheme for item in listed]
        for chosen in product(*per_scheme):
            yield tuple(sorted(set(chosen)))

    # notes

    def _note_assumptions(self) -> None:
        if self.options.direction is None and self.operations:
            self.collector.note(NoteKind.ASSUMED, f"{self.api}: direction not stated; internal unless said elsewhere")
        if not self.description.operations:
            self.collector.note(NoteKind.INCOMPLETE, f"{self.api} describes no operation; what it does is not known")
        if self.several:
            self.collector.note(NoteKind.ASSUMED, self._reading_of_several())
        if self.silent:
            message = f"{self.silent} operations of {self.api} state no security; that is not 'open to anyone', and "
            self.collector.note(NoteKind.ASSUMED, f"{message}nothing is said of what permits them")
        if self.description.open_document and self.operations:
            message = f"the security of the whole of {self.api} is stated and allows for none; "
            self.collector.note(NoteKind.ASSUMED, f"{message}operations without their own are taken as anonymous")
        if "none" in self.scope_names.values():
            message = (
                f"a scope of {self.api} is called 'none'; taken as a scope like any other, not as 'no scope needed'"
            )
            self.collector.note(NoteKind.ASSUMED, message, f"{self.api}:none")
        for message in apart(self.scope_names):
            self.collector.note(NoteKind.ASSUMED, f"{self.api}: {message}")
        if self.any_key:
            message = (
                f"{self.any_key.total()} requirements take any valid key of their scheme, for which a scope stands: "
            )
            self.collector.note(NoteKind.ASSUMED, message + _some(self.any_key), *sorted(self.any_key)[:5])

    def _note_callbacks(self, callbacks: int) -> None:
        if callbacks:
            message = f"{callbacks} webhooks and callbacks of {self.api} are feeds that it sends; "
            self.collector.note(NoteKind.INCOMPLETE, f"{message}who takes them in is not said")

    def _reading_of_several(self) -> str:
        reading = "any one of them suffices" if self.options.scopes == "any" else "all of them are needed together"
        return f"{self.several} requirements of {self.api} list several scopes in one scheme; read as: {reading}"

    def _note_unresolved(self) -> None:
        unknown = [name for name in self.undeclared if name not in self.description.schemes]
        nowhere = {
            f"{scheme}:{name}" for scheme, names in self.undeclared.items() if scheme not in unknown for name in names
        }
        if unknown or nowhere:
            parts = [f"schemes {_some(unknown)}"] if unknown else []
            parts += [f"{len(nowhere)} scopes ({_some(nowhere)})"] if nowhere else []
            self.collector.note(NoteKind.UNRESOLVED, f"used and not declared in {self.api}: {' and '.join(parts)}")


def _some(names: Any) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return ", ".join(f"{name[:80]!r}" for name in shown[:5]) + more
