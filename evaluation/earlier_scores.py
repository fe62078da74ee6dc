"""Scores that an evaluation leaves for later ones to compare with.

Decoders of different face models or encoders cannot be measured in one run, but what one network
said of the same photographs can be compared all the same.
"""

import dataclasses
import json
import pathlib

import numpy as np

from evaluation.bootstrap import Interval, paired_gain

FILE = "metrics.json"
KEY = "frontal_cosines"


@dataclasses.dataclass(frozen=True)
class Scores:
    """The frontal cosines that one network gave.

    Attributes:
      network: the network's fingerprint.
      photographs: the P names of the photographs.
      people: the P names of the people on them.
      cosines: for each decoder P cosines, 0 where no face was found.
    """

    network: str
    photographs: list[str]
    people: list[str]
    cosines: dict[str, list[float]]


def read_scores(path: str | pathlib.Path) -> dict[str, Scores]:
    """Reads scores by judge, from the folder of an evaluation or its `metrics.json`.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: the file is none of an evaluation's, or of one that kept no scores.
    """
    path = pathlib.Path(path)
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; name an evaluation's --output_dir")
    try:
        return {
            judge: Scores(**fields) for judge, fields in json.loads(path.read_text())[KEY].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: holds no field {KEY!r}; evaluate its decoders anew") from error


def check_comparable(
    path: str | pathlib.Path,
    earlier: dict[str, Scores],
    networks: dict[str, str],
    photographs: list[str],
) -> None:
    """Checks, before anything is measured, that an evaluation can be compared with an earlier one.

    Args:
      path: where the earlier scores were read from.
      earlier: the earlier scores, by judge.
      networks: the fingerprints of the networks that will judge, by judge.
      photographs: the names of the photographs that will be judged.

    Raises:
      ValueError: the photographs differ, or no judge is the same network.
    """
    same = {judge for judge, scores in earlier.items() if networks.get(judge) == scores.network}
    if not same:
        raise ValueError(f"{path}: judged by other networks than these ({', '.join(networks)})")
    for judge in same:
        if different := sorted(set(earlier[judge].photographs) ^ set(photographs)):
            raise ValueError(
                f"{path}: judged other photographs, such as {different[0]} ({len(different)} are "
                "in one of the two only); give both the same --dataset, --photo_list, --photo_split"
            )


def gains_over(
    earlier: dict[str, Scores], now: dict[str, Scores]
) -> dict[str, dict[str, Interval]]:
    """Computes the paired gain of the last decoder over each earlier one, by each shared judge.

    Args:
      earlier, now: the scores by judge, on the same photographs (see `check_comparable`).
    """
    return {
        judge: _gains(earlier[judge], scores)
        for judge, scores in now.items()
        if judge in earlier and earlier[judge].network == scores.network
    }


def _gains(earlier, now):
    order = [earlier.photographs.index(name) for name in now.photographs]
    *_, (last, after) = now.cosines.items()
    return {
        f"{last} over the earlier {decoder}": paired_gain(
            np.array(before)[order], after, now.people
        )
        for decoder, before in earlier.cosines.items()
    }
