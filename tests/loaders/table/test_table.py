"""The table loader: small cases, the real component list, spreadsheets as people keep them, and bad input."""

from __future__ import annotations

import csv
import importlib
import json
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.engine import solve
from blastradius.errors import InputError
from blastradius.estate import Estate
from blastradius.loaderkit.contract import Loaded, Loader
from blastradius.model import Capability, Credential, Fact, Level, NoteKind, Party, Scenario, Store, Verb
from blastradius.reading import parse_document, read_document
from tests.reading.spreadsheets import MAIN, Rows, write_xlsx

LOADER: Loader = importlib.import_module("blastradius.loaders.table").LOADER
words = importlib.import_module("blastradius.loaders.table.words")
cells = importlib.import_module("blastradius.loaders.table.cells")
dates = importlib.import_module("blastradius.loaders.table.dates")
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
    data = {"column": "Data categories", "separator": ";"}
    columns = {
        "party": "Supplier name",
        "service": "Application(s)",
        "data_class": data,
        "contract_end": "Renewal date",
    }
    assert found == {"rows": "vendors", "columns": columns}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Lieferant,Daten,Vertragsende", {"party": "Lieferant", "data_class": "Daten", "contract_end": "Vertragsende"}),
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
    beside = ["Owner (column D)"]
    assert found == {"party": "Vendor", "owner": "Owner (column B)", "data_class": "Data", "governance": beside}


def test_what_is_proposed_loads() -> None:
    text = "Vendor,Tool,Data shared,Owner,# of records\nAcme,Mail,a | b,Jo,5\nGlobex,Pay,c,Ann,6\n"
    loaded = load(text, **proposed(text))
    assert loaded.tally.facts == 2
    assert {entity.id for entity in loaded.entities} >= {"Acme", "service:Mail", "store:a at Acme", "store:b at Acme"}


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
    assert "1 cell of 'Scope' left out, longer than" in said
    assert "1 cell of 'Access' taken as reading, no kind of access that is known: 'sometimes' (row 2)" in said


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
    assert any("1 cell of 'Records' left out, a formula without a value" in note for note in said)


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
    assert not loaded.notes


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
    assert "1 cell of 'MFA' left out, no second factor that is known: 'odd' (row 3)" in str(loaded.notes)
    estate = Estate.build([loaded])
    key = next(iter(keys))
    reached = [solve(estate, Scenario(leak=(key,), assume=level)).levels for level in (Level.GRANTED, Level.ABUSED)]
    assert [Fact("scope:till:access of ann", Capability.USE) in levels for levels in reached] == [False, True]


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
    assert "1 cell of 'ISO 27001' left out, no text that can be kept: row 4" in loaded.notes[0].message


def test_a_table_without_rows_says_so_and_an_empty_one_is_refused() -> None:
    loaded = load("Vendor,Data\n")
    assert [note.message for note in loaded.notes] == ["there is no row below the header"]
    with pytest.raises(InputError, match=r"t.csv: empty; expected a table with a header"):
        LOADER.load(parse_document("\n", "t.csv", ".csv"), VENDORS)


def test_a_list_without_a_stated_separator_is_said() -> None:
    loaded = load("Vendor,Data\nA,x; y\n", rows="vendors", columns={"party": "Vendor", "store": "Data"})
    assert "1 cell of 'Data' taken as one name each, though they look like lists" in "".join(
        note.message for note in loaded.notes if note.kind == NoteKind.ASSUMED
    )


@pytest.mark.slow
def test_many_rows_that_say_the_same_are_quick() -> None:
    text = "Vendor,Data\n" + "Acme,Mail\n" * 20_000
    began = time.monotonic()
    loaded = load(text)
    assert time.monotonic() - began < 30
    assert {len(relation.provenance) for relation in loaded.relations} == {20_000}


# what one row says is never another's


def reached(loaded: Loaded, party: str) -> set[str]:
    """What a party can read when all that it was granted is used."""
    levels = solve(Estate.build([loaded]), Scenario(compromise=(party,), assume=Level.GRANTED)).levels
    return {fact.entity for fact in levels if fact.capability == Capability.READ and fact.entity.startswith("store:")}


