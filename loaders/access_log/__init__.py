"""Gateway access logs: which caller called which operation of an API.

A record is a line. A call that was let in and found something makes an operation, and says that the caller's
credential grants it; refused calls, paths that are not there and preflights say neither and are ignored. What raw
paths are examples of is said in ``vendors.traces.paths``; pictures, scripts and style sheets are one operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal, NamedTuple

from pydantic import Field

from blastradius.errors import InputError
from blastradius.loaderkit.collector import FactCollector
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.json_values import Keys
from blastradius.loaderkit.names import counted
from blastradius.loaderkit.options import Name, Names, Options
from blastradius.loaderkit.validation import read_options
from blastradius.loaderkit.vendors.traces.facts import Facts
from blastradius.loaderkit.vendors.traces.paths import STATIC, Routes, is_static, method, raw, route
from blastradius.loaderkit.vendors.traces.spans import answered, host_of, refused
from blastradius.model import Basis, Credential, NoteKind, Operation, Party, Service, Verb

from .lines import LOOKED_AT, Columns, Line, read

# Where logs keep what we ask for, in the words of gateways and servers; the first that is there counts.
_WEBDAV = frozenset(
    "PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH ACL MKCALENDAR PURGE LINK UNLINK".split()  # noqa: SIM905
)
_KNOWN: dict[str, tuple[str, ...]] = {
    "request": ("request", "request_line", "requestLine"),
    "method": (
        "method", "http_method", "httpMethod", "request_method", "requestMethod", "RequestMethod", "request_verb",
        "cs-method", "request.method", "http.request.method", "http.method", "httpRequest.requestMethod",
    ),
    "route": ("route", "http.route", "resourcePath", "resource_path", "operation_path", "routeKey"),
    "path": (
        "path", "uri", "url", "request_uri", "requestUri", "request_path", "RequestPath", "cs-uri-stem", "uri_path",
        "request.uri", "request.url", "request.path", "url.path", "http.url", "http.target",
        "httpRequest.requestUrl", "http.path",
    ),
    "status": (
        "status", "status_code", "statusCode", "response_code", "response_status", "responseStatus", "sc-status",
        "DownstreamStatus", "OriginStatus", "response.status", "http.response.status_code", "http.status_code",
        "httpRequest.status", "httpStatus", "httpStatusCode", "responseCode",
    ),
    "caller": (
        "consumer.username", "consumer.custom_id", "consumer", "consumer_name", "consumer_username", "client_id",
        "clientId", "azp", "caller", "principal", "principalId", "developer_app", "application", "remote_user",
        "cs-username", "ClientUsername", "username", "user", "user_id", "authenticated_entity.consumer_id",
        "apimSubscriptionId", "authorizer.principalId", "identity.user", "identity.caller", "apiKeyId", "ident",
    ),
    "api": ("api", "api_name", "apiproxy", "apiId", "authority", ":authority", "vhost", "server_name", "cs-host",
            "cs(Host)", "x-host-header", "RequestHost", "request.host", "request.headers.host", "originalHost", "host"),
    "service": ("service.name", "service", "service_name", "ServiceName", "upstream_cluster", "upstream_service"),
}  # fmt: skip
_NOBODY = frozenset(["", "-", "anonymous", "none", "null", "unknown", "(null)"])
_NO_CALLER = "calls without a caller (option caller names the column)"
_NO_REQUEST = "lines without an HTTP request"


class LogOptions(Options):
    """What a log does not say."""

    api: Name | None = Field(
        default=None, description="the API that the log is for; else what a column says, or the host"
    )
    service: Name | None = Field(default=None, description="the service that answers; else what a column says")
    caller: Name | None = Field(
        default=None, description="the column that names the caller, where it is called otherwise"
    )
    callers: Literal["credential", "party", "service"] = Field(
        default="credential", description="what a caller is; of a party, the credential that it used is known as well"
    )
    columns: dict[Literal["request", "method", "route", "path", "status", "api", "service"], Name] = Field(
        default_factory=dict, description="which column says what, where they are called otherwise"
    )
    direction: Literal["exposed", "consumed", "internal"] | None = Field(
        default=None, description="whether we offer the API or call it"
    )
    names: dict[Name, Name] = Field(default_factory=dict, description="what the estate calls a thing, by its name here")
    parties: dict[Name, Name] = Field(
        default_factory=dict, description="which party a caller is, by pattern of the caller's name"
    )
    routes: Names = Field(default=(), description="routes behind raw paths, such as `/orders/{id}`")


class Call(NamedTuple):
    """One line in our words; ``stated`` when the log or the options give the route."""

    method: str
    target: str
    declared: bool
    status: str | None
    caller: str | None
    api: str | None
    service: str | None


def recognises(data: Any) -> bool:
    """Whether lines or objects look like requests with their answers, by the columns that are known."""
    if not data or not (isinstance(data, list) or (isinstance(data, dict) and "records" in data)):
        return False
    reader = Reader(LogOptions())
    return any(
        line.columns is not None and (call := reader.call(line.columns)) is not None and bool(call.status)
        for line in islice(read(data), LOOKED_AT)
    )


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read a log.

    Raises:
        InputError: no line is a request of a format that is known, or an option that does not fit.
    """
    chosen = read_options(LogOptions, document, options)
    if not isinstance(document.data, (list, dict)):
        raise InputError([f"{document.path}: no lines; expected an access log"])
    return Log(document, chosen).load(read(document.data))


