"""The knowledge room: anatomy, findings and what connects them, in English and Chinese.

The graph is read from the CSV files in ``data/`` at first use and kept; every row carries its provenance.
"""

from __future__ import annotations

from medomni.knowledge.graph import EDGE_TYPES, Graph, Node, load_graph
from medomni.knowledge.integrity import problems

__all__ = ["EDGE_TYPES", "Graph", "Node", "load_graph", "problems"]
