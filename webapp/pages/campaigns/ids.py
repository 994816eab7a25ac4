"""Ids of the Campaigns page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "campaigns-head"
    BODY = "campaigns-body"
    OPEN = "campaigns-new-open"
    DIALOG = "campaigns-new"
    CANCEL = "campaigns-new-cancel"
    FORM = "campaigns-new-form"


FORM = "new-campaign"
"""Which of the product's campaign forms this page's is."""
