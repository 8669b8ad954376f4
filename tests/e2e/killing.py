"""A coordinator and workers that are killed with SIGKILL and started again, and the books that show what came of it.

Each agent writes into its log what it put on its disk ("kept: ...") and what the coordinator acknowledged
("acknowledged: ..."). In the end, when all spools are empty, the database must have all of it.
"""
import os
import re
import signal
import subprocess
import sys
import time

from harness import BUILD, DEADLINE, TRIALS, campaign, wait_for

LINE = re.compile(r"debug: (kept|acknowledged): trial (\d+) rung (\d+) lease (\d+)(?:: (\w+))?")


class Program:
    """One process of ours, under the same words again after each death."""

    def __init__(self, house, name, log, *words):
        self.house, self.log, self.words = house, house.path(log), [os.path.join(BUILD, name), *words]
        self.child, self.n_killed = None, 0

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.child = subprocess.Popen(self.words, cwd=self.house.directory, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log)
        self.house.children.append(self.child)

    def kill(self):
        """SIGKILL, and the next one at once."""
        self.child.kill()
        self.child.wait()
        self.house.children.remove(self.child)
        self.n_killed += 1
        self.start()

    def listens_to(self, number):
        """Whether it has a handler for this signal: before that it is still being loaded."""
        with open(f"/proc/{self.child.pid}/status", encoding="utf-8") as file:
            caught = re.search(r"^SigCgt:\s*([0-9a-f]+)", file.read(), re.MULTILINE)
        return bool(int(caught.group(1), 16) >> (number - 1) & 1)

    def end(self):
        """Gently; it must succeed."""
        wait_for(lambda: self.listens_to(signal.SIGTERM), f"{self.words[0]} listens to signals")
        self.child.terminate()
        status = self.child.wait(timeout=DEADLINE)
        assert status == 0, f"{self.words[0]} exits with {status}"


class Fleet:
    """One coordinator and some workers of one slot each, all in one house."""

    def __init__(self, house, n_workers):
        self.house = house
        self.address = f"ipc://{house.path('rung.sock')}"
        self.coordinator = Program(house, "rungd", "rungd.log", "--store", house.store, "--listen", self.address)
        self.workers = [
            Program(house, "rung-worker", f"worker-{i}.log", "--connect", self.address, "--slots", "1", "--dir",
                    house.path(f"worker-{i}"), "--name", f"worker-{i}", "--allow-commands", "*", "--log-level", "debug")
            for i in range(n_workers)]
        self.n_trials_killed = 0

    def start(self):
        for program in (self.coordinator, *self.workers):
            program.start()

    def submit(self, path):
        wait_for(lambda: self.house.rung("submit", path, "--connect", self.address, status=None).returncode == 0,
                 f"{path} is submitted")

    def kill(self, what, chance):
        if what == "coordinator":
            self.coordinator.kill()
        elif what == "worker":
            chance.choice(self.workers).kill()
        else:
            trials = self.house.processes("steps.py")
            if trials:
                self.house.kill_id(chance.choice(trials))
                self.n_trials_killed += 1

    def end(self):
        """All gently: the workers leave when their spools are empty."""
        for worker in self.workers:
            worker.end()
        self.coordinator.end()

    def n_workers_killed(self):
        return sum(worker.n_killed for worker in self.workers)

    def books(self):
        """(what was kept on a worker's disk, {what was acknowledged: verdict}), each by (trial, rung, lease)."""
        kept, acknowledged = set(), {}
        for worker in self.workers:
            with open(worker.log, encoding="utf-8", errors="replace") as file:
                for kind, trial, rung, lease, verdict in LINE.findall(file.read()):
                    key = int(trial), int(rung), int(lease)
                    if kind == "kept":
                        kept.add(key)
                    else:
                        acknowledged[key] = verdict
        return kept, acknowledged


def slow(name, trials, seconds=0.02):
    return campaign(name=name, trials=trials, fixed={"seconds": seconds})


def is_over(house, name):
    """With --json, and from the database itself: the coordinator may be dead at this instant."""
    return house.value("SELECT state FROM campaign WHERE name = ?", name) not in (None, "running")


def disturb(fleet, name, kills, chance, pause):
    """Kills at random instants, `pause` = (shortest, longest) apart, until the campaign is over or `kills`, {what: how
    often still}, is used up; counts down there."""
    end = time.monotonic() + DEADLINE * 5
    while not is_over(fleet.house, name):
        assert time.monotonic() < end, f"{name} does not come to its end"
        time.sleep(chance.uniform(*pause))
        todo = [what for what, n in kills.items() for _ in range(n)]
        if todo:
            what = chance.choice(todo)
            fleet.kill(what, chance)
            kills[what] -= 1


def settle(fleet):
    """Ends all of them, and returns what came of it, as figures."""
    house = fleet.house
    fleet.end()
    kept, acknowledged = fleet.books()
    rows = {(trial, rung, lease): counted for trial, rung, lease, counted in
            house.query("SELECT trial, rung, lease, max(counted) FROM result GROUP BY 1, 2, 3")}
    lost = [key for key in kept if key not in rows]
    lost += [key for key, verdict in acknowledged.items() if verdict == "counted" and not rows.get(key)]
    doubled = house.query("SELECT trial, rung FROM result WHERE counted = 1 GROUP BY 1, 2 HAVING count(*) > 1")
    torn = house.query("SELECT t.id FROM trial AS t LEFT JOIN point AS p ON p.trial = t.id AND p.metric = "
                       "(SELECT id FROM metric WHERE name = 'loss') WHERE t.state IN ('completed', 'stopped') "
                       "GROUP BY t.id HAVING count(p.step) <> t.reached")
    states = dict(house.query("SELECT state, count(*) FROM trial GROUP BY 1"))
    return {
        "kills": {"coordinator": fleet.coordinator.n_killed, "worker": fleet.n_workers_killed(),
                  "trial": fleet.n_trials_killed},
        "campaigns": dict(house.query("SELECT state, count(*) FROM campaign GROUP BY 1")),
        "trials": states,
        "attempts": house.value("SELECT count(*) FROM attempt"),
        "attempts_by_outcome": dict(house.query("SELECT outcome, count(*) FROM attempt GROUP BY 1")),
        "results": {"kept_by_workers": len(kept), "acknowledged": len(acknowledged),
                    "counted": house.n_counted(),
                    "late": house.value("SELECT count(*) FROM result WHERE verdict = 'late'")},
        "lost": len(lost), "double": len(doubled), "torn_curves": len(torn),
        "integrity": house.value("PRAGMA integrity_check"),
    }


def check(figures):
    """What must hold whatever was killed."""
    wrong = {what: figures[what] for what in ("lost", "double", "torn_curves") if figures[what]}
    assert not wrong and figures["integrity"] == "ok", figures
    assert set(figures["campaigns"]) == {"done"}, figures
    assert set(figures["trials"]) <= {"completed", "stopped", "failed", "set_aside"}, figures
    assert figures["trials"].get("failed", 0) <= figures["kills"]["trial"], figures