ROW_LEAKS: dict[str, tuple[str, dict[str, Any], dict[str, set[str]]]] = {
    "a class that two vendors handle": (
        "Vendor,Data\nA,customer profiles\nB,customer profiles\n",
        {"rows": "vendors", "columns": {"party": "Vendor", "data_class": "Data"}},
        {"A": {"store:customer profiles at A"}, "B": {"store:customer profiles at B"}},
    ),
    "a service of a name that two vendors run": (
        "Vendor,Service,Data\nA,Hosting,payroll\nB,Hosting,logs\n",
        {"rows": "vendors", "columns": {"party": "Vendor", "service": "Service", "store": "Data"}},
        {"A": {"store:payroll"}, "B": {"store:logs"}},
    ),
    "a system with two holders and no scope": (
        "Vendor,System,Data\nA,File shares,everything\nB,File shares,invoices\n",
        {"rows": "access", "columns": {"party": "Vendor", "service": "System", "store": "Data"}},
        {"A": {"store:everything"}, "B": {"store:invoices"}},
    ),
    "a scope with two holders and other data": (
        "Vendor,System,Role,Data\nA,CRM,user,contacts\nB,CRM,user,\nC,CRM,user,deals\n",
        {"rows": "access", "columns": {"party": "Vendor", "service": "System", "scope": "Role", "store": "Data"}},
        {"A": {"store:contacts"}, "B": set(), "C": {"store:deals"}},
    ),
    "a scope with two holders and classes of data": (
        "Vendor,System,Role,Data\nA,CRM,user,contacts\nB,CRM,user,contacts\n",
        {"rows": "access", "columns": {"party": "Vendor", "service": "System", "scope": "Role", "data_class": "Data"}},
        {"A": {"store:contacts at A"}, "B": {"store:contacts at B"}},
    ),
    "two parties in one row, without a scope": (
        "Vendor,System,Data\nA;B,CRM,contacts\nB,CRM,deals\n",
        {
            "rows": "access",
            "columns": {"party": {"column": "Vendor", "separator": ";"}, "service": "System", "store": "Data"},
        },
        {"A": {"store:contacts"}, "B": {"store:contacts", "store:deals"}},
    ),
    "a word for a kind of key where a key should be named": (
        "Vendor,Key,System,Data\nA,API key,CRM,contacts\nB,API key,CRM,deals\n",
        {"rows": "access", "columns": {"party": "Vendor", "credential": "Key", "service": "System", "store": "Data"}},
        {"A": {"store:contacts"}, "B": {"store:deals"}},
    ),
    "a system that two processors share in a list of data": (
        "Data,System,Processor\ncontacts,CRM,A\ndeals,CRM,B\n",
        {"rows": "data", "columns": {"store": "Data", "service": "System", "party": "Processor"}},
        {"A": {"store:contacts"}, "B": {"store:deals"}},
    ),
}


@pytest.mark.parametrize("case", ROW_LEAKS)
def test_what_a_row_says_of_a_party_is_not_said_of_another(case: str) -> None:
    text, options, expected = ROW_LEAKS[case]
    loaded = load(text, **options)
    assert {party: reached(loaded, party) for party in expected} == expected


def test_holders_of_a_scope_whose_rows_say_the_same_share_what_it_opens() -> None:
    columns = {"party": "Vendor", "service": "System", "scope": "Role", "store": "Data"}
    loaded = load("Vendor,System,Role,Data\nA,CRM,user,contacts\nB,CRM,user,contacts\n", rows="access", columns=columns)
    assert [entity.id for entity in loaded.entities if entity.kind == "scope"] == ["scope:CRM:user"]
    assert reached(loaded, "A") == reached(loaded, "B") == {"store:contacts"}
    assert not loaded.notes


def test_a_class_of_data_is_assumed_and_no_store_of_ours() -> None:
    columns = {"party": "Vendor", "data_class": {"column": "Data", "separator": ";"}, "records": "Records"}
    loaded = load("Vendor,Data,Records\nA,profiles,500\nB,profiles;orders,9\n", rows="vendors", columns=columns)
    stores = {entity.id: entity for entity in loaded.entities if isinstance(entity, Store)}
    assert {name: (store.classification, store.records, str(store.basis)) for name, store in stores.items()} == {
        "store:profiles at A": ("profiles", 500, "assumed"),
        "store:profiles at B": ("profiles", None, "assumed"),
        "store:orders at B": ("orders", None, "assumed"),
    }
    assert {str(relation.basis) for relation in loaded.relations if relation.verb == Verb.READS} == {"assumed"}
    said = "1 cell of 'Records' left out, a count of several stores together: '9' (row 3)"
    assert [note.message for note in loaded.notes] == [said]


