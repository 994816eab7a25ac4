"""Names of the parts of the page Compare."""

from enum import StrEnum


class Ids(StrEnum):
    HEAD = "compare-head"
    BODY = "compare-body"
    DRIFT = "compare-drift"
    FLOWS = "compare-flows"
    OVERLAP = "compare-overlap"
    CORRECT_OPEN = "correct-open"
    CORRECT_DIALOG = "correct-dialog"
    CORRECT_FORM = "correct-form"
    CORRECT_CANCEL = "correct-cancel"
    CORRECT_VERSION = "correct-version"
    CORRECT_OWN = "correct-own"
    CORRECT_EARLIER = "correct-earlier"
    CORRECT_ERROR = "correct-error"
    TAKE_BACK = "correct-take-back"


AT = "compare"
FIRST_MEASURES = 3
"""Measures of a segment that are listed unless somebody asks for all."""
