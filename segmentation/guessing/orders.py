"""Whether a file holds customers or order lines, and what the columns of order lines mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from segmentation.evidence import PARSED_SHARE, Evidence
from segmentation.guessing.rules import Guess, contact, with_corrected
from segmentation.roles import Role

FileKind = Literal["customers", "orders"]

_OWNERS = ("customer", "user", "member", "account", "buyer", "household", "contact", "email")
_ORDERS = ("order", "invoice", "transactions", "receipt", "ticket", "basket", "sale", "bill", "check", "purchases", "reservation")
_IDS = ("id", "number", "code", "key", "reference", "index")
_OTHER_DAYS = ("ship", "shipped", "shipping", "delivery", "delivered", "due", "birth", "born", "registration", "registered", "joined",
               "signup", "since", "created", "updated", "modified", "returns", "cancelled", "paid", "payment", "last", "first",
               "expected")  # fmt: skip
_SIDE_SUMS = ("discount", "tax", "vat", "shipping", "freight", "fee", "margin", "profit", "cost", "tip", "balance", "limit", "income")
_PLACES = ("country", "city", "state", "region", "county", "province")
_SINGLE = (Role.CUSTOMER_ID, Role.ORDER_ID, Role.ORDERED_ON, Role.QUANTITY, Role.UNIT_PRICE, Role.AMOUNT, Role.PRODUCT, Role.CHANNEL)
_WORDS = {
    Role.CUSTOMER_ID: "the customer", Role.ORDER_ID: "the order", Role.ORDERED_ON: "the day of the order", Role.QUANTITY: "how many",
    Role.UNIT_PRICE: "the price of one", Role.AMOUNT: "the amount", Role.PRODUCT: "the product", Role.CHANNEL: "the channel",
}  # fmt: skip
_REPEATED = 0.95  # different ids per filled cell, at most, of a customer who comes back


@dataclass(frozen=True)
class KindGuess:
    """What a file's rows are, how sure that is (0 to 1) and why, in words that follow "because"."""

    kind: FileKind
    confidence: float
    reason: str


def kind_of(looks: Sequence[Evidence]) -> KindGuess:
    """Customers or order lines, from the columns of a file.

    Rows are order lines where they name an order, its day and what was bought, or where customers come back with a day and a sum.
    """
    guesses = order_guesses(looks)
    found = {role: e for e, (role, sure, _) in zip(looks, guesses, strict=True) if role in _SINGLE and sure >= 0.5}
    said = [f"“{found[role].header}” says {_WORDS[role]}" for role in _SINGLE if role in found]
    worth = {Role.QUANTITY, Role.UNIT_PRICE, Role.AMOUNT} & found.keys()
    customer = found.get(Role.CUSTOMER_ID)
    comes_back = customer is not None and customer.distinct < _REPEATED * len(customer.filled)
    once = customer is not None and customer.rows >= 20 and customer.distinct == len(customer.filled)
    again = [f"ids in “{customer.header}” repeat"] if customer is not None and comes_back else []
    if _describes_people(looks) and not comes_back:
        return KindGuess("customers", 0.9, "the columns describe people, and no customer comes twice")
    if Role.ORDER_ID in found and worth and (Role.ORDERED_ON in found or len(worth) > 1):
        return KindGuess("orders", 0.75 if once or customer is None else 0.97, _listed([*again, *said]))
    if comes_back and worth and Role.ORDERED_ON in found:
        return KindGuess("orders", 0.85, _listed([*again, *said]))
    if once:
        return KindGuess("customers", 0.95, f"each row has another id in “{customer.header}”" if customer else "")
    return KindGuess("customers", 0.7, "no columns name an order, its day and what was bought")


def order_guesses(looks: Sequence[Evidence]) -> list[Guess]:
    """A role for each column of a file of order lines; every order role at most once, the surest column having it."""
    guesses = [with_corrected(e, _guess) for e in looks]
    for role in _SINGLE:
        holders = [place for place, guess in enumerate(guesses) if guess[0] is role]
        best = max(holders, key=lambda place: guesses[place][1], default=-1)
        for place in holders:
            if place != best:
                surer = f"“{looks[best].header}” is a surer sign of {_WORDS[role]}"
                guesses[place] = contact(looks[place]) or (Role.IGNORE, 0.6, surer)
    return guesses


