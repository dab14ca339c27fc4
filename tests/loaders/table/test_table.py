"""The table loader: small cases, the real component list, spreadsheets as people keep them, and bad input."""

from __future__ import annotations

import csv
import importlib
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Credential, Fact, Level, NoteKind, Party, Scenario, Verb
from blastradius.reading import parse_document, read_document
from tests.reading.spreadsheets import MAIN, Rows, write_xlsx

LOADER: Loader = importlib.import_module("blastradius.loaders.table").LOADER
words = importlib.import_module("blastradius.loaders.table.words")
cells = importlib.import_module("blastradius.loaders.table.cells")
VENDORS = {"rows": "vendors", "columns": {"party": "Vendor", "store": {"column": "Data", "separator": ";"}}}


def load(text: str, **options: Any) -> Loaded:
    return LOADER.load(parse_document(text, "t.csv", ".csv"), options or VENDORS)


def proposed(text: str) -> dict[str, Any]:
    with pytest.raises(InputError) as error:
        LOADER.load(parse_document(text, "t.csv", ".csv"), {})
    found: dict[str, Any] = json.loads(str(error.value).partition("check this: ")[2].partition("; not used")[0])
    return found


# a mapping is proposed, never guessed


def test_a_table_without_a_mapping_is_refused_with_one() -> None:
    found = proposed("Vendors 2026,,,,\n\nSupplier name,Application(s),Data categories,Renewal date,Cost\nA,B,c;d,,1\n")
    store = {"column": "Data categories", "separator": ";"}
    columns = {"party": "Supplier name", "service": "Application(s)", "store": store, "contract_end": "Renewal date"}
    assert found == {"rows": "vendors", "columns": columns}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Lieferant,Daten,Vertragsende", {"party": "Lieferant", "store": "Daten", "contract_end": "Vertragsende"}),
        (
            "third_party,key id,granted scopes",
            {"party": "third_party", "credential": "key id", "scope": "granted scopes"},
        ),
        ("User,System,Role", {"party": "User", "service": "System", "scope": "Role"}),
        (
            "Vendor contact,Vendor,Internal owner,Service description",
            {"party": "Vendor", "owner": "Internal owner", "description": "Service description"},
        ),
        (
            "Partner,Integration,API key ID,Scopes",
            {"party": "Partner", "credential": "API key ID", "scope": "Scopes"},
        ),
        (
            "component,depends-on,Environment",
            {"service": "component", "depends_on": "depends-on", "zone": "Environment"},
        ),
        ("App,Hosted on,Part of", {"service": "App", "runs_on": "Hosted on", "part_of": "Part of"}),
        (
            "Dataset,Sensitivity,Data owner",
            {"store": "Dataset", "classification": "Sensitivity", "owner": "Data owner"},
        ),
    ],
)
def test_how_people_head_their_columns(header: str, expected: dict[str, str]) -> None:
    assert proposed(f"{header}\na,b,c\n")["columns"] == expected


def test_of_columns_that_are_as_sure_the_first_is_proposed() -> None:
    found = proposed("Vendor,Owner,Data,Owner\nAcme,Jo,Mail,Ann\n")["columns"]
    assert found == {"party": "Vendor", "owner": "Owner (column B)", "store": "Data"}


def test_what_is_proposed_loads() -> None:
    text = "Vendor,Tool,Data shared,Owner,# of records\nAcme,Mail,a | b,Jo,5\nGlobex,Pay,c,Ann,6\n"
    loaded = load(text, **proposed(text))
    assert loaded.tally.facts == 2
    assert {entity.id for entity in loaded.entities} >= {"Acme", "service:Mail", "store:a", "store:b", "Globex"}


def test_a_header_that_says_nothing_lists_what_a_column_can_be() -> None:
    with pytest.raises(InputError, match="its columns are 'x', 'y', and a column can be party, "):
        LOADER.load(parse_document("x,y\n1,2\n", "t.csv", ".csv"), {})


