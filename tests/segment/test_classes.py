"""Classes of known segmenters are graph ids, complete and with the side that their name states."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from medomni.errors import MedomniError
from medomni.knowledge import load_graph
from medomni.segment.classes import LUNGMASK_LOBES, LUNGMASK_SIDES, class_table

pytestmark = pytest.mark.unit


def test_all_117_classes_have_a_graph_id_and_the_side_of_their_name() -> None:
    table, graph = class_table("totalsegmentator"), load_graph()
    assert sorted(table) == list(range(1, 118))
    assert len({row.name for row in table.values()}) == 117
    for value, row in table.items():
        assert row.value == value and row.anatomy_id in graph, row
        for side in ("left", "right"):
            assert (side in row.name.split("_")) == (row.side == side), row


def test_levels_and_ribs() -> None:
    rows = class_table("totalsegmentator").values()
    assert sorted(r.level for r in rows if r.anatomy_id == "thoracic_vertebra") == sorted(
        f"T{n}" for n in range(1, 13))
    for side in ("left", "right"):
        assert sorted(int(r.level) for r in rows if (r.anatomy_id, r.side) == ("rib", side)) == list(range(1, 13))
    assert {r.level for r in rows if r.anatomy_id == "sacrum"} == {"", "S1"}
    assert {r.anatomy_id for r in rows if "kidney_cyst" in r.name} == {"kidney_cyst"}


def test_values_are_those_of_the_package_where_it_is_installed() -> None:
    """Compared by hand with 2.18; a newer one that renumbers its classes fails here."""
    if find_spec("totalsegmentator") is None:
        return
    from totalsegmentator.map_to_binary import class_map

    assert {v: row.name for v, row in class_table("totalsegmentator").items()} == class_map["total"]


def test_lobes_and_unknown_tables() -> None:
    assert {(r.anatomy_id, r.side) for r in LUNGMASK_LOBES.values()} >= {("middle_lobe", "right"),
                                                                         ("upper_lobe", "left")}
    assert [LUNGMASK_SIDES[v].side for v in (1, 2)] == ["right", "left"]
    with pytest.raises(MedomniError, match=r"MED-S11.*totalsegmentator"):
        class_table("no such table")
