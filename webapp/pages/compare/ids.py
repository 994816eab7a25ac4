"""Names of the parts of the page Compare."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "compare-head"
    BODY = "compare-body"
    DRIFT = "compare-drift"
    FLOWS = "compare-flows"
    OVERLAP = "compare-overlap"


AT = "compare"
FIRST_MEASURES = 3
"""Measures of a segment that are listed unless somebody asks for all."""