def test_half_a_mapping_is_completed_by_the_proposal() -> None:
    with pytest.raises(InputError, match='"rows": "access"'):
        LOADER.load(parse_document("Vendor,x\nA,b\n", "t.csv", ".csv"), {"rows": "access"})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rows": "vendor"}, "option 'rows' is 'vendor'"),
        ({"columns": {"vendor": "Vendor"}}, "option 'columns.vendor"),
        ({"rows": "vendors", "columns": {"service": "Data"}}, "needs a column for 'party'"),
        ({"rows": "vendors", "columns": {"party": "Vendor", "depends_on": "Data"}}, "depends_on says nothing in a row"),
        (
            {"rows": "vendors", "columns": {"party": "vendor"}},
            "t.csv:1:1: there is no column 'vendor'; did you mean",
        ),
        ({"rows": "vendors", "columns": {"party": "Vendor"}, "ignore": {"No": ["x"]}}, "there is no column 'No'"),
        ({"rows": "vendors", "columns": {"party": "Vendor"}, "fill_down": "No"}, "there is no column 'No'"),
        ({"rows": "vendors", "columns": {"party": "Vendor"}, "header": 9}, "no filled row has that number"),
        ({"rows": "vendors", "columns": {"party": {"column": "Vendor", "separator": ""}}}, "at least one character"),
        ({"sheets": "x"}, "option 'sheets' is not known; did you mean 'sheet'"),
        ({"rows": "data", "columns": {"store": "Note"}}, r"column 'Note' is there 2 times; say 'Note \(column C\)' or"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        load("Vendor,Data,Note,Note\nA,b,c,d\n", **options)


# real and realistic tables


def test_the_real_component_list(shared: Path) -> None:
    file = shared / "data" / "vendor_inventory" / "traderx-component-spec.csv"
    document = read_document(file)
    with pytest.raises(InputError, match=re.escape('"depends_on": {"column": "depends_on", "separator": "|"}')):
        LOADER.load(document, {})
    columns = {"service": "component_id", "depends_on": {"column": "depends_on", "separator": "|"}}
    loaded = LOADER.load(document, {"rows": "components", "columns": columns})
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]
    edges = {(row[0], each) for row in rows for each in row[9].split("|") if each != "none"}
    assert loaded.tally.facts == loaded.tally.records == len(rows) == 9
    assert {(r.sources[0], r.targets[0]) for r in loaded.relations} == {
        (f"service:{a}", f"service:{b}") for a, b in edges
    }
    assert len(edges) == 18
    Estate.build([loaded])


def test_a_cell_is_counted_once_however_often_it_is_asked_for() -> None:
    text = "Vendor,App,Scope,Access\nAcme,CRM|Mail|Chat," + "x" * 200 + ",sometimes\n"
    columns = {"party": "Vendor", "service": {"column": "App", "separator": "|"}, "scope": "Scope", "access": "Access"}
    loaded = LOADER.load(parse_document(text, "t.csv", ".csv"), {"rows": "access", "columns": columns})
    said = "\n".join(note.message for note in loaded.notes)
    assert "1 cells of 'scope' are longer than" in said
    assert "1 cells of 'access' say no kind of access" in said


def test_a_formula_without_a_value_is_no_name(tmp_path: Path) -> None:
    cells = "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{column}{row}"><f>A1</f><v/></c>'
            if text == "="
            else f'<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in zip("ABCD", line, strict=True)
        )
        + "</row>"
        for row, line in enumerate(
            [
                ("Vendor", "Service", "Data", "Records"),
                ("Acme", "CRM", "people", "="),
                ("=", "Mail", "addresses", "5"),
                ("", "Chat", "messages", "5"),
                ("Bolt", "=", "orders", "5"),
            ],
            1,
        )
    )
    sheet = f"<worksheet xmlns='{MAIN}'><sheetData>{cells}</sheetData></worksheet>"
    file = write_xlsx(tmp_path / "v.xlsx", {"V": []}, **{"xl/worksheets/sheet1.xml": sheet})
    columns = {"party": "Vendor", "service": "Service", "store": "Data", "records": "Records"}
    options = {"rows": "vendors", "fill_down": ["Vendor"], "columns": columns}
    loaded = LOADER.load(read_document(file, shown="v.xlsx"), options)
    assert {entity.id for entity in loaded.entities} == {"Acme", "service:CRM", "store:people"}
    assert (loaded.tally.facts, loaded.tally.rejected) == (1, 3)
    said = [str(note) for note in loaded.notes]
    assert sum("a formula without a value; open the workbook in a spreadsheet program" in note for note in said) == 4
    assert any(note.startswith("v.xlsx#V:5:2: unsupported: 'Service'") for note in said)
    assert any("1 cell of column 'Records' left out" in note for note in said)


