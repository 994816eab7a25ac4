"""Bootstrap, its icons and Inter, out of installed Python packages into `assets/vendor`, so that a page asks no other host for anything."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent / "assets" / "vendor"
FONT = "inter.woff2"
STAMP = "made-from.txt"
# Dash links every style sheet under assets in the order of its path: the number keeps Bootstrap in front of our own.
SHEETS = {"bootstrap.min.css": "1-bootstrap.css", "font/bootstrap-icons.min.css": "2-bootstrap-icons.css"}
ICON_FONTS = ("bootstrap-icons.woff2", "bootstrap-icons.woff")
FONT_FACE = f"""@font-face {{
  font-family: "Inter";
  font-style: normal;
  font-weight: 100 900;
  font-display: swap;
  src: url("{FONT}") format("woff2");
}}
"""


def build_vendor(target: Path = TARGET) -> bool:
    """Make `target` what the installed packages hold; False where it was that already (then nothing is written)."""
    sources = _sources()
    stamp = target / STAMP
    if stamp.is_file() and stamp.read_text() == sources:
        return False
    shutil.rmtree(target, ignore_errors=True)
    (target / "fonts").mkdir(parents=True)
    _copy_bootstrap(target)
    _convert_font(target / FONT)
    (target / "3-inter.css").write_text(FONT_FACE)
    stamp.write_text(sources)
    return True


def _sources() -> str:
    packages = ("bootstrap-flask", "fontpkg-inter", "fonttools", "brotli")
    return "".join(f"{name} {version(name)}\n" for name in packages)


def _copy_bootstrap(target: Path) -> None:
    css = files("flask_bootstrap") / "static" / "bootstrap5" / "css"
    for source, name in SHEETS.items():
        text = css.joinpath(*source.split("/")).read_text()
        (target / name).write_text(text.partition("/*# sourceMappingURL")[0])  # the map is not served
    for name in ICON_FONTS:
        (target / "fonts" / name).write_bytes((css / "font" / "fonts" / name).read_bytes())


def _convert_font(path: Path) -> None:
    """The upright variable TrueType font as WOFF2, without the optical-size axis's italics."""
    source = files("fontpkg_inter") / "files" / "Inter[opsz,wght].ttf"
    with source.open("rb") as file:
        font = TTFont(file)
        font.flavor = "woff2"
        font.save(path)


if __name__ == "__main__":
    made = build_vendor()
    sys.stdout.write(f"{'Made' if made else 'Up to date:'} {TARGET}\n")