def test_components_have_their_own_data_of_a_class() -> None:
    loaded = load(
        "App,Data\ntill,orders\nshop,orders\n", rows="components", columns={"service": "App", "data_class": "Data"}
    )
    assert {relation.id for relation in loaded.relations} == {
        "reads:service:till>store:orders at till",
        "reads:service:shop>store:orders at shop",
    }


# rows about nobody


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("TOTAL 25,,", "'TOTAL 25' is a total and no party"),
        ("Total,,31", "'Total' is a total and no party"),
        ("Total number of vendors: 25,see sheet 2,", "'Total number of vendors: 25' is a total and no party"),
        ("Grand total,,", "'Grand total' is a total and no party"),
        ("Summe,,", "'Summe' is a total and no party"),
        ("unknown,x,", "'unknown' is no party"),
        ("N/A,x,", "'N/A' is no party"),
        ("-,x,", "'-' is no party"),
        (",x,", "a row without a party that can be used"),
    ],
)
def test_a_row_about_nobody_is_said_with_its_cell(row: str, says: str) -> None:
    columns = {"party": "Vendor", "owner": "Owner", "records": "Records"}
    loaded = load(f"Vendor,Owner,Records\nAcme,Jo,\n{row}\n", rows="vendors", columns=columns)
    assert [entity.id for entity in loaded.entities] == ["Acme"]
    assert [str(note) for note in loaded.notes] == [f"t.csv:3:1: unsupported: {says}; left out"]


@pytest.mark.parametrize(
    "name", ["Total", "Total Energies", "Totally Secure Ltd", "Unknown Worlds", "Sum Up", "Count & Sons"]
)
def test_a_firm_may_be_called_so(name: str) -> None:
    loaded = load(f"Vendor,Owner\n{name},Jo\n", rows="vendors", columns={"party": "Vendor", "owner": "Owner"})
    assert [entity.id for entity in loaded.entities] == [name]


def test_a_row_with_a_name_alone_is_named() -> None:
    loaded = load("Vendor,Data\nLogistics,\nAcme,x\n")
    said = "1 cell of 'Vendor' with nothing else in their rows (titles inside the table?): 'Logistics' (row 2)"
    assert [note.message for note in loaded.notes] == [said]


# what is kept beside a party


def test_what_people_keep_beside_a_vendor_reaches_the_model() -> None:
    text = (
        "Vendor,Crit.,Last review,Contract end,Notes\n"
        'Acme,High,14/03/2026,Q2 2026,"old, \nbut fine"\n'
        "Bolt,?,never,rolling,-\n"
        "Corp,Low,Q1 2025,2027-01-31,\n"
        "Dune,,05/11/2025,31/06/2027,\n"
    )
    columns = {
        "party": "Vendor", "criticality": "Crit.", "last_review": "Last review", "contract_end": "Contract end",
        "governance": ["Notes"],
    }  # fmt: skip
    loaded = load(text, rows="vendors", columns=columns)
    parties = {entity.id: entity for entity in loaded.entities if isinstance(entity, Party)}
    assert {name: (party.contract_end, party.governance) for name, party in parties.items()} == {
        "Acme": (
            "2026-06-30",
            {"contract end": "Q2 2026", "criticality": "High", "last review": "2026-03-14", "Notes": "old, but fine"},
        ),
        "Bolt": (None, {"contract end": "rolling", "criticality": "?", "last review": "never"}),
        "Corp": ("2027-01-31", {"criticality": "Low", "last review": "Q1 2025"}),
        "Dune": (None, {"contract end": "31/06/2027", "last review": "05/11/2025"}),
    }
    assert sorted(note.message for note in loaded.notes) == [
        "1 cell of 'Contract end' left out, no date: '31/06/2027' (row 6)",
        "1 cell of 'Contract end' taken as the last day of what they say: 'Q2 2026' (row 2)",
        "1 cell of 'Last review' kept as it stands, for day and month can be read either way "
        "(state option 'dates' as dmy or mdy): '05/11/2025' (row 6)",
    ]


def test_a_review_of_which_nobody_knows_is_none_on_record() -> None:
    loaded = load(
        "Vendor,Seen\nAcme,Unknown\nBolt,TBD\n", rows="vendors", columns={"party": "Vendor", "last_review": "Seen"}
    )
    assert [entity.governance for entity in loaded.entities if isinstance(entity, Party)] == [{}, {}]


