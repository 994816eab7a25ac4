"""Style sheets of ours: their order, addresses that change with their content, and the dark theme without a script."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup

ASSETS = Path(__file__).resolve().parents[1] / "assets"
TOKENS = ASSETS / "tokens.css"
PUBLIC = ASSETS / "public.css"
DARK_BLOCK = re.compile(r'^\[data-bs-theme="dark"\]\s*\{(.*?)^\}', re.DOTALL | re.MULTILINE)


def page_styles() -> Markup:
    """Links for the product's pages: Bootstrap, icons and type, then the tokens, then what refers to them."""
    own = sorted(path for path in ASSETS.glob("*.css") if path not in (TOKENS, PUBLIC))
    return _links(*_vendor(), TOKENS, *own)


def public_styles() -> Markup:
    """Links for pages without a session."""
    return _links(*_vendor(), TOKENS, PUBLIC)


def asset_address(path: Path) -> str:
    """The address of an asset; browsers may keep what they got there for good."""
    version = _digest(path, path.stat().st_mtime_ns) if path.is_file() else "missing"
    return f"/assets/{path.relative_to(ASSETS).as_posix()}?v={version}"


@cache
def dark_tokens() -> Markup:
    """The dark theme's colours as a rule for whoever has chosen no theme and whose system is dark; read from the tokens."""
    found = DARK_BLOCK.search(TOKENS.read_text()) if TOKENS.is_file() else None
    rule = f"@media (prefers-color-scheme: dark) {{ :root:not([data-bs-theme]) {{{found[1]}}} }}" if found else ""
    return Markup(rule)  # noqa: S704 - our own file


def _vendor() -> list[Path]:
    return sorted((ASSETS / "vendor").glob("*.css"))


def _links(*paths: Path) -> Markup:
    return Markup("\n").join(Markup('<link rel="stylesheet" href="{}">').format(asset_address(path)) for path in paths)


@cache
def _digest(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]
