"""Packages that name much and import it when it is asked for (PEP 562), as `lazy_loader` does by stubs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def on_demand(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose `__init__` imports its names under `if TYPE_CHECKING:`, which stays the one list of them.

    A name is imported when it is first asked for, so that importing one module of the package costs no more than that module.
    """

    def getattribute(name: str) -> Any:
        home = _homes(package).get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = getattr(import_module(home), name)
        setattr(sys.modules[package], name, value)  # the next one who asks finds it there
        return value

    return getattribute


@cache
def _homes(package: str) -> dict[str, str]:
    """Which module each name of the package comes from, as its source says."""
    spec = find_spec(package)
    source = getattr(spec and spec.loader, "get_source", lambda _: None)(package)
    if source is None:
        raise ImportError(f"The source of {package} is missing, which says where its names come from. Install it again.", name=package)
    block = next(node for node in ast.parse(source).body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {each.name: node.module for node in imports if node.module for each in node.names}
