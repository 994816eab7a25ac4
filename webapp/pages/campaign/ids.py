"""Ids of the Campaign page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "campaign-head"
    WARNING = "campaign-warning"
    DETAILS = "campaign-details"
    SEGMENTS = "campaign-segments"
    HISTORY = "campaign-history"
    CHANGED = "campaign-changed"
    FORM = "campaign-form"
    DUPLICATE = "campaign-duplicate"
    ARCHIVE = "campaign-archive"
    RESTORE = "campaign-restore"
    DELETE = "campaign-delete"
    DELETE_OPEN = "campaign-delete-open"
    DELETE_CANCEL = "campaign-delete-cancel"
    DELETE_CONFIRM = "campaign-delete-confirm"
    ADD = "campaign-add"
    CHOICE = "campaign-choice"
    SUCCESSOR = "campaign-successor"


FORM = "campaign"
"""Which of the product's campaign forms this page's is."""

UNTAG = "campaign"
"""Which of the product's lists of tags this page's is."""
