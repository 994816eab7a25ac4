"""Commands that stay: web server and worker."""

from __future__ import annotations

import dataclasses
import socket
import sys

import click

from webapp.cli.answers import refuse
from webapp.config import Config, ConfigError
from webapp.serving import Supervisor, address_of, open_listener, serve_web


def read_config(port: int | None = None) -> Config:
    """Settings from the environment, or exit 2 with what is wrong with them."""
    try:
        config = Config.from_env()
    except ConfigError as error:
        sys.exit(refuse("config", str(error), {}, as_json=False))
    return config if port is None else dataclasses.replace(config, port=port)


def listen(config: Config) -> socket.socket:
    """The listening socket, or exit 2 where the port is taken."""
    try:
        return open_listener(config.host, config.port)
    except OSError as error:
        message = f"Cannot listen on {config.host}:{config.port} ({error.strerror}). Choose another port with --port, or 0 for a free one."
        sys.exit(refuse("address", message, {}, as_json=False))


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@click.option("--with-worker", is_flag=True, help="Carry a worker beside the web server.")
@click.option("--listener", type=int, hidden=True, help="An open listening socket (how the supervisor hands it over).")
def serve(port: int | None, with_worker: bool, listener: int | None) -> None:
    """Serve the web application until SIGTERM."""
    config = read_config(port)
    if listener is not None:
        serve_web(config, socket.socket(fileno=listener))
        return
    open_socket = listen(config)
    click.echo(f"Serving on {address_of(config, open_socket)}", err=True)
    if with_worker:
        Supervisor(config, open_socket).run(when_ready=lambda: None)
    else:
        serve_web(config, open_socket)


@click.command("worker")
def worker() -> None:
    """Run background jobs until SIGTERM; any number of workers may run at once."""
    # The worker's imports (the statistics) cost seconds that other commands need not pay.
    from webapp.cli.context import open_workspace
    from webapp.worker import serve_worker

    read_config()
    serve_worker(open_workspace())


COMMANDS = (serve, worker)
