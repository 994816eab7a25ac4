"""Names that people give, and how they look in addresses. Apart from the datasets, whose module takes seconds to import."""

from __future__ import annotations

import re
import unicodedata

from webapp.services.errors import Invalid

LONGEST_NAME = 120


def clean_name(name: str, field: str) -> str:
    """`name` without blanks around it and with one between words, as pages show it; Invalid unless 1 to 120 printable characters remain."""
    cleaned = re.sub(" +", " ", unicodedata.normalize("NFC", name)).strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise Invalid(f"Give a name of 1 to {LONGEST_NAME} characters on one line.", details={"field": field})
    return cleaned


def slug_of(name: str) -> str:
    """`name` as it appears in addresses: plain lower-case letters, digits and hyphens, at most 60."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "dataset"
