"""The graph: nodes for anatomy, findings, measures, severities and normal statements; typed edges between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from medomni.knowledge.source import cell, content_hash, rows
from medomni.knowledge.terms import Surface, surfaces

__all__ = ["EDGE_TYPES", "Graph", "Node", "load_graph"]

VERSION = "1.0.0"
EDGE_TYPES = (
    "is_a",
    "part_of",
    "located_in",
    "lateral_of",
    "implies",
    "suggests",
    "may_be_reported_as",
    "excludes",
    "measured_by",
    "visible_on",
    "sex_specific",
    "only_on",
    "described_as",
    "adjacent_to",
)


@dataclass(frozen=True)
class Node:
    """A node with its names.

    Attributes:
        id: snake_case, stable.
        kind: ``anatomy``, ``finding``, ``measure``, ``modality``, ``sex``, ``side``, ``severity``,
        ``statement``.
        en, zh: preferred names; the synonyms follow.
        default: for a word without an organ ("nodule"), the finding it means in a chest report.
        provenance: where the row comes from; ``own`` for this project's wording.
    """

    id: str
    kind: str
    en: str
    zh: str
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()
    default: str | None = None
    provenance: str = "own"

    def name(self, language: str) -> str:
        """The preferred name in ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en

    def terms(self, language: str) -> tuple[str, ...]:
        """Preferred name and synonyms in ``en`` or ``zh``."""
        first, more = (self.zh, self.synonyms_zh) if language == "zh" else (self.en, self.synonyms_en)
        return (first, *more) if first else more


@dataclass
class Graph:
    """Nodes and typed edges over a networkx ``MultiDiGraph``; edge keys are the edge types.

    ``version`` names the data's edition, ``hash`` is the SHA-256 of its files.
    """

    nodes: dict[str, Node]
    edge_list: tuple[tuple[str, str, str], ...]
    composites: dict[tuple[str, str], str]
    version: str = VERSION
    hash: str = ""
    _out: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict, repr=False)
    _ancestors: dict[tuple, frozenset[str]] = field(default_factory=dict, repr=False)
    _nx: object = field(default=None, repr=False)

    def __post_init__(self) -> None:
        out: dict[str, dict[str, list[str]]] = {}
        for a, kind, b in self.edge_list:
            out.setdefault(a, {}).setdefault(kind, []).append(b)
        self._out = {a: {k: tuple(v) for k, v in kinds.items()} for a, kinds in out.items()}

    @property
    def graph_version(self) -> str:
        """Edition and the first twelve digits of the hash, as every :class:`CheckResult` carries it."""
        return f"{self.version}+{self.hash[:12]}"

    @property
    def nx(self):
        """The networkx ``MultiDiGraph`` (built at first use; networkx takes a while to import)."""
        if self._nx is None:
            import networkx

            graph = networkx.MultiDiGraph(version=self.version, hash=self.hash)
            graph.add_nodes_from(
                (n.id, {"kind": n.kind, "en": n.en, "zh": n.zh}) for n in self.nodes.values()
            )
            graph.add_edges_from((a, b, kind) for a, kind, b in self.edge_list)
            self._nx = graph
        return self._nx

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.nodes

    def node(self, node_id: str) -> Node:
        """The node of an id; ``KeyError`` when unknown."""
        return self.nodes[node_id]

    def name(self, node_id: str, language: str = "en") -> str:
        """The preferred name, or the id with spaces where the node is unknown."""
        node = self.nodes.get(node_id)
        return node.name(language) if node else node_id.replace("_", " ")

    def of_kind(self, kind: str) -> list[Node]:
        """All nodes of a kind, in file order."""
        return [n for n in self.nodes.values() if n.kind == kind]

    def targets(self, node_id: str, kind: str) -> tuple[str, ...]:
        """Where the edges of one type lead from a node."""
        return self._out.get(node_id, {}).get(kind, ())

    def has_edge(self, a: str, kind: str, b: str) -> bool:
        """Whether ``a -kind-> b`` stands in the graph."""
        return b in self.targets(a, kind)

    def ancestors(self, node_id: str, types: Iterable[str] = ("is_a",)) -> frozenset[str]:
        """All nodes reached over edges of ``types``, without the node itself."""
        key = (node_id, tuple(types))
        if key not in self._ancestors:
            seen: set[str] = set()
            waiting = [node_id]
            while waiting:
                here = waiting.pop()
                for kind in key[1]:
                    for b in self.targets(here, kind):
                        if b not in seen:
                            seen.add(b)
                            waiting.append(b)
            self._ancestors[key] = frozenset(seen - {node_id})
        return self._ancestors[key]

    def within(self, part: str, whole: str) -> bool:
        """Whether an anatomy is, or lies in, another one (over ``is_a`` and ``part_of``)."""
        return part == whole or whole in self.ancestors(part, ("is_a", "part_of"))

    def path(self, a: str, b: str) -> tuple[str, ...]:
        """The shortest way from ``a`` to ``b`` as ``(a, "-is_a->", x, "<-located_in-", b)``; empty where
        none.

        Edges may be walked against their direction; the arrow shows it.
        """
        if a == b:
            return (a,)
        if a not in self.nodes or b not in self.nodes:
            return ()
        for kind, targets in self._out.get(a, {}).items():
            if b in targets:
                return (a, f"-{kind}->", b)
        import networkx

        try:
            hops = networkx.shortest_path(self.nx.to_undirected(as_view=True), a, b)
        except networkx.NetworkXNoPath:
            return ()
        way: list[str] = [a]
        for x, y in zip(hops, hops[1:], strict=False):
            forward = self.nx.get_edge_data(x, y)
            arrow = f"-{min(forward)}->" if forward else f"<-{min(self.nx.get_edge_data(y, x))}-"
            way += [arrow, y]
        return tuple(way)

    def lexicon(self, language: str) -> dict[str, tuple[Surface, ...]]:
        """Every written form of anatomy and findings in ``en`` or ``zh``, normalised, with what it means."""
        return surfaces(tuple(n for n in self.nodes.values() if n.kind in ("anatomy", "finding")), language)


