"""Who owns a side, an organ or a size: every finding of a sentence has its stretch, and the words in it
are its own."""

from __future__ import annotations

from functools import cache

from medomni.check.tokens import Token
from medomni.knowledge import load_graph

__all__ = ["LOBES", "Stretch", "merged_side", "resolve_finding", "resolved_findings", "sided", "stretches"]

LOBES = frozenset({"upper_lobe", "middle_lobe", "lower_lobe"})
_JOINTS = frozenset({"comma", "conj", "no", "nob", "exc", "brk", "unc", "adj", "hyp", "colon", "open"})
_CUES = frozenset({"no", "nob", "unc", "adj", "hyp"})


class Stretch:
    """The tokens that belong to one finding, before and behind it, and what was lent to it by a list or a
    topic."""

    def __init__(self, find: Token, before: list[Token], behind: list[Token]) -> None:
        self.find, self.before, self.behind = find, before, behind
        self.borrowed: list[Token] = []
        self.doubt = 1.0

    @property
    def own(self) -> list[Token]:
        """All tokens of the stretch, in order, without the finding."""
        return self.before + self.behind

    def of_kind(self, kind: str) -> list[Token]:
        """The tokens of a kind; borrowed ones only where the stretch has neither side nor organ of its
        own."""
        return [t for t in (*self.own, *self.borrowed) if t.kind == kind]

    def places(self) -> list[Token]:
        """Tokens that carry a side or an organ."""
        return [t for t in self.own if t.kind in ("side", "anat")] + self.find.anatomies


def merged_side(tokens: list[Token]) -> str:
    """One side of all that were said; left and right together are bilateral."""
    said = {t.value if t.kind == "side" else t.side for t in tokens} - {"unspecified", ""}
    if not said:
        return "unspecified"
    return "bilateral" if len(said) > 1 else said.pop()


def stretches(row: list[Token], chinese: bool) -> list[Stretch]:
    """The stretches of a sentence's findings, with sides lent across lists ("effusion or air on the
    right")."""
    at = [i for i, t in enumerate(row) if t.kind == "find"]
    if not at:
        return []
    cuts = [-1]
    for a, b in zip(at, at[1:], strict=False):
        cuts.append(_cut(row, a, b, chinese))
    cuts.append(len(row) - 1)
    found = []
    # A normal statement before the first finding is another statement: "the heart is normal and no effusion".
    cuts[0] = max((j for j in range(at[0]) if row[j].kind in ("norm", "brk", "abn")), default=-1)
    for k, i in enumerate(at):
        found.append(Stretch(row[i], row[cuts[k] + 1 : i], row[i + 1 : cuts[k + 1] + 1]))
    _lend_backward(row, at, found)
    _lend_topic(row, at, found, chinese)
    return found


def _cut(row: list[Token], a: int, b: int, chinese: bool) -> int:
    """The last token between two findings that still belongs to the first."""
    gap = range(a + 1, b)
    breaks = [j for j in gap if row[j].kind in ("brk", "exc")]
    if breaks:
        return breaks[-1]
    joints = [j for j in gap if row[j].kind in _JOINTS]
    if joints:
        last = joints[-1]
        # In Chinese the place stands before the cue: "左侧胸腔积液，右侧未见积液".
        if chinese and row[last].kind in _CUES and len(joints) > 1 and row[joints[-2]].kind not in _CUES:
            last = joints[-2]
        # "in the left lung, small effusion": a verb before the comma changes nothing; a joint inside a
        # pair of sides
        # ("right and left lower lobe nodules") belongs to what follows.
        if (
            row[last].kind == "conj"
            and last - 1 > a
            and row[last - 1].kind == "side"
            and last + 1 < b
            and (row[last + 1].kind in ("side", "anat"))
            and len(joints) > 1
        ):
            return joints[-2]
        return last
    verbs = [j for j in gap if row[j].kind == "verb"]
    if verbs:
        return verbs[-1]
    return a


def _lend_backward(row: list[Token], at: list[int], found: list[Stretch]) -> None:
    """The last item of a bare list lends the place behind it to the items before."""
    for k in range(len(found) - 2, -1, -1):
        here, nxt = found[k], found[k + 1]
        gap = row[at[k] + 1 : at[k + 1]]
        if here.places() or any(
            t.kind not in ("comma", "conj", "sev", "art", "qual", "unc", "adj") for t in gap
        ):
            continue
        if here.find.negated_by != nxt.find.negated_by:
            continue
        lent = [t for t in (*nxt.behind, *nxt.borrowed) if t.kind in ("side", "anat")]
        if lent and not [t for t in nxt.before if t.kind == "side"]:
            here.borrowed = lent
            here.doubt = 0.9


