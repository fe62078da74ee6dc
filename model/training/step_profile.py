"""Where the time of training steps goes: TensorBoard's profile of a few of them, and a table."""

import contextlib
import logging
import pathlib
import re
from collections.abc import Iterator, Mapping

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

_LOG = logging.getLogger(__name__)
# The scopes in which `model.regressor` makes its operations.
_SCOPES = re.compile(r"(?:^|/)(encoder|renderer|decoder|backward)(?:_\d+)?(?=/)")
_WAIT = "IteratorGetNextOp::DoCompute"
PARTS = (
    *("encoder forward", "encoder backward", "renderer", "decoder", "optimizer and the rest"),
    "wait for input",
)


class StepProfile:
    """Profiles some steps of a stage; without any it does nothing."""

    def __init__(self, folder: pathlib.Path, stage: str, steps: tuple[int, int] | None):
        """Takes the first and the last step, counted from 1.

        Args:
          folder: of TensorBoard's logs; gets the profile in plugins/profile.
          stage: its name, for messages.
          steps: None for no profile.
        """
        self._folder = folder
        self._stage = stage
        self._first, self._last = steps or (0, 0)
        self._running = False

    @contextlib.contextmanager
    def around(self, step: int) -> Iterator[None]:
        """Profiles the block if it is one of the steps, and reports after the last of them."""
        if step == self._first:
            tf.profiler.experimental.start(str(self._folder))
            self._running = True
        # A run that is resumed between the two steps has missed the first.
        if not self._running:
            yield
            return
        with tf.profiler.experimental.Trace("step", step_num=step, _r=1):
            yield
        if step == self._last:
            tf.profiler.experimental.stop()
            self._running = False
            self._report()

    def _report(self) -> None:
        steps = self._last - self._first + 1
        times = {part: ms / steps for part, ms in milliseconds(_newest(self._folder)).items()}
        _LOG.info("%s steps %d to %d\n%s", self._stage, self._first, self._last, table(times))


def table(times: Mapping[str, float]) -> str:
    """Writes the times of parts in milliseconds a step as Markdown."""
    total = sum(times.values()) or 1.0
    rows = [f"| {part} | {ms:.1f} | {ms / total:.0%} |" for part, ms in times.items()]
    return "\n".join(["| part | ms of operations a step | share |", "|---|---|---|", *rows])


def milliseconds(profile: xplane_pb2.XSpace) -> dict[str, float]:
    """Adds up the time of the operations of each of `PARTS`, even where they ran beside each other.

    The work of the input pipeline is left out, since it runs beside the steps; how long these wait
    for it is counted.
    """
    times = dict.fromkeys(PARTS, 0.0)
    for plane in profile.planes:
        names = {key: metadata.name for key, metadata in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                if part := part_of(names[event.metadata_id]):
                    times[part] += event.duration_ps / 1e9
    return times


def part_of(event: str) -> str | None:
    """Says which of `PARTS` an event of a profile is of; None if it is no operation of a step.

    Operations are called SCOPE/NAME:TYPE. Gradients are in the scope "backward"; there those of the
    encoder's layers have no further scope, since they are functions of our own.
    """
    if event == _WAIT:
        return "wait for input"
    name, colon, kind = event.partition(":")
    if not colon or kind.startswith(":"):
        return None
    scopes = _SCOPES.findall(name)
    inner = [scope for scope in scopes if scope != "backward"]
    if inner and inner[-1] != "encoder":
        return inner[-1]
    if "backward" in scopes:
        return "encoder backward"
    if inner:
        return "encoder forward"
    # Operations without a scope are the input pipeline's, but for the optimizer's.
    return "optimizer and the rest" if "/" in name else None


def _newest(folder: pathlib.Path) -> xplane_pb2.XSpace:
    files = folder.glob("plugins/profile/*/*.xplane.pb")
    path = max(files, key=lambda file: file.stat().st_mtime)
    profile = xplane_pb2.XSpace()
    profile.ParseFromString(path.read_bytes())
    return profile
