"""What a browser tells about itself, and how much of it is believed: host, origin, cookies, tokens against forgery."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from urllib.parse import unquote, urlsplit

from flask import Request

from webapp.config import Config

CSRF_COOKIE = "sc_csrf"
CSRF_HEADER = "X-CSRFToken"
CSRF_FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not bound
_INNER_PATHS = ("/login", "/logout", "/invite", "/invitations", "/reset", "/password", "/_", "/assets", "/api")


def cookie_name(config: Config, name: str) -> str:
    """On HTTPS, the prefix makes browsers refuse the cookie from anywhere but this host."""
    return f"__Host-{name}" if config.secure else name


def host_is_ours(config: Config, host: str, *, health: bool = False) -> bool:
    """Whether a Host header names this server. Health checks may also use the loopback address."""
    name = _host_name(host)
    if name is None:
        return False
    if config.public_url:
        return host.lower() == urlsplit(config.public_url).netloc.lower() or (health and _is_loopback(name))
    if _is_loopback(name) or name == config.host.lower():
        return True
    # An address is no name that somebody else's name server could point here.
    return config.host in EVERYWHERE and (_is_address(name) or name == socket.gethostname().lower())


def is_cross_site(config: Config, request: Request) -> bool:
    """Whether a browser says that another site made it send this request."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in OWN_SITES:
        return True
    origin = request.headers.get("Origin")
    own = config.public_url.rstrip("/") if config.public_url else request.host_url.rstrip("/")
    return origin is not None and origin.lower() != _origin_of(own)


def sent_token(request: Request) -> str:
    """The token against forgery that came with a request: in the header, else in a plain form's field."""
    header = request.headers.get(CSRF_HEADER)
    if header is not None:
        return header
    # Reading a multipart form here would take in a whole upload before anybody said that it may come.
    return request.form.get(CSRF_FIELD, "") if request.mimetype == "application/x-www-form-urlencoded" else ""


def same_secret(one: str, other: str) -> bool:
    """Compare without telling by the time it takes where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def form_token(config: Config, cookie: str) -> str:
    """The token of a form that somebody without a session sends, bound to their cookie."""
    return hmac.new(config.secret_key.encode(), f"form:{cookie}".encode(), hashlib.sha256).hexdigest()


def next_page(wanted: str | None) -> str:
    """`wanted` where it is a page of this site, else the start page."""
    if not wanted or not wanted.startswith("/"):
        return "/"
    plain = wanted
    while (decoded := unquote(plain)) != plain:
        plain = decoded
    parts = urlsplit(plain)
    stays = not (parts.scheme or parts.netloc) and plain[1:2] not in ("/", "\\") and "\\" not in plain and plain.isprintable()
    return wanted if stays and not plain.startswith(_INNER_PATHS) else "/"


def network_of(address: str | None) -> str:
    """The address that guesses are counted by: an IPv6 customer has a whole /64 to choose from."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _origin_of(url: str) -> str:
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc}"


def _host_name(host: str) -> str | None:
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return name == "localhost" or (_is_address(name) and ipaddress.ip_address(name).is_loopback)
