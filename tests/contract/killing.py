"""Jobs that die at a chosen point, as a machine without power would let them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from tests.webapp.working import Shop, run_claimed
from webapp.edge import open_resources
from webapp.services.work import jobs


def die_in_child(shop: Shop, job: jobs.ClaimedJob, owner: object, name: str, *, after: bool) -> None:
    """Run the job in a process of its own that is killed before or after the first call of `name`."""
    shop.resources.engine.dispose()
    child = os.fork()
    if child == 0:
        genuine: Callable[..., object] = getattr(owner, name)

        def die(*args: object, **options: object) -> None:
            if after:
                genuine(*args, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(owner, name, die)
        try:
            run_claimed(open_resources(shop.resources.config, create_store=False), job)
        finally:
            os._exit(3)  # it lived: the point was never reached
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, f"{name} was not reached"
