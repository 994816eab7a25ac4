"""What a file of order lines shares with earlier ones, and orders that several customers share, is told."""

from __future__ import annotations

from pathlib import Path

from segmentation.intake import Finding
from segmentation.orders import OrderLines
from tests.segmentation.orders.shop_lines import customers_of, read

HEAD = "Order,Customer,Order date,Product,Category,Channel,Quantity,Unit price,Country\n"


def _line(order: int | str, customer: str, product: str = "P1") -> str:
    return f"{order},{customer},2024-03-05,{product},Toys,Web,2,1.50,Austria\n"


def _told(lines: OrderLines) -> dict[str, Finding]:
    return {finding.code: finding for finding in lines.findings if finding.code in ("repeated_lines", "shared_orders")}


def test_lines_of_earlier_files_are_told_with_the_first_of_them(tmp_path: Path) -> None:
    read(tmp_path, HEAD + _line(1, "ann") + _line(2, "bob"), name="before")
    text = HEAD + _line(3, "cleo") + _line(2, "bob") + _line(2, "bob", "P2")
    told = _told(read(tmp_path, text, name="after", earlier=[tmp_path / "before"]))
    assert list(told) == ["repeated_lines"]
    repeated = told["repeated_lines"]
    assert (repeated.severity, repeated.count, repeated.lines) == ("note", 1, (3,))
    assert repeated.message == "Earlier files have 1 line of this one already, cell by cell (the first: line 3). Each counts once."
    assert customers_of(tmp_path, "before", "after").customers["net_spend"].tolist() == [3.0, 6.0, 3.0]
    assert not _told(read(tmp_path, text, name="after"))


def test_an_order_number_of_two_customers_is_told_within_a_file(tmp_path: Path) -> None:
    told = _told(read(tmp_path, HEAD + _line(1, "ann") + _line(7, "bob") + _line(7, "ann") + _line(7, "") + _line("", "bob")))
    assert list(told) == ["shared_orders"]
    shared = told["shared_orders"]
    assert (shared.severity, shared.column, shared.count, shared.lines) == ("flag", "Order", 2, (3, 4))
    assert shared.message == (
        "Several customers share 1 order number (the first: 7, line 3). Each counts as an order of every one of them. "
        "Where that is wrong, correct the file and import it again."
    )
    assert customers_of(tmp_path).customers["orders"].tolist() == [2, 2]


def test_an_order_number_of_two_customers_is_told_across_files(tmp_path: Path) -> None:
    read(tmp_path, HEAD + _line(1, "ann") + _line(9, "ann") + _line(9, "bob"), name="before")
    told = _told(read(tmp_path, HEAD + _line(2, "bob") + _line(1, "bob"), name="after", earlier=[tmp_path / "before"]))
    assert {code: (finding.count, finding.lines) for code, finding in told.items()} == {"shared_orders": (1, (3,))}
