"""Parts of Home that callbacks speak to."""

from __future__ import annotations

from enum import StrEnum

PUT_AWAY = "home-put-away"
"""Type of the button that puts the first steps away."""

STEPS_AWAY = "home-steps-away"
"""Type of the place beside it that says when."""


class Ids(StrEnum):
    BODY = "home-body"
    GO = "home-go"
    PROGRESS = "home-progress"
    SHARES = "home-shares"
    COUNT = "home-count-again"