class Reader:
    """Finds what is asked for in the columns of a line."""

    def __init__(self, options: LogOptions) -> None:
        declared = {str(what): (name,) for what, name in options.columns.items()}
        declared |= {"caller": (options.caller,)} if options.caller else {}
        self._known = _KNOWN | declared
        self._routes = Routes(options.routes) if options.routes else None

    def call(self, columns: Columns) -> Call | None:
        """The call that a line tells of; ``None`` where there is no HTTP request in it."""
        word, _, rest = (self._find(columns, "request") or "").partition(" ")
        named = (self._find(columns, "method") or word).upper()
        verb = named if named in _WEBDAV else method(named)
        declared = (self._find(columns, "route") or "").rpartition(" ")[2]
        path = declared if declared.startswith("/") else self._find(columns, "path") or rest.rpartition(" ")[0] or rest
        if verb is None or not path.startswith(("/", "http://", "https://")):
            return None
        known = declared == path or bool(self._routes and self._routes.match(raw(path)))
        target = route(path) if declared == path else STATIC if is_static(path) else raw(path, self._routes)
        service = self._find(columns, "service")
        return Call(
            verb,
            target,
            known,
            self._find(columns, "status"),
            self._find(columns, "caller"),
            self._find(columns, "api") or (path if "://" in path else None),
            service.rpartition("|")[2] if service else None,
        )

    def _find(self, columns: Columns, what: str) -> str | None:
        for name in self._known[what]:
            declared = columns.get(name, "").strip()
            if declared.lower() not in _NOBODY:
                return declared
        return None


