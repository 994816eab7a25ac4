"""All settings, read once from the environment. What is missing or unsafe stops the start, in words."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

WELL_KNOWN_SECRETS = frozenset(
    {"changeme", "change-me", "secret", "secret-key", "dev", "development", "insecure", "password", "test", "smartcart"}
)
SHORTEST_SECRET = 32
DATABASES = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
HIGHEST_PORT = 65_535


class ConfigError(Exception):
    """A setting is missing or unsafe."""


def setting(default: Any, meaning: str, *, least: float = 1, most: float = 1_000_000) -> Any:
    """A field read from `SMARTCART_<FIELD NAME>`; a number lies between `least` and `most`."""
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True)
class Config:
    """Every setting with its default. `smartcart config` prints this list."""

    secret_key: str = setting("", "signs cookies and tokens; at least 32 characters")
    database_url: str = setting("sqlite:///instance/smartcart.db", "SQLAlchemy address of the database")
    store: str = setting("instance/store", "folder of snapshots, models and uploads")
    inbox: str = setting("instance/inbox", "folder whose files schedules import, from <team>/<dataset> in it")
    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(8050, "port to listen on; 0 takes a free one", least=0, most=HIGHEST_PORT)
    public_url: str = setting("", "address that people type; its host is the only one answered, https turns on secure cookies")
    threads: int = setting(8, "threads of each web process", most=1_000)
    processes: int = setting(1, "web processes of `serve`", most=1_000)
    session_idle_minutes: int = setting(30, "a session ends after this time without a click")
    session_hours: int = setting(12, "a session ends after this time in any case")
    sign_in_attempts: int = setting(10, "wrong passwords from one address for one account before it has to wait")
    sign_in_window_minutes: int = setting(15, "how long wrong passwords count")
    password_hashes_at_once: int = setting(2, "Argon2id hashes computed at the same time in one process (64 MiB each)")
    upload_megabytes: int = setting(200, "largest upload")
    lease_seconds: float = setting(20.0, "a job whose worker has not reported for this long is taken over", least=0.1)
    job_minutes: int = setting(60, "a job that runs longer is ended")
    job_memory_megabytes: int = setting(4096, "a job that needs more memory is ended")
    job_attempts: int = setting(3, "how often a job that crashes is tried")
    trusted_proxies: int = setting(0, "proxies in front whose X-Forwarded headers are believed", least=0, most=100)

    @property
    def secure(self) -> bool:
        """Whether people reach the product over HTTPS, so that cookies can demand it."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Config:
        """Settings from `env` (default: the process's) with relative paths under `folder`; ConfigError names what is wrong."""
        env = os.environ if env is None else env
        folder = folder or Path.cwd()
        values = {item.name: _read(item, env[_variable(item.name)]) for item in fields(cls) if _variable(item.name) in env}
        if not values.get("secret_key"):
            values["secret_key"] = _stored_secret(folder)
        config = cls(**values)
        _check_secret(config.secret_key)
        _check_database(config.database_url, folder)
        _check_store(config.store)
        _check_public_url(config.public_url)
        return config


def _variable(name: str) -> str:
    return f"SMARTCART_{name.upper()}"


def _read(item: Field[Any], text: str) -> Any:
    if item.type == "str":
        return text
    try:
        value = int(text) if item.type == "int" else float(text)
    except ValueError:
        raise ConfigError(f"{_variable(item.name)} must be a number, not {text[:40]!r}.") from None
    least, most = item.metadata["least"], item.metadata["most"]
    if math.isnan(value) or not least <= value <= most:
        raise ConfigError(f"{_variable(item.name)} must be between {least:,} and {most:,}, not {text[:40]!r}.")
    return value


def _stored_secret(folder: Path) -> str:
    path = folder / "instance" / "secret_key"
    if path.is_file():
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(
                f"The secret key in {path} cannot be read. Make the file readable, or delete it and run `make setup`."
            ) from None
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


def _check_database(address: str, folder: Path) -> None:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None  # the address is not quoted below, for it may hold a password
    if url is None or url.drivername not in DATABASES:
        raise ConfigError(
            "SMARTCART_DATABASE_URL is no address of a database that this product works with. "
            "Use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
        )
    if not url.drivername.startswith("sqlite") or not url.database or url.database == ":memory:":
        return
    parent = (folder / url.database).parent
    if not parent.is_dir() and parent != folder / "instance":  # that one is made on the way
        raise ConfigError(f"SMARTCART_DATABASE_URL: the folder {parent} does not exist. Create it, or name another file.")


def _check_store(store: str) -> None:
    if not store or "://" in store:
        raise ConfigError("SMARTCART_STORE must be a folder of this machine, such as instance/store; addresses are not supported.")


def _check_public_url(address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = not address or (parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("SMARTCART_PUBLIC_URL must be the address that people type, such as https://segments.example.com.")


def describe_settings() -> list[dict[str, str]]:
    """Name, default and meaning of every setting."""
    return [
        {"name": _variable(item.name), "default": _default_in_words(item), "meaning": item.metadata["meaning"]} for item in fields(Config)
    ]


def _default_in_words(item: Field[Any]) -> str:
    return "from ./instance/secret_key" if item.name == "secret_key" else str(item.default) or "none"