def _describes_people(looks: Sequence[Evidence]) -> bool:
    return (
        sum(e.has("age", "income", "birth", "child", "dependents", "education", "marital", "tenure", "recency", "churn") for e in looks)
        >= 2
    )


def _customer(e: Evidence) -> Guess | None:
    if e.dates >= PARSED_SHARE or e.binary or not e.has(*_OWNERS) or e.has("name", "type", "since", "segment", "group", "age", "balance"):
        return None
    if e.has(*_IDS):
        return Role.CUSTOMER_ID, 0.97 if e.has("customer", "user") else 0.85, "the name says whose order it is"
    if len(e.words) == 1 and e.has("customer", "user", "buyer", "member"):
        return Role.CUSTOMER_ID, 0.8, "the name says whose order it is"
    return (Role.CUSTOMER_ID, 0.5, "an e-mail address can tell customers apart") if e.slug in {"email", "customer_email"} else None


def _order(e: Evidence) -> Guess | None:
    if not e.has(*_ORDERS) or e.dates >= PARSED_SHARE or e.has("line", "last", "first", "item", "product", "category", "count"):
        return None
    numbered = e.last in _IDS or (e.words[0] in _IDS and not e.has("purchases", "transactions"))
    if numbered and (not e.numeric or e.whole):
        return Role.ORDER_ID, 0.95, "the name numbers orders"
    if len(e.words) == 1 and not e.has("purchases", "sale", "transactions") and (e.whole or not e.numeric):
        return Role.ORDER_ID, 0.7, "the name speaks of an order"
    return None


def _day(e: Evidence) -> Guess | None:
    if e.dates < PARSED_SHARE:
        return None
    if e.has(*_OTHER_DAYS):
        return Role.IGNORE, 0.8, "dates of something other than the order"
    if e.has(*_ORDERS):
        return Role.ORDERED_ON, 0.97, "dates, and the name speaks of an order"
    return Role.ORDERED_ON, 0.85 if e.has("date", "day", "time") else 0.6, "dates, of which the name says nothing else"


def _number(e: Evidence) -> Guess | None:
    if not e.numeric:
        return None
    if e.has(*_SIDE_SUMS):
        return Role.IGNORE, 0.7, "a sum beside the price of the goods"
    if e.has("price") and not e.has("total", "line", "subtotal"):
        return Role.UNIT_PRICE, 0.95 if e.has("unit", "item", "product") or e.slug == "price" else 0.85, "numbers, and the name is a price"
    if e.has("quantity") or e.slug == "count" or (e.has("number") and e.has("product", "item")):
        return Role.QUANTITY, 0.95 if e.has("quantity") else 0.7, "numbers, and the name says how many"
    if e.has("amount", "total", "revenue", "sales", "subtotal", "spend", "value", "price", "monetary", "payment", "paid", "sale"):
        sure = 0.95 if e.has("line") or (e.has("total", "amount") and len(e.words) > 1) else 0.9
        return Role.AMOUNT, sure, "numbers, and the name is a sum of money"
    return (Role.QUANTITY, 0.55, "numbers, and the name speaks of units") if e.slug in {"unit", "volume"} else None


def _goods(e: Evidence) -> Guess | None:
    if e.has("channel", "platform", "medium") or (e.has("source", "device") and not e.numeric):
        return Role.CHANNEL, 0.9 if e.has("channel") else 0.65, "the name says by which way the order came"
    if e.has("category", "department", "subcategory", "section", "brand") and e.last not in _IDS:
        return Role.CATEGORY, 0.9 if e.has("category") else 0.7, "the name groups products"
    if e.has("stock", "sku", "product", "item", "article", "ean", "upc", "asin"):
        return Role.PRODUCT, 0.95 if e.has(*_IDS, "sku", "ean", "upc", "asin") else 0.8, "the name says what was bought"
    return (Role.PRODUCT, 0.7, "the name describes what was bought") if e.has("description") else None


def _place(e: Evidence) -> Guess | None:
    return (Role.CATEGORY, 0.6, "the name is a place, which says something of the customer") if e.has(*_PLACES) and not e.numeric else None


_RULES: tuple[Callable[[Evidence], Guess | None], ...] = (_customer, contact, _order, _day, _place, _goods, _number)


def _guess(e: Evidence) -> Guess:
    if not len(e.filled):
        return Role.IGNORE, 0.5, "no values in the sample"
    return next((guess for rule in _RULES if (guess := rule(e))), (Role.IGNORE, 0.6, "nothing that orders are made into customers by"))


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
