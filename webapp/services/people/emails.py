"""E-mail addresses: one spelling for each, so that no second account looks like the first."""

from __future__ import annotations

import re
import unicodedata

from webapp.services.errors import Invalid

EMAIL = re.compile(r"[!-?A-~]{1,64}@[^@\s]{1,189}")
"""Before the @, printable ASCII; behind it, a domain, which may be in any script."""


def clean_email(email: str) -> str:
    """`email` in lower case and in compatibility form (Unicode NFKC), without blanks around it; Invalid where it is none.

    Characters that cannot be seen are refused, and so are letters before the @ that only look like plain ones.
    """
    address = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).strip().lower())
    if not EMAIL.fullmatch(address) or any(unicodedata.category(letter).startswith("C") for letter in address):
        raise Invalid("This is not an e-mail address.", details={"field": "email"})
    return address


def stored_email(email: str) -> str:
    """`email` as an account that is there already may be stored, whatever its letters. NUL, which PostgreSQL cannot hold, is left out."""
    return email.strip().lower().replace("\x00", "")
