"""What one column of a customer file means: its name proposes, its values confirm or veto."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from segmentation.evidence import PARSED_SHARE, Evidence, split_words
from segmentation.guessing.outcomes import outcome
from segmentation.roles import Role
from segmentation.vocabulary import canonical, corrected

Guess = tuple[Role, float, str]
"""A role, how sure it is (0 to 1) and why."""
Rule = Callable[[Evidence], Guess | None]

_FEW_WORDS = 30
_VAGUE = frozenset({Role.NUMBER, Role.CATEGORY, Role.FLAG, Role.IGNORE})  # what values alone may say, so that a misspelt name may say more
MISSPELT = 0.72
"""How sure a guess from a misspelt name is, at most."""
_CONTACTS = frozenset({"email", "phone", "mobile", "fax", "address", "street", "zip", "firstname", "lastname", "fullname", "iban"})
_NAMES = frozenset(
    {"name", "full_name", "first_name", "last_name", "customer_name", "user_name", "contact_name", "member_name", "customer_full_name",
     "name_customer", "name_first", "name_last", "customer_first_name", "customer_last_name"}
)  # fmt: skip
_MEASURES = frozenset(
    {"count", "opens", "open", "opened", "clicks", "clicked", "calls", "usage", "visits", "ratio", "rate", "sent", "days", "minutes",
     "lines", "frequency", "changes", "engagement", "app", "orders", "purchases", "spend", "share", "percent", "score", "type", "kind",
     "service", "provider", "domain"}
)  # fmt: skip
_ENROLLED = frozenset(
    {"customer", "enrolled", "enrolment", "enrollment", "joined", "join", "signup", "registered", "registration", "created", "since"}
)
_OTHER_DAYS = frozenset(
    {"last", "latest", "seen", "updated", "modified", "end", "ended", "cancelled", "churn", "churned", "expiry", "expires"}
)
_CODED = frozenset(
    {"region", "channel", "type", "code", "category", "class", "group", "segment", "tier", "gender", "marital", "education", "job",
     "occupation", "status", "cluster", "branch", "store", "country", "state", "city", "area", "district", "zone", "plan", "contract",
     "package", "profession", "level", "band", "bracket", "range", "day", "month", "weekday", "product", "location", "kind", "id", "grade",
     "employment", "ethnicity", "nationality", "language", "source", "device", "medium"}
)  # fmt: skip
_GOODS = frozenset(
    {"fresh", "milk", "grocery", "frozen", "detergents", "delicatessen", "fruit", "fish", "meat", "wine", "sweets", "bakery", "beverage",
     "clothing", "electronics", "furniture", "jewelry", "toys", "books", "gold"}
)  # fmt: skip
_MONEY = ("amount", "charges", "price", "balance", "fee", "cost", "value", "payment", "bill", "salary", "limit", "revenue", "basket",
          "monetary", "debt", "credit", "deposit", "savings", "rent", "mortgage", "advance")  # fmt: skip
_REFUSED = ("opt_out", "optout", "unsubscribed", "unsubscribe", "do_not_contact", "no_contact")
_CONSENT = ("consent", "opt_in", "optin", "gdpr", "dsgvo", "rgpd", "permission", "marketing_ok", *_REFUSED)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"(?=(?:\D*\d){8,15}\D*$)(\+|00|0|\()[\d\s().\-/]{7,22}")
_STREET = re.compile(
    r"\d+[a-z]?,?\s+(\S+\s+){1,4}(street|st|road|rd|avenue|ave|lane|ln|drive|dr|way|court|ct|blvd|boulevard|place|pl)\b\.?.*"
    r"|.*(str\.|straße|strasse|weg|platz|gasse|straat|laan|plein)\s+\d+\s?[a-z]?\b.*|(rue|avenue|calle|via|rua|avenida|piazza)\s.+\d.*",
    re.IGNORECASE,
)


def guess_role(e: Evidence) -> Guess:
    """What a column of a customer file means."""
    return with_corrected(e, _guess)


def with_corrected(e: Evidence, guess: Callable[[Evidence], Guess]) -> Guess:
    """The guess under the name as it stands or, where that says little, under the name put right; then it is less sure and says so."""
    first = guess(e)
    if first[0] not in _VAGUE:
        return first
    right, told = spelt_right(e)
    if not told:
        return first
    role, sure, why = guess(right)
    if role is first[0]:
        return first
    return role, min(sure, MISSPELT), f"{why}; {told}"


def spelt_right(e: Evidence) -> tuple[Evidence, str]:
    """The column under a name without misspellings, and what was put right, in words ("" where nothing was)."""
    words, repairs = corrected(split_words(e.header))
    told = " and ".join(f"“{written}” looks like a misspelling of “{known}”" for written, known in repairs)
    return (replace(e, words=canonical(words)), told) if told else (e, "")


def contact(e: Evidence) -> Guess | None:
    """How to reach or recognise a person, by name or by values."""
    if len(e.filled) and e.filled.str.fullmatch(_EMAIL).mean() >= 0.5:
        return Role.CONTACT, 0.98, "the values are e-mail addresses"
    if _named_contact(e):
        return Role.CONTACT, 0.95, "the name says how to reach or recognise a person"
    if e.distinct >= 0.5 * len(e.filled) and e.distinct > 1 and e.dates < 0.5:
        for pattern, what in ((_PHONE, "phone numbers"), (_STREET, "addresses")):
            if e.filled.str.fullmatch(pattern).mean() >= 0.8:
                return Role.CONTACT, 0.85, f"the values look like {what}"
    return None


def _named_contact(e: Evidence) -> bool:
    if e.binary or not (e.has(*_CONTACTS) or e.slug in _NAMES):
        return False
    if _MEASURES.intersection(e.words) or e.dates >= PARSED_SHARE:
        return False
    if e.has("zip"):
        return True
    countable = e.numeric and e.high < 1000 and not e.filled.str.startswith(("0", "+")).any()
    few_words = not e.numeric and len(e.filled) >= 20 and e.distinct <= 5
    return not countable and not few_words


def _consent(e: Evidence) -> Guess | None:
    if _speaks_of(e, _CONSENT) and e.distinct <= 5:
        return Role.CONSENT, 0.9, "the name speaks of consent to be contacted"
    return None


def refuses_consent(e: Evidence) -> bool:
    """Whether a yes in this column withdraws consent."""
    return _speaks_of(e, _REFUSED)


def _speaks_of(e: Evidence, phrases: tuple[str, ...]) -> bool:
    names = (e.slug, "_".join(split_words(e.header)))
    return any(phrase in name for phrase in phrases for name in names)


def _flag(e: Evidence) -> Guess | None:
    counted = e.has("child", "kid", "teen", "visits", "purchases", "spend", "count", "number", "quantity", "dependents")
    if e.binary and e.distinct <= 2 and not (e.numeric and counted):
        return Role.FLAG, 0.9 if e.distinct == 2 else 0.6, "every value is yes or no"
    return None


def _birth_year(e: Evidence) -> Guess | None:
    if not e.has("birth", "born"):
        return None
    if e.dates >= PARSED_SHARE:
        return Role.BIRTH_YEAR, 0.95, "dates, and the name speaks of birth"
    if e.numeric and e.whole and not e.has("month", "weight", "order", "place"):
        fits = 1850 <= e.high <= 2100
        return Role.BIRTH_YEAR, 0.95 if fits else 0.6, "the name speaks of birth" + ("" if fits else ", though the values are no years")
    dated = e.has("date") and e.filled.str.contains(r"(?<!\d)\d{4}(?!\d)").mean() >= 0.5
    return (Role.BIRTH_YEAR, 0.7, "the name says date of birth, and the values have years in them") if dated else None


def _date(e: Evidence) -> Guess | None:
    serial = e.numeric and e.has("date") and e.low >= 20_000 and e.high <= 60_000
    if e.dates < PARSED_SHARE and not serial:
        return None
    less = 0.2 if serial else 0.0
    told = "numbers as spreadsheets keep dates" if serial else "dates"
    if e.has(*_OTHER_DAYS):
        return Role.IGNORE, 0.75, f"{told} that are not the day somebody became a customer"
    if e.has(*_ENROLLED):
        return Role.ENROLLED_ON, 0.95 - less, f"{told}, and the name says when somebody became a customer"
    if e.has("start", "sign", "member", "open", "opened", "onboarded", "first"):
        return Role.ENROLLED_ON, 0.75 - less, f"{told}, and the name speaks of a beginning"
    return Role.IGNORE, 0.6, f"{told} that are not the day somebody became a customer"


_MEASURED = ("count", "score", "days", "purchases", "visits", "spend", "amount", "number")
"""Words of a header by which its last word says where something was counted, not which code stands there (Orders_Store)."""


def _code(e: Evidence) -> Guess | None:
    """Numbers that are names: they neither add up nor compare."""
    if not (e.numeric and e.whole):
        return None
    if e.has("latitude", "longitude", "lat", "lng", "lon"):
        return Role.IGNORE, 0.7, "where somebody is, which no average can be made of"
    if set(e.words) & {"row", "index", "record", "line"} and set(e.words) <= {"row", "index", "record", "line", "number", "id"}:
        return Role.IGNORE, 0.8, "numbers that count the rows, not what customers do"
    owner = e.has("account", "invoice", "card", "policy", "order", "customer", "contract", "loyalty", "member", "client")
    names_things = e.last in {"id", "code", "key"} or (e.last == "number" and owner and e.words[0] != "number")
    if e.coded and (e.last in _CODED or (e.words and e.words[0] in _CODED and len(e.words) == 1)) and not e.has(*_MEASURED):
        return Role.CATEGORY, 0.8, f"{e.distinct} codes that name a group, not quantities"
    return (Role.IGNORE, 0.75, "numbers that name something, not quantities") if names_things else None


def _model(e: Evidence) -> Guess | None:
    if e.has("classifier", "predicted", "prediction", "probability", "propensity", "cluster"):
        return Role.IGNORE, 0.7, "the name says that a model computed it, which would be found again"
    return None


def _named_number(e: Evidence) -> Guess | None:
    if not e.numeric:
        return None
    for role, sure, why, test in _NUMBER_RULES:
        if test(e):
            return role, sure, why
    return None


def _ages(e: Evidence) -> bool:
    of_somebody = not e.has("account", "days", "months", "device", "company", "card", "vehicle", "house")
    return e.has("age") and of_somebody and e.high <= 150 and e.low >= -1


def _money_spent(e: Evidence) -> bool:
    averaged = e.has("average", "value", "monthly") and not e.has("spend")
    if e.has("credit", "limit", "income", "balance") or (averaged and e.has("revenue", "purchases", "order", "basket")):
        return False
    totalled = e.has("total") and e.has("charges", "amount", "purchases", "value", "payment")
    return e.has("spend", "revenue", "sales", "monetary") or totalled or (e.has("purchases") and not e.whole)


_NUMBER_RULES: tuple[tuple[Role, float, str, Callable[[Evidence], bool]], ...] = (
    (Role.RATIO, 0.85, "the name says how much of something, or how much more",
     lambda e: e.has("percent", "ratio", "share", "change", "utilization") or (e.has("frequency", "rate") and e.low >= 0 and e.high <= 1)),
    (Role.AGE, 0.95, "numbers, and the name is age", _ages),
    (Role.INCOME, 0.95, "numbers, and the name speaks of income", lambda e: e.has("income", "salary", "earnings", "wage")),
    (Role.DEPENDENTS, 0.9, "small numbers, and the name speaks of children",
     lambda e: e.has("child", "kid", "teen", "dependents", "kidhome", "teenhome") and e.whole and e.high <= 20),
    (Role.RECENCY_DAYS, 0.9, "numbers, and the name says how long ago",
     lambda e: not e.has("months", "weeks", "years", "score")
     and (e.has("recency") or (e.has("days", "day") and e.has("since", "last", "inactive")))),
    (Role.RATIO, 0.75, "the name says a rate or a score", lambda e: e.has("rate", "score")),
    (Role.VISITS, 0.85, "numbers, and the name speaks of visits", lambda e: e.has("visits", "logins") and e.whole),
    (Role.NUMBER, 0.6, "numbers, and the name speaks of the last purchase", lambda e: e.has("last") and e.has("purchases", "order")),
    (Role.PURCHASES, 0.85, "whole numbers, and the name speaks of purchases",
     lambda e: (e.has("purchases", "transactions", "frequency") or (e.has("order") and e.has("count", "number"))) and e.whole and e.low >= 0
     and not e.has("amount", "value", "average", "revenue", "spend")),
    (Role.SPEND, 0.75, "numbers, and the name says money spent", _money_spent),
    (Role.SPEND, 0.7, "numbers under the name of goods, so most likely what was spent on them",
     lambda e: bool(_GOODS.intersection(e.words)) and e.low >= 0 and e.high > 20),
    (Role.COUNT, 0.75, "whole numbers, and the name counts something",
     lambda e: (e.has("number", "count", "quantity", "opens", "clicks", "calls") or (e.has("household", "family") and e.has("size")))
     and e.whole and e.low >= 0),
    (Role.AMOUNT, 0.75, "numbers, and the name speaks of money", lambda e: e.has(*_MONEY)),
    (Role.NUMBER, 0.75, "numbers, and the name says for how long", lambda e: e.has("tenure", "months", "years", "duration", "minutes")),
)  # fmt: skip


def _number(e: Evidence) -> Guess | None:
    if not e.numeric:
        return None
    if e.distinct <= 1:
        return Role.NUMBER, 0.5, "the same number in every row of the sample"
    return Role.NUMBER, 0.6, "numbers, of which the name says no more"


def _category(e: Evidence) -> Guess:
    if not len(e.filled):
        return Role.IGNORE, 0.5, "no values in the sample"
    if e.distinct <= _FEW_WORDS and (e.distinct <= 0.5 * len(e.filled) or len(e.filled) <= 20):
        return Role.CATEGORY, 0.85, f"text with {e.distinct} different values"
    return Role.IGNORE, 0.6, "text with too many different values to group customers by"


_RULES: tuple[Rule, ...] = (contact, _consent, outcome, _flag, _birth_year, _date, _model, _code, _named_number, _number)


def _guess(e: Evidence) -> Guess:
    for rule in _RULES:
        if len(e.filled) and (guess := rule(e)):
            return guess
    return _category(e)
