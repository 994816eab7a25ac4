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
    return _in_folder(database_url, tmp_path, monkeypatch)


@pytest.fixture
def plain_command(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same for what does not depend on the database."""
    return _in_folder(sqlite_url, tmp_path, monkeypatch)


def _in_folder(database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SMARTCART_SECRET_KEY", SECRET)
    monkeypatch.setenv("SMARTCART_DATABASE_URL", database_url)
    monkeypatch.setenv("SMARTCART_STORE", str(folder / "store"))

    def run(*arguments: str, code: int = 0, text: str | bytes | None = None) -> Any:
        result = CliRunner().invoke(smartcart, [*arguments, "--json"], input=text)
        assert result.exit_code == code, result.output + str(result.exception)
        return json.loads(result.stdout)

    return run
