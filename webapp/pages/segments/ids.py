"""Ids of the Segments page."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "segments-head"
    BAR = "segments-bar"
    BODY = "segments-body"
    FIRST_FIT = "segments-first-fit"
    HEAT = "heat-map-place"
    SHARE = "share-place"
    VALUE = "value-recency-place"
    MAP = "customer-map-place"


FILTERS = "segments"
"""Which of the product's filter bars this page's is."""
