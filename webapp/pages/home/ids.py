"""Parts of Home that callbacks speak to."""

from __future__ import annotations

from enum import StrEnum

PUT_AWAY = "home-put-away"
"""Type of the button that puts the first steps away."""


class Ids(StrEnum):
    BODY = "home-body"
    GO = "home-go"
    STEPS = "home-steps"
    PROGRESS = "home-progress"
    SHARES = "home-shares"
    COUNT = "home-count-again"
