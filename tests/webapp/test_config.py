"""Settings: what is taken, and how what cannot work is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SECRET
from webapp.config import Config, ConfigError, describe_settings, write_secret


def read(folder: Path, **settings: str) -> Config:
    named = {f"SMARTCART_{name.upper()}": value for name, value in settings.items()}
    return Config.from_env({"SMARTCART_SECRET_KEY": SECRET, **named}, folder=folder)


def test_defaults_work_in_an_empty_folder(tmp_path: Path) -> None:
    assert read(tmp_path) == Config(secret_key=SECRET)


def test_settings_are_read_with_their_types(tmp_path: Path) -> None:
    config = read(tmp_path, port="0", lease_seconds="2.5", trusted_proxies="1", public_url="https://a.example")
    assert (config.port, config.lease_seconds, config.trusted_proxies, config.secure) == (0, 2.5, 1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("port", value) for value in ("-1", "65536", "99999999999999999999", "eight", "")),
        *(("lease_seconds", value) for value in ("0", "-1", "inf", "nan", "1e400")),
        *((name, "0") for name in ("threads", "processes", "job_attempts", "sign_in_attempts", "password_hashes_at_once")),
        *((name, "0") for name in ("job_minutes", "session_idle_minutes", "session_hours", "sign_in_window_minutes")),
        *((name, "-5") for name in ("upload_megabytes", "job_memory_megabytes", "trusted_proxies")),
        ("threads", "9" * 5000),
        *(("database_url", value) for value in ("", "nonsense", "mysql://h/d", "postgresql://h:abc/d", "postgresql+nope://h/d")),
        *(("store", value) for value in ("", "s3://bucket/store")),
        *(("public_url", value) for value in ("segments.example.com", "ftp://a.example", "https://", "http://a.example:99999", "http://[")),
    ],
)
def test_what_cannot_work_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"SMARTCART_{name.upper()}") as refusal:
        read(tmp_path, **{name: value})
    assert len(str(refusal.value)) < 300


def test_a_database_address_is_not_quoted_for_it_may_hold_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, database_url="mysql://root:hunter2@h/d")
    assert "hunter2" not in str(refusal.value)


def test_only_the_folder_of_the_workspace_is_made_for_a_database(tmp_path: Path) -> None:
    assert read(tmp_path, database_url="sqlite:///instance/other.db").database_url.endswith("other.db")
    (tmp_path / "there").mkdir()
    assert read(tmp_path, database_url=f"sqlite:///{tmp_path}/there/own.db")
    with pytest.raises(ConfigError, match="does not exist"):
        read(tmp_path, database_url=f"sqlite:///{tmp_path}/missing/own.db")


def test_the_stored_secret_is_used_and_its_damage_told(tmp_path: Path) -> None:
    path = write_secret(tmp_path)
    secret = path.read_text()
    assert Config.from_env({}, folder=tmp_path).secret_key == secret
    assert write_secret(tmp_path).read_text() == secret, "a second time changes nothing"
    path.write_bytes(b"\xff" * 40)
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.from_env({}, folder=tmp_path)


def test_every_default_is_described() -> None:
    settings = {item["name"]: item["default"] for item in describe_settings()}
    assert settings["SMARTCART_SECRET_KEY"] == "from ./instance/secret_key"
    assert all(settings.values())
