"""A trial of Rung in Python: one file of the standard library alone. Workers put it on the path of their trials.

    import rung

    with rung.trial(learning_rate=0.1) as t:            # for running it by hand: Rung's own values replace these
        model = build(t.config["learning_rate"])
        if t.checkpoint_in:
            model.load(t.checkpoint_in)
        for step in t.steps():                          # from t.budget_from + 1 to t.budget_to, or until Rung says stop
            loss = model.train_one_epoch()
            t.report(step, loss=loss)
        with t.saving() as path:                        # the state after the last report, to go on from
            model.save(path)

Without Rung around it the same program runs with those values to `budget`, and prints what it would report.
The contract behind it: schemas/trial-contract.md.
"""
import contextlib
import json
import math
import os
import platform
import select
import socket
import sys
import tempfile

RETRY_STATUS, REFUSED_STATUS = 75, 78


class Retry(Exception):
    """This machine cannot do it now: the trial is tried again elsewhere, and nothing is learnt from this attempt."""


class Refused(Exception):
    """This configuration cannot be trained at all."""


def trial(budget=1, checkpoint=None, data=None, **config):
    """The trial that this process is. The arguments are for a run by hand: how far to train, where to save (nowhere
    unless given), trial.data, and the parameters; under Rung its order replaces them."""
    return Trial(budget, checkpoint, data, config)


class Trial:
    """What is to be done, and what was. Use it in a `with`: its end tells Rung that all was said."""

    def __init__(self, budget, checkpoint, data, config):
        descriptor = os.environ.get("RUNG_FD")
        self._socket = socket.socket(fileno=int(descriptor)) if descriptor else None
        self._unread = b""
        order = self._read_order() if self._socket else {}
        self.config = order.get("config", config)              # parameters of the space, and the campaign's fixed ones
        self.budget_from = order.get("budget_from", 0)         # what checkpoint_in has; 0 without one
        self.budget_to = order.get("budget_to", budget)        # train so far
        self.seed = int(order.get("seed", 0))                  # the same at every rung, and after every failure
        self.campaign_seed = int(order.get("campaign_seed", 0))
        self.data = order.get("data", data)
        self.checkpoint_in = order.get("checkpoint_in")        # a file to go on from, or None: begin at 0
        self.checkpoint_out = order.get("checkpoint_out", checkpoint)
        self.campaign = order.get("campaign")
        self.number = order.get("trial")
        self.metric = order.get("metric")                      # the objective's: each last report must have it
        self.step = self.budget_from                           # of the last report
        self._is_stopping = False
        self._say(kernel=f"python {platform.python_version()}"[:64])

    # ---- the socket: JSON lines ----

    def _say(self, **line):
        if self._socket:
            self._socket.sendall(json.dumps(line, allow_nan=False).encode() + b"\n")

    def _read_order(self):
        while b"\n" not in self._unread:
            piece = self._socket.recv(1 << 16)
            if not piece:
                sys.exit("rung: the agent ended before it said what to do")
            self._unread += piece
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line)

    @property
    def is_stopping(self):
        """Rung wants the trial back: finish the step, save, and leave the `with`."""
        while self._socket and not self._is_stopping and select.select([self._socket], [], [], 0)[0]:
            piece = self._socket.recv(1 << 16)
            self._unread += piece
            *lines, self._unread = self._unread.split(b"\n")
            self._is_stopping = not piece or any(json.loads(line).get("stop") for line in lines if line)
        return self._is_stopping

    # ---- what a program says ----

    def steps(self):
        """The steps to train, each once the one before was reported."""
        for step in range(self.budget_from + 1, self.budget_to + 1):
            yield step
            if self.is_stopping:
                return

    def report(self, step, **metrics):
        """What was measured after this step. A metric that is not finite ends the trial as diverged."""
        values = {name: float(value) for name, value in metrics.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                self._say(diverged=f"{name} is {value} at step {step}")
                if not self._socket:
                    print(f"step={step} {name}={value}: diverged", flush=True)
                raise SystemExit(0)
        self._say(step=int(step), metrics=values)
        if not self._socket:
            print(f"step={step}", *(f"{name}={value:.6g}" for name, value in values.items()), flush=True)
        self.step = int(step)

    @contextlib.contextmanager
    def saving(self, step=None):
        """A file name to write the state after `step` (the last report's) to; complete once the `with` ends."""
        path = self.checkpoint_out
        if not path:  # by hand, and nobody wants it
            with tempfile.TemporaryDirectory() as directory:
                yield os.path.join(directory, "checkpoint")
            return
        yield f"{path}.partial"
        with open(f"{path}.partial", "rb") as file:
            os.fsync(file.fileno())
        os.replace(f"{path}.partial", path)
        self._say(checkpoint=path, step=int(self.step if step is None else step))

    # ---- from the beginning to the end ----

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self._say(done=True)
        elif issubclass(kind, (Retry, Refused)):
            print(error, file=sys.stderr, flush=True)
            raise SystemExit(RETRY_STATUS if issubclass(kind, Retry) else REFUSED_STATUS) from error
        if self._socket:
            self._socket.close()
        return False
