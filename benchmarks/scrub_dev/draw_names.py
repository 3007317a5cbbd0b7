"""Draw the corpus's names once: ``python -m benchmarks.scrub_dev.draw_names CENSUS_DIR SSA.tsv CITIES.json``.

Three groups, so that the figures tell known names from unseen ones: ``common`` (frequent in the 1990 US Census, so the
rules may well hold them), ``reserved`` (rare Census surnames and rare SSA given names that the rules' lists lacked
when they were drawn, and that must stay out of them), ``made`` (letters from a trigram chain over the rules' own
lists). Census and SSA names are works of the US government; the towns are GeoNames' (CC BY 4.0).
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "medomni" / "scrub" / "data"


def listed(name: str) -> list[str]:
    """The names of one list of the rules."""
    return [line for line in (RULES / name).read_text("utf-8").split("\n") if line and not line.startswith("#")]


def made(names: list[str], number: int, rng: random.Random) -> list[str]:
    """New names by a chain of three letters over ``names``; none of them in ``names``."""
    chain: dict[str, list[str]] = defaultdict(list)
    for name in names:
        text = f"^^^{name}$"
        for at in range(3, len(text)):
            chain[text[at - 3:at]].append(text[at])
    known, out = set(names), set()
    while len(out) < number:
        text = "^^^"
        while not text.endswith("$"):
            text += rng.choice(chain[text[-3:]])
        if 4 <= len(text) - 4 <= 12 and text[3:-1] not in known:
            out.add(text[3:-1])
    return sorted(out)


def main(census: Path, babies: Path, towns: Path) -> None:
    rng = random.Random("scrub_dev")
    words = set(listed("en_words.txt"))
    surnames = [line.split()[0].lower() for line in (census / "dist.all.last").read_text().split("\n") if line]
    givens = [line.split("\t")[0] for line in babies.read_text().split("\n") if line]
    held_last, held_first = listed("en_surnames.txt"), listed("en_first_names.txt")
    held = {*held_last, *held_first, *words}
    rows = [("last", "common", name) for name in surnames[:400]]
    rows += [("first", "common", name) for name in givens[:300]]
    rows += [("last", "reserved", n) for n in sorted(rng.sample([n for n in surnames if n not in held], 900))]
    rare = [name for name in givens[:20000] if name not in held and len(name) > 2]
    rows += [("first", "reserved", name) for name in sorted(rng.sample(rare, 500))]
    rows += [("last", "made", name) for name in made(held_last, 400, rng)]
    rows += [("first", "made", name) for name in made(held_first, 200, rng)]
    places = [city for city in json.loads(towns.read_text("utf-8")).values() if city["countrycode"] in ("US", "GB")]
    rows += [("town", "geonames", name) for name in sorted({c["name"] for c in rng.sample(places, 300)})]
    (HERE / "names.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
