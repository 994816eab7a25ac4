"""A team, and what is said to it, for tests of the shell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webapp.looking import hear
from tests.webapp.working import Shop, open_shop
from webapp.edge import Resources


@pytest.fixture
def shop(sqlite_resources: Resources) -> Shop:
    """A team with nothing in it."""
    return open_shop(sqlite_resources)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What bodies set beside their answer, as (id, properties)."""
    return hear(monkeypatch)
