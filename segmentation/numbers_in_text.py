"""The shape of a cell that holds a number: where its digits lie, and what stands around them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|INR|BRL|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|RSD|UAH|RUB|TRY|ILS|ZAR|MXN|ARS|CLP|"
    "COP|PEN|KRW|TWD|HKD|SGD|THB|IDR|MYR|PHP|VND|PKR|BDT|LKR|NGN|KES|GHS|EGP|MAD|AED|SAR|QAR|KWD"
)
_CURRENCY = rf"(?:R\$|US\$|A\$|C\$|HK\$|NZ\$|S\$|MX\$|[$€£¥₹₽₩₺₫₴₦₱฿₪¢]|(?i:kr\.?|zł|Kč|Fr\.|SFr\.|Rs\.?|{_CODES})(?![A-Za-z])\.?)"
_PARTS = re.compile(
    rf"\s*(?P<opened>\()?\s*(?P<before>[+-])?\s*(?P<money>{_CURRENCY})?\s*(?P<within>[+-])?\s*(?P<digits>\d[\d.,' ]*|[.,]\d+)"
    rf"(?P<power>[eE][+-]?\d{{1,4}})?(?:(?<=[.,])--?)?\s*(?P<money_after>{_CURRENCY})?\s*(?P<percent>%)?\s*(?P<after>-)?(?P<closed>\))?\s*"
)
_THOUSANDS = r"(?:'\d{3})+|(?: \d{3})+"
_POINT = re.compile(rf"(?:\d+|[1-9]\d{{0,2}}(?:(?:,\d{{3}})+|{_THOUSANDS})|[1-9]\d?(?:,\d{{2}})+,\d{{3}})?(?:\.\d*)?")
_COMMA = re.compile(rf"(?:\d+|[1-9]\d{{0,2}}(?:(?:\.\d{{3}})+|{_THOUSANDS}))?(?:,\d*)?")
EITHER = r"[1-9]\d{0,2}[.,]\d{3}"  # one number with a decimal mark, another with thousands
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\u200b\u200e\u200f\ufeff\u2060"
FOREIGN = "０１２３４５６７８９．，％＋－（）＄￥￡−–‒﹣’‘ʼ´`" + _SPACES
PLAIN = "0123456789.,%+-()$¥£----'''''" + " " * len(_SPACES)
"""What stands for the characters of `FOREIGN`, one for one, so that places stay what they are."""
_TIDY = str.maketrans(FOREIGN, PLAIN)
_SAME_MONEY = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "RS": "INR",
    "R$": "BRL",
    "FR": "CHF",
    "SFR": "CHF",
}


@dataclass(frozen=True)
class Shape:
    """`size` characters from `start` (from 1; 0 and 0 for no number) are the digits with their marks and a power of ten.

    `point` and `comma` say whether they are a number with that decimal mark, if they begin with a digit above 0, and the other
    two, if they begin with 0. `either` are numbers under both, but not the same. `foreign_digits` have to be put into ASCII,
    `currency` is "" where none is named.
    """

    start: int = 0
    size: int = 0
    negative: bool = False
    percent: bool = False
    point: bool = False
    comma: bool = False
    point_from_zero: bool = False
    comma_from_zero: bool = False
    either: bool = False
    foreign_digits: bool = False
    currency: str = ""


def read_shape(text: str) -> Shape:
    """The shape of `text`, of whose ASCII digits all may have been made 9."""
    tidy = text.translate(_TIDY)
    found = _PARTS.fullmatch(tidy)
    if found is None:
        return Shape()
    signs = [sign for sign in found.group("opened", "before", "within", "after") if sign]
    if len(signs) > 1 or bool(found["opened"]) is not bool(found["closed"]):
        return Shape()
    digits = found["digits"].rstrip()
    from_zero = re.sub(r"\d", "0", digits, count=1)
    start = found.start("digits")
    end = found.end("power") if found["power"] else start + len(digits)
    return Shape(
        start=start + 1,
        size=end - start,
        negative=bool(signs) and signs[0] in "(-",
        percent=found["percent"] is not None,
        point=_POINT.fullmatch(digits) is not None,
        comma=_COMMA.fullmatch(digits) is not None,
        point_from_zero=_POINT.fullmatch(from_zero) is not None,
        comma_from_zero=_COMMA.fullmatch(from_zero) is not None,
        either=re.fullmatch(EITHER, digits) is not None,
        foreign_digits=not text[start:end].isascii(),
        currency=_currency(found["money"] or found["money_after"]),
    )


def number_of(text: str, shape: Shape, *, comma: bool) -> float:
    """The number in `text` with a decimal comma or a decimal point; NaN where it is none under that mark. A percentage stays one."""
    if not (shape.comma if comma else shape.point):
        return math.nan
    digits = re.sub(r"[' ]", "", text.translate(_TIDY)[shape.start - 1 : shape.start - 1 + shape.size])
    plain = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    return (-1 if shape.negative else 1) * float(plain)


def _currency(written: str | None) -> str:
    """Its code where a sign stands for one; as it is written elsewhere."""
    word = (written or "").upper().rstrip(".")
    return _SAME_MONEY.get(word, word)
