"""Names of the parts of the page Data."""

from enum import StrEnum

TABS = {
    "quality": "Quality",
    "distributions": "Distributions",
    "correlations": "Correlations",
    "changes": "What changed",
    "imports": "Imports",
}
"""By the word in the address; the first is shown where the address names none, "changes" where it names two snapshots."""

FIRST_SNAPSHOTS = 5
FIRST_COLUMNS = 25
COLUMNS_DRAWN = 24
"""Rows and panels that are shown before somebody asks for more."""


class Ids(StrEnum):
    HEAD = "data-head"
    UPLOAD = "data-upload"
    BODY = "data-body"
    DISCARD = "data-discard"
    REMOVE = "data-remove"
    REMOVE_OPEN = "data-remove-open"
    REMOVE_ASK = "data-remove-ask"
    REMOVE_CANCEL = "data-remove-cancel"
