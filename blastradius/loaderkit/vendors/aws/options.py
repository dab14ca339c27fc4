"""What a user may say about an AWS account that its files cannot say, and which account id is which vendor."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from blastradius.errors import InputError
from blastradius.loaderkit.contract import Document
from blastradius.loaderkit.names import harmless
from blastradius.loaderkit.options import Name, Names
from blastradius.loaderkit.options import Options as Shape
from blastradius.loaderkit.vendors.aws.arns import is_account
from blastradius.loaderkit.vendors.aws.policies import account_text


class AwsOptions(Shape):
    """What a user may say about an account that its files cannot say."""

    account: str | None = Field(default=None, description="the account that the file is of, twelve digits in quotes")
    own_accounts: Names = Field(default=(), description="further accounts that are ours")
    own_organizations: Names = Field(default=(), description="ids of AWS organisations that are ours")
    parties: dict[str, Name] = Field(
        default_factory=dict, description="which party an account, an organisation or an identity provider is"
    )
    vendors: str | None = Field(
        default=None, description="a file beside this one: vendors, each with `name` and `accounts`"
    )
    owner: Name | None = Field(default=None, description="who answers for the services and data")
    zone: Name | None = Field(default=None, description="where things in our accounts lie; else each account is a zone")

    @field_validator("account", "own_accounts")
    @classmethod
    def _accounts(cls, value: Any) -> Any:
        for item in [value] if isinstance(value, str) else value or ():
            if not is_account(item):
                raise ValueError("an AWS account id has twelve digits; write it in quotes")
        return value


def is_vendor_list(data: Any) -> bool:
    """Whether a document is a list of vendors' account ids, as public lists have them."""
    first = data[0] if isinstance(data, list) and data else None
    accounts = first.get("accounts") if isinstance(first, dict) and isinstance(first.get("name"), str) else None
    return isinstance(accounts, list) and all(is_account(str(account_text(account))) for account in accounts)


def read_vendors(document: Document, options: AwsOptions) -> dict[str, str]:
    """The vendor's name for each account id of the list that the options name; AWS's own accounts are AWS's.

    Raises:
        InputError: the file is missing, outside the folder, or no such list.
    """
    if options.vendors is None:
        return {}
    listed = document.sibling(options.vendors)
    if not is_vendor_list(listed.data):
        raise InputError([f"{listed.path}: not a list of vendors; expected items with 'name' and 'accounts'"])
    found: dict[str, str] = {}
    for datum in listed.data:
        name = datum.get("name") if isinstance(datum, dict) else None
        if isinstance(name, str) and harmless(name) and isinstance(datum.get("accounts"), list):
            vendor = "Amazon Web Services" if datum.get("type") == "aws" else name.strip()[:200]
            for account in datum["accounts"]:
                found.setdefault(str(account_text(account)), vendor)
    return found
