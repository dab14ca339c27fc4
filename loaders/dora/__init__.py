"""DORA registers of information as xBRL-CSV: providers, contracts, the functions they support, supply chains.

A record is a row of a template (``b_01.01.csv`` … ``b_99.01.csv``). A provider owns the service it runs under a
contract; the function depends on it, hard where reliance is material or full; data kept under the contract is a store
that the service reads and writes; from rank 2 of a supply chain, who receives relies on who provides.
"""

from __future__ import annotations

from typing import Any

from blastradius.loaderkit.contract import Document, Loaded, Loader
from blastradius.loaderkit.options import Options
from blastradius.loaderkit.validation import read_options

from .model import RegisterMapper
from .register import is_register, read_register


def load(document: Document, options: dict[str, Any]) -> Loaded:
    """Read one register: its package, or the ``report.json`` of an unpacked one.

    Raises:
        InputError: no register as xBRL-CSV, a version that is not known, a template that cannot be read.
    """
    read_options(Options, document, options)
    return RegisterMapper(document, read_register(document)).build()


LOADER = Loader(
    name="dora",
    title="DORA register of information (xBRL-CSV)",
    suffixes=(".zip", ".json", ".xbrl"),
    recognises=is_register,
    load=load,
    reads="our entities, ICT providers, services by contract, supported functions, kept data, supply chains",
    maps=(
        ("b_01.01, b_01.02: our entities", "party with role self"),
        ("b_05.01: provider", "party with role provider; its ultimate parent under governance"),
        (
            "b_02.02: contractual arrangement",
            "service that the provider owns; the function depends on it, as hard as the reliance says",
        ),
        ("b_02.02: data is stored", "store that the service reads and writes, with its sensitivity"),
        (
            "b_02.02: end date",
            "contract_end of the provider, the last of its contracts; those over before it are ignored",
        ),
        ("b_05.02: supply chain", "recipient relies_on provider, from rank 2 on"),
        ("b_06.01: function", "process, with recovery time objective as tolerance; critical ones are crown jewels"),
        ("b_07.01: assessment", "substitutability, exit plan and alternatives of the provider"),
        ("all other templates", "ignored, counted"),
    ),
    infers_not=(
        "which systems of ours a contracted service talks to, and with which credentials",
        "what data is kept, and how many records",
        "whether a function depends on one provider or on any of several",
    ),
    options=Options,
)
