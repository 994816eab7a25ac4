"""axe-core on a page as it stands. It runs as a script of the browser's own, so the product's policy stays as strict as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OPTIONS = {"runOnly": {"type": "tag", "values": list(TAGS)}, "resultTypes": ["violations"]}


@cache
def axe_script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Page, within: str = "") -> list[str]:
    """What axe-core objects to on the page, or `within` a selector: rule, element and why."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(f"() => {{ {axe_script()} }}")
    found = page.evaluate("async ([within, options]) => (await axe.run(within || document, options)).violations", [within or None, OPTIONS])
    return [_said(rule, node) for rule in found for node in rule["nodes"] if not (_is_popover(rule, node) or _is_covered(rule, node))]


def _is_popover(rule: dict[str, Any], node: dict[str, Any]) -> bool:
    """What hangs from a button is put at the end of the document, outside the landmarks; the button names it."""
    return rule["id"] == "region" and "popover" in node["html"]


def _is_covered(rule: dict[str, Any], node: dict[str, Any]) -> bool:
    """What an open menu lies over is pressed once the menu is closed."""
    return rule["id"] == "target-size" and "partially obscured" in " ".join(
        check["message"] for check in (*node["any"], *node["all"], *node["none"])
    )


def _said(rule: dict[str, Any], node: dict[str, Any]) -> str:
    why = "; ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))
    return f"{rule['id']}: {node['html'][:160]} ({why[:200]})"
