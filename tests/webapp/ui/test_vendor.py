"""Front-end files come out of installed packages, once, and ask no other host for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import webapp
from webapp import vendor


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("assets") / "vendor"
    assert vendor.build_vendor(target)
    return target


def test_a_second_time_nothing_is_written(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    assert not vendor.build_vendor(made)
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()} == before


def test_another_version_of_a_package_makes_it_anew(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (made / vendor.STAMP).write_text("something older")
    monkeypatch.setattr(vendor, "_convert_font", lambda path: path.write_bytes(b"font"))
    assert vendor.build_vendor(tmp_path / "vendor")
    assert (tmp_path / "vendor" / vendor.STAMP).read_text() != "something older"


def test_style_sheets_come_in_their_order_and_find_their_fonts(made: Path) -> None:
    assert sorted(path.name for path in made.glob("*.css")) == ["1-bootstrap.css", "2-bootstrap-icons.css", "3-inter.css"]
    for sheet in made.glob("*.css"):
        for address in re.findall(r'url\("?([^")]+)', sheet.read_text()):
            assert address.startswith("data:") or (made / address.partition("?")[0]).is_file(), address


def test_the_typeface_is_variable_and_compressed(made: Path) -> None:
    font = TTFont(made / vendor.FONT)
    assert font.flavor == "woff2"
    weight = next(axis for axis in font["fvar"].axes if axis.axisTag == "wght")
    assert weight.minValue <= 400 < 600 <= weight.maxValue


def test_no_asset_of_ours_asks_another_host() -> None:
    assets = Path(webapp.__file__).parent / "assets"
    for path in [*assets.glob("*.css"), *assets.glob("*.js")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(\s*[\"']?//", text), path.name
