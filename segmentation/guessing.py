"""Guessing what the columns of a customer file mean, from their names and a sample of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from segmentation.errors import SegmentationError
from segmentation.evidence import NO_WORDS, PARSED_SHARE, YES_WORDS, Evidence, look, snake_case, split_words
from segmentation.preset import smartcart_columns
from segmentation.roles import CUSTOMER_KEY, KIND_OF, Column, Kind, Role, Schema

_FEW_WORDS = 30
_SENSITIVE = frozenset(
    {"gender", "ethnicity", "ethnic", "race", "religion", "religious", "faith", "health", "disability", "disabled", "diagnosis",
     "orientation", "sexuality", "nationality", "citizenship"}
)  # fmt: skip
_OUTCOMES = frozenset(
    {"churn", "churned", "response", "responded", "respond", "converted", "conversion", "accepted", "attrition", "exited", "outcome",
     "renewed"}
)  # fmt: skip
_CONTACTS = frozenset(
    {"email", "phone", "mobile", "telephone", "fax", "address", "street", "postcode", "zip", "zipcode", "surname", "firstname",
     "lastname", "fullname"}
)  # fmt: skip
_ENROLLED = frozenset(
    {"customer", "enrolled", "enrolment", "enrollment", "joined", "join", "signup", "registered", "registration", "created", "since"}
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_OPT_OUT = ("opt_out", "optout", "unsubscribed", "unsubscribe", "do_not_contact", "no_contact")
_CONSENT = ("consent", "opt_in", "optin", "gdpr", "permission", "marketing_ok", *_OPT_OUT)
_Guess = tuple[Role, float, str]
_Rule = Callable[[Evidence], _Guess | None]


def guess_schema(headers: Sequence[str], sample: pd.DataFrame) -> Schema:
    """What each of `headers` means, with how sure that is and why.

    `sample` holds text cells (missing ones NA), its columns being `headers` in order. Exactly one column at most becomes
    the customer id. A file with the SmartCart headers gets the roles, names and labels of that file.
    """
    known = smartcart_columns(headers)
    distinct_rows = sample.drop_duplicates()
    columns: list[Column] = []
    for position, header in enumerate(headers):
        evidence = look(header, distinct_rows.iloc[:, position])
        preset = known.get(header.casefold())
        columns.append(replace(preset, source=header) if preset and _agrees(preset, evidence) else _describe(evidence, _guess(evidence)))
    return Schema(_uniquely_named(_with_one_enrolment(_with_one_key(columns, distinct_rows))))


def schema_from_roles(headers: Sequence[str], sample: pd.DataFrame, roles: Mapping[str, str]) -> Schema:
    """The guessed schema with `roles` (header -> role, as `schema_roles` gives them) laid over it.

    Columns that `roles` leaves out are guessed, but never as a second customer id. SegmentationError names a header that
    the file lacks, a role that does not exist, or a second customer id.
    """
    stated = _checked_roles(headers, roles)
    guessed = guess_schema(headers, sample)
    takes_key = Role.CUSTOMER_ID in stated.values()
    columns: list[Column] = []
    for position, column in enumerate(guessed):
        role = stated.get(column.source)
        if role is None and takes_key and column.role is Role.CUSTOMER_ID:
            role = Role.IGNORE
        if role is None or role is column.role:
            columns.append(replace(column, confidence=1.0, reason="stated") if role else column)
            continue
        described = _describe(look(column.source, sample.iloc[:, position]), (role, 1.0, "stated"))
        columns.append(replace(described, sensitive=column.sensitive))
    return Schema(_uniquely_named(columns))


def _checked_roles(headers: Sequence[str], roles: Mapping[str, str]) -> dict[str, Role]:
    unknown = [header for header in roles if header not in headers]
    if unknown:
        raise SegmentationError(
            f"The mapping names a column that the file does not have: {', '.join(unknown)}. Correct the mapping or the file's header.",
            code="unknown_column",
            details={"columns": unknown},
        )
    stated: dict[str, Role] = {}
    for header, role in roles.items():
        try:
            stated[header] = Role(role)
        except ValueError:
            raise SegmentationError(
                f"“{role}”, given for the column {header}, is not a role. Use one of: {', '.join(Role)}.",
                code="unknown_role",
                details={"column": header, "role": role},
            ) from None
    ids = [header for header, role in stated.items() if role is Role.CUSTOMER_ID]
    if len(ids) > 1:
        raise SegmentationError(
            f"Only one column can be the customer id, but {' and '.join(ids)} both are. Give one of them another role.",
            code="repeated_role",
            details={"columns": ids},
        )
    return stated


def _agrees(preset: Column, evidence: Evidence) -> bool:
    """Whether the values can be what the preset says; a column without values always can."""
    if not len(evidence.filled) or preset.kind is Kind.TEXT:
        return True
    return (evidence.dates if preset.kind is Kind.DATE else evidence.numbers) >= 0.5


# Rules, first match wins. Each looks at names first and lets the values confirm.


def _contact(e: Evidence) -> _Guess | None:
    if len(e.filled) and e.filled.str.fullmatch(_EMAIL).mean() >= 0.5:
        return Role.CONTACT, 0.98, "the values are e-mail addresses"
    named = e.has(*_CONTACTS) or e.slug in {"name", "full_name", "first_name", "last_name", "customer_name", "client_name", "post_code"}
    return (Role.CONTACT, 0.95, "the name says how to reach or recognise a person") if named and not e.binary else None


def _consent(e: Evidence) -> _Guess | None:
    if any(word in e.slug for word in _CONSENT) and e.distinct <= 5:
        return Role.CONSENT, 0.9, "the name speaks of consent to be contacted"
    return None


def _outcome(e: Evidence) -> _Guess | None:
    if e.binary and e.has(*_OUTCOMES):
        return Role.OUTCOME, 0.95, "yes or no, and the name says what a customer did afterwards"
    return None


def _flag(e: Evidence) -> _Guess | None:
    counted = e.has("child", "kid", "teen", "visits", "purchases", "spend")
    if e.binary and e.distinct <= 2 and not (e.numeric and counted):
        return Role.FLAG, 0.9 if e.distinct == 2 else 0.6, "every value is yes or no"
    return None


def _birth_year(e: Evidence) -> _Guess | None:
    whole_word = e.slug in {"dob", "birthdate", "birthday"}
    if whole_word or (e.has("birth", "born", "birthyear", "yob") and (e.numeric or e.dates >= PARSED_SHARE)):
        return Role.BIRTH_YEAR, 0.95, "the name speaks of birth"
    return None


def _date(e: Evidence) -> _Guess | None:
    if e.dates < PARSED_SHARE:
        return None
    if e.has(*_ENROLLED):
        return Role.ENROLLED_ON, 0.95, "dates, and the name says when somebody became a customer"
    if e.has("start", "sign", "member", "open", "opened", "onboarded", "first"):
        return Role.ENROLLED_ON, 0.75, "dates, and the name speaks of a beginning"
    return Role.IGNORE, 0.6, "dates that are not the day somebody became a customer"


def _named_number(e: Evidence) -> _Guess | None:
    if not e.numeric:
        return None
    for role, sure, why, test in _NUMBER_RULES:
        if test(e):
            return role, sure, why
    return None


_NUMBER_RULES: tuple[tuple[Role, float, str, Callable[[Evidence], bool]], ...] = (
    (Role.AGE, 0.95, "numbers, and the name is age", lambda e: e.has("age") and e.high <= 150),
    (Role.INCOME, 0.95, "numbers, and the name speaks of income", lambda e: e.has("income", "salary", "earnings", "wage")),
    (Role.DEPENDENTS, 0.9, "small numbers, and the name speaks of children",
     lambda e: e.has("child", "kid", "teen", "dependents", "kidhome", "teenhome") and e.whole and e.high <= 20),
    (Role.RECENCY_DAYS, 0.9, "numbers, and the name says how long ago",
     lambda e: e.has("recency") or (e.has("days") and e.has("since", "last"))),
    (Role.RATIO, 0.8, "the name says a share of something", lambda e: e.has("percent", "percentage", "ratio", "rate", "share", "score")),
    (Role.VISITS, 0.85, "numbers, and the name speaks of visits", lambda e: e.has("visits", "logins") and e.whole),
    (Role.PURCHASES, 0.85, "whole numbers, and the name speaks of purchases",
     lambda e: e.has("purchases", "transactions", "frequency") and e.whole and e.low >= 0 and not e.has("amount", "value")),
    (Role.SPEND, 0.75, "numbers, and the name says money spent",
     lambda e: e.has("spend", "revenue", "sales", "monetary") or (e.has("total") and e.has("charges", "amount", "purchases"))),
    (Role.AMOUNT, 0.75, "numbers, and the name speaks of money",
     lambda e: e.has("amount", "charges", "price", "balance", "fee", "cost", "value", "payment", "bill", "salary", "limit")),
    (Role.COUNT, 0.7, "whole numbers, and the name counts something",
     lambda e: e.has("number", "count", "quantity") and e.whole and e.low >= 0),
)  # fmt: skip


def _number(e: Evidence) -> _Guess | None:
    if not e.numeric:
        return None
    if e.distinct <= 1:
        return Role.NUMBER, 0.5, "the same number in every row of the sample"
    return Role.NUMBER, 0.6, "numbers, of which the name says no more"


def _category(e: Evidence) -> _Guess:
    if not len(e.filled):
        return Role.IGNORE, 0.5, "no values in the sample"
    if e.distinct <= _FEW_WORDS and (e.distinct <= 0.5 * len(e.filled) or len(e.filled) <= 20):
        return Role.CATEGORY, 0.85, f"text with {e.distinct} different values"
    return Role.IGNORE, 0.6, "text with too many different values to group customers by"


_RULES: tuple[_Rule, ...] = (_contact, _consent, _outcome, _flag, _birth_year, _date, _named_number, _number)


def _guess(evidence: Evidence) -> _Guess:
    for rule in _RULES:
        if len(evidence.filled) and (guess := rule(evidence)):
            return guess
    return _category(evidence)


def _kind(evidence: Evidence, role: Role) -> Kind:
    if role in KIND_OF:
        return KIND_OF[role]
    if role in {Role.SPEND, Role.INCOME, Role.AMOUNT, Role.RATIO}:
        return Kind.DECIMAL
    if role is not Role.IGNORE:
        return Kind.INTEGER if evidence.whole else Kind.DECIMAL
    if evidence.dates >= PARSED_SHARE:
        return Kind.DATE
    return (Kind.INTEGER if evidence.whole else Kind.DECIMAL) if evidence.numeric else Kind.TEXT


def _describe(evidence: Evidence, guess: _Guess) -> Column:
    role, confidence, reason = guess
    is_key = role is Role.CUSTOMER_ID
    words = " ".join(split_words(evidence.header))
    return Column(
        name=CUSTOMER_KEY if is_key else snake_case(evidence.header),
        source=evidence.header,
        role=role,
        kind=_kind(evidence, role),
        label=(words[:1].upper() + words[1:]) or evidence.header or "Column",
        sensitive=evidence.has(*_SENSITIVE),
        folds=_consent_words(evidence) if role is Role.CONSENT else {},
        confidence=confidence,
        reason=reason,
    )


def _consent_words(evidence: Evidence) -> dict[str, str]:
    """Cell in lower case -> "given" or "withdrawn"; a yes under "unsubscribed" withdraws."""
    opted_out = any(word in evidence.slug for word in _OPT_OUT)
    given, withdrawn = (NO_WORDS, YES_WORDS) if opted_out else (YES_WORDS, NO_WORDS)
    words = dict.fromkeys(sorted(given), "given") | dict.fromkeys(sorted(withdrawn), "withdrawn")
    return words | {"given": "given", "granted": "given", "withdrawn": "withdrawn", "refused": "withdrawn", "denied": "withdrawn"}


def _key_strength(column: Column, evidence: Evidence) -> float:
    """How sure a column is the customer id (0: it is not). A telling name may have a few gaps or repeats, which intake reports."""
    named = evidence.has("id", "customerid", "clientid", "userid", "memberid", "key", "code", "uuid", "guid")
    owner = evidence.has("customer", "client", "user", "member", "account", "customerid", "clientid", "userid", "memberid")
    lenient = 0.5 if evidence.rows < 50 else 0.9
    states_a_fact = column.role in {Role.CONTACT, Role.CONSENT, Role.OUTCOME} or evidence.words[:1] in {("is",), ("has",)}
    if column.kind is Kind.DATE or states_a_fact:
        return 0.0
    if (evidence.slug == "id" or (named and owner)) and evidence.key_like(lenient, lenient):
        return 0.99 if owner or evidence.slug == "id" else 0.95
    if not evidence.key_like(1.0, 1.0) or (evidence.numeric and not evidence.whole):
        return 0.0
    if named:
        return 0.9
    return 0.8 if owner and evidence.words[-1] in {"number", "no", "customer", "client", "user", "member"} else 0.0


def _with_one_key(columns: list[Column], sample: pd.DataFrame) -> list[Column]:
    looks = [look(column.source, sample.iloc[:, position]) for position, column in enumerate(columns)]
    strength = [_key_strength(column, look) for column, look in zip(columns, looks, strict=True)]
    best = max(range(len(columns)), key=lambda i: strength[i], default=None)
    if best is None or strength[best] == 0:
        return [_not_a_key(column) for column in columns]
    reason = "a different value in (nearly) every row, and a name that identifies customers"
    guess = (Role.CUSTOMER_ID, strength[best], reason)
    for i, column in enumerate(columns):
        if i == best and column.role is not Role.CUSTOMER_ID:
            columns[i] = _describe(looks[i], guess)
        elif i != best and strength[i] > 0:
            columns[i] = replace(_not_a_key(column), role=Role.IGNORE, reason="a second column that numbers the rows")
    return columns


def _not_a_key(column: Column) -> Column:
    if column.role is not Role.CUSTOMER_ID:
        return column
    reason = "values repeat or are missing, so it cannot identify customers"
    return replace(column, name=snake_case(column.source), role=Role.IGNORE, reason=reason)


def _with_one_enrolment(columns: list[Column]) -> list[Column]:
    """The surest enrolment date keeps its role; a lone date of unclear meaning takes it when there is none."""
    enrolled = [column for column in columns if column.role is Role.ENROLLED_ON]
    best = max(enrolled, key=lambda column: column.confidence, default=None)
    return [
        replace(column, role=Role.IGNORE, reason="another date says when somebody became a customer")
        if column.role is Role.ENROLLED_ON and column is not best
        else column
        for column in columns
    ]


def _uniquely_named(columns: Sequence[Column]) -> tuple[Column, ...]:
    taken: set[str] = set()
    named: list[Column] = []
    for column in sorted(columns, key=lambda c: c.role is not Role.CUSTOMER_ID):  # the key's name is fixed, so it goes first
        name, n = column.name, 2
        while name in taken or (name == CUSTOMER_KEY and column.role is not Role.CUSTOMER_ID):
            name, n = f"{column.name}_{n}", n + 1
        taken.add(name)
        named.append(replace(column, name=name))
    order = {column.source: i for i, column in enumerate(columns)}
    return tuple(sorted(named, key=lambda c: order[c.source]))
