"""Names of the parts of the page Movement."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "movement-head"
    BODY = "movement-body"
    CHANGE = "movement-change"
    MATRIX = "movement-matrix"


AT = "movement"
UNITS = {"customers": "Customers", "percent": "Per cent", "value": "Value"}
FIRST_FLOWS = 8
"""Flows that are listed, largest first."""
