"""One thread for small fits: more cost time, and results would depend on the machine."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Numerical libraries use one thread inside."""
    with _controller().limit(limits=1):
        yield


@functools.cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries takes as long as a small fit; they do not change once scikit-learn is loaded."""
    return ThreadpoolController()
