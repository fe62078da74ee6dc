"""The end of a run that the system asks for: SIGTERM, as before a machine is taken away."""

import contextlib
import signal
import threading
from collections.abc import Iterator


class Preempted(InterruptedError):
    """A run has been asked to stop; its checkpoint is saved."""


class Preemption:
    """Remembers whether the process has been asked to stop."""

    def __init__(self):
        """Begins without a request."""
        self.requested = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Notes SIGTERM as long as the block lasts, instead of dying of it.

        Only the main thread can do so; in any other one nothing changes.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def _note(self, *_) -> None:
        self.requested = True
