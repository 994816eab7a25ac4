"""How a browser wants to see things, as its cookies say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

THEME_COOKIE = "sc_theme"
FOLLOWS_COOKIE = "sc_follows"
"""Says that nobody chose a theme: the one in `THEME_COOKIE` is the system's, as it was when a page was last open."""
NARROW_COOKIE = "sc_narrow"
STEPS_COOKIE = "sc_steps"
LOOKED_COOKIE = "sc_looked"
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Display:
    """Theme and width, which figures are drawn for; whether the first steps were put away; "team/dataset" of the last segment looked at."""

    theme: str = "light"
    narrow: bool = False
    steps_away: bool = False
    looked_at: str = ""

    @classmethod
    def from_cookies(cls, cookies: Mapping[str, str]) -> Display:
        """The wishes of a browser; what is missing or unknown is light and wide."""
        theme = cookies.get(THEME_COOKIE, "")
        looked_at = unquote(cookies.get(LOOKED_COOKIE, ""))
        return cls(theme if theme in THEMES else "light", cookies.get(NARROW_COOKIE) == "1", cookies.get(STEPS_COOKIE) == "away", looked_at)
