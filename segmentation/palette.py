"""Colours and symbols of figures: one list, in both themes, that figures and pages share."""

from __future__ import annotations

from dataclasses import dataclass

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "hourglass")
"""Plotly's names; a segment's slot picks its symbol and its colour together."""

SLOTS = len(SYMBOLS) ** 2
"""How many pairs of colour and symbol there are."""


@dataclass(frozen=True)
class SegmentStyle:
    """How one segment is drawn and called everywhere; `slot` counts from 1 and picks colour and symbol."""

    key: str
    name: str
    short_name: str
    slot: int


@dataclass(frozen=True)
class Theme:
    """The colours of one theme; `fill`, `edge` and `label` are by `colour_index`."""

    name: str
    font: str
    ink: str
    ticks: str
    grid: str
    zero_line: str
    rest: str
    rest_area: str
    accent: str
    hover: tuple[str, str]
    chosen_band: str
    surface: str
    fill: tuple[str, ...]
    edge: tuple[str, ...]
    label: tuple[str, ...]
    diverging: tuple[tuple[float, str], ...]
    density: tuple[tuple[float, str], ...]


LIGHT = Theme(
    name="light",
    font="#475063",
    ink="#161b26",
    ticks="#626b7d",
    grid="#eceef2",
    zero_line="#8c95a4",
    rest="#8590a1",
    rest_area="rgba(133,144,161,.3)",
    accent="#4347c0",
    hover=("#1b2130", "#ffffff"),
    chosen_band="#f1f1fb",
    surface="#ffffff",
    fill=("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#767676"),
    edge=("#005a8d", "#b07300", "#007a59", "#a84a00", "#a3507f", "#2a82b5", "#8b8000", "#595959"),
    label=("#005a8d", "#835600", "#00684c", "#9c4500", "#8b3d69", "#19658f", "#675f00", "#565656"),
    diverging=((0.0, "#2b6cb0"), (0.25, "#8fb8de"), (0.5, "#ffffff"), (0.75, "#f5bd7a"), (1.0, "#d97706")),
    density=((0.0, "rgba(255,255,255,0)"), (0.01, "#f3f5f8"), (0.25, "#dfe4eb"), (0.6, "#b9c2cf"), (1.0, "#8793a5")),
)

DARK = Theme(
    name="dark",
    font="#b4bcc9",
    ink="#e9ecf1",
    ticks="#939dad",
    grid="#222832",
    zero_line="#6b7585",
    rest="#697384",
    rest_area="rgba(105,115,132,.4)",
    accent="#a5a9ff",
    hover=("#e9ecf1", "#12151b"),
    chosen_band="#1d2036",
    surface="#161a21",
    fill=("#3a97d6", "#e9a61a", "#1aae84", "#e4722a", "#d487b1", "#6fc3f2", "#f0e442", "#8d8d8d"),
    edge=("#6cb5e6", "#f3c05a", "#4fcba6", "#f39a60", "#e6aecb", "#a3dbf9", "#f7f0a0", "#b5b5b5"),
    label=("#7dbdea", "#f0bb52", "#58cfab", "#f4a06a", "#e4a9c8", "#94d4f7", "#efe567", "#b9b9b9"),
    diverging=((0.0, "#4a90d9"), (0.25, "#2f5680"), (0.5, "#1f252f"), (0.75, "#7a5426"), (1.0, "#d9832a")),
    density=((0.0, "rgba(22,26,33,0)"), (0.01, "#1c222b"), (0.25, "#28303c"), (0.6, "#3a4556"), (1.0, "#56657c")),
)


def theme(name: str) -> Theme:
    """The theme called "light" or "dark"; ValueError for any other name."""
    for known in (LIGHT, DARK):
        if known.name == name:
            return known
    raise ValueError(f"There is no theme called {name!r}. Ask for 'light' or 'dark'.")


def colour_index(slot: int) -> int:
    """Place of `slot`'s colour in `Theme.fill`, `edge` and `label`; slots count from 1."""
    _check_slot(slot)
    return (slot - 1) % len(SYMBOLS)


def symbol(slot: int) -> str:
    """Plotly's name of `slot`'s symbol.

    The first eight slots pair each colour with its own symbol. Every later round of eight shifts the symbols by
    three places, which shares no factor with eight, so that no pair comes twice within `SLOTS`.
    """
    _check_slot(slot)
    rounds, place = divmod(slot - 1, len(SYMBOLS))
    return SYMBOLS[(place + 3 * rounds) % len(SYMBOLS)]


def _check_slot(slot: int) -> None:
    if not 1 <= slot <= SLOTS:
        raise ValueError(f"Slot {slot} has no colour and symbol. Slots run from 1 to {SLOTS}.")
