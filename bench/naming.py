"""What it costs to look for names in a prompt: registers of several sizes, prompts of 300 words, the worst input.

    python bench/naming.py [--sizes 1000 10000 100000] [--n 200] [--json]

Every prompt is another one, half innocent and half with a registered name in it, so that no cache of a prompt helps.
Memory is what the register adds to the process.  The peer in the same run: an exact search for the same names, by one
set of joined word pairs, which finds no spelling but the registered one.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from stagedoor.adapters.naming import NameIndex
from stagedoor.adapters.naming.measured.crowd import crowd
from stagedoor.adapters.naming.measured.drawing import drawn, lines, one_of
from stagedoor.adapters.naming.measured.innocent import innocent
from stagedoor.adapters.naming.measured.variants import RULES
from stagedoor.ports.naming import NameEntry, PromptError

WORDS = 300


def resident_mib() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def prompts(count: int, entries: list[NameEntry]) -> list[str]:
    """Prompts of 300 words, each another: shots, rare words made for this prompt alone, a name in every second."""
    shots = list(innocent())
    made = []
    for number in range(count):
        words: list[str] = []
        part = 0
        while len(words) < WORDS:
            part += 1
            words += one_of(shots, number, part).split()
            words.append("".join(one_of("bcdfghklmnprstvw" if place % 2 else "aeiou", number, part, place)
                                 for place in range(5 + drawn(4, number, part))))  # fmt: skip
        if number % 2:
            said = RULES[drawn(len(RULES), number)][1](one_of(entries, number).names[0])
            words[drawn(WORDS, number)] = said or entries[0].names[0]
        made.append(" ".join(words[:WORDS]))
    return made


def hostile(entries: list[NameEntry]) -> dict[str, str]:
    """Prompts made to cost time: each as long as a prompt may be."""
    near = [name.names[0][:1] + "x" + name.names[0][1:] for name in entries[:3_000]]
    return {
        "combining marks": "a" + "\u0301\u0323" * 4_990,
        "zero width": "\u200b".join("mara quill " * 900)[:10_000],
        "single letters": "a b " * 1_240,
        "near names": " ".join(near)[:10_000],
        "one long word": "ab" * 5_000,
        "long ligatures": "\ufdfa" * 1_000,
        "look-alikes": "Мага Qцilӏ " * 850,
        "Han": "李白杜甫" * 620,
        "kana": "まつおばしょう" * 1_400,
        "turned": "\u202e" + "lliuQ araM " * 850,
        "digits": "m4r4 qu1ll " * 850,
    }


def quantile(samples: list[float], share: float) -> float:
    """The sample below which this share of them lies."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def of_size(size: int, count: int) -> dict[str, float | str]:
    """One register: build, memory, milliseconds of a check."""
    entries = list(crowd(size - len(lines("names.txt"))))
    entries += [NameEntry(party=name, names=(name,)) for name in lines("names.txt")]
    asked = prompts(count, entries)
    gc.collect()
    before, began = resident_mib(), time.perf_counter()
    index = NameIndex.build(entries)
    built = time.perf_counter() - began
    taken = resident_mib() - before
    samples = []
    for prompt in asked:
        began = time.perf_counter()
        index.find(prompt)
        samples.append((time.perf_counter() - began) * 1e3)
    exact = {name.lower() for entry in entries for name in entry.names}
    plain = []
    for prompt in asked:
        began = time.perf_counter()
        words = prompt.lower().split()
        _ = [pair for pair in pairwise(words) if " ".join(pair) in exact]
        plain.append((time.perf_counter() - began) * 1e3)
    worst = {}
    for kind, prompt in hostile(entries).items():
        began = time.perf_counter()
        with suppress(PromptError):  # a refusal is an answer, and must be as quick
            index.find(prompt)
        worst[kind] = (time.perf_counter() - began) * 1e3
    began = time.perf_counter()
    for entry in entries[:500]:
        index.remove(entry.party)
        index.add(entry)
    swapped = (time.perf_counter() - began) / 500 * 1e6
    slowest = max(worst, key=lambda kind: worst[kind])
    return {
        "registered": size,
        "build_s": built,
        "memory_mib": taken,
        "check_p50_ms": quantile(samples, 0.5),
        "check_p99_ms": quantile(samples, 0.99),
        "exact_pairs_p50_ms": quantile(plain, 0.5),
        "hostile_max_ms": worst[slowest],
        "hostile_slowest": slowest,
        "remove_and_add_us": swapped,
    }


def main() -> None:
    """Measure each size, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = [of_size(size, given.n) for size in given.sizes]
    if given.json:
        print(json.dumps({f"names_{row['registered']}": row for row in found}))
        return
    for row in found:
        print(f"{row['registered']:>7,} registered: check p50 {row['check_p50_ms']:6.2f} ms  "
              f"p99 {row['check_p99_ms']:6.2f} ms  (exact pairs {row['exact_pairs_p50_ms']:.2f} ms)  "
              f"built {row['build_s']:5.1f} s  {row['memory_mib']:6.0f} MiB  "
              f"remove and add {row['remove_and_add_us']:6.0f} us  "
              f"worst {row['hostile_max_ms']:6.1f} ms ({row['hostile_slowest']})")  # fmt: skip


if __name__ == "__main__":
    main()
