"""`smartcart doctor`."""

from __future__ import annotations

from pathlib import Path

from tests.webapp.cli.conftest import Command
from tests.webapp.working import customers_csv


def test_doctor_names_what_is_damaged_and_changes_nothing(plain_command: Command, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(customers_csv(), encoding="utf-8")
    plain_command("import", str(file), "--dataset", "Shop")
    assert plain_command("doctor") == {"problems": []}
    [snapshot] = [path for path in (tmp_path / "store").glob("*/snapshot/*/*") if path.suffix == ""]
    damaged = snapshot.read_bytes()[:-1] + b"?"
    snapshot.write_bytes(damaged)
    [problem] = plain_command("doctor")["problems"]
    assert (problem["id"], problem["severity"], problem["subject"]) == ("damaged_snapshot", "error", "my-team/shop snapshot 1")
    assert "backup" in problem["what_to_do"]
    assert snapshot.read_bytes() == damaged
