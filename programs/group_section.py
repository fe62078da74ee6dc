"""The section of a report that gives figures by group of people."""

from evaluation import tables
from evaluation.groups import GroupScores, group_scores
from evaluation.section import Section
from programs.workbench import Workbench

# Figures by group: column of the labels, value in it, decoder.
GroupTable = dict[str, dict[str, dict[str, GroupScores]]]


def groups(bench: Workbench) -> Section:
    """Gives the main figures for each group of the labels; nothing where there are none."""
    if bench.labels is None:
        return Section()
    scores = {column: _of_column(bench, column) for column in bench.labels.columns}
    metrics = {
        column: {
            value: {decoder: own.metrics() for decoder, own in by_decoder.items()}
            for value, by_decoder in by_value.items()
        }
        for column, by_value in scores.items()
    }
    return Section(
        [tables.group_table(scores)],
        metrics={"groups": metrics},
        title="Groups of people",
        facts={"labels": bench.labels.path},
        limits=[
            "Figures by group tell how a group fares here, on as many people as the table says; "
            "intervals that overlap say that nothing can be told."
        ],
    )


def _of_column(bench: Workbench, column: str) -> dict[str, dict[str, GroupScores]]:
    people = bench.judges["encoder"].photos.people
    return {
        value: {
            name: group_scores(
                members,
                people,
                {judge: results[name] for judge, results in bench.evaluation.likeness.items()},
                bench.decoded_cheeks[name],
                bench.photographed_cheeks,
            )
            for name in bench.decoders
        }
        for value, members in bench.grouped(column).items()
    }
