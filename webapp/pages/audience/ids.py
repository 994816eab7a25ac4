"""Ids of the Audience page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "audience-head"
    DRAWN = "audience-drawn"
    TODAY = "audience-today"
    DETAILS = "audience-details"
    CHANGED = "audience-changed"
    FORM = "audience-form"
    ARCHIVE = "audience-archive"
    RESTORE = "audience-restore"


FORM = "audience"
"""Which of the product's forms with fields this page's is."""
