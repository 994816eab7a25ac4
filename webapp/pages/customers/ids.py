"""Ids of the Customers page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "customers-head"
    BAR = "customers-bar"
    BODY = "customers-body"
    WHAT = "customers-what"
    GRID = "customers-grid"
    SEARCH = "customers-search"
    SEARCH_TEXT = "customers-search-text"
    COLUMNS_OPEN = "customers-columns-open"
    COLUMNS = "customers-columns"
    COLUMNS_FORM = "customers-columns-form"
    COLUMNS_BODY = "customers-columns-body"
    COLUMNS_LIST = "customers-columns-list"
    COLUMNS_CANCEL = "customers-columns-cancel"
    ARRIVED = "customers-arrived"
    SAVE_OPEN = "customers-save-open"
    SAVE = "customers-save"
    SAVE_FORM = "customers-save-form"
    SAVE_CONFIRM = "customers-save-confirm"
    SAVE_CANCEL = "customers-save-cancel"


FILTERS = "customers"
"""Which of the product's filter bars this page's is."""
FORM = "customers-audience"
"""Which of the product's forms with fields this page's is."""
