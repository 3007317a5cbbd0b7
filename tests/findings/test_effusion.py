"""What may be the part of an effusion that lies along the ribs."""

from __future__ import annotations

import pytest

from medomni.findings.effusion import _is_anchor

pytestmark = pytest.mark.unit

LAYER = {"wall": 0.33, "lung": 0.05, "tall": 170.0, "hu": 9.0, "ml": 250.0, "above": 1.0, "spread": 4.9}


@pytest.mark.parametrize(("other", "fluid"), [
    ({}, True),
    ({"wall": 0.22}, True),  # of one density
    ({"spread": 6.5}, True),  # a layer in noisy images
    ({"wall": 0.22, "spread": 7.0}, False),  # airless lung that reaches the ribs in places
    ({"wall": 0.22, "spread": 7.0, "above": 0.9}, True),  # it lies on the diaphragm too
    ({"hu": 27.0}, False), ({"tall": 50.0}, False), ({"wall": 0.15}, False), ({"wall": 0.15, "above": 0.5}, True),
])
def test_airless_lung_is_told_from_a_layer(other: dict[str, float], fluid: bool) -> None:
    assert _is_anchor({**LAYER, **other}) is fluid
