"""Tables as people keep them (CSV, TSV, XLSX): vendors, access reviews, components, data; columns mapped by options.

A record is a filled row below the header. What a row means is ``rows``:

- ``vendors``: the party owns the service, which reads (or by ``access`` writes) the store; a party without a service
  but with data gets one, inferred. It relies on its own suppliers, our ``used_by`` and ``process`` depend on it. A
  service that rows of several parties name, such as ``Hosting``, is one for each of them.
- ``access``: the party holds the credential (inferred where no column names it), which grants the scope; the scope
  opens a function (inferred) of the service, and through it the store, where the row names them. Where rows name no
  scope, or other data behind it than another's rows do, each party has a scope of its own: what one row says of one
  party is never another's.
- ``components``: our service, what it depends on, reads and writes, and who runs it.
- ``data``: our store, the services that touch it, the parties that process it.

``data_class`` is for columns that say what kinds of data are handled: ``customer profiles`` in the row of a vendor is
the data of that class that this vendor has, basis ``assumed``. It is no store of ours, and not what another vendor has.
``store`` is for names of stores, which all rows that have the name share.

What people keep beside a party (``governance``, ``criticality``, ``last_review``) stays with it, and so do the words of
a contract's end that is no day. A month, a quarter or a year is its last day, which a note says; ``rolling`` is no end.
Sums under the table, ``unknown`` and ``n/a`` are no parties. A cell that cannot be read is named with its row.

Ids are ``service:CRM``, ``store:…`` and so on, and the bare name for parties and the kinds that are ``plain``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blastradius.errors import InputError, did_you_mean
from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.validation import read_options
from blastradius.reading import Sheet, Workbook

from .model import TableMapper
from .options import ROLES, Options
from .words import as_text, left_over, proposal


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
    """What the headers suggest: options for each table that is shown and has words of ours in its header."""
    data = document.data
    sheets = {None: data} if isinstance(data, Sheet) else {name: data[name] for name in data if name not in data.hidden}
    found = [(name, proposal(sheet)) for name, sheet in sheets.items() if sheet.grid]
    return [options if name is None else {"sheet": name, **options} for name, options in found if options]


def leaves(document: Document, proposed: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that what is proposed for a table makes nothing of, and the sheets that nothing is proposed for."""
    data = document.data
    sheets = {None: data} if isinstance(data, Sheet) else data
    options = {found.get("sheet"): found for found in proposed}
    hidden = data.hidden if isinstance(data, Workbook) else ()
    lacking = [name for name, sheet in sheets.items() if sheet.grid and name not in options]
    missing = [f"{'hidden ' if name in hidden else ''}sheet {name!r}" for name in lacking]
    columns = [(name, column) for name, found in options.items() for column in left_over(sheets[name], found)]
    return [*(f"column {title!r}{f' of sheet {name!r}' if name else ''}" for name, title in columns), *missing]


def _sheet(document: Document, options: Options) -> tuple[Sheet, str]:
    data = document.data
    if isinstance(data, Sheet):
        return data, document.path
    if not isinstance(data, Workbook):
        raise InputError([f"{document.path}: not a table; CSV, TSV and XLSX are read"])
    filled = [name for name, sheet in data.items() if sheet.grid]
    if not filled:
        raise InputError(
            [f"{document.path}: every sheet is empty; save the workbook with the rows that it should have"]
        )
    name = options.sheet if options.sheet is not None else filled[0] if len(filled) == 1 else None
    if name is None or name not in data:
        some = ", ".join(map(repr, filled))
        raise InputError([f"{document.path}: say which sheet with option 'sheet'; there are {some}"])
    return data[name], f"{document.path}#{name}"


def _proposed(sheet: Sheet, file: str, options: Options) -> str:
    """Why a table without a mapping is not read, and a mapping to start from."""
    line, column = sheet.position()
    found = proposal(sheet)
    if found:
        if options.rows:
            found["rows"] = options.rows
        unused = left_over(sheet, found)
        rest = f"; not used: {', '.join(map(repr, unused[:20]))}" if unused else ""
        return (
            f"{file}:{line}:{column}: what its columns mean has to be said with options, which "
            f"blastradius init writes for the folder that it lies in; to start from, check this: {as_text(found)}{rest}"
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
    leaves=leaves,
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
        ("column `data_class`", "store of that class at each party or component, and that it reads it, assumed"),
        (
            "columns `governance`, `criticality`, `last_review`",
            "governance of the party: words as they stand; a review's date as ISO",
        ),
        ("column with a role that names a thing", "entity of that kind, one for each name in its cells"),
        ("column with any other role", "attribute of what the row names"),
        ("row that option `ignore` names", "ignored, counted"),
        ("sum under the table; a row whose party is `unknown`, `n/a`, `-`", "rejected, named with its row"),
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
