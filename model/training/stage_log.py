"""What a stage leaves to look at: lines of progress, TensorBoard's events, and contact sheets."""

import logging
import pathlib
import time
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from model.training.descriptions import description
from model.training.gradient_norms import pulls
from storage.atomic import write_bytes, write_text
from storage.images import jpeg

_LOG = logging.getLogger(__name__)


class StageLog:
    """Writes what is seen of one stage; a context that closes the events when it ends."""

    def __init__(self, run_folder: pathlib.Path, stage: str, last_step: int, images: int = 0):
        """Opens a new file of events in tensorboard/<stage>.

        Args:
          run_folder: the folder of the run.
          stage: the name of the stage.
          last_step: the last step of the stage.
          images: how many images a step renders and encodes; 0 if that is not told.
        """
        self._stage = stage
        self._last_step = last_step
        self._images = images
        self._samples = run_folder / "samples"
        self._norms = run_folder / "gradient_norms" / f"{stage}.csv"
        self._writer = tf.summary.create_file_writer(str(run_folder / "tensorboard" / stage))
        self._reported = None

    def __enter__(self) -> "StageLog":
        return self

    def __exit__(self, *_) -> None:
        self._writer.close()

    def progress(self, step: int, terms: Mapping[str, float]) -> None:
        """Logs one line: the step, loss terms by name, the speed, and the time that is left.

        Terms with a slash in their names are only for TensorBoard.
        """
        now = time.monotonic()
        # The first part traces the graph, so it says nothing about the speed of the others.
        speed = "" if self._reported is None else self._speed(step, now)
        self._reported = step, now
        shown = {name: value for name, value in terms.items() if "/" not in name}
        text = "  ".join(f"{name} {value:.4g}" for name, value in shown.items())
        _LOG.info("%s %d/%d  %s%s", self._stage, step, self._last_step, text, speed)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes numbers by name to TensorBoard."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value, description=description(name))

    def gradient_norms(self, step: int, norms: Mapping[str, float]) -> None:
        """Writes the norm and the share of each term's gradient.

        They go to TensorBoard, into one line, and to gradient_norms/<stage>.csv of the run. What a
        resumed run measures again takes the place of what stood there.
        """
        by_term = pulls(norms)
        text = "  ".join(f"{name} {p.norm:.3g} ({p.share:.0%})" for name, p in by_term.items())
        _LOG.info("%s %d/%d  gradient norms: %s", self._stage, step, self._last_step, text)
        self.scalars(step, {f"gradient_norm/{name}": p.norm for name, p in by_term.items()})
        self.scalars(step, {f"gradient_share/{name}": p.share for name, p in by_term.items()})
        rows = [f"{step},{name},{p.norm:.6g},{p.share:.4f}" for name, p in by_term.items()]
        write_text(self._norms, "\n".join([*self._earlier_norms(step), *rows]) + "\n")

    def _earlier_norms(self, step: int) -> list[str]:
        if not self._norms.is_file():
            return ["step,term,norm,share"]
        heads, *rows = self._norms.read_text().splitlines()
        return [heads, *(row for row in rows if int(row.partition(",")[0]) < step)]

    def sheet(self, step: int, sheet: np.ndarray) -> None:
        """Writes a contact sheet uint8 RGB [H, W, 3] to TensorBoard and as a JPEG file."""
        write_bytes(self._samples / f"{self._stage}_{step:06d}.jpg", jpeg(sheet))
        with self._writer.as_default(step=step):
            tf.summary.image("faces", sheet[None])

    def histograms(self, step: int, values: Mapping[str, tf.Tensor]) -> None:
        """Writes the distribution of each tensor by name to TensorBoard."""
        with self._writer.as_default(step=step):
            for name, tensor in values.items():
                tf.summary.histogram(name, tensor)

    def _speed(self, step: int, now: float) -> str:
        before, then = self._reported
        seconds = (now - then) / (step - before)
        left = int(seconds * (self._last_step - step))
        speeds = {"speed/steps_per_second": 1 / max(seconds, 1e-9)}
        text = f"  {seconds * 1000:.0f} ms/step"
        if self._images:
            images = self._images / max(seconds, 1e-9)
            speeds["speed/images_per_second"] = images
            text += f"  {images:.0f} images/s"
        self.scalars(step, speeds)
        return f"{text}  {left // 60}:{left % 60:02d} left"
