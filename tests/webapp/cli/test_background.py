"""Jobs by command, and an import that was killed and is started again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from tests.webapp.cli.conftest import Command
from tests.webapp.working import customers_csv
from webapp.cli import jobs as waiting
from webapp.cli import smartcart
from webapp.cli.context import find_operator, open_workspace
from webapp.cli.customers import store_file
from webapp.edge import Resources, unit_of_work
from webapp.models import Import, Job
from webapp.services.work import jobs


@pytest.fixture
def left(command: Command, tmp_path: Path) -> tuple[Command, Path, str]:
    """A workspace, a file in it, and the id of its import, which a command asked for and whose process was killed while it was at it."""
    file = tmp_path / "shop.csv"
    file.write_text(customers_csv((6, 6)))
    resources = open_workspace()
    begun = store_file(resources, None, "Shop", file)
    with unit_of_work(resources) as session:
        jobs.claim_job(session, "gone", 600.0, attempts=3)
    resources.engine.dispose()
    return command, file, begun.detail.id


def expire(resources: Resources) -> None:
    with unit_of_work(resources) as session:
        session.execute(update(Job).values(lease_until=datetime.now(UTC) - timedelta(hours=1)))


def test_an_import_whose_process_is_gone_is_taken_over_and_no_second_one_made(left: tuple[Command, Path, str]) -> None:
    command, file, import_id = left
    expire(open_workspace())
    again = CliRunner().invoke(smartcart, ["import", str(file), "--dataset", "Shop"])
    assert "shop.csv waits to be imported already, or is at work, since" in again.stderr
    assert "takes it over" in again.stderr
    assert "Imported 12 rows into shop: 12 new" in again.stdout
    (only,) = command("jobs")["jobs"]
    assert (only["status"], only["kind"], only["attempt"]) == ("done", "import", 2)
    once_more = command("import", str(file))
    assert (once_more["taken_over"], once_more["unchanged"]) == (False, 12)
    assert once_more["import_id"] != import_id


def test_an_import_that_is_at_work_is_waited_for(left: tuple[Command, Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is alive until it is looked at twice; then somebody has stopped it."""
    command, file, import_id = left
    looks: list[bool] = []
    genuine: Callable[..., bool] = jobs.is_abandoned

    def look(*args: object, **options: object) -> bool:
        looks.append(genuine(*args, **options))
        if len(looks) == 2:
            with unit_of_work(open_workspace()) as session:
                session.execute(update(Job).values(status="cancelled", finished_at=datetime.now(UTC)))
                session.execute(update(Import).values(status="failed"))
        return looks[-1]

    monkeypatch.setattr(waiting, "is_abandoned", look)
    report = command("import", str(file), "--dataset", "Shop")
    assert not any(looks)
    assert (report["taken_over"], report["new"]) == (False, 12)
    assert report["import_id"] != import_id


def test_a_job_is_waited_for_until_another_process_lets_go_of_it(left: tuple[Command, Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that vanishes after this command began to follow it is succeeded by this command."""
    command, _, import_id = left
    resources = open_workspace()
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: expire(resources))
    with unit_of_work(resources, read_only=True) as session:
        actor, (job,) = find_operator(session, None), session.scalars(select(Job.id))
    assert waiting.finish(resources, actor, job).status == "done"
    assert command("jobs", "list", "--dataset", "Shop")["jobs"][0]["attempt"] == 2
    assert command("import-undo", import_id)["customers"] == 0


def test_a_job_is_cancelled_by_command_and_the_undo_goes_on(plain_command: Command, tmp_path: Path) -> None:
    file, other = tmp_path / "shop.csv", tmp_path / "other.csv"
    file.write_text(customers_csv((6, 6)))
    other.write_text(customers_csv((6, 7)))
    done = plain_command("import", str(file), "--dataset", "Shop")
    store_file(open_workspace(), None, "Shop", other)
    refused = plain_command("import-undo", done["import_id"], code=2)["error"]
    assert refused["code"] == "import_pending"
    assert "smartcart jobs cancel" in refused["message"]
    said = CliRunner().invoke(smartcart, ["jobs"]).stdout
    assert refused["details"]["job_id"] in said
    assert "queued" in said
    cancelled = plain_command("jobs", "cancel", refused["details"]["job_id"])
    assert (cancelled["status"], cancelled["message"]) == ("cancelled", "Stopped by cli.")
    assert "is cancelled. Stopped by cli." in CliRunner().invoke(smartcart, ["jobs", "cancel", refused["details"]["job_id"]]).stdout
    assert plain_command("import-undo", done["import_id"])["customers"] == 0
    assert plain_command("jobs", "cancel", "0" * 32, code=2)["error"]["code"] == "not_found"