def test_a_spreadsheet_as_people_keep_it(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    rows: Rows = [
        ["Vendor register", None, None, None],
        [None, None, None, "confidential"],
        ["Vendor", "System", "Data", "Records"],
        ["Acme", "Mail", "emails", 1200],
        [None, "Print", "letters", 30],
        [],
        ["Globex", "Pay", None, None],
    ]
    file = write_xlsx(tmp_path / "v.xlsx", {"Notes": [["x"]], "Register": rows}, merged=["A4:A5"])
    with pytest.raises(InputError, match="say which sheet with option 'sheet'; there are 'Notes', 'Register'"):
        LOADER.load(read_document(file), {})
    columns = {"party": "Vendor", "service": "System", "store": "Data", "records": "Records"}
    loaded = LOADER.load(
        read_document(file, shown="v.xlsx"), {"sheet": "Register", "rows": "vendors", "columns": columns}
    )
    assert {relation.id for relation in loaded.relations if relation.verb == Verb.OWNS} == {
        "owns:Acme>service:Mail",
        "owns:Acme>service:Print",
        "owns:Globex>service:Pay",
    }
    assert {str(entity.provenance[0]) for entity in loaded.entities if entity.id == "store:letters"} == {
        "v.xlsx#Register:5:3"
    }
    assert "of 2 filled sheets this one is read; not 'Notes'" in "".join(note.message for note in loaded.notes)


def test_another_header_and_cells_filled_down() -> None:
    text = "A,B\nVendor,Scope\nAcme,read\n,write\nGlobex,read\n"
    loaded = load(text, rows="access", columns={"party": "Vendor", "scope": "Scope"}, header=2, fill_down="Vendor")
    assert {relation.id for relation in loaded.relations if relation.verb == Verb.GRANTS} == {
        "grants:credential:Acme>scope:read",
        "grants:credential:Acme>scope:write",
        "grants:credential:Globex>scope:read",
    }


def test_names_of_two_kinds_do_not_clash() -> None:
    text = "Vendor,Product\nSlack,Slack\nservice:Slack,Other\n"
    loaded = load(text, rows="vendors", columns={"party": "Vendor", "service": "Product"})
    assert len(Estate.build([loaded]).entities) == 4
    plain = load("V,P\nSlack,Slack\n", rows="vendors", columns={"party": "V", "service": "P"}, plain=["service"])
    assert len(Estate.build([plain]).entities) == 2


def test_an_access_review_answers_who_holds_what_and_what_it_opens() -> None:
    text = "Partner,Key,Permission,App,Data\nAcme,k1,orders.read,Shop,orders\n"
    columns = {"party": "Partner", "credential": "Key", "scope": "Permission", "service": "App", "store": "Data"}
    loaded = load(text, rows="access", columns=columns)
    assert {relation.id: str(relation.basis) for relation in loaded.relations} == {
        "holds:Acme>credential:k1": "declared",
        "grants:credential:k1>scope:Shop:orders.read": "declared",
        "permits:scope:Shop:orders.read>operation:Shop:orders.read": "inferred",
        "serves:service:Shop>operation:Shop:orders.read": "inferred",
        "reads:operation:Shop:orders.read>store:orders": "inferred",
    }


def test_an_access_to_several_applications_is_one_to_each() -> None:
    text = "User,App,Role\nann,CRM;ERP,view\nbo,CRM,view\ncy,HR;ERP,view\n"
    columns = {"party": "User", "service": {"column": "App", "separator": ";"}, "scope": "Role"}
    loaded = load(text, rows="access", columns=columns)
    held = {relation.targets[0]: relation.sources[0] for relation in loaded.relations if relation.verb == Verb.HOLDS}
    opened = {
        (held[relation.sources[0]], relation.targets[0])
        for relation in loaded.relations
        if relation.verb == Verb.GRANTS
    }
    assert opened == {
        ("ann", "scope:CRM:view"),
        ("ann", "scope:ERP:view"),
        ("bo", "scope:CRM:view"),
        ("cy", "scope:HR:view"),
        ("cy", "scope:ERP:view"),
    }
    served = {relation.id for relation in loaded.relations if relation.verb == Verb.SERVES}
    assert served == {f"serves:service:{each}>operation:{each}:view" for each in ("CRM", "ERP", "HR")}


@pytest.mark.parametrize(
    ("text", "kind", "status", "phishable"),
    [
        ("SMS", "mfa", "assumed", True),
        ("Authenticator app (TOTP)", "mfa", "assumed", True),
        ("Push", "mfa", "assumed", True),
        ("FIDO2", "hard_mfa", "assumed", False),
        ("passkey", "hard_mfa", "assumed", False),
        ("Security key, SMS", "mfa", "assumed", True),
        ("client certificate", "hard_mfa", "assumed", False),
        ("yes", "mfa", "assumed", False),
        ("Enforced", "mfa", "assumed", False),
        ("no", "mfa", "absent", False),
        ("by carrier pigeon", None, None, None),
        ("encoded", None, None, None),
    ],
)
def test_what_a_second_factor_is(text: str, kind: str | None, status: str | None, phishable: bool | None) -> None:
    found = cells.second_factor(text)
    assert (found.kind, found.status, found.phishable) == (kind, status, phishable) if found else kind is None


def test_a_second_factor_is_asked_for_where_a_password_is_used() -> None:
    columns = {"party": "Who", "service": "App", "second_factor": "MFA"}
    loaded = load("Who,App,MFA\nann,till,SMS\nbob,till,odd\ncy,till,no\n", rows="access", columns=columns)
    keys = {entity.id: entity for entity in loaded.entities if isinstance(entity, Credential)}
    assert [(key.type, [str(control.kind) for control in key.controls]) for key in keys.values()] == [
        ("password", ["mfa"]),
        ("api_key", []),
        ("password", ["mfa"]),
    ]
    assert "1 cells of 'second_factor' name no second factor that is known" in str(loaded.notes)
    estate = Estate.build([loaded])
    key = next(iter(keys))
    reached = [solve(estate, Scenario(leak=(key,), assume=level)).levels for level in (Level.GRANTED, Level.ABUSED)]
    assert [Fact("scope:till:access", Capability.USE) in levels for levels in reached] == [False, True]


def test_where_components_run_and_what_they_are_parts_of() -> None:
    columns = {"service": "App", "runs_on": "Hosted on", "part_of": "Part of"}
    loaded = load("App,Hosted on,Part of\ntill,vm-1,shop\nsearch,,shop\n", rows="components", columns=columns)
    assert {relation.id for relation in loaded.relations} == {
        "runs_on:service:till>service:vm-1",
        "part_of:service:till>service:shop",
        "part_of:service:search>service:shop",
    }
    data = load("Data,Server\norders,db-1\n", rows="data", columns={"store": "Data", "runs_on": "Server"})
    assert [relation.id for relation in data.relations] == ["runs_on:store:orders>service:db-1"]


def test_cells_that_are_separated_in_more_than_one_way() -> None:
    text = 'User,App,Permission\njo,CRM,"read, write"\nann,CRM,read;admin\n'
    options = proposed(text)
    assert options["columns"]["scope"] == {"column": "Permission", "separator": [";", ","]}
    scopes = {entity.name for entity in load(text, **options).entities if entity.kind == "scope"}
    assert scopes == {"read", "write", "admin"}
    firms = 'Vendor,Sub-processors\nA,"Acme, Inc.; Globex"\n'
    assert proposed(firms)["columns"]["relies_on"] == {"column": "Sub-processors", "separator": ";"}


def test_what_governance_says_over_several_lines_is_kept() -> None:
    text = 'Vendor,ISO 27001\nAcme,"yes,\n  until 2027"\nGlobex,"a\u202eb"\n'
    loaded = load(text, rows="vendors", columns={"party": "Vendor", "governance": "ISO 27001"})
    acme = next(entity for entity in loaded.entities if entity.id == "Acme")
    assert isinstance(acme, Party)
    assert acme.governance == {"ISO 27001": "yes, until 2027"}
    assert "1 cells of 'governance' are no text that can be kept" in loaded.notes[0].message


def test_a_table_without_rows_says_so_and_an_empty_one_is_refused() -> None:
    loaded = load("Vendor,Data\n")
    assert [note.message for note in loaded.notes] == ["there is no row below the header"]
    with pytest.raises(InputError, match=r"t.csv: empty; expected a table with a header"):
        LOADER.load(parse_document("\n", "t.csv", ".csv"), VENDORS)


def test_a_list_without_a_stated_separator_is_said() -> None:
    loaded = load("Vendor,Data\nA,x; y\n", rows="vendors", columns={"party": "Vendor", "store": "Data"})
    assert "1 cells of column 'Data' look like lists" in "".join(
        note.message for note in loaded.notes if note.kind == NoteKind.ASSUMED
    )


@pytest.mark.slow
def test_many_rows_that_say_the_same_are_quick() -> None:
    text = "Vendor,Data\n" + "Acme,Mail\n" * 20_000
    began = time.monotonic()
    loaded = load(text)
    assert time.monotonic() - began < 30
    assert {len(relation.provenance) for relation in loaded.relations} == {20_000}


# laws


ROWS = ["Acme,a;b", "Globex,b", "Acme,c", "Initech,", "Umbrella,a", "Globex,d;a"]


@given(st.permutations(ROWS), st.integers(0, 6))
def test_order_twice_and_split_make_no_difference(rows: list[str], cut: int) -> None:
    def text(some: list[str]) -> str:
        return "\n".join(["Vendor,Data", *some])

    whole = Estate.build([load(text(ROWS))])
    parts = [load(text(rows[:cut])), load(text(rows[cut:]))]
    for estate in (Estate.build(parts), Estate.build(reversed(parts)), Estate.build([*parts, load(text(rows))])):
        assert estate.digest == whole.digest


TEXTS = st.text(st.sampled_from('aé=;|\n\x00\x1b\u202e",\t '), max_size=6) | st.sampled_from(
    ["token=hunter2hunter2", "AKIAABCDEFGHIJKLMNOP", "service:a", "1/2/2027", "1,5", "x" * 300, "NaN"]
)


@given(st.lists(st.lists(TEXTS, min_size=4, max_size=4), max_size=5), st.sampled_from(["vendors", "access", "data"]))
def test_any_cells_load_and_are_counted(rows: list[list[str]], meaning: str) -> None:
    lines = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [list("wxyz"), *rows])
    document = parse_document(lines, "t.csv", ".csv")
    columns = {"party": "w", "service": "x", "store": "y", "contract_end": "z", "records": "z", "owner": "z"}
    if document.data.columns != tuple("wxyz"):
        return
    loaded = LOADER.load(document, {"rows": meaning, "columns": columns})
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert loaded.tally.records == len(filled)
    said = loaded.model_dump_json()
    assert "hunter2" not in said
    assert "AKIAABCD" not in said
    Estate.build([loaded])


