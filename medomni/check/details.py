"""What the words around a finding say of it: presence and time, severity, place, sizes by side."""

from __future__ import annotations

from medomni.check.sides import LOBES, Stretch
from medomni.check.sizes import volume_severity
from medomni.check.tokens import Token
from medomni.knowledge import load_graph

__all__ = ["missing_place", "paired_sizes", "place_of", "presence_of", "severity_of"]

_AROUND_LUNG = frozenset({"pleura", "pleural_space", "bronchus"})


def presence_of(find: Token, stretch: Stretch) -> tuple[str, str]:
    """(presence, temporality) of a finding: what is hypothetical is uncertain, what was before is present then."""
    times = [t.value for t in stretch.own if t.kind == "temp"]
    temporality = find.temporality or (times[0] if times else "current")
    if find.presence == "prior":
        return "present", "prior"
    if find.presence == "hypothetical":
        return "uncertain", "current"
    return find.presence, temporality


def severity_of(stretch: Stretch, text: str, end: int) -> str | None:
    """``trace`` to ``large`` from the words before the finding, else behind it, else from a volume in ml."""
    order = ["trace", "small", "moderate", "large"]
    before = [t.value for t in stretch.before if t.kind == "sev"]
    if before:
        return before[-1] if len(before) == 1 else max(before, key=order.index)
    behind = [t for t in stretch.behind if t.kind in ("sev", "comma", "conj", "brk")]
    for t in behind:
        if t.kind == "sev":
            return t.value
        if t.kind == "brk":
            break
    stop = stretch.behind[-1].end + 30 if stretch.behind else stretch.find.end + 40
    return volume_severity(text, stretch.find.end, min(end, stop))


def missing_place(anatomies: tuple[str, ...], side: str) -> str | None:
    """A place that the named side does not have (the right lingula), which must not pass as its lobe."""
    graph = load_graph()
    named = {a for a in anatomies if a in graph and a != "lung"}
    if len(named) != 1 or side not in ("left", "right"):  # "the right middle lobe and lingula": the side is the first's
        return None
    place = named.pop()
    sides = graph.targets(place, "only_on")
    return place if sides and side not in sides else None


def place_of(finding: str, anatomies: tuple[str, ...]) -> str | None:
    """The most telling organ that the finding can lie in: a lobe before the lung, else the nearest, else
    its own."""
    graph = load_graph()
    places = graph.targets(finding, "located_in") if finding in graph else ()
    fit = [
        a
        for a in anatomies
        if not places
        or any(
            p == "body"
            or graph.within(a, p)
            or graph.within(p, a)
            or (graph.within(a, "lung") and p in _AROUND_LUNG)
            for p in places
        )
    ]
    for a in fit:
        if a in LOBES:
            return a
        lobe = LOBES & graph.ancestors(a, ("part_of",))
        if lobe and a in ("lingula", "lung_apex", "lung_base"):
            return next(iter(lobe))
    if fit:
        return fit[0]
    return places[0] if places and places[0] != "body" else None


def paired_sizes(sizes: list, side_words: list[Token], find: Token) -> dict[str, list] | None:
    """Sizes by side where each side has its own ("11 mm right, 5 mm left"); ``None`` where they do not
    pair."""
    single = [(t, t.value if t.kind == "side" else t.side) for t in side_words]
    single = [(t, s) for t, s in single if s in ("left", "right")]
    if len(sizes) < 2 or len({s for _, s in single}) < 2:
        return None
    by: dict[str, list] = {}
    # All sizes stand on the same hand of their side word; the first pair shows which.
    before = single[0][0].start < sizes[0].start
    for size in sizes:
        options = [(t, s) for t, s in single if (t.start < size.start) == before] or single
        nearest = min(options, key=lambda o: abs(o[0].start - size.start))
        by.setdefault(nearest[1], []).append(size)
    return by if len(by) == 2 else None
