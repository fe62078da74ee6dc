"""Measures decoders, and writes the report, from options to files.

A benchmark is a name and the sections of the report that it fills. A section is a function of a
`Workbench`, which makes what is asked of it and nothing else.
"""

import itertools
import shlex
import sys
from collections.abc import Callable

from evaluation.likeness import Likeness
from evaluation.report import join_sections, write_report
from evaluation.section import Section
from evaluation.table import to_text
from programs.ablation_section import ablation
from programs.gray_section import gray
from programs.group_section import groups
from programs.known_shapes_section import known_shapes
from programs.micc_section import micc
from programs.now_section import now
from programs.protocol_comparison import protocols
from programs.recognition_sections import clustering, comparison, photographs, recognition
from programs.robustness_section import robustness
from programs.scan_likeness_section import scan_likeness
from programs.sheets_section import comparison_sheet, styles, views
from programs.synthetic_section import synthetic
from programs.tone_section import tone
from programs.tone_types_section import tone_types
from programs.turning_section import turning
from programs.workbench import Options, Workbench

# The names must be those that eval.py offers; a test holds it.
BENCHMARKS: dict[str, tuple[Callable[[Workbench], Section], ...]] = {
    "recognition": (turning, recognition, photographs, comparison, groups),
    "clustering": (turning, clustering, gray, photographs, comparison, groups),
    "tone": (tone, tone_types, comparison, groups),
    "robustness": (robustness,),
    "ablation": (ablation,),
    "sheets": (turning, views, comparison_sheet, styles),
    "micc": (micc, scan_likeness),
    "now": (now,),
    "protocols": (protocols,),
    "synthetic": (synthetic, known_shapes),
}
_TITLE = "Faces judged by recognition networks"
TITLES = {
    "all": "Faces judged by recognition networks, and against scans",
    "micc": "Reconstructions of videos against scans",
    "now": "Reconstructions of pictures by the NoW benchmark",
    "protocols": "Protocols that compare faces with scans",
    "synthetic": "Faces whose coefficients are known",
}


def run(options: Options) -> None:
    """Measures what the options say, prints the tables and writes the report.

    Raises:
      OSError, ValueError: an option is wrong, or `must_improve` is not met.
    """
    bench = Workbench(options)
    results = []
    for section in sections_of(options):
        results.append(section(bench))
        print("".join(f"{to_text(table)}\n\n" for table in results[-1].tables), end="", flush=True)
    results.insert(0, Section(facts=bench.facts(), fingerprints=bench.fingerprints()))
    command = shlex.join(["python", *sys.argv])
    report = join_sections(TITLES.get(options.benchmark, _TITLE), command, results)
    write_report(report, options.output)
    for name, reason in report.metrics.get("rejected", {}).items():
        print(f"{name}: {reason}; counts as a miss")
    for method, failures in report.metrics.get("without_mesh", {}).items():
        for name, reason in failures.items():
            print(f"{method}, {name}: {reason}; counts as a miss")
    print(options.output / "report.html")
    if options.must_improve:
        results = bench.evaluation.likeness["scorer"]
        check_improvement({name: results[name] for name in bench.names})


def sections_of(options: Options) -> list[Callable[[Workbench], Section]]:
    """Lists the sections that the options ask for, each once and as late as it is asked for."""
    chosen = BENCHMARKS if options.benchmark == "all" else [options.benchmark]
    asked = [section for name in chosen for section in BENCHMARKS[name]]
    return list(dict.fromkeys(reversed(asked)))[::-1]


def check_improvement(results: dict[str, Likeness]) -> None:
    """Prints the decoders' mean frontal cosines in their order.

    Raises:
      ValueError: one is not better than the one before.
    """
    means = {name: likeness.summaries[0].mean for name, likeness in results.items()}
    print("by the scorer: " + " < ".join(f"{name} {mean:.3f}" for name, mean in means.items()))
    for (before, low), (after, high) in itertools.pairwise(means.items()):
        if not low < high:
            raise ValueError(
                f"{after} ({high:.3f} by the scorer) is not better than {before} ({low:.3f})"
            )
