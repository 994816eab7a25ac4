"""From the headers of a file and a sample of its values to a schema, with what somebody stated laid over the guess."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from segmentation.errors import SegmentationError
from segmentation.evidence import NO_WORDS, PARSED_SHARE, YES_WORDS, Evidence, look, snake_case, split_words, written_words
from segmentation.guessing.one_hot import Group, one_hot_groups, possible_sources
from segmentation.guessing.orders import FileKind, KindGuess, kind_of, order_guesses
from segmentation.guessing.outcomes import outcome_words
from segmentation.guessing.rules import MISSPELT, Guess, guess_role, refuses_consent, spelt_right
from segmentation.preset import smartcart_columns
from segmentation.roles import CUSTOMER_KEY, KIND_OF, ROW_NUMBERS, Column, Kind, Role, Schema
from segmentation.vocabulary import is_english
from segmentation.wording import upper_first

_OTHER_THINGS = (
    "invoice",
    "order",
    "transactions",
    "receipt",
    "ticket",
    "product",
    "sku",
    "item",
    "store",
    "session",
    "campaign",
    "purchases",
)
_GIVEN = ("given", "granted", "accepted", "agreed", "subscribed", "opt in", "opt-in", "opted in", "opted-in")
_WITHDRAWN = (
    *("withdrawn", "refused", "denied", "declined", "revoked", "unsubscribed", "opt out", "opt-out", "opted out", "opted-out"),
    "do not contact",
)
_SENSITIVE = frozenset(
    {"gender", "ethnicity", "ethnic", "race", "religion", "religious", "faith", "health", "disability", "disabled", "diagnosis",
     "orientation", "sexuality", "nationality", "citizenship"}
)  # fmt: skip


def guess_kind(headers: Sequence[str], sample: pd.DataFrame) -> KindGuess:
    """Whether each row is a customer or a line of an order, with how sure that is and why; `sample` as for `guess_schema`."""
    if smartcart_columns(headers):
        return KindGuess("customers", 0.98, "the columns are those of the SmartCart file")
    return kind_of(_looks(headers, sample.drop_duplicates()))


def guess_schema(headers: Sequence[str], sample: pd.DataFrame, kind: FileKind = "customers") -> Schema:
    """What each of `headers` means, with how sure that is and why.

    `sample` holds text cells (missing ones NA), its columns being `headers` in order. Exactly one column at most becomes
    the customer id. A file with the SmartCart headers gets the roles, names and labels of that file. In a file of orders
    ("orders") only what orders are made into customers by has a role: customer, order, day, quantity, price, amount, product,
    category and channel.
    """
    return _guessed(headers, sample, kind, ())


def schema_from_roles(headers: Sequence[str], sample: pd.DataFrame, roles: Mapping[str, str], kind: FileKind = "customers") -> Schema:
    """The guessed schema with `roles` (header -> role, as `schema_roles` gives them) laid over it.

    Columns that `roles` leaves out are guessed, but never as a second customer id. `ROW_NUMBERS` can be the customer id. The common
    beginning of yes/no columns gives a role to the category that they make up, a role for one of them keeps them apart.
    SegmentationError names a header that the file lacks, a role that does not exist, or a second customer id.
    """
    stated = _checked_roles(headers, roles)
    guessed = _guessed(headers, sample, kind, stated)
    _refuse_unknown([header for header in stated if header not in {ROW_NUMBERS, *headers, *(column.source for column in guessed)}])
    takes_key = Role.CUSTOMER_ID in stated.values()
    columns: list[Column] = [_ROW_NUMBER] if stated.get(ROW_NUMBERS) is Role.CUSTOMER_ID and ROW_NUMBERS not in headers else []
    for column in guessed:
        role = stated.get(column.source)
        if role is None and takes_key and column.role is Role.CUSTOMER_ID:
            columns.append(replace(_without_key(column), reason="another column is the customer id"))
        elif role is None or role is column.role:
            columns.append(replace(column, confidence=1.0, reason="stated") if role else column)
        else:
            described = _describe(look(column.source, _cells(column, sample)), (role, 1.0, "stated"))
            columns.append(replace(described, sensitive=column.sensitive, parts=column.parts))
    return Schema(_uniquely_named(columns))


def known_again(remembered: Mapping[str, str], headers: Sequence[str], sample: pd.DataFrame, stated: Mapping[str, str]) -> dict[str, str]:
    """What of `remembered` (header -> role) holds for a file with `headers`, of which somebody says what is `stated`."""
    groups = one_hot_groups(headers, sample, stated=remembered, apart={*remembered, *stated})
    row_numbers = [ROW_NUMBERS] if Role.CUSTOMER_ID not in stated.values() else []
    known = {*headers, *(group.source for group in groups), *row_numbers}
    return {header: role for header, role in remembered.items() if header in known}


_ROW_NUMBER = Column(CUSTOMER_KEY, ROW_NUMBERS, Role.CUSTOMER_ID, Kind.TEXT, "Row number")


def _guessed(headers: Sequence[str], sample: pd.DataFrame, kind: FileKind, stated: Collection[str]) -> Schema:
    distinct_rows = sample.drop_duplicates()
    looks = _looks(headers, distinct_rows)
    if kind == "orders":
        return Schema(_uniquely_named([_describe(e, guess) for e, guess in zip(looks, order_guesses(looks), strict=True)]))
    known = smartcart_columns(headers)
    columns: list[Column] = []
    for header, evidence in zip(headers, looks, strict=True):
        preset = known.get(header.casefold())
        taken = preset is not None and _agrees(preset, evidence)
        columns.append(replace(preset, source=header) if preset and taken else _describe(evidence, guess_role(evidence)))
    columns = _with_one_enrolment(_with_one_key(columns, looks))
    return Schema(_uniquely_named(_with_groups(columns, one_hot_groups(headers, sample, stated=stated, apart=stated), sample)))


def _with_groups(columns: Sequence[Column], groups: Sequence[Group], sample: pd.DataFrame) -> list[Column]:
    """Each group as one column in the place of its first part."""
    merged = {header: group for group in groups for header in group.parts}
    told: set[str] = set()
    kept: list[Column] = []
    for column in columns:
        group = merged.get(column.source)
        if group is None:
            kept.append(column)
        elif group.source not in told:
            told.add(group.source)
            kept.append(_category_of(group, sample))
    return kept


def _category_of(group: Group, sample: pd.DataFrame) -> Column:
    evidence = look(group.source, group.words(sample))
    role = guess_role(evidence)[0]
    some = "" if group.complete else " at most"
    reason = f"{len(group.parts)} columns of yes and no, of which each row has{some} one: the words of one category"
    settled = role if role in {Role.OUTCOME, Role.CONSENT} else Role.CATEGORY
    return replace(_describe(evidence, (settled, 0.9 if group.complete else 0.8, reason)), parts=group.parts)


def _cells(column: Column, sample: pd.DataFrame) -> pd.Series:
    return Group(column.source, column.parts, complete=True).words(sample) if column.parts else sample[column.source]


def _looks(headers: Sequence[str], sample: pd.DataFrame) -> list[Evidence]:
    return [look(header, sample.iloc[:, position]) for position, header in enumerate(headers)]


def _checked_roles(headers: Sequence[str], roles: Mapping[str, str]) -> dict[str, Role]:
    beginnings = possible_sources(headers)
    _refuse_unknown([header for header in roles if header != ROW_NUMBERS and header not in headers and header not in beginnings])
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


def _refuse_unknown(unknown: list[str]) -> None:
    if unknown:
        raise SegmentationError(
            f"The mapping names a column that the file does not have: {', '.join(unknown)}. Correct the mapping or the file's header.",
            code="unknown_column",
            details={"columns": unknown},
        )


def _agrees(preset: Column, evidence: Evidence) -> bool:
    """Whether the values can be what the preset says; a column without values always can."""
    if not len(evidence.filled) or preset.kind is Kind.TEXT:
        return True
    if preset.role in (Role.FLAG, Role.OUTCOME):
        return max(evidence.flags, evidence.numbers) >= 0.5
    if preset.kind is Kind.DATE:
        return evidence.dates >= 0.5 or evidence.serials
    return evidence.numbers >= 0.5


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


def _describe(evidence: Evidence, guess: Guess) -> Column:
    role, confidence, reason = guess
    is_key = role is Role.CUSTOMER_ID
    return Column(
        name=CUSTOMER_KEY if is_key else snake_case(evidence.header),
        source=evidence.header,
        role=role,
        kind=_kind(evidence, role),
        label=_label(evidence.header),
        sensitive=evidence.has(*_SENSITIVE),
        folds=_folds(evidence, role),
        confidence=confidence,
        reason=reason,
    )


def _label(header: str) -> str:
    """The words of the header in lower case but for the first letter; of a header that separates words which are not all English ones
    that we know, as it writes them: in other languages a capital may mean something."""
    words = written_words(header)
    apart = any(not letter.isalnum() for letter in header)
    return upper_first(" ".join(words if apart and not is_english(words) else split_words(header))) or header or "Column"


def _folds(evidence: Evidence, role: Role) -> dict[str, str]:
    if role is Role.CONSENT:
        return _consent_words(evidence)
    return outcome_words(evidence) if role is Role.OUTCOME else {}


def _consent_words(evidence: Evidence) -> dict[str, str]:
    """Cell in lower case -> "given" or "withdrawn"; a yes under "unsubscribed" withdraws."""
    given, withdrawn = (NO_WORDS, YES_WORDS) if refuses_consent(evidence) else (YES_WORDS, NO_WORDS)
    words = dict.fromkeys(sorted(given), "given") | dict.fromkeys(sorted(withdrawn), "withdrawn")
    return words | {**dict.fromkeys(_GIVEN, "given"), **dict.fromkeys(_WITHDRAWN, "withdrawn")}


def _key_strength(column: Column, evidence: Evidence) -> float:
    """How sure a column is the customer id (0: it is not). A telling name may have a few gaps or repeats, which intake reports."""
    named = evidence.has("id", "key", "code", "guid")
    owner = evidence.has("customer", "user", "member", "account")
    numbered = owner and len(evidence.words) > 1 and evidence.last == "number" and evidence.words[0] != "number"
    lenient = 0.5 if evidence.rows < 50 else 0.9
    states_a_fact = column.role in {Role.CONTACT, Role.CONSENT, Role.OUTCOME} or evidence.words[:1] in {("is",), ("has",)}
    names_another = evidence.has(*_OTHER_THINGS) and not owner
    if column.kind is Kind.DATE or states_a_fact or names_another or (evidence.numeric and not evidence.whole):
        return 0.0
    if (evidence.slug == "id" or numbered or (named and owner)) and evidence.key_like(lenient, lenient):
        return 0.95 if numbered else 0.99
    if not evidence.key_like(1.0, 1.0):
        return 0.0
    if named:
        return 0.9
    return 0.8 if owner and evidence.last in {"number", "customer", "user", "member"} else 0.0


def _key_guess(column: Column, evidence: Evidence, strength: float) -> Guess:
    """A misspelt name that says more when put right counts less than one that needs no such reading."""
    reason = "a different value in (nearly) every row, and a name that identifies customers"
    _, told = spelt_right(evidence)
    if told and strength > _key_strength(column, evidence):
        return Role.CUSTOMER_ID, min(strength, MISSPELT), f"{reason}; {told}"
    return Role.CUSTOMER_ID, strength, reason


def _with_one_key(columns: list[Column], looks: Sequence[Evidence]) -> list[Column]:
    strength = [_key_strength(column, spelt_right(look)[0]) for column, look in zip(columns, looks, strict=True)]
    best = max(range(len(columns)), key=lambda i: strength[i], default=None)
    if best is None or strength[best] == 0:
        return [_not_a_key(column) for column in columns]
    for i, column in enumerate(columns):
        if i == best and column.role is not Role.CUSTOMER_ID:
            columns[i] = _describe(looks[i], _key_guess(column, looks[i], strength[i]))
        elif i != best and strength[i] > 0:
            columns[i] = replace(_without_key(column), reason="a second column that numbers the rows")
        elif i != best:
            columns[i] = _not_a_key(column)
    return columns


def _not_a_key(column: Column) -> Column:
    if column.role is not Role.CUSTOMER_ID:
        return column
    return replace(_without_key(column), reason="values repeat or are missing, so it cannot identify customers")


def _without_key(column: Column) -> Column:
    return replace(column, name=snake_case(column.source), role=Role.IGNORE)


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
