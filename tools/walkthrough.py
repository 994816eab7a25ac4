"""Runs the cells of docs/walkthrough.md and writes below each what it prints and draws.

`python tools/walkthrough.py` brings the page up to date, `--check` says how it differs from what its cells do and exits with 1 if it does.
A cell is a fenced block of Python. As in a notebook, all cells share their names, and a chart on the last line is shown.

Pictures are drawn in Chromium by the Plotly that the product serves, and only where a figure is another one: its digest stands below it.
"""

from __future__ import annotations

import argparse
import ast
import base64
import contextlib
import difflib
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import sync_playwright
from plotly.offline import get_plotlyjs

from segmentation.plots import Chart

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "walkthrough.md"
FIGURES = "figures"
FONT = ROOT / "webapp" / "assets" / "vendor" / "inter.woff2"

CELL = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n<!-- output -->\n.*?^<!-- end of output -->\n)?", re.MULTILINE | re.DOTALL)
DRAWN = re.compile(r"^<!-- figure (?P<name>\w+) (?P<digest>[0-9a-f]+) -->$", re.MULTILINE)

WIDTH, WIDE = 760, 1100
"""Of a picture in px, and of those that are laid out for a whole page; each is drawn with twice the pixels."""

WHOLE_PAGE = frozenset({"correlation_map", "histograms"})
MARGIN = 12

DIGITS = 4
"""What figures are compared by: machines may differ in the last of sixteen digits, never in these."""

LONGEST = 600
"""Letters of a text for those who cannot see a picture, cut after a sentence."""


@dataclass
class Notebook:
    """The names that the cells of one page made so far, and the charts that they showed."""

    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "walkthrough"})
    charts: dict[str, Chart] = field(default_factory=dict)
    cells: int = 0

    def run(self, code: str) -> str:
        """Run one cell; what it printed and showed, as Markdown (empty where that is nothing)."""
        self.cells += 1
        tree, last = ast.parse(code), None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = tree.body.pop()
        printed, shown = io.StringIO(), None
        with contextlib.redirect_stdout(printed):
            exec(compile(tree, self._where, "exec"), self.names)  # noqa: S102 - our own page
            if isinstance(last, ast.Expr):
                shown = eval(compile(ast.Expression(last.value), self._where, "eval"), self.names)  # noqa: S307
        lines = [line.rstrip() for line in printed.getvalue().rstrip().splitlines()]
        parts = ["\n".join(["```text", *lines, "```"])] if lines else []
        if isinstance(shown, Chart) and isinstance(last, ast.Expr):
            parts.append(self._show(last.value, shown))
        elif shown is not None:
            raise TypeError(f"{self._where} ends with {type(shown).__name__}, which a page cannot show. Print it.")
        return "\n\n".join(parts)

    def _show(self, call: ast.expr, chart: Chart) -> str:
        """A chart as Markdown, in a file that is called like the function that made it."""
        name = ast.unparse(call).partition("(")[0].rpartition(".")[2]
        if name in self.charts:
            raise ValueError(f"{self._where} shows a second {name}. A page shows each chart once.")
        self.charts[name] = chart
        alt = re.sub(r"([\[\]])", r"\\\1", shortened(chart.summary))
        text = f"**{chart.title}**<br>\n{chart.subtitle}\n\n![{alt}]({FIGURES}/{name}.png)"
        return f"{text}\n\n<!-- figure {name} {digest(chart)} -->"

    @property
    def _where(self) -> str:
        return f"cell {self.cells}"


def executed(text: str) -> tuple[str, Mapping[str, Chart]]:
    """`text` with what its cells do now below each of them, and the charts by name. Cells run in a folder of their own."""
    notebook = Notebook()

    def with_output(cell: re.Match[str]) -> str:
        output = notebook.run(cell["code"])
        below = f"\n<!-- output -->\n{output}\n<!-- end of output -->\n" if output else ""
        return f"```python\n{cell['code']}```\n{below}"

    with tempfile.TemporaryDirectory(prefix="walkthrough-") as folder, contextlib.chdir(folder):
        return CELL.sub(with_output, text), notebook.charts


