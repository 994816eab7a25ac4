from __future__ import annotations

from pathlib import Path

from segmentation.engine import open_engine


def test_an_engine_draws_nothing_between_the_lines_of_a_command_nor_do_its_cursors(tmp_path: Path) -> None:
    with open_engine(memory="100MB", folder=tmp_path) as connection, connection.cursor() as cursor:
        for each in (connection, cursor):
            assert each.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_an_engine_loads_nothing_from_outside() -> None:
    with open_engine() as connection:
        names = ("autoinstall_known_extensions", "autoload_known_extensions")
        assert [connection.execute(f"SELECT current_setting('{name}')").fetchall() for name in names] == [[(False,)], [(False,)]]
