"""Importing by command line: what is said before and after, modes, and taking an import back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.webapp.cli.conftest import Command
from tests.webapp.cli.test_words import say
from tests.webapp.working import customers_csv


def test_modes_and_undo(plain_command: Command, tmp_path: Path) -> None:
    file, fewer = tmp_path / "all.csv", tmp_path / "fewer.csv"
    rows = customers_csv((6, 6)).splitlines()
    file.write_text("\n".join(rows) + "\n")
    fewer.write_text("\n".join(rows[:9]) + "\n")
    plain_command("import", str(file), "--dataset", "Shop")
    dry = plain_command("import", str(fewer), "--mode", "replace", "--dry-run")
    assert (dry["removed"], dry["snapshot"]) == (4, None)
    done = plain_command("import", str(fewer), "--mode", "replace")
    assert (done["mode"], done["removed"], done["unchanged"], done["snapshot"]) == ("replace", 4, 8, 2)
    undone = plain_command("import-undo", done["import_id"])
    assert (undone["status"], undone["customers"], undone["snapshot"], undone["undone_along"]) == ("undone", 12, 1, [])
    assert plain_command("import-undo", done["import_id"], code=2)["error"]["code"] == "not_stored"
    unknown = plain_command("import-undo", "0" * 32, code=2)["error"]
    assert unknown["code"] == "not_found"
    assert "Its id ends the address of its page" in unknown["message"]
    first, again = plain_command("import", str(fewer), "--mode", "replace"), plain_command("import", str(fewer), "--mode", "replace")
    assert plain_command("import-undo", first["import_id"])["undone_along"] == [again["import_id"]]


def test_a_dataset_is_removed_once_its_only_import_is_undone(plain_command: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text(customers_csv((6, 6)))
    done = plain_command("import", str(file), "--dataset", "Shop")
    refused = plain_command("dataset", "remove", code=2)["error"]
    assert (refused["code"], refused["details"]) == ("not_empty", {"holds": ["1 stored import (undo it first)"]})
    plain_command("import-undo", done["import_id"])
    assert plain_command("dataset", "remove", "--dataset", "Shop") == {"dataset": "shop", "name": "Shop"}
    assert plain_command("versions", "--dataset", "Shop", code=2)["error"]["code"] == "not_found"


def test_what_json_says_of_a_file_can_be_fed_back(plain_command: Command, tmp_path: Path) -> None:
    file, mapping = tmp_path / "shop.csv", tmp_path / "mapping.json"
    file.write_bytes("Id;Spend;Since;City\n1;5,5;02.03.2024;K\u00f6ln\n2;6,5;25.03.2024;Bonn\n".encode("cp1252"))
    first = plain_command("import", str(file), "--dataset", "Shop", "--dry-run")
    parts = {part: first[part] for part in ("schema", "format", "values")}
    mapping.write_text(json.dumps(parts))
    again = plain_command("import", str(file), "--dataset", "Other", "--mapping", str(mapping), "--dry-run")
    assert {part: again[part] for part in parts} == parts
    assert (again["new"], again["rejected"]) == (first["new"], first["rejected"])


def test_what_was_stated_once_need_not_be_stated_again(plain_command: Command, tmp_path: Path) -> None:
    file, mapping = tmp_path / "shop.csv", tmp_path / "mapping.json"
    file.write_text("Alpha,Spend\n7,5\n7.5,6\n")
    assert plain_command("import", str(file), "--dataset", "Shop", code=2)["error"]["code"]
    mapping.write_text(json.dumps({"schema": {"Alpha": "customer_id", "Spend": "spend"}}))
    first = plain_command("import", str(file), "--dataset", "Shop", "--mapping", str(mapping))
    file.write_text("Spend,Alpha\n5,7\n6,8.5\n")
    again = plain_command("import", str(file), "--dataset", "Shop")
    assert (again["schema"]["Alpha"], again["new"], again["unchanged"]) == ("customer_id", 1, 1)
    assert again["mapping_from"]["import_id"] == first["import_id"]


def test_a_dry_run_reads_like_sentences(plain_command: Command, tmp_path: Path) -> None:
    file, next_one = tmp_path / "all.csv", tmp_path / "next.csv"
    file.write_text(customers_csv((30, 30)))
    plain_command("import", str(file), "--dataset", "Shop")
    rows = customers_csv((30, 30)).splitlines()
    next_one.write_text("\n".join(line.rpartition(",")[0] for line in [rows[0], *rows[1:11]]) + "\nx,much,1,1,1,1,1,2024-03-01,York\n")
    said = say("import", str(next_one), "--dry-run")
    assert "Would import 11 rows into shop: 0 new, 0 changed, 10 unchanged, 1 rejected." in said
    assert "line 12: not a number" in said
    assert "Not in this file, kept as they are: Response." in said
    assert "import-undo" not in said
    assert "To take it back: smartcart import-undo " in say(
        "import", str(next_one).replace("next", "all"), "--as-of", "2026-01-01", "--dataset", "New"
    )


def left(folder: Path) -> list[str]:
    """Every file of the store."""
    return sorted(path.name for path in (folder / "store").rglob("*") if path.is_file())


def test_a_dry_run_leaves_nothing_behind_but_what_it_says(plain_command: Command, tmp_path: Path) -> None:
    file, orders = tmp_path / "all.csv", tmp_path / "orders.csv"
    file.write_text(customers_csv((6, 6)) + ",20000,40,30,2,9,3,2024-03-01,York,0\n")
    orders.write_text("Order,Customer,Order date,Quantity,Unit price\n" + "".join(f"{n},ann{n % 6},2024-03-05,2,1.5\n" for n in range(20)))
    for each in (file, orders):
        dry = plain_command("import", str(each), "--dataset", "Shop", "--dry-run")
        assert (dry["dataset"], dry["dry_run"], dry["snapshot"]) == ("shop", True, None)
        assert left(tmp_path) == []
        assert plain_command("export", "--dataset", "Shop", "--out", "shop.csv", code=2)["error"]["code"] == "not_found"
    plain_command("import", str(file), "--dataset", "Shop")
    there = left(tmp_path)
    assert plain_command("import", str(file), "--dry-run", "--as-of", "2026-01-01")["rejected"] == 1
    assert plain_command("import", str(orders), "--dry-run", code=2)["error"]["code"] == "mixed_kinds"
    assert left(tmp_path) == there
    again = plain_command("import", str(file))
    assert (again["unchanged"], again["snapshot"]) == (12, 1)