@pytest.mark.parametrize("word", ["n/a", "-", "none", "Unknown", "TBD"])
def test_a_criticality_that_is_no_word_for_one_is_not_stated(word: str) -> None:
    columns = {"party": "Vendor", "criticality": ["Crit", "Tier"]}
    loaded = load(f"Vendor,Crit,Tier\nAcme,{word},\nBolt,{word},2\n", rows="vendors", columns=columns)
    assert [entity.governance for entity in loaded.entities if isinstance(entity, Party)] == [{}, {"criticality": "2"}]


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        (["2026-01-31", "2027-01-31"], "2027-01-31"),
        (["2027-01-31", "2026-01-31"], "2027-01-31"),
        (["2027-01-31", ""], "2027-01-31"),
        (["2027-01-31", "rolling"], None),
        (["rolling", "2027-01-31"], None),
    ],
)
def test_of_two_ends_the_later_is_kept(ends: list[str], kept: str | None) -> None:
    text = "Vendor,Key,End\n" + "".join(f"Acme,k1,{end}\n" for end in ends)
    loaded = load(text, rows="vendors", columns={"party": "Vendor", "contract_end": "End"})
    assert [entity.contract_end for entity in loaded.entities if isinstance(entity, Party)] == [kept]
    assert ("the later is kept" in str(loaded.notes)) == all(ends)
    keys = {"party": "Vendor", "credential": "Key", "expires": "End"}
    entities = load(text, rows="access", columns=keys).entities
    assert [entity.expires for entity in entities if isinstance(entity, Credential)] == [kept]


def test_what_further_rows_of_a_vendor_say_is_put_behind() -> None:
    text = "Vendor,Notes\nAcme,mails\nAcme,prints\nAcme,mails\n"
    loaded = load(text, rows="vendors", columns={"party": "Vendor", "governance": "Notes"})
    assert [entity.governance for entity in loaded.entities if isinstance(entity, Party)] == [
        {"Notes": "mails; prints"}
    ]


def test_many_cells_that_cannot_be_read_all_have_their_place() -> None:
    text = "Vendor,End\n" + "".join(f"v{number},soon {number}\n" for number in range(12))
    loaded = load(text, rows="vendors", columns={"party": "Vendor", "contract_end": "End"})
    (note,) = loaded.notes
    assert note.message.startswith("12 cells of 'End' left out, no date: 'soon 0' (row 2), 'soon 1' (row 3)")
    assert note.message.endswith("'soon 9' (row 11) and 2 more")
    assert [place.line for place in note.provenance] == list(range(2, 14))


def test_rows_that_the_user_leaves_out_are_counted_and_no_news() -> None:
    columns = {"party": "Vendor"}
    loaded = load("Vendor,State\nA,live\nB,gone\n", rows="vendors", columns=columns, ignore={"State": ["gone"]})
    assert (loaded.tally.ignored, loaded.ignored, loaded.notes) == (1, {"rows with 'gone' in 'State'": 1}, ())


def test_every_column_of_a_register_is_mapped_or_named() -> None:
    text = (
        "No.,Vendor,Type,What they access,How,Data classes,Crit.,Contract end,Last review,Frob,Empty\n"
        "1,Acme,SaaS,Order API,API key,names,High,03/04/2027,31/12/2025,x,\n"
    )
    document = parse_document(text, "t.csv", ".csv")
    assert LOADER.proposes is not None
    assert LOADER.leaves is not None
    found = LOADER.proposes(document)
    assert found == [
        {
            "rows": "vendors",
            "columns": {
                "party": "Vendor",
                "data_class": "Data classes",
                "criticality": "Crit.",
                "contract_end": "Contract end",
                "last_review": "Last review",
                "governance": ["Type", "What they access", "How"],
            },
            "dates": "dmy",
        }
    ]
    assert LOADER.leaves(document, found) == ["column 'Frob'"]
    loaded = LOADER.load(document, found[0])
    assert not loaded.notes


