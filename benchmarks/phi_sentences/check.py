"""Check the corpus: JSON, ids, duplicates, slots, kinds, spans, determinism; print the counts."""
from __future__ import annotations
import collections, json, re
from pathlib import Path
from fill import SLOTS, fill, load

HERE = Path(__file__).parent
KINDS = {"NAME", "DATE", "AGE90", "PHONE", "EMAIL", "URL", "ID", "ADDRESS", "HOSPITAL"}
used: set[str] = set()
for lang in ("en", "zh"):
    frames = load(HERE / f"{lang}.jsonl")
    assert [f["id"] for f in frames] == list(range(1, len(frames) + 1))
    keys = ["".join(p.get("t", "{%s}" % p.get("slot")) for p in f["parts"]) for f in frames]
    assert len(set(keys)) == len(keys), "frame twice"
    bare = [re.sub(r"\{\w+\}", "{}", k).lower().strip() for k in keys]
    dup = [k for k, n in collections.Counter(bare).items() if n > 1]
    per_frame = collections.Counter()
    kinds: collections.Counter[str] = collections.Counter()
    for f in frames:
        assert set(f) == {"id", "parts"} and f["parts"]
        for p in f["parts"]:
            if "slot" in p:
                assert set(p) == {"slot", "kind"} and p["kind"] in KINDS and SLOTS[p["slot"]][0] == p["kind"]
                kinds[p["kind"]] += 1
                used.add(p["slot"])
            else:
                assert set(p) == {"t"} and p["t"] and "{" not in p["t"] and "}" not in p["t"]
        per_frame[sum("slot" in p for p in f["parts"])] += 1
    n = 20 * len(frames)
    out = fill(frames, n, lang, 11)
    assert out == fill(frames, n, lang, 11) and out != fill(frames, n, lang, 12) and len(out) == n
    for text, spans in out:
        last = 0
        for s, e, k in spans:
            assert last <= s < e <= len(text) and k in KINDS and text[s:e] == text[s:e].strip() and "\n" not in text[s:e], (text, s, e)
            last = e
    # the literals around the spans must reassemble to a frame
    skeletons = collections.Counter()
    for text, spans in out:
        parts, at = [], 0
        for s, e, k in spans:
            parts.append(text[at:s] + "{" + k + "}"); at = e
        skeletons["".join(parts) + text[at:]] += 1
    expected = collections.Counter("".join(p["t"] if "t" in p else "{" + p["kind"] + "}" for p in f["parts"]) for f in frames)
    assert skeletons == collections.Counter({k: 20 * v for k, v in expected.items()})
    print(lang, "frames", len(frames), "with", len(frames) - per_frame[0], "without", per_frame[0],
          "per frame", dict(sorted(per_frame.items())), "kinds", dict(kinds), "same but for slots", dup)
print("slots defined", len(SLOTS), "unused", sorted(set(SLOTS) - used))
