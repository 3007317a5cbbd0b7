"""The graph's files are sound, readable, and quick to load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from medomni.knowledge import load_graph, problems
from medomni.knowledge.terms import plural

pytestmark = pytest.mark.unit
FIXED = {
    "finding": "lung_nodule lung_mass pleural_effusion pneumothorax consolidation cardiomegaly rib_fracture",
    "anatomy": "lung upper_lobe middle_lobe lower_lobe pleural_space heart rib airway body skeleton aorta "
    "liver spleen "
    "spine soft_tissue mediastinum",
    "measure": "longest_mm volume_ml ratio",
    "severity": "trace small moderate large",
}


def test_no_problem() -> None:
    assert problems(load_graph()) == []


def test_sizes_and_fixed_ids() -> None:
    graph = load_graph()
    assert len(graph.of_kind("anatomy")) >= 60
    assert len(graph.of_kind("finding")) >= 30
    for kind, ids in FIXED.items():
        for node_id in ids.split():
            assert graph.node(node_id).kind == kind


NARROW = """
    granuloma ground_glass_opacity atelectasis emphysema pericardial_effusion scar costophrenic_blunting
    vascular_congestion hyperinflation airspace_disease
"""


@pytest.mark.parametrize("narrow", NARROW.split())
def test_narrow_findings_stay_apart(narrow: str) -> None:
    graph = load_graph()
    wide = {
        "ground_glass_opacity": "consolidation",
        "atelectasis": "consolidation",
        "pericardial_effusion": "pleural_effusion",
    }.get(narrow, "lung_nodule")
    assert wide not in graph.ancestors(narrow)
    mine = {
        f
        for lang in ("en", "zh")
        for f, m in graph.lexicon(lang).items()
        if {x.node_id for x in m} == {narrow}
    }
    assert mine, f"{narrow} has no words of its own"


def test_ancestors_and_path() -> None:
    graph = load_graph()
    assert {"nodule", "lesion"} <= graph.ancestors("lung_nodule")
    assert graph.within("lung_base", "lung") and not graph.within("lung", "lung_base")
    assert graph.path("consolidation", "pneumonia") == ("consolidation", "-may_be_reported_as->", "pneumonia")
    way = graph.path("granuloma", "nodule")
    assert way[0] == "granuloma" and way[-1] == "nodule" and any("is_a" in step for step in way)
    assert graph.path("lung", "no_such_node") == ()


def test_networkx_agrees() -> None:
    graph = load_graph()
    assert graph.nx.number_of_nodes() == len(graph.nodes)
    assert graph.nx.number_of_edges() == len(graph.edge_list)


def test_version_is_of_the_content() -> None:
    graph = load_graph()
    assert len(graph.hash) == 64 and graph.graph_version == f"{graph.version}+{graph.hash[:12]}"
    assert load_graph() is graph


def test_loads_quickly() -> None:
    code = (
        "import time; from medomni.knowledge import load_graph; t = time.perf_counter(); "
        "g = load_graph(); g.lexicon('en'); g.lexicon('zh'); print(time.perf_counter() - t)"
    )
    best = min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )
    assert best < 0.3


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("mass", "masses"),
        ("pneumothorax", "pneumothoraces"),
        ("cavity", "cavities"),
        ("nodule", "nodules"),
        ("atelectasis", "atelectases"),
        ("kidney", "kidneys"),
    ],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
    assert one not in load_graph().lexicon("en") or many in load_graph().lexicon("en")


def test_shared_heads() -> None:
    meant = {m.node_id for m in load_graph().lexicon("en")["pleural or pericardial effusion"]}
    assert meant == {"pleural_effusion", "pericardial_effusion"}
