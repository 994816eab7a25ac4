"""Ids of the Segment page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "segment-head"
    TAB = "segment-tab"
    CHANGED = "segment-changed"
    DIFFERENCES = "differences-place"
    DISTRIBUTIONS = "distributions-place"
    MIX = "mix-place"
    GROWTH = "growth-place"
    RULES_ABOUT = "segment-rules-about"
    OUTCOMES_ABOUT = "segment-outcomes-about"
    GRID = "segment-customers"
    TAG_OPEN = "segment-tag-open"
    TAG_DIALOG = "segment-tag-dialog"
    TAG_CANCEL = "segment-tag-cancel"
    TAG_FORM = "segment-tag-form"
    TAG_HOW = "segment-tag-how"
    RENAME_OPEN = "segment-rename-open"
    RENAME_DIALOG = "segment-rename-dialog"
    RENAME_CANCEL = "segment-rename-cancel"
    RENAME_FORM = "segment-rename-form"
    RENAME_NAME = "segment-rename-name"
    RENAME_ERROR = "segment-rename-error"


UNTAG = "segment"
"""Which of the product's lists of tags this page's is."""
