"""What the columns of the SmartCart file mean (the 22 of its short form, the 29 of its long one)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmentation.roles import CUSTOMER_KEY, Column, Kind, Role

EDUCATION_LEVELS = ("Basic", "Graduation", "Master|2n Cycle", "PhD")
MARITAL_FOLDS = {"Alone": "Single", "Absurd": "Single", "YOLO": "Single"}

_SPEND = {
    "MntWines": ("wines", "Wine"),
    "MntFruits": ("fruits", "Fruit"),
    "MntMeatProducts": ("meat", "Meat"),
    "MntFishProducts": ("fish", "Fish"),
    "MntSweetProducts": ("sweets", "Sweets"),
    "MntGoldProds": ("gold", "Gold"),
}
_PURCHASES = {
    "NumDealsPurchases": ("deals", "Deal purchases", 0.95),
    "NumWebPurchases": ("web", "Web", 0.98),
    "NumCatalogPurchases": ("catalog", "Catalogue", 0.98),
    "NumStorePurchases": ("store", "Store", 0.98),
}


def _column(
    source: str,
    name: str,
    role: Role,
    kind: Kind,
    label: str,
    confidence: float,
    *,
    levels: tuple[str, ...] = (),
    folds: Mapping[str, str] | None = None,
) -> Column:
    reason = "known from the SmartCart file"
    return Column(name, source, role, kind, label, levels=levels, folds=folds or {}, confidence=confidence, reason=reason)


def _columns() -> tuple[Column, ...]:
    integer, decimal, text = Kind.INTEGER, Kind.DECIMAL, Kind.TEXT
    return (
        _column("ID", CUSTOMER_KEY, Role.CUSTOMER_ID, text, "Customer", 0.99),
        _column("Year_Birth", "birth_year", Role.BIRTH_YEAR, integer, "Year of birth", 0.98),
        _column("Education", "education", Role.ORDINAL, text, "Education", 0.71, levels=EDUCATION_LEVELS),
        _column("Marital_Status", "marital_status", Role.CATEGORY, text, "Marital status", 0.93, folds=MARITAL_FOLDS),
        _column("Income", "income", Role.INCOME, decimal, "Income", 0.99),
        _column("Kidhome", "kids", Role.DEPENDENTS, integer, "Young children", 0.96),
        _column("Teenhome", "teens", Role.DEPENDENTS, integer, "Teenagers", 0.96),
        _column("Dt_Customer", "enrolled_on", Role.ENROLLED_ON, Kind.DATE, "Customer since", 0.97),
        _column("Recency", "recency_days", Role.RECENCY_DAYS, integer, "Days since last purchase", 0.97),
        *(_column(source, f"spend_{part}", Role.SPEND, decimal, label, 0.99) for source, (part, label) in _SPEND.items()),
        *(_column(source, f"purchases_{part}", Role.PURCHASES, integer, label, sure) for source, (part, label, sure) in _PURCHASES.items()),
        _column("NumWebVisitsMonth", "visits_web", Role.VISITS, integer, "Web visits a month", 0.97),
        *(_column(f"AcceptedCmp{n}", f"accepted_{n}", Role.OUTCOME, integer, f"Accepted campaign {n}", 0.97) for n in range(1, 6)),
        _column("Complain", "complained", Role.FLAG, integer, "Complaints", 0.88),
        _column("Z_CostContact", "z_cost_contact", Role.NUMBER, integer, "Cost of a contact", 0.9),
        _column("Z_Revenue", "z_revenue", Role.NUMBER, integer, "Revenue of a contact", 0.9),
        _column("Response", "responded", Role.OUTCOME, integer, "Responds", 0.97),
    )


_BY_HEADER = {column.source.casefold(): column for column in _columns()}
_TELLING = frozenset(header for header in _BY_HEADER if header.startswith(("mnt", "num", "accepted", "kidhome", "teenhome", "dt_")))


def smartcart_columns(headers: Sequence[str]) -> Mapping[str, Column]:
    """Header (folded to lower case) -> column, or nothing unless at least five headers are peculiar to the SmartCart file."""
    peculiar = sum(header.casefold() in _TELLING for header in headers)
    return _BY_HEADER if peculiar >= 5 else {}