def _lend_topic(row: list[Token], at: list[int], found: list[Stretch], chinese: bool) -> None:
    """ "On the right, a nodule and an effusion": a place set apart before the first finding holds for all."""
    first = found[0]
    topic: list[Token] = []
    for j, token in enumerate(first.before):
        if token.kind in ("comma", "verb", "colon", "no"):
            used = first.find.anatomies
            topic = [t for t in first.before[:j] if t.kind in ("side", "anat") and t not in used]
            if topic:
                break
    if not topic:
        topic_side = [t for t in first.before if t.kind == "side"]
        if topic_side and len(found) > 1:
            # "No left effusion or pneumothorax": whose side it is cannot be told for what follows in the
            # list.
            for s in found[1:]:
                if s.places() or s.find.negated_by < 0 or s.find.negated_by != first.find.negated_by:
                    break
                s.doubt = min(s.doubt, 0.75)
        return
    for k, s in enumerate(found[1:], start=1):
        if any(t.kind in ("brk", "exc") for t in row[at[k - 1] + 1 : at[k]]) and not chinese:
            break
        if s.places() or s.borrowed:
            if any(t.kind == "side" or t.side != "unspecified" for t in s.places()):
                break
            s.borrowed = s.borrowed or [t for t in topic if t.kind == "side" or t.side != "unspecified"]
            continue
        s.borrowed = topic
        s.doubt = min(s.doubt, 0.9)


@cache
def sided(finding_id: str) -> bool:
    """Whether left and right mean something for a finding: its organ is paired or spread over both sides."""
    graph = load_graph()
    paired = set(graph.targets("left", "lateral_of"))
    places = graph.targets(finding_id, "located_in") or ("body",)
    neutral = {
        "body",
        "lymph_node",
        "skeleton",
        "soft_tissue",
        "bronchus",
        "joint",
        "pulmonary_artery",
        "skin",
        "thyroid",
    }
    return any(
        p in neutral or p in paired or graph.ancestors(p, ("part_of", "is_a")) & paired for p in places
    )


def resolved_findings(finding_id: str, anatomies: tuple[str, ...], *, joined: bool) -> tuple[str, ...]:
    """The findings a word stands for: several where organs are joined ("no fluid in the pleura or
    pericardium")."""
    if joined and len(anatomies) > 1:
        each = dict.fromkeys(resolve_finding(finding_id, (a,)) for a in anatomies)
        own = tuple(f for f in each if f != finding_id)
        if len(own) > 1:
            return own
    return (resolve_finding(finding_id, anatomies),)


@cache
def _children(generic: str) -> tuple[tuple[str, str], ...]:
    graph = load_graph()
    return tuple(
        (n.id, place)
        for n in graph.of_kind("finding")
        if graph.has_edge(n.id, "is_a", generic)
        for place in graph.targets(n.id, "located_in")
    )


@cache
def resolve_finding(finding_id: str, anatomies: tuple[str, ...]) -> str:
    """The finding that a word means at an organ: "nodule" in the thyroid, "fracture" of a rib, "fluid" in
    the pleura.

    Without an organ the word means its default in a chest report; at an organ that has no finding of its
    own in the
    graph it stays general.
    """
    graph = load_graph()
    node = graph.nodes.get(finding_id)
    general = node is not None and bool(
        {"body", "skeleton", "lymph_node"} & set(graph.targets(finding_id, "located_in"))
    )
    children = _children(finding_id) if general else ()
    if node is None or (not children and not node.default):
        return _renamed(finding_id, anatomies)
    for anatomy in anatomies:
        fits = [(child, place) for child, place in children if graph.within(anatomy, place)]
        if fits:
            # The nearest organ decides: a paratracheal node lies in the mediastinum and in the chest.
            return max(fits, key=lambda f: len(graph.ancestors(f[1], ("is_a", "part_of"))))[0]
    if not node.default:
        return finding_id
    chest = {
        "chest",
        "lung",
        "pleura",
        "pleural_space",
        "hilum",
        "interlobar_fissure",
        "airway",
        "bronchus",
        "costophrenic_angle",
        "diaphragm",
        "rib",
        "pulmonary_vessel",
        "body",
        "chest_wall",
    }
    if finding_id in ("effusion", "calcification", "thickening", "cyst"):
        chest -= {"rib", "airway", "bronchus"}
    if not anatomies or any(a in chest or graph.within(a, "lung") for a in anatomies):
        return node.default
    return finding_id


def _renamed(finding_id: str, anatomies: tuple[str, ...]) -> str:
    """A word that means another finding at some organs: collapse of a vertebra, edema of the soft tissue."""
    table = {
        ("atelectasis", "vertebra"): "vertebral_fracture",
        ("atelectasis", "spine"): "vertebral_fracture",
        ("pulmonary_edema", "soft_tissue"): "soft_tissue_edema",
        ("pulmonary_edema", "chest_wall"): "soft_tissue_edema",
        ("emphysema", "soft_tissue"): "subcutaneous_emphysema",
        ("emphysema", "mediastinum"): "pneumomediastinum",
        ("emphysema", "chest_wall"): "subcutaneous_emphysema",
        ("lung_opacity", "skeleton"): "bone_lesion",
    }
    for anatomy in anatomies:
        if (finding_id, anatomy) in table:
            return table[finding_id, anatomy]
    return finding_id