def differences(page: Path) -> list[str]:
    """How `page` differs from what its cells do, as lines of a diff, and pictures that are not there; empty where all is as it says."""
    before = page.read_text()
    now, charts = executed(before)
    pictures = page.parent / FIGURES
    missing = [f"There is no {FIGURES}/{name}.png." for name in charts if not (pictures / f"{name}.png").is_file()]
    drawn = sorted(path.stem for path in pictures.glob("*.png")) if pictures.is_dir() else []
    stray = [f"{FIGURES}/{name}.png is on no page." for name in drawn if name not in charts]
    return [*difflib.unified_diff(before.splitlines(), now.splitlines(), "as written", "as executed", lineterm=""), *missing, *stray]


def update(page: Path, *, redraw: bool = False) -> None:
    """Write what the cells of `page` do below them, and draw the figures that changed (all of them with `redraw`)."""
    before = page.read_text()
    now, charts = executed(before)
    known = {} if redraw else dict(DRAWN.findall(before))
    pictures = page.parent / FIGURES
    pictures.mkdir(exist_ok=True)
    for path in pictures.glob("*.png"):
        if path.stem not in charts:
            path.unlink()
    changed = {
        name: chart for name, chart in charts.items() if known.get(name) != digest(chart) or not (pictures / f"{name}.png").is_file()
    }
    if changed:
        draw(changed, pictures)
    page.write_text(now)


def digest(chart: Chart) -> str:
    """A short name for everything that a chart's figure draws."""
    content = json.dumps(_plain(chart.figure.to_plotly_json()), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def shortened(summary: str) -> str:
    """As many of the sentences of `summary` as are not too long for a picture's text, at least one."""
    kept = ""
    for sentence in re.split(r"(?<=[.?!]) +", " ".join(summary.split())):
        if kept and len(kept) + len(sentence) >= LONGEST:
            break
        kept = f"{kept} {sentence}".strip()
    return kept


def draw(charts: Mapping[str, Chart], folder: Path) -> None:
    """Draw `charts` as `NAME.png` in `folder`. RuntimeError without a Chromium."""
    with _browser_page() as page:
        for name, chart in charts.items():
            width = WIDE if name in WHOLE_PAGE else WIDTH
            page.evaluate("([figure, width]) => window.drawn(figure, width)", [json.loads(chart.figure.to_json()), width])
            page.locator("#frame").screenshot(path=folder / f"{name}.png")


@contextlib.contextmanager
def _browser_page() -> Iterator[BrowserPage]:
    """A page with Plotly and the product's font, and a function `drawn` that shows one figure."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError("Pictures are drawn in Chromium: `sh tools/ensure_chromium.sh` installs it.")
    font = base64.b64encode(FONT.read_bytes()).decode()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDE + 4 * MARGIN, "height": 1000}, device_scale_factor=2)
        page.set_content(f"""<!doctype html><style>
            @font-face {{ font-family: Inter; src: url(data:font/woff2;base64,{font}) format("woff2"); font-weight: 100 900; }}
            body {{ margin: 0; background: #fff; }} #frame {{ width: max-content; padding: {MARGIN}px; background: #fff; }}
            </style><div id="frame"><div id="figure"></div></div>""")
        page.add_script_tag(content=get_plotlyjs())
        page.add_script_tag(
            content="""window.drawn = async (figure, width) => {
                document.getElementById("figure").style.width = `${width}px`;
                await Promise.all([400, 600, 700].map(weight => document.fonts.load(`${weight} 12px Inter`)));
                await Plotly.newPlot("figure", figure.data, figure.layout, {staticPlot: true});
            }"""
        )
        yield page
        browser.close()


def _plain(value: Any) -> Any:
    """`value` for JSON, its numbers in as many digits as every machine agrees on."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float | np.floating):
        return 0.0 if abs(value) < 1e-9 else float(f"{value:.{DIGITS}g}")
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def main(arguments: list[str] | None = None) -> int:
    """The command; the code that it exits with."""
    parser = argparse.ArgumentParser(description="Runs the cells of docs/walkthrough.md and writes what they do below them.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where the page says something else")
    parser.add_argument("--redraw", action="store_true", help="draw all pictures anew")
    options = parser.parse_args(arguments)
    if not options.check:
        update(PAGE, redraw=options.redraw)
        return 0
    found = differences(PAGE)
    sys.stdout.write("".join(f"{line}\n" for line in found))
    if found:
        sys.stdout.write("Bring the page up to date with `python tools/walkthrough.py`, and read what changed.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
