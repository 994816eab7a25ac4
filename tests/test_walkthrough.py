"""The library's pages: the walk-through does what it says, and the method has the code's own numbers."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

from segmentation.plots import Chart
from tests.conftest import ROOT
from tools import walkthrough

METHOD = ROOT / "docs" / "method.md"
CONSTANT = re.compile(r"(?P<number>\d[\d.,]*)\**\s+\(`(?P<name>[a-z_]+(?:\.\w+)+)`")
IMAGE = re.compile(r"!\[(?P<alt>.*?)\]\((?P<path>\S+)\)")
PNG = b"\x89PNG\r\n"


def chart(*values: float, title: str = "Three is most") -> Chart:
    figure = go.Figure(go.Bar(y=list(values)))
    return Chart(figure, title, "Values", "Bars.", f"{title}. {len(values)} bars.", pd.DataFrame({"value": values}))


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of two cells that was brought up to date; its picture is not drawn but only written."""

    def written(charts: Mapping[str, Chart], folder: Path) -> None:
        for name in charts:
            (folder / f"{name}.png").write_bytes(PNG)

    monkeypatch.setattr(walkthrough, "draw", written)
    path = tmp_path / "page.md"
    path.write_text(
        "# Sums\n\n```python\nx = 1 + 1\nprint(x, ' ')\n```\n\nAnd drawn:\n\n"
        "```python\nfrom tests.test_walkthrough import chart\nchart(1, x)\n```\n\nThe end.\n"
    )
    walkthrough.update(path)
    return path


def test_the_walkthrough_says_what_its_cells_do() -> None:
    assert walkthrough.differences(walkthrough.PAGE) == []


def test_the_walkthrough_needs_no_import_but_the_library() -> None:
    for cell in walkthrough.CELL.finditer(walkthrough.PAGE.read_text()):
        for node in ast.walk(ast.parse(cell["code"])):
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.ImportFrom):
                assert node.module == "segmentation" or node.module in sys.stdlib_module_names


def test_its_figures_are_pictures_with_words_for_those_who_cannot_see_them() -> None:
    images = list(IMAGE.finditer(walkthrough.PAGE.read_text()))
    assert len(images) >= 5
    for image in images:
        assert len(image["alt"]) > 80
        assert (walkthrough.PAGE.parent / image["path"]).read_bytes().startswith(PNG)


def test_output_and_figure_are_written_below_their_cells(page: Path) -> None:
    text = page.read_text()
    assert "```\n\n<!-- output -->\n```text\n2\n```\n<!-- end of output -->\n\nAnd drawn:" in text
    assert "**Three is most**<br>\nValues\n\n![Three is most. 2 bars.](figures/chart.png)\n\n<!-- figure chart " in text
    assert text.endswith("<!-- end of output -->\n\nThe end.\n")
    walkthrough.update(page)
    assert page.read_text() == text
    assert walkthrough.differences(page) == []


def test_a_page_that_says_something_else_is_found_out(page: Path) -> None:
    page.write_text(page.read_text().replace("text\n2\n", "text\n3\n"))
    found = walkthrough.differences(page)
    assert "-3" in found
    assert "+2" in found


def test_a_figure_that_is_another_one_is_found_out_and_drawn_again(page: Path) -> None:
    page.write_text(page.read_text().replace("chart(1, x)", "chart(1, 2 * x)"))
    assert any(line.startswith("+<!-- figure chart ") for line in walkthrough.differences(page))
    picture = page.parent / "figures" / "chart.png"
    picture.write_bytes(b"old")
    walkthrough.update(page)
    assert picture.read_bytes() == PNG


def test_missing_and_stray_pictures_are_found_out(page: Path) -> None:
    pictures = page.parent / "figures"
    (pictures / "chart.png").rename(pictures / "other.png")
    assert walkthrough.differences(page) == ["There is no figures/chart.png.", "figures/other.png is on no page."]
    walkthrough.update(page)
    assert [path.name for path in pictures.iterdir()] == ["chart.png"]


def test_the_last_digits_of_a_machine_make_no_other_figure() -> None:
    assert walkthrough.digest(chart(1.0, 0.3)) == walkthrough.digest(chart(1.0, 0.1 + 0.2))
    assert walkthrough.digest(chart(1.0, 0.3)) != walkthrough.digest(chart(1.0, 0.301))
    assert walkthrough.digest(chart(1.0, 0.3)) != walkthrough.digest(chart(0.3, 1.0))


def test_a_chart_shows_its_figure_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[go.Figure] = []
    monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
    made = chart(1.0)
    made._ipython_display_()
    assert len(shown) == 1
    assert shown[0] is made.figure


def test_a_text_for_a_picture_ends_with_a_sentence() -> None:
    long = " ".join(f"Sentence {place} holds 1.5 of it." for place in range(60))
    short = walkthrough.shortened(long)
    assert long.startswith(short)
    assert short.endswith(" of it.")
    assert 400 < len(short) <= walkthrough.LONGEST


def test_the_method_has_the_codes_own_numbers() -> None:
    found = list(CONSTANT.finditer(METHOD.read_text()))
    assert len(found) >= 50
    for each in found:
        assert float(each["number"].rstrip(".").replace(",", "")) == constant(each["name"]), each["name"]


def test_the_method_names_no_constant_without_its_number() -> None:
    text = METHOD.read_text()
    named = re.findall(r"`((?:[a-z_]+\.)+[A-Z][A-Z_]+)`", text)
    assert named == [each["name"] for each in CONSTANT.finditer(text) if each["name"].rpartition(".")[2].isupper()]


def test_the_methods_literature_is_cited_and_complete() -> None:
    body, literature = METHOD.read_text().split("## Literature")
    entries = re.findall(r"^- ([\w-]+).*?\((\d{4})\)", literature, re.MULTILINE)
    assert len(entries) == literature.count("\n- ") >= 40
    for name, year in entries:
        assert re.search(rf"{name}[^;:]{{0,60}}?{year}", body.replace("\n", " ")), (name, year)
    assert set(re.findall(r"\b(?:19|20)\d\d\b", body)) == {year for _, year in entries}


def test_the_pages_lead_to_each_other() -> None:
    assert "docs/method.md" in (ROOT / "README.md").read_text()
    assert "docs/walkthrough.md" in (ROOT / "README.md").read_text()
    for path in (METHOD, walkthrough.PAGE):
        for target in re.findall(r"\]\(([\w./-]+)\)", path.read_text()):
            assert (path.parent / target).is_file(), target


def constant(name: str) -> float:
    """The value called `module.NAME` in the library, or `module.Class.name` for a default."""
    parts = name.split(".")
    start = next(place for place, part in enumerate(parts) if not part.islower())
    return float(reduce(getattr, parts[start:], import_module(".".join(["segmentation", *parts[:start]]))))
