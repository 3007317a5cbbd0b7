"""What makes the graph sound; a release with a problem is refused (MED-K03)."""

from __future__ import annotations

import re

from medomni.errors import MedomniError
from medomni.knowledge.graph import EDGE_TYPES, Graph
from medomni.knowledge.source import rows

__all__ = ["problems", "require_sound"]

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def problems(graph: Graph) -> list[str]:
    """All that is wrong with a graph, one sentence each; empty for a sound one."""
    found = [f"{n.id}: not snake_case" for n in graph.nodes.values() if not _ID.fullmatch(n.id)]
    found += [
        f"{n.id}: no {lang} name" for n in graph.nodes.values() for lang in ("en", "zh") if not n.name(lang)
    ]
    found += [f"{n.id}: no provenance" for n in graph.nodes.values() if not n.provenance]
    for a, kind, b in graph.edge_list:
        if kind not in EDGE_TYPES:
            found.append(f"{a} -{kind}-> {b}: unknown edge type")
        found += [f"{a} -{kind}-> {b}: {x} is no node" for x in (a, b) if x not in graph]
    for node in graph.nodes.values():
        for kinds in (("is_a",), ("part_of",), ("implies",)):
            if any(node.id in graph.ancestors(up, kinds) for up in graph.ancestors(node.id, kinds)):
                found.append(f"{node.id}: a circle over {kinds[0]}")
        if node.kind == "finding" and not graph.targets(node.id, "located_in"):
            found.append(f"{node.id}: located nowhere")
        if node.default and node.default not in graph:
            found.append(f"{node.id}: default {node.default} is no node")
    found += [
        f"composite {key}: {target} is no node"
        for key, target in graph.composites.items()
        if target not in graph or key[0] not in graph
    ]
    ids = [row["id"] for name in ("anatomy", "findings", "others", "statements") for row in rows(name)]
    found += [f"{i}: listed twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    for lang in ("en", "zh"):
        for form, meanings in graph.lexicon(lang).items():
            if len({m.node_id for m in meanings}) > 1 and " " not in form and lang == "en":
                found.append(f"{lang} {form!r}: means {', '.join(m.node_id for m in meanings)}")
    return found


def require_sound(graph: Graph) -> None:
    """Raise MED-K03 with the first problem."""
    wrong = problems(graph)
    if wrong:
        raise MedomniError("MED-K03", f"{wrong[0]} ({len(wrong)} in all)")
