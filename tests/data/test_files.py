"""Files of cases: what is kept comes back, what is damaged has a code, what differs has another hash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medomni.data import load_cases, save_cases
from medomni.data.case import cases_hash
from medomni.errors import MedomniError
from medomni.records import Findings, History, Window
from tests.cases import square_case, square_cases

pytestmark = pytest.mark.unit


def test_places_are_kept_case_by_case(tmp_path: Path) -> None:
    with_places = replace(square_case(0), places=np.ones((6, 64, 64), np.uint16))
    first, second = load_cases(save_cases([with_places, square_case(1)], tmp_path / "c.npz"))
    assert first.places is not None and first.places.all() and second.places is None


def test_a_folder_is_read_without_what_a_kill_left(tmp_path: Path) -> None:
    save_cases(square_cases(2), tmp_path / "a.npz")
    save_cases(square_cases(2, first=2), tmp_path / "b.npz")
    (tmp_path / ".b.npz.123.part").write_bytes((tmp_path / "b.npz").read_bytes()[:100])
    assert [c.patient_key for c in load_cases(tmp_path)] == ["p0", "p1", "p2", "p3"]
    with pytest.raises(MedomniError) as info:
        load_cases(tmp_path / "none")
    assert info.value.code == "MED-C08"


@pytest.mark.parametrize("harm", ["cut", "zeroed", "text"])
def test_a_damaged_file_has_a_code(tmp_path: Path, harm: str) -> None:
    path = save_cases(square_cases(3), tmp_path / "c.npz")
    data = bytearray(path.read_bytes())
    if harm == "cut":
        data = data[:len(data) // 2]
    elif harm == "zeroed":
        data[len(data) // 3:len(data) // 3 + 80] = bytes(80)
    else:
        data = bytearray(b"no archive")
    path.write_bytes(bytes(data))
    with pytest.raises(MedomniError) as info:
        load_cases(path)
    assert info.value.code == "MED-C07" and info.value.where == str(path)


def test_the_hash_covers_all_that_training_reads() -> None:
    case = square_case(0)
    others = [replace(case, pair_mm=8.0), replace(case, findings=Findings(study=case.findings.study)),
              replace(case, history=History(symptom="Fever.")), replace(case, report="Nothing."),
              replace(case, places=np.zeros((6, 64, 64), np.uint16)), replace(case, hu=case.hu + 1)]
    assert len({cases_hash([c]) for c in [case, *others]}) == 1 + len(others)
    assert cases_hash([case]) == cases_hash([square_case(0)])
    study = case.findings.study.model_copy(update={"windows": (Window(centre=40, width=400),)})
    seen = replace(case, findings=case.findings.model_copy(update={"study": study}))
    assert cases_hash([seen]) == cases_hash([case]), "training reads no windows"
