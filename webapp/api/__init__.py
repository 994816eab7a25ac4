"""The REST interface, and what a load balancer asks.

`OPERATIONS` is all there is: routes, checks of what is sent, and `/api/v1/openapi.json` are made from it.
"""

from __future__ import annotations

from functools import partial

from flask import Flask

from webapp.api import audiences, campaigns, comparing, customers, datasets, imports, jobs, lineages, registry, schedules, scoring
from webapp.api.description import describe
from webapp.api.health import readyz
from webapp.api.operations import Operation
from webapp.api.routes import add_description, add_operation
from webapp.edge import Door, Resources, declare

__all__ = ["OPERATIONS", "install_api"]

OPERATIONS: tuple[Operation, ...] = (
    *datasets.OPERATIONS,
    *comparing.OPERATIONS,
    *lineages.OPERATIONS,
    *registry.OPERATIONS,
    *scoring.OPERATIONS,
    *customers.OPERATIONS,
    *imports.OPERATIONS,
    *jobs.OPERATIONS,
    *schedules.OPERATIONS,
    *campaigns.OPERATIONS,
    *audiences.OPERATIONS,
)


def install_api(server: Flask, resources: Resources) -> None:
    """Register `/api/v1/...`, `/healthz` and `/readyz`."""
    for operation in OPERATIONS:
        add_operation(server, resources, operation)
    add_description(server, resources, describe(OPERATIONS))
    server.add_url_rule("/healthz", endpoint="healthz", view_func=lambda: {"status": "ok"})
    server.add_url_rule("/readyz", endpoint="readyz", view_func=partial(readyz, resources))
    declare(server, "healthz", Door.OPEN)
    declare(server, "readyz", Door.OPEN)
