"""A shop with two months: version 1 with three segments on January, version 2 with two on February, not promoted."""

from __future__ import annotations

from datetime import date

from tests.webapp.working import Shop, customers_csv, open_shop, run_jobs
from webapp.edge import Resources
from webapp.services.segmenting import movements
from webapp.services.segmenting.movements import Asked, MovementReport

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
FILE = customers_csv((50, 50, 50))
GROWN = FILE + "\n".join(customers_csv((0, 0, 12), seed=5, first=201).splitlines()[1:]) + "\n"
V1, V2 = Asked(1), Asked(2)
DAYS = Asked(1, 1), Asked(1, 2)


def moved(file: str, key: int, like: int) -> str:
    """The file, with one customer's cells taken from another one's line."""
    lines = file.splitlines()
    cells = next(line for line in lines if line.startswith(f"{like},")).split(",", 1)[1]
    return "\n".join(f"{key},{cells}" if line.startswith(f"{key},") else line for line in lines) + "\n"


def consenting(file: str) -> str:
    """The file with a column of consent: every fifth customer has withdrawn."""
    head, *lines = file.splitlines()
    return "\n".join([f"{head},Consent", *(f"{line},{'no' if place % 5 == 0 else 'yes'}" for place, line in enumerate(lines))]) + "\n"


def later(file: str) -> str:
    """A month later: customer 1 spends like 140, 148 to 150 spend like the first ones, and 2 is gone."""
    for key, like in ((1, 140), (150, 3), (149, 4), (148, 5)):
        file = moved(file, key, like)
    return "".join(line for line in file.splitlines(keepends=True) if not line.startswith("2,"))


def open_months(resources: Resources) -> Shop:
    """The shop; twelve customers joined in February."""
    shop = open_shop(resources)
    shop.import_file(consenting(FILE), as_of=JANUARY)
    shop.recluster(k=3)
    shop.import_file(consenting(later(GROWN)), as_of=FEBRUARY, mode="replace")
    shop.recluster(k=2)
    return shop


def counted(shop: Shop, before: Asked = V1, after: Asked = V2) -> MovementReport:
    """The movement between the two, counted if it was not."""
    with shop.writing() as session:
        movements.count_movement(session, shop.actor, "customers", before, after)
    run_jobs(shop.resources)
    with shop.reading() as session:
        found = movements.show_movement(session, shop.actor, "customers", before, after)
    assert isinstance(found, MovementReport), found
    return found
