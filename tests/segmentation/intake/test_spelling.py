"""Spellings of one word count as one; words that only look alike are offered."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from segmentation.intake.spelling import similar_words, spelling_folds, spelling_key
from segmentation.roles import Role
from tests.segmentation.intake.reading import codes, column, found, read_column, values_of

CITY = column(Role.CATEGORY)


@pytest.mark.parametrize(
    "word",
    [
        "São Paulo",
        "são paulo",
        "SÃO PAULO",
        "São  Paulo",
        "São-Paulo",
        "são_paulo",
        " São\u00a0Paulo ",
        unicodedata.normalize("NFD", "São Paulo"),
    ],
)
def test_spellings_have_one_key(word: str) -> None:
    assert spelling_key(word) == "são paulo"


def test_the_commonest_spelling_is_the_word() -> None:
    assert spelling_folds({"single": 2, "Single": 5, "SINGLE": 1, "Married": 3}, CITY) == {"single": "Single", "SINGLE": "Single"}
    assert spelling_folds({"b c": 1, "B-C": 1}, CITY) == {"b c": "B-C"}


def test_levels_and_stated_folds_say_what_the_word_is() -> None:
    ordered = replace(CITY, levels=("Basic", "Master|2n Cycle"))
    assert spelling_folds({"basic": 9, "Basic": 1, "2N-cycle": 1}, ordered) == {"basic": "Basic", "2N-cycle": "2n Cycle"}
    folded = replace(CITY, folds={"Alone": "Single", "single": "single"})
    assert spelling_folds({"alone": 3, "Alone": 1, "single": 1, "Single": 2}, folded) == {"alone": "Single"}


def test_words_that_were_decided_and_are_not_in_the_file_need_no_other() -> None:
    decided = replace(CITY, folds={"York": "York", "Bath": "bath"})
    assert spelling_folds({"Leeds": 2, "leeds": 1}, decided) == {"leeds": "Leeds"}


def test_an_import_folds_and_tells(tmp_path: Path) -> None:
    intake = read_column(tmp_path, ["Single", "Single", "single", "SINGLE", "Married"], CITY)
    assert values_of(intake) == ["Single", "Single", "single", "SINGLE", "Married"]
    assert intake.schema.named("v").folds == {"single": "Single", "SINGLE": "Single"}
    finding = found(intake, "spelling")
    assert (finding.severity, finding.count, finding.lines) == ("note", 2, (4, 5))
    assert "“SINGLE” (1) as “Single”, “single” (1) as “Single”" in finding.message


def test_a_fold_decided_once_stays(tmp_path: Path) -> None:
    first = read_column(tmp_path, ["Single", "Single", "single"], CITY)
    later = read_column(tmp_path, ["single", "single", "Single", "SINGLE"], first.schema.named("v"))
    assert later.schema.named("v").folds == {"single": "Single", "SINGLE": "Single"}


def test_stated_folds_are_told_apart_from_spellings(tmp_path: Path) -> None:
    intake = read_column(tmp_path, ["Single", "Alone", "alone"], column(Role.CATEGORY, folds={"Alone": "Single"}))
    assert intake.schema.named("v").folds == {"Alone": "Single", "alone": "Single"}
    assert found(intake, "folded").count == 2


def test_words_that_look_alike_are_only_offered(tmp_path: Path) -> None:
    intake = read_column(tmp_path, ["Married"] * 5 + ["Maried"], CITY)
    finding = found(intake, "similar_words")
    assert (finding.count, finding.lines) == (1, (7,))
    assert "“Maried” (1) like “Married” (5)" in finding.message
    assert intake.schema.named("v").folds == {}
    stated = read_column(tmp_path, ["Married"] * 5 + ["Maried"], column(Role.CATEGORY, folds={"Maried": "Maried"}))
    assert "similar_words" not in codes(stated)


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        ({"Married": 10, "Marreid": 1}, [("Marreid", "Married")]),
        ({"Married": 10, "Maried": 5}, []),
        ({"Female": 100, "Male": 1}, []),
        ({"Store 11": 100, "Store 12": 1}, []),
        ({"Gold": 100, "Bold": 1}, []),
        ({"Graduation": 100, "Gradaution": 1, "Gratuation": 2}, [("Gradaution", "Graduation"), ("Gratuation", "Graduation")]),
    ],
)
def test_alike_is_one_letter_or_two_in_long_words(words: dict[str, int], pairs: list[tuple[str, str]]) -> None:
    assert similar_words(words, {}) == pairs
