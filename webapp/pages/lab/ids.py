"""Names of the parts of the page Lab."""

from enum import StrEnum

AT = "lab"
"""Tells the weights of this page from those of the re-cluster dialog."""

RUN = "lab-run"
"""Type of the buttons that start a comparison; `what` is one of the values of `Run`."""

FIT = "lab-fit"
"""Type of the buttons that fit a candidate; `source` as in "sweep-4" or "version-2", `algorithm` and `k` say which."""

FIELD = "lab-field"
"""Type of the form's fields; `name` is methods, seed or outcome."""


class Run(StrEnum):
    ALL = "all"
    METHODS = "methods"
    FEATURES = "features"
    OUTCOME = "outcome"


class Ids(StrEnum):
    HEAD = "lab-head"
    RUNNING = "lab-running"
    ANSWER = "lab-answer"
    FIGURES = "lab-figures"
    FLOWS = "lab-flows"
    TABLE = "lab-table"
    FORM = "lab-form"
    FEATURES = "lab-features"
    WEIGHTS = "lab-weights"
    RESET = "lab-reset"
    PANEL = "k-panel"
    CLUSTERGRAM = "clustergram"
    FRONTIER = "frontier"
