"""What needs no statistics does not wait for them: counted in modules, for seconds depend on the machine."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

import segmentation
import webapp.edge
from tests.conftest import ROOT, SECRET
from webapp.cli import COMMANDS, smartcart

HEAVY = ("sklearn", "scipy", "pandas", "duckdb", "plotly", "dash", "flask")
RUN = """
import json, sys
from webapp.cli import main

commands, heavy = map(json.loads, sys.argv[1:])
found = {}
for command in commands:
    sys.argv = ["smartcart", *command.split()]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    found[command] = [code, sorted({name.partition(".")[0] for name in sys.modules} & set(heavy))]
print(json.dumps(found), file=sys.stderr)
"""


def python(folder: Path, code: str, *arguments: str) -> str:
    """Run `code` in a process of its own; the last line that it writes to standard error."""
    settings = {
        "SMARTCART_SECRET_KEY": SECRET,
        "SMARTCART_DATABASE_URL": f"sqlite:///{folder}/own.db",
        "SMARTCART_STORE": f"{folder}/store",
    }
    environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1]


def test_people_jobs_and_help_do_without_the_statistics(tmp_path: Path) -> None:
    asked = (
        "--help",
        "migrate",
        "config",
        "user add ann@shop.example --role admin",
        "user list",
        "token add --role viewer",
        "team list",
        "audit",
        "jobs",
        "jobs --help",
    )
    found = json.loads(python(tmp_path, RUN, json.dumps(asked), json.dumps(HEAVY)))
    assert found == {command: [0, []] for command in asked}


def test_the_library_imports_what_is_asked_for(tmp_path: Path) -> None:
    code = "import json, sys, segmentation; segmentation.Role; print(json.dumps(list(sys.modules)), file=sys.stderr)"
    assert not set(json.loads(python(tmp_path, code))) & set(HEAVY)


@pytest.mark.parametrize("package", [segmentation, webapp.edge])
def test_every_public_name_of_a_package_is_there(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert all(getattr(package, name) is not None for name in names)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("package", [segmentation, webapp.edge], ids=["segmentation", "webapp.edge"])
def test_no_public_name_is_that_of_a_module_which_would_take_its_place(package: ModuleType) -> None:
    assert {each.name for each in pkgutil.iter_modules(package.__path__)} & set(package.__all__) == set()


def test_a_notebook_completes_every_name(tmp_path: Path) -> None:
    code = "import json, sys, segmentation; print(json.dumps(dir(segmentation)), file=sys.stderr)"
    assert json.loads(python(tmp_path, code)) == sorted(segmentation.__all__)


def test_help_says_of_each_command_what_the_command_says() -> None:
    context = click.Context(smartcart)
    told = {name: about for name, (_, about) in COMMANDS.items()}
    commands = {name: smartcart.get_command(context, name) for name in COMMANDS}
    assert told == {name: command and command.get_short_help_str(1000) for name, command in commands.items()}
