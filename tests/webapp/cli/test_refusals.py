"""Every wrong value ends in one refusal that says what to do: exit 2 for the caller's part, 1 for anything else."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command
from webapp.cli import main, smartcart, workspace

HUGE = "9" * 23
FILE = "ID,Income,Recency\n" + "".join(f"{number},{number * 10},{number % 7}\n" for number in range(30))


@pytest.mark.parametrize(
    "arguments",
    [
        ("promote", HUGE),
        ("promote", "0"),
        ("segments", "--version", HUGE),
        ("segments", "--version", "-1"),
        ("export", "--version", HUGE, "--out", "x.csv"),
        ("recluster", "--seed", HUGE),
        ("synthetic", "--rows", "5", "--out", "x.csv", "--seed", "-1"),
        ("synthetic", "--rows", "5", "--out", "x.csv", "--seed", HUGE),
    ],
    ids=" ".join,
)
def test_numbers_out_of_range_are_usage_errors(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["smartcart", *arguments, "--json"])
    with pytest.raises(SystemExit) as ending:
        main()
    printed = capsys.readouterr()
    assert (ending.value.code, printed.err) == (2, "")
    error = json.loads(printed.out)["error"]
    assert error["code"] == "usage"
    assert "range" in error["message"]


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        (b"[" * 100_000, "mapping"),
        (b"[]", "mapping"),
        (b"{", "mapping"),
        (b"\xff\xfe\x00", "mapping"),
        (b'{"schema": []}', "schema"),
        (b'{"schema": "ID"}', "schema"),
        (b'{"schema": {"ID": 5}}', "ID"),
        (b'{"schema": {"ID": ["customer_id"]}}', "ID"),
        (b'{"schema": {"ID": {}}}', "ID"),
        (b'{"format": 7}', "format"),
        (b'{"format": {"delimiter": ",", "encoding": "utf-8", "quote": "x"}}', "format"),
        (b'{"format": {"delimiter": "xx", "encoding": "nope"}}', "delimiter"),
        (b'{"format": {"delimiter": ["a"], "encoding": "utf-8"}}', "delimiter"),
        (b'{"format": {"delimiter": ",", "encoding": "nope"}}', "encoding"),
        (b'{"format": {"delimiter": ",", "encoding": "hex"}}', "encoding"),
        (b'{"format": {"delimiter": ",", "encoding": "undefined"}}', "encoding"),
        (b'{"format": {"delimiter": ",", "encoding": 8}}', "encoding"),
        (b'{"format": {"delimiter": ",", "encoding": "utf-8", "date_order": "backwards"}}', "date_order"),
    ],
)
def test_a_mapping_that_cannot_be_taken_leaves_nothing(plain_command: Command, tmp_path: Path, mapping: bytes, field: str) -> None:
    (tmp_path / "shop.csv").write_text(FILE)
    (tmp_path / "m.json").write_bytes(mapping)
    error = plain_command("import", "shop.csv", "--dataset", "Shop", "--mapping", "m.json", code=2)["error"]
    assert error["details"]["field"] == field
    assert plain_command("versions", "--dataset", "Shop", code=2)["error"]["code"] == "not_found"


def test_a_file_that_is_not_in_the_stated_encoding_leaves_nothing(plain_command: Command, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_bytes(FILE.encode() + b"31,\xe9,1\n")
    (tmp_path / "m.json").write_text('{"format": {"delimiter": ",", "encoding": "utf-8"}}')
    error = plain_command("import", "shop.csv", "--dataset", "Shop", "--mapping", "m.json", code=2)["error"]
    assert error["code"] == "unreadable_file"
    assert plain_command("versions", "--dataset", "Shop", code=2)["error"]["code"] == "not_found"


def test_a_password_that_is_no_text_is_refused(plain_command: Command) -> None:
    arguments = ("user", "add", "ana@north.example", "--role", "analyst", "--password-stdin")
    error = plain_command(*arguments, text=b"\xff\xfe\xfd correct horse\n", code=2)["error"]
    assert error["details"] == {"field": "password"}
    assert "invite_url" not in plain_command(*arguments, text="Grüne Wiesen hinter Hof 9\n".encode())


def test_arguments_that_are_no_text_are_refused(plain_command: Command) -> None:
    error = plain_command("user", "add", os.fsdecode(b"a\xff@north.example"), "--role", "viewer", code=2)["error"]
    assert (error["code"], error["details"]) == ("invalid", {"field": "email"})
    assert plain_command("segments", "--team", os.fsdecode(b"\xff"), code=2)["error"]["message"]


@pytest.mark.parametrize(("out", "reason"), [("missing/x.csv", "No such file"), ("full.csv", "No space left")])
def test_files_that_cannot_be_written(plain_command: Command, tmp_path: Path, out: str, reason: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs the device /dev/full")
    (tmp_path / "full.csv").symlink_to("/dev/full")
    (tmp_path / "shop.csv").write_text(FILE)
    plain_command("import", "shop.csv", "--dataset", "Shop")
    plain_command("dataset", "confirm-legal-basis")
    for arguments in (("synthetic", "--rows", "50"), ("export",)):
        error = plain_command(*arguments, "--out", out, code=2)["error"]
        assert (error["code"], error["details"]["file"]) == ("file", out)
        assert reason in error["message"]
        assert '"' not in error["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "99999"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "postgresql+nope://h/d"),
        ("DATABASE_URL", "sqlite:///shop.csv"),
        ("DATABASE_URL", "sqlite:///store"),
        ("DATABASE_URL", "sqlite:///missing/x.db"),
        ("STORE", "shop.csv/store"),
        ("STORE", "s3://bucket"),
    ],
)
@pytest.mark.parametrize("arguments", [("versions",), ("migrate",), ("demo", "--port", "0")], ids=lambda arguments: arguments[0])
def test_wrong_settings_are_refused(
    plain_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "shop.csv").write_text(FILE)
    (tmp_path / "store").mkdir()
    monkeypatch.setenv(f"SMARTCART_{name}", value)
    error = plain_command(*arguments, code=2)["error"]
    assert error["code"] == "config"
    assert f"SMARTCART_{name}" in error["message"]
    assert (tmp_path / "shop.csv").read_text() == FILE


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_lasting_commands_do_not_start_on_a_file_that_is_no_database(
    plain_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "shop.csv").write_text(FILE)
    monkeypatch.setenv("SMARTCART_DATABASE_URL", "sqlite:///shop.csv")
    monkeypatch.setenv("SMARTCART_PORT", "0")
    result = CliRunner().invoke(smartcart, [name])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "SMARTCART_DATABASE_URL" in result.stderr


def test_a_database_server_that_is_down_is_no_refusal(plain_command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTCART_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/shop")
    error = plain_command("versions", code=1)["error"]
    assert error["code"] == "database"
    assert "hunter2" not in error["message"]


def test_the_unexpected_has_a_reference_and_its_trace_only_in_the_log(
    plain_command: Command, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down() -> Any:
        raise RuntimeError("a defect")

    monkeypatch.setattr(workspace, "describe_settings", break_down)
    error = plain_command("config", code=1)["error"]
    assert error["code"] == "unexpected"
    assert "a defect" not in error["message"]
    assert error["details"]["reference"] in error["message"]
    assert error["details"]["reference"] in caplog.text
    assert "RuntimeError: a defect" in caplog.text
