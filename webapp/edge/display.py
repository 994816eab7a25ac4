"""How a browser wants to see things, as its cookies say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

THEME_COOKIE = "sc_theme"
NARROW_COOKIE = "sc_narrow"
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Display:
    """Theme and width; figures are drawn for both."""

    theme: str = "light"
    narrow: bool = False

    @classmethod
    def from_cookies(cls, cookies: Mapping[str, str]) -> Display:
        """The wishes of a browser; what is missing or unknown is light and wide."""
        theme = cookies.get(THEME_COOKIE, "")
        return cls(theme if theme in THEMES else "light", cookies.get(NARROW_COOKIE) == "1")
