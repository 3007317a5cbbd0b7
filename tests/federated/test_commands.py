"""``medomni federated run``: what its options refuse before any process starts."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("flwr")

from medomni_federated.commands import run_command

from medomni.errors import MedomniError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("sites", [["A"], ["=a.npz"], ["A="], ["../A=a.npz"], ["A b=a.npz"], ["A=a.npz", "A=b.npz"]])
def test_sites_are_named_files(tmp_path: Path, sites: list[str]) -> None:
    """A site's name becomes the name of its keys and its log, so it must be a file name and nobody else's."""
    with pytest.raises(MedomniError) as info:
        run_command(tmp_path / "recipe.yaml", sites, tmp_path / "out")
    assert info.value.code == "MED-C03" and sites[-1].partition("=")[0] in str(info.value)
    assert not (tmp_path / "out").exists()
