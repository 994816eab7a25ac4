"""Small fits, many of them: one thread, since more cost time and results would depend on the machine, and no checks of our own arrays."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from sklearn import config_context
from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Numerical libraries use one thread inside, and scikit-learn takes arrays as they come: they are finite by construction."""
    with _controller().limit(limits=1), config_context(assume_finite=True, skip_parameter_validation=True):
        yield


@functools.cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries takes as long as a small fit; they do not change once scikit-learn is loaded."""
    return ThreadpoolController()
