"""What commands say to people, and the address that they hand out."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.webapp.cli.conftest import Command
from webapp.address import announced, known_address
from webapp.cli import smartcart
from webapp.cli.models import figures_in_words
from webapp.config import Config


def say(*arguments: str) -> str:
    result = CliRunner().invoke(smartcart, arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    assert "[info" not in result.stderr
    return result.stdout


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "instance" / "store")


def test_an_address_is_known_while_a_server_runs(store: str) -> None:
    config = Config(store=store, port=0)
    assert known_address(config) is None
    with announced(config, "http://127.0.0.1:4711"):
        assert known_address(config) == "http://127.0.0.1:4711"
        assert known_address(Config(store=store, public_url="https://a.example/")) == "https://a.example"
    assert known_address(config) is None
    assert known_address(Config(store=store, host="0.0.0.0", port=8123)) == "http://127.0.0.1:8123"


def test_an_ending_server_leaves_the_address_of_a_later_one(store: str) -> None:
    config = Config(store=store)
    with announced(config, "http://127.0.0.1:1"):
        (Path(store).parent / "address").write_text("http://127.0.0.1:2")
    assert known_address(config) == "http://127.0.0.1:2"


def test_an_invitation_leads_to_the_running_server(plain_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTCART_PORT", "0")
    (tmp_path / "address").write_text("http://127.0.0.1:4711")
    assert plain_command("user", "add", "a@north.example", "--role", "viewer")["invite_url"].startswith("http://127.0.0.1:4711/invite/")
    (tmp_path / "address").unlink()
    said = say("user", "add", "b@north.example", "--role", "viewer")
    assert "smartcart serve" in said
    assert ": /invite/" in said


def test_writing_the_secret_says_one_line(plain_command: Command, tmp_path: Path) -> None:
    assert say("config", "--write-secret") == f"The secret key is in {tmp_path}/instance/secret_key; only its owner can read it.\n"
    assert "from ./instance/secret_key" in say("config")


def test_a_version_is_told_in_the_words_of_the_product(plain_command: Command) -> None:
    plain_command("synthetic", "--rows", "200", "--segments", "2", "--out", "shop.csv")
    plain_command("import", "shop.csv", "--dataset", "Shop")
    said = say("recluster", "--k", "2")
    assert "separation 0." in said
    assert "silhouette" not in said
    assert say("versions").splitlines()[0].split() == ["NUMBER", "STATUS", "CHAMPION", "SEGMENTS", "VERDICT", "MADE"]


def test_figures_in_words() -> None:
    figures = {"silhouette": 0.371, "silhouette_null": 0.21, "stability_ari": 0.968, "smallest_share": 0.0712}
    assert figures_in_words(figures) == "separation 0.37 (shuffled columns 0.21), repeatability 0.97, smallest segment 7.1%"
    assert figures_in_words({}) == ""