@cache
def load_graph() -> Graph:
    """The graph of the shipped files, read once (under 0.3 s)."""
    nodes: dict[str, Node] = {}
    edges: list[tuple[str, str, str]] = []
    for row in rows("anatomy"):
        nodes[row["id"]] = Node(
            row["id"],
            "anatomy",
            row["en"],
            row["zh"],
            cell(row["en_synonyms"]),
            cell(row["zh_synonyms"]),
            None,
            row["provenance"],
        )
        edges += [(row["id"], "is_a", t) for t in cell(row["is_a"])]
        edges += [(row["id"], "part_of", t) for t in cell(row["part_of"])]
        edges += [(row["id"], "sex_specific", t) for t in cell(row["sex"])]
        if row["paired"]:
            edges += [("left", "lateral_of", row["id"]), ("right", "lateral_of", row["id"])]
    for row in rows("findings"):
        nodes[row["id"]] = Node(
            row["id"],
            "finding",
            row["en"],
            row["zh"],
            cell(row["en_synonyms"]),
            cell(row["zh_synonyms"]),
            row["default"] or None,
            row["provenance"],
        )
        edges += [(row["id"], "is_a", t) for t in cell(row["is_a"])]
        edges += [(row["id"], "located_in", t) for t in cell(row["located_in"])]
    for row in rows("others"):
        nodes[row["id"]] = Node(row["id"], row["kind"], row["en"], row["zh"], (), (), None, row["provenance"])
    for row in rows("statements"):
        anatomy = nodes[row["anatomy"]]
        nodes[row["id"]] = Node(
            row["id"],
            "statement",
            f"normal {anatomy.en}",
            f"{anatomy.zh}正常",
            (),
            (),
            None,
            row["provenance"],
        )
        edges.append((row["id"], "located_in", row["anatomy"]))
        edges += [(row["id"], "excludes", t) for t in cell(row["excludes"])]
    edges += [(row["source"], row["type"], row["target"]) for row in rows("edges")]
    composites = {(row["anatomy"], row["state"]): row["finding"] for row in rows("composites")}
    return Graph(nodes, tuple(dict.fromkeys(edges)), composites, VERSION, content_hash())
