"""Every kind of damage has its outcome: all customers, all but those rejected by line, or a refusal with its reason."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from segmentation.errors import SegmentationError
from tests.segmentation.intake.damage import Damage, base, codes, expected_customers, plain_bytes, read
from tests.segmentation.intake.damages import DAMAGES, NAMES


def test_there_are_enough_kinds_and_each_has_a_name_of_its_own() -> None:
    names = [damage.name for damage in DAMAGES]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_each_kind_of_damage_has_its_outcome(damage: Damage, tmp_path: Path) -> None:
    if damage.refused:
        with pytest.raises(SegmentationError) as refusal:
            read(tmp_path, damage.harm(base()))
        assert refusal.value.code == damage.refused, refusal.value
        assert len(str(refusal.value)) > 40  # what it is, and what to do
        return
    clean, intake = read(tmp_path, plain_bytes(damage.clean(base()))), read(tmp_path, damage.harm(base()))
    assert tuple(sorted({reject.line for reject in intake.rejects})) == damage.rejected, intake.rejects
    columns = list(clean.customers)
    assert set(intake.customers) == set(columns)
    pd.testing.assert_frame_equal(intake.customers[columns], expected_customers(clean, damage))
    assert codes(intake) - codes(clean) == damage.found
    assert codes(clean) - codes(intake) == damage.lost
    assert {c.name: c.role for c in intake.schema if c.name in columns} == {c.name: c.role for c in clean.schema if c.name in columns}


@pytest.mark.parametrize("damage", NAMES, ids=lambda damage: damage.name)
def test_other_names_have_the_same_roles_and_values(damage: Damage, tmp_path: Path) -> None:
    clean, intake = read(tmp_path, plain_bytes(base())), read(tmp_path, damage.harm(base()))
    assert [column.role for column in intake.schema] == [column.role for column in clean.schema]
    assert (intake.customers.to_numpy(dtype=object, na_value="") == clean.customers.to_numpy(dtype=object, na_value="")).all()
