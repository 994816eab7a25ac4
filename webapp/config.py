"""All settings, read once from the environment. What is missing or unsafe stops the start, in words."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

WELL_KNOWN_SECRETS = frozenset(
    {"changeme", "change-me", "secret", "secret-key", "dev", "development", "insecure", "password", "test", "smartcart"}
)
SHORTEST_SECRET = 32


class ConfigError(Exception):
    """A setting is missing or unsafe."""


def setting(default: Any, meaning: str) -> Any:
    """A field read from `SMARTCART_<FIELD NAME>`."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Config:
    """Every setting with its default. `smartcart config` prints this list."""

    secret_key: str = setting("", "signs cookies and tokens; at least 32 characters (default: ./instance/secret_key)")
    database_url: str = setting("sqlite:///instance/smartcart.db", "SQLAlchemy address of the database")
    store: str = setting("instance/store", "folder or fsspec address of snapshots, models and uploads")
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(8050, "port to listen on; 0 takes a free one")
    public_url: str = setting("", "address that people type; its host is the only one answered, https turns on secure cookies")
    threads: int = setting(8, "threads of each web process")
    processes: int = setting(1, "web processes of `serve`")
    session_idle_minutes: int = setting(30, "a session ends after this time without a click")
    session_hours: int = setting(12, "a session ends after this time in any case")
    sign_in_attempts: int = setting(10, "wrong passwords from one address for one account before it has to wait")
    sign_in_window_minutes: int = setting(15, "how long wrong passwords count")
    password_hashes_at_once: int = setting(2, "Argon2id hashes computed at the same time in one process (64 MiB each)")
    upload_megabytes: int = setting(200, "largest upload")
    lease_seconds: float = setting(20.0, "a job whose worker has not reported for this long is taken over")
    job_minutes: int = setting(60, "a job that runs longer is ended")
    job_memory_megabytes: int = setting(4096, "a job that needs more memory is ended")
    job_attempts: int = setting(3, "how often a job that crashes is tried")
    trusted_proxies: int = setting(0, "proxies in front whose X-Forwarded headers are believed")

    @property
    def secure(self) -> bool:
        """Whether people reach the product over HTTPS, so that cookies can demand it."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Config:
        """Settings from `env` (default: the process's) with relative paths under `folder`; ConfigError names what is wrong."""
        env = os.environ if env is None else env
        folder = folder or Path.cwd()
        values = {item.name: _read(item.name, item.type, env) for item in fields(cls) if _variable(item.name) in env}
        if not values.get("secret_key"):
            values["secret_key"] = _stored_secret(folder)
        config = cls(**values)
        _check_secret(config.secret_key)
        return config


def _variable(name: str) -> str:
    return f"SMARTCART_{name.upper()}"


def _read(name: str, kind: Any, env: Mapping[str, str]) -> Any:
    convert = {"int": int, "float": float}.get(str(kind), str)
    try:
        return convert(env[_variable(name)])
    except ValueError:
        raise ConfigError(f"{_variable(name)} must be a number, not {env[_variable(name)]!r}.") from None


def _stored_secret(folder: Path) -> str:
    path = folder / "instance" / "secret_key"
    if path.is_file():
        return path.read_text().strip()
    raise ConfigError("No secret key. Run `make setup`, which writes one to ./instance/secret_key, or set SMARTCART_SECRET_KEY.")


def write_secret(folder: Path) -> Path:
    """Make sure that `folder`/instance/secret_key exists (mode 0600) and return its path."""
    path = folder / "instance" / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path


def _check_secret(secret: str) -> None:
    if secret.strip().lower() in WELL_KNOWN_SECRETS or len(set(secret)) < 8 or len(secret) < SHORTEST_SECRET:
        raise ConfigError(f"SMARTCART_SECRET_KEY is missing, short or well known. Use at least {SHORTEST_SECRET} random characters.")


def describe_settings() -> list[dict[str, str]]:
    """Name, default and meaning of every setting."""
    return [{"name": _variable(item.name), "default": str(item.default), "meaning": item.metadata["meaning"]} for item in fields(Config)]