# words in cells


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("1,200,000", 1_200_000),
        ("1.200", 1200),
        ("1.2M", 1_200_000),
        ("~5k", 5000),
        ("many", None),
        ("-1", None),
        ("1000000b", 10**15),
        ("1000001b", None),
        ("9" * 400 + "m", None),
        ("9" + ",999" * 2000, None),
    ],
)
def test_counts(text: str, number: int | None) -> None:
    assert cells.count(text) == number


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2027-1-2", None, "2027-01-02"),
        ("2027-01-02T10:00:00", None, "2027-01-02"),
        ("31/12/2026", None, "2026-12-31"),
        ("12/31/2026", None, "2026-12-31"),
        ("1/2/2027", None, None),
        ("1/2/2027", "mdy", "2027-01-02"),
        ("1.2.2027", None, "2027-02-01"),
        ("Jan 2nd, 2027", None, "2027-01-02"),
        ("2 January 2027", None, "2027-01-02"),
        ("31/31/2027", None, None),
        ("soon", None, None),
    ],
)
def test_dates(text: str, order: str | None, iso: str | None) -> None:
    assert cells.date(text, order) == iso


def test_a_key_in_a_cell_never_enters() -> None:
    key = "mK8fQ2LxZr71PdWc93TbVnYs"
    text = f"Vendor,Key,Scope\nAcme,{key},read\nGlobex,12345678-1234-1234-1234-123456789abc,read\n"
    loaded = load(text, rows="access", columns={"party": "Vendor", "credential": "Key", "scope": "Scope"})
    assert key not in loaded.model_dump_json()
    assert [note.kind for note in loaded.notes] == [NoteKind.SECRET_DROPPED]
    assert "credential:12345678-1234-1234-1234-123456789abc" in {entity.id for entity in loaded.entities}
