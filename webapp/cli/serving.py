"""Commands that stay: web server and worker."""

from __future__ import annotations

import dataclasses
import socket
import sys

import click

from webapp.address import announced
from webapp.app import prepare_schema
from webapp.cli.answers import answering, refuse
from webapp.cli.context import open_checked, open_workspace, opening
from webapp.config import Config
from webapp.serving import Supervisor, address_of, open_listener, serve_web


def read_config(port: int | None = None) -> Config:
    """Settings from the environment; ConfigError says what is wrong with them."""
    config = Config.from_env()
    return config if port is None else dataclasses.replace(config, port=port)


def listen(config: Config, *, as_json: bool = False) -> socket.socket:
    """The listening socket, or exit 2 where the port is taken or the host is none of this machine."""
    try:
        return open_listener(config.host, config.port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = (
            f"Cannot listen on {config.host}:{config.port} ({reason}). "
            "Choose another port with --port, or 0 for a free one, and see that SMARTCART_HOST is an address of this machine."
        )
        sys.exit(refuse("address", message, {}, as_json=as_json))


def check_startable(config: Config) -> None:
    """Refuse settings that no web process could start with. A database server that is down is waited for."""
    resources = open_checked(config)
    with opening():
        prepare_schema(resources)
    resources.engine.dispose()  # nothing may be open when the web processes fork


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--with-worker", is_flag=True, help="Carry a worker beside the web server.")
@click.option("--listener", type=int, hidden=True, help="An open listening socket (how the supervisor hands it over).")
def serve(port: int | None, with_worker: bool, listener: int | None) -> None:
    """Serve the web application until SIGTERM."""
    with answering(as_json=False):
        config = read_config(port)
        if listener is not None:
            serve_web(config, socket.socket(fileno=listener))
            return
        check_startable(config)
        open_socket = listen(config)
        address = address_of(config, open_socket)
        click.echo(f"Serving on {address}", err=True)
        with announced(config, address):
            if with_worker:
                Supervisor(config, open_socket).run(when_ready=lambda: None)
            else:
                serve_web(config, open_socket)


@click.command("worker")
def worker() -> None:
    """Run background jobs until SIGTERM; any number of workers may run at once."""
    # The worker's imports (the statistics) cost seconds that other commands need not pay.
    from webapp.worker import serve_worker

    with answering(as_json=False):
        serve_worker(open_workspace())


COMMANDS = (serve, worker)
