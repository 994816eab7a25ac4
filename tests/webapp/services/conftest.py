"""What the tests of jobs start from."""

from __future__ import annotations

import pytest

from tests.webapp.services.jobbench import Bench, make_bench
from webapp.edge import Resources


@pytest.fixture
def bench(resources: Resources) -> Bench:
    """A dataset to enqueue jobs for, on both databases in turn."""
    return make_bench(resources)


@pytest.fixture
def sqlite_bench(sqlite_resources: Resources) -> Bench:
    """The same where the database does not matter."""
    return make_bench(sqlite_resources)