class Log:
    """What the lines of a log come to."""

    def __init__(self, document: Document, options: LogOptions) -> None:
        self.document, self.options = document, options
        self.reader = Reader(options)
        self.facts = Facts(FactCollector("access_log", document), options.names, options.parties)
        self.ignored: Counter[str] = Counter()
        self.bad: list[Keys] = []
        self.secrets: list[Keys] = []
        self.assumed = False

    def load(self, lines: Iterable[Line]) -> Loaded:
        """Model the lines."""
        collector = self.facts.collector
        for line in lines:
            self._line(line)
        if self.bad:
            provenance = collector.provenance(*self.bad[0])
            collector.reject(
                f"lines of another format: {len(self.bad):,}", provenance=provenance, records=len(self.bad)
            )
        understood = collector.facts + self.ignored.total() - self.ignored[_NO_REQUEST]
        if not understood and (self.bad or self.ignored):
            why = "no line has a method and a path where they are looked for; option columns says where they are"
            raise InputError([f"{self.document.path}: {why}"])
        for what, number in self.ignored.items():
            collector.ignore(what, number)
        self._say()
        return self.facts.loaded(counted(collector.facts + self.ignored.total(), "line"))

    def _say(self) -> None:
        collector = self.facts.collector
        if self.assumed:
            message = "the log does not say which API it is for; called 'gateway' (option api)"
            collector.note(NoteKind.ASSUMED, message)
        if self.secrets:
            where = f"the caller's name in {counted(len(self.secrets), 'line')}"
            collector.secret(where, provenance=collector.provenance(*self.secrets[0]))

    def _line(self, line: Line) -> None:
        if line.columns is None:
            self.bad.append(line.keys)
            return
        call = self.reader.call(line.columns)
        if call is None:
            self.ignored[_NO_REQUEST] += 1
        elif call.method == "OPTIONS":
            self.ignored["preflights (OPTIONS)"] += 1
        elif refused(call.status):
            self.ignored["calls that were refused"] += 1
        elif not call.declared and not answered(call.status):
            self.ignored["calls to what is not there, or cannot be asked so"] += 1
        else:
            self._call(line.keys, call)

    def _call(self, keys: Keys, call: Call) -> None:
        self.facts.collector.fact()
        api = self._api(call)
        operation = self.facts.once(
            Operation,
            self.facts.name(f"{api}:{call.method} {call.target}"),
            keys,
            api=api,
            method=call.method,
            path=None if call.target == STATIC else call.target,
            direction=self.options.direction,
        )
        if operation is None:
            return
        declared = self.options.service or call.service
        service = self.facts.once(Service, self.facts.name(declared), keys) if declared else None
        if service is not None:
            self.facts.relate(Verb.SERVES, service, operation, keys)
        if call.caller is None:
            self.facts.unknown[_NO_CALLER] += 1
        else:
            self._caller(call.caller, api, operation, keys)

    def _api(self, call: Call) -> str:
        declared = call.api or ""
        named = (
            self.options.api or (host_of(declared) if "." in declared or ":" in declared else declared) or call.service
        )
        usable = self.facts.collector.name(named) if named else None
        self.assumed = self.assumed or usable is None
        return usable or "gateway"

    def _caller(self, caller: str, api: str, operation: str, keys: Keys) -> None:
        """Who called: a service calls; a credential grants what it was used for, and a party may hold it."""
        if self.options.callers == "service":
            service = self.facts.once(Service, self.facts.name(caller), keys)
            if service is not None:
                self.facts.relate(Verb.CALLS, service, operation, keys)
            return
        name = self.facts.collector.name(caller)
        key = self.facts.once(Credential, self.facts.name(f"{api}:caller {caller}"), keys, name=name) if name else None
        if key is None or name is None:
            self.secrets.append(keys)
            return
        self.facts.relate(Verb.GRANTS, key, operation, keys)
        party = self.facts.party_of(name) or (self.facts.name(name) if self.options.callers == "party" else None)
        if party and self.facts.once(Party, party, keys, basis=Basis.DECLARED):
            self.facts.relate(Verb.HOLDS, party, key, keys, Basis.DECLARED)


LOADER = Loader(
    name="access_log",
    title="Access logs (Common, Combined, Envoy, AWS load balancers, HAProxy, W3C, JSON, key=value)",
    suffixes=(".log", ".txt", ".jsonl", ".json"),
    recognises=recognises,
    load=load,
    reads="observed calls: operations of an API, the callers that used them, the service that answered",
    maps=(
        (
            "a call that was answered, or whose route is stated",
            "operation: the method and the route, with ids taken out of raw paths",
        ),
        ("a picture, script or style sheet", "one operation for all of them"),
        (
            "caller",
            "credential that grants the operation it was used for; option `callers`: also a party that holds it, "
            "or a service that calls",
        ),
        ("service", "service that serves the operation"),
        ("host, or a column that names the API", "the API of the operation"),
        ("refused calls, paths that are not there, preflights", "ignored, counted"),
    ),
    infers_not=(
        "what was not called while the log was written",
        "the API and the service that a log is for, where no column says it (options api, service)",
        "which column names the caller, where it is called otherwise (option caller), and the others (option columns)",
        "what callers are: credentials, parties or services (option callers)",
        "which party a caller is (option parties: pattern of the caller's name to party)",
        "the routes behind raw paths (option routes)",
        "whether the API is offered or used (option direction)",
    ),
    options=LogOptions,
)