def test_sheets_that_nothing_is_proposed_for_are_named(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    sheets: dict[str, Rows] = {"Register": [["Vendor", "Owner"], ["Acme", "Jo"]], "Lists": [["High"], ["Low"]]}
    document = read_document(write_xlsx(tmp_path / "v.xlsx", sheets))
    assert LOADER.proposes is not None
    assert LOADER.leaves is not None
    assert LOADER.leaves(document, LOADER.proposes(document)) == ["sheet 'Lists'"]


def test_a_sheet_that_is_hidden_is_not_proposed_and_is_named(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    sheets: dict[str, Rows] = {"Register": [["Vendor", "Owner"], ["Acme", "Jo"]], "Old": [["Vendor"], ["Gone"]]}
    file = write_xlsx(tmp_path / "v.xlsx", sheets)
    with zipfile.ZipFile(file) as archive:
        book = archive.read("xl/workbook.xml").decode().replace('name="Old"', 'name="Old" state="hidden"')
    document = read_document(write_xlsx(file, sheets, **{"xl/workbook.xml": book}))
    assert LOADER.proposes is not None
    assert LOADER.leaves is not None
    found = LOADER.proposes(document)
    assert [options["sheet"] for options in found] == ["Register"]
    assert LOADER.leaves(document, found) == ["hidden sheet 'Old'"]
    named = LOADER.load(document, {"sheet": "Old", "rows": "vendors", "columns": {"party": "Vendor"}})
    assert [entity.id for entity in named.entities] == ["Gone"]


def test_a_date_that_is_a_bare_number_says_what_to_do() -> None:
    columns = {"party": "Vendor", "contract_end": "End"}
    (note,) = load("Vendor,End\nAcme,46053\nBolt,46053.5\n", rows="vendors", columns=columns).notes
    assert "2 cells of 'End' left out, a bare number and no date; give the cells the format of a date" in note.message


def test_a_workbook_with_nothing_in_it_says_so(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    with pytest.raises(InputError, match=r"v\.xlsx: every sheet is empty; save the workbook with the rows"):
        LOADER.load(read_document(write_xlsx(tmp_path / "v.xlsx", {"A": [], "B": []}), shown="v.xlsx"), VENDORS)


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
        ("29/02/2027", None, None),
        ("5/5/2027", None, "2027-05-05"),
        ("31.12.26", None, "2026-12-31"),
        ("31-Dec-26", None, "2026-12-31"),
        ("31. Dezember 2026", None, "2026-12-31"),
        ("2027-01-02 or so", None, None),
        ("26-12-31", None, None),
        ("May 26", None, None),
        ("46387", None, None),
        ("soon", None, None),
    ],
)
def test_dates(text: str, order: str | None, iso: str | None) -> None:
    assert dates.date(text, order) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Q2 2026", "2026-06-30"),
        ("2026-Q4", "2026-12-31"),
        ("H1 2027", "2027-06-30"),
        ("Dec 2026", "2026-12-31"),
        ("Dec-26", "2026-12-31"),
        ("Februar 2028", "2028-02-29"),
        ("02/2027", "2027-02-28"),
        ("2026-12", "2026-12-31"),
        ("end of 2026", "2026-12-31"),
        ("2026", "2026-12-31"),
        ("Q5 2026", None),
        ("13/2026", None),
        ("May 26", None),
        ("Decision 2026", None),
        ("0000", None),
    ],
)
def test_a_stretch_of_days_is_its_last_one(text: str, iso: str | None) -> None:
    assert dates.last_day(text) == iso


def test_how_a_column_writes_its_dates() -> None:
    assert dates.order_of(["03/04/2026", "31/12/2026"]) == "dmy"
    assert dates.order_of(["03/04/2026", "12/31/2026"]) == "mdy"
    assert dates.order_of(["31/12/2026", "12/31/2026"]) is None
    assert dates.order_of(["03/04/2026", "31.12.2026", "5/5/2026"]) is None


def test_a_key_in_a_cell_never_enters() -> None:
    key = "mK8fQ2LxZr71PdWc93TbVnYs"
    text = f"Vendor,Key,Scope\nAcme,{key},read\nGlobex,12345678-1234-1234-1234-123456789abc,read\n"
    loaded = load(text, rows="access", columns={"party": "Vendor", "credential": "Key", "scope": "Scope"})
    assert key not in loaded.model_dump_json()
    assert [note.kind for note in loaded.notes] == [NoteKind.SECRET_DROPPED]
    assert "credential:12345678-1234-1234-1234-123456789abc" in {entity.id for entity in loaded.entities}


def test_what_a_row_says_of_nothing_that_it_names_is_not_lost_in_silence() -> None:
    columns = {"party": "vendor", "records": "records", "store": "data"}
    loaded = load("vendor,records,data\nAcme,1200,\nBolt,900,Orders\nCork,,\n", rows="vendors", columns=columns)
    assert [entity.records for entity in loaded.entities if isinstance(entity, Store)] == [900]
    assert "1 cell of 'records' left out, for the row names no store that has it: '1200' (row 2)" in str(loaded.notes)
