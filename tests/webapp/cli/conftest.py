"""`smartcart` in an empty folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import SECRET
from webapp.cli import smartcart

Command = Callable[..., Any]


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command with `--json` on either database: its one object, after checking its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMARTCART_SECRET_KEY", SECRET)
    monkeypatch.setenv("SMARTCART_DATABASE_URL", database_url)
    monkeypatch.setenv("SMARTCART_STORE", str(tmp_path / "store"))

    def run(*arguments: str, code: int = 0, text: str | None = None) -> Any:
        result = CliRunner().invoke(smartcart, [*arguments, "--json"], input=text)
        assert result.exit_code == code, result.output + str(result.exception)
        return json.loads(result.stdout)

    return run
