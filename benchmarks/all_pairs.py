"""Time and memory of comparing all photographs of a set like LFW with each other (section 4.3).

    python -m benchmarks.all_pairs

Embeddings are made up: of as many people and photographs as LFW has, as long as those of VGG-Face.
A process for each size compares all pairs, as figure 5 and table 2 need, and ranks all photographs
for all renders, as table 3 does. A Markdown table gives processor seconds and the largest resident
size of the process.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np

_PEOPLE_OF_LFW, _PHOTOGRAPHS_OF_LFW = 5749, 13_233
_SIZES = (1_000, 4_000, _PHOTOGRAPHS_OF_LFW)


def made_up(photographs: int, size: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Makes embeddings of photographs and of their renders, float32 [P, size], and their people."""
    generator = np.random.default_rng(0)
    people = max(1, photographs * _PEOPLE_OF_LFW // _PHOTOGRAPHS_OF_LFW)
    whose = np.concatenate([np.arange(people), generator.integers(0, people, photographs - people)])
    of_people = generator.standard_normal((people, size), np.float32)
    photos = of_people[whose] + generator.standard_normal((photographs, size), np.float32)
    renders = photos + 2 * generator.standard_normal((photographs, size), np.float32)
    return photos, renders, [f"person {k}" for k in whose]


def compare(photographs: int, size: int, results) -> None:
    """Compares a set; puts both times and the memory in MB into `results`."""
    from evaluation.clustering import identity_ranks
    from evaluation.recognition import pair_histograms

    photos, renders, whose = made_up(photographs, size)
    start = time.process_time()
    same, different = pair_histograms(photos, whose)
    results[0] = time.process_time() - start
    assert same.total + different.total == photographs * (photographs - 1) // 2
    start = time.process_time()
    identity_ranks(renders, whose, photos, whose)
    results[1] = time.process_time() - start
    results[2] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all_pairs")
    parser.add_argument("--photographs", type=int, nargs="+", default=_SIZES, help="sizes of sets")
    parser.add_argument("--size", type=int, default=4096, help="how long embeddings are")
    options = parser.parse_args()
    print("| photographs | pairs | all pairs, processor s | ranks, processor s | memory, MB |")
    print("|---|---|---|---|---|")
    context = multiprocessing.get_context("spawn")
    for photographs in options.photographs:
        results = context.Array("d", 3)
        process = context.Process(target=compare, args=(photographs, options.size, results))
        process.start()
        process.join()
        pairs = photographs * (photographs - 1) // 2
        cells = [f"{value:,.0f}" for value in (photographs, pairs, *results)]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
