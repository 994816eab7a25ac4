"""Names of the parts of the page Explore."""

from enum import StrEnum

TABS = {"distributions": "Distributions", "outcomes": "Outcomes", "rfm": "RFM"}
"""By the word in the address; the first is shown where the address names none."""

CUT = "rfm-cut"
"""Type of the inputs for cut points; `measure` and `place` tell which one it is."""


class Ids(StrEnum):
    HEAD = "explore-head"
    BODY = "explore-body"
    CUTS = "rfm-cuts"
    APPLY = "rfm-apply"
