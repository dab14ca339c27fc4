"""Tables as people keep them (CSV, TSV, XLSX): vendors, access reviews, components, data; columns mapped by options.

A record is a filled row below the header. What a row means is ``rows``:

- ``vendors``: the party owns the service, which reads (or by ``access`` writes) the store; a party without a service
  but with data gets one, inferred. It relies on its own suppliers, our ``used_by`` and ``process`` depend on it.
- ``access``: the party holds the credential (inferred where no column names it), which grants the scope; the scope
  opens a function (inferred) of the service, and through it the store, where the row names them.
- ``components``: our service, what it depends on, reads and writes, and who runs it.
- ``data``: our store, the services that touch it, the parties that process it.

Ids are ``service:CRM``, ``store:…`` and so on, and the bare name for parties and the kinds that are ``plain``.
"""

from __future__ import annotations

from typing import Any

from blastradius.errors import InputError, did_you_mean
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options
from blastradius.reading import Sheet, Workbook

from .model import TableMapper
from .options import ROLES, Options
from .words import as_text, proposal


def recognises(data: Any) -> bool:
    """Whether a document is a table or a workbook of tables."""
    return isinstance(data, (Sheet, Workbook))


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one table.

    Raises:
        InputError: no mapping (with one proposed), or options that do not fit the table.
    """
    chosen = read_options(Options, document, options)
    sheet, file = _sheet(document, chosen)
    if not sheet.grid:
        raise InputError([f"{file}: empty; expected a table with a header"])
    if chosen.header is not None:
        under = sheet.under(chosen.header)
        if under is None:
            raise InputError([f"{file}: option 'header' is {chosen.header}, and no filled row has that number"])
        sheet = under
    if not (chosen.rows and chosen.columns):
        raise InputError([_proposed(sheet, file, chosen)])
    problems = _problems(sheet, file, chosen)
    if problems:
        raise InputError(problems)
    return TableMapper(document, sheet, chosen, file).build()


def propose(document: Document) -> list[dict[str, Any]]:
    """What the headers suggest: options for each table of the file that has words of ours in its header."""
    sheets = {None: document.data} if isinstance(document.data, Sheet) else document.data
    found = [(name, proposal(sheet)) for name, sheet in sheets.items() if sheet.grid]
    return [options if name is None else {"sheet": name, **options} for name, options in found if options]


def _sheet(document: Document, options: Options) -> tuple[Sheet, str]:
    data = document.data
    if isinstance(data, Sheet):
        return data, document.path
    if not isinstance(data, Workbook):
        raise InputError([f"{document.path}: not a table; CSV, TSV and XLSX are read"])
    filled = [name for name, sheet in data.items() if sheet.grid]
    name = options.sheet if options.sheet is not None else filled[0] if len(filled) == 1 else None
    if name is None or name not in data:
        some = ", ".join(map(repr, filled)) or "none that is filled"
        raise InputError([f"{document.path}: say which sheet with option 'sheet'; there are {some}"])
    return data[name], f"{document.path}#{name}"


def _proposed(sheet: Sheet, file: str, options: Options) -> str:
    """Why a table without a mapping is not read, and a mapping to start from."""
    line, column = sheet.position()
    found = proposal(sheet)
    if found:
        if options.rows:
            found["rows"] = options.rows
        taken = {column["column"] if isinstance(column, dict) else column for column in found["columns"].values()}
        unused = [column for column in sheet.columns if column not in taken]
        rest = f"; not used: {', '.join(map(repr, unused[:20]))}" if unused else ""
        return (
            f"{file}:{line}:{column}: what its columns mean has to be said with options; "
            f"to start from, check this: {as_text(found)}{rest}"
        )
    names = ", ".join(map(repr, sheet.columns[:20]))
    return (
        f"{file}:{line}:{column}: what its columns mean has to be said with options 'rows' and 'columns'; "
        f"its columns are {names}, and a column can be {', '.join(ROLES)}"
    )


def _problems(sheet: Sheet, file: str, options: Options) -> list[str]:
    line, column = sheet.position()
    mapped = [column.column for columns in options.columns.values() for column in columns]
    unknown = [
        name for name in dict.fromkeys((*mapped, *options.fill_down, *options.ignore)) if name not in sheet.columns
    ]
    return [f"{file}:{line}:{column}: {_unknown(name, sheet)}" for name in unknown]


def _unknown(name: str, sheet: Sheet) -> str:
    same = [column for column in sheet.columns if column.startswith(f"{name} (column ")]
    if same:
        return f"column {name!r} is there {len(same)} times; say {' or '.join(map(repr, same))}"
    there = f"there are {', '.join(map(repr, sheet.columns[:20]))}"
    return f"there is no column {name!r}{did_you_mean(name, sheet.columns, there)}"


LOADER = Loader(
    name="table",
    title="Tables with a column mapping (CSV, TSV, XLSX)",
    suffixes=(".csv", ".tsv", ".tab", ".xlsx"),
    recognises=recognises,
    load=load,
    proposes=propose,
    reads="vendor inventories, access reviews, component and data lists: whatever the mapped columns name",
    maps=(
        (
            "row of `vendors`",
            "party that owns its services, which touch the data; keys that it holds, feeds that it publishes",
        ),
        (
            "row of `access`",
            "party that holds a credential, which grants the scope; the scope permits an operation on service and data",
        ),
        (
            "row of `components`",
            "service with what it depends on, runs on, is a part of, reads, writes, consumes and holds",
        ),
        ("row of `data`", "store, the services that touch it, and what it runs on"),
        (
            "column `second_factor`",
            "control on the password: hard_mfa for security keys, passkeys and certificates; mfa, phishable where a "
            "code is typed in or a push accepted; absent where there is none",
        ),
        ("column with a role that names a thing", "entity of that kind, one for each name in its cells"),
        ("column with any other role", "attribute of what the row names"),
        ("row that option `ignore` names", "ignored, counted"),
    ),
    infers_not=(
        "what a row means and which column says what (options rows and columns; a mapping is proposed)",
        "whether 1/2/2027 is in January or February (option dates)",
        "whether a cell is a list (option separator of a column)",
        "which names are one thing under two spellings",
        "what a scope opens, unless the row names the data",
    ),
    options=Options,
)
