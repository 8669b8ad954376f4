"""A coordinator on a store of its own, and a store of that many trials and points, made in bulk: for benchmarks."""
import json
import math
import os
import random
import sqlite3
import struct
import subprocess
import sys
import time

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
RUNGS = [1, 3, 9, 27]
METRICS = ["train_loss", "validation_loss", "validation_accuracy"]
BEGAN_MS = 1_700_000_000_000
CAMPAIGN = {
    "name": "big",
    "objective": {"metric": "validation_loss", "goal": "minimize"},
    "trial": {"command": ["true"]},
    "space": {"hidden_size": {"type": "int", "low": 16, "high": 512},
              "num_layers": {"type": "int", "low": 1, "high": 4},
              "optimizer": {"type": "categorical", "choices": ["adam", "sgd", "rmsprop"]},
              "dropout": {"type": "float", "low": 0, "high": 0.9},
              "learning_rate": {"type": "float", "low": 1e-5, "high": 0.1, "log": True},
              "momentum": {"type": "float", "low": 0, "high": 0.99, "when": "optimizer <> 'adam'"}},
    "search": {"sampler": "tpe", "scheduler": "hyperband", "min_budget": 1, "max_budget": 27, "eta": 3},
}


def program(name):
    return os.path.join(BUILD, name)


class Daemon:
    def __init__(self, store):
        self.address = f"ipc://{store}/bench"
        self.process = subprocess.Popen([program("rungd"), "--store", store, "--listen", self.address,
                                         "--log-level", "error"])
        for _ in range(3000):
            if subprocess.run([program("rung"), "status", "--connect", self.address], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        sys.exit("rungd does not answer")

    def submit(self, store, campaign):
        path = os.path.join(store, campaign["name"] + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(campaign, file)
        subprocess.run([program("rung"), "submit", path, "--connect", self.address], check=True,
                       stdout=subprocess.DEVNULL)

    def end(self):
        self.process.terminate()
        self.process.wait()


# ---- a database of that size ----

class Maker:
    """Rows in bulk: what HyperBand would have left behind, without its decisions' exact lines."""

    def __init__(self, base, n_trials, n_points):
        self.base, self.n_trials = base, n_trials
        self.rng = random.Random(1)
        self.seq = base.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        self.campaign = base.execute("SELECT id FROM campaign WHERE name = 'big'").fetchone()[0]
        steps = sum(self.budget_of(i) for i in range(1, n_trials + 1))
        self.points_a_step = n_points / (steps * len(METRICS))
        self.rows = {name: [] for name in ("trial", "attempt", "result", "point", "decision", "event")}

    @staticmethod
    def budget_of(number):
        return RUNGS[3 if number % 27 == 0 else 2 if number % 9 == 0 else 1 if number % 3 == 0 else 0]

    def config(self):
        r = self.rng
        x = {"hidden_size": r.randint(16, 512), "num_layers": r.randint(1, 4),
             "optimizer": r.choice(["adam", "sgd", "rmsprop"]), "dropout": r.uniform(0, 0.9),
             "learning_rate": math.exp(r.uniform(math.log(1e-5), math.log(0.1)))}
        if x["optimizer"] != "adam":
            x["momentum"] = r.uniform(0, 0.99)
        packed = struct.pack("<6d", x["hidden_size"], x["num_layers"], ["adam", "sgd", "rmsprop"].index(x["optimizer"]),
                             x["dropout"], x["learning_rate"], x.get("momentum", math.nan))
        return x, packed

    def note(self, kind, number, rung, lease, value=None, text=""):
        self.seq += 1
        wall = BEGAN_MS + self.seq * 100
        self.rows["event"].append((self.seq, wall, kind, self.campaign, number, 1, rung, lease, value, text))
        return self.seq

    def decide(self, number, rung, origin):
        seq = self.note("started" if rung == 0 else "promoted", number, rung, 0)
        self.rows["decision"].append((seq, seq - 1, self.campaign, number, "promote" if rung else "start", origin, rung,
                                      RUNGS[rung], 24, 1.5, max(0, rung - 1), rung, 10 * rung + 1, 0.5, 0.6))

    def curve(self, number, seq, first, last, value):
        copies = int(self.points_a_step + self.rng.random())
        for step in range(first, last + 1):
            for metric in range(1, len(METRICS) + 1):
                for copy in range(copies):
                    at = step * 10 + copy
                    self.rows["point"].append((number, metric, at, value + 1 / (at + 1) + metric, seq))

    def trial(self, number):
        x, packed = self.config()
        loss = abs(math.log10(x["learning_rate"]) + 3) * 0.2 + 20 / x["hidden_size"] + self.rng.random() * 0.1
        fails = number % 100 == 50
        value, reached, top = None, 0, RUNGS.index(self.budget_of(number))
        for rung in range(top + 1):
            lease, before = rung + 1, RUNGS[rung - 1] if rung else 0
            self.decide(number, rung, "model" if rung == 0 else "quota")
            granted = BEGAN_MS + self.note("granted", number, rung, lease) * 100
            failed = fails and rung == top
            value = None if failed else loss + 0.3 / RUNGS[rung]
            seq = self.note("failed" if failed else "counted", number, rung, lease, value)
            self.rows["result"].append((seq, number, rung, lease, 1, granted + 900, "diverged" if failed else None,
                                        value, RUNGS[rung]))
            self.rows["attempt"].append((number, lease, rung, 1, before, RUNGS[rung], granted, granted + 900,
                                         "diverged" if failed else "reached", 0.9))
            if not failed:
                reached = RUNGS[rung]
                self.curve(number, seq, before + 1, reached, value)
        state = "failed" if fails else "completed" if top == 3 else "stopped"
        last = loss + 0.3 / reached if reached else None
        self.rows["trial"].append((number, self.campaign, number, state, top, reached, last, top + 1, top + 1,
                                   "%064x" % number, json.dumps(x, separators=(",", ":")), packed))

    def flush(self):
        put = {
            "trial": "INSERT INTO trial (id, campaign, number, state, bracket, rung, budget, reached, value, lease, "
                     "n_attempts, n_broken, checkpoint, checkpoint_bytes, config, x) "
                     "VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6, ?6, ?7, ?8, ?9, 0, ?10, 100000, ?11, ?12)",
            "attempt": "INSERT INTO attempt (trial, lease, rung, worker, budget_from, budget_to, granted_ms, ended_ms, "
                       "outcome, reason, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
            "result": "INSERT INTO result (seq, trial, rung, lease, worker, received_ms, counted, verdict, failure, "
                      "value, budget, seconds, checkpoint, kernel) "
                      "VALUES (?, ?, ?, ?, ?, ?, 1, 'counted', ?, ?, ?, 0.9, '', '')",
            "point": "INSERT INTO point VALUES (?, ?, ?, ?, ?)",
            "decision": "INSERT INTO decision (seq, saw, campaign, trial, move, origin, note, bracket, rung, budget, "
                        "n_candidates, score, score_rank, model_rung, n_good, n_bad, n_pending, rank, n_at_rung, "
                        "n_promoted, loss, line) "
                        "VALUES (?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, 1, ?, 30, 100, 2, ?, ?, 0, ?, ?)",
            "event": "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        }
        for name, sql in put.items():
            self.base.executemany(sql, self.rows[name])
            self.rows[name].clear()

    def run(self):
        for metric, name in enumerate(METRICS, 1):
            self.base.execute("INSERT INTO metric VALUES (?, ?)", (metric, name))
        self.base.execute("INSERT INTO worker (id, key, name, host, version, kernel, pid, slots, cores, "
                          "first_seen_ms, last_seen_ms, state) "
                          "VALUES (1, 1, 'ada', 'ada', '0', '', 1, 1, 1, ?1, ?1, 'gone')", (BEGAN_MS,))
        for number in range(1, self.n_trials + 1):
            self.trial(number)
            if number % 5000 == 0 or number == self.n_trials:
                self.flush()
        self.base.execute("UPDATE campaign SET state = 'done', created_ms = ?1, ended_ms = ?1 + 1000 WHERE id = ?2",
                          (BEGAN_MS + self.seq * 100, self.campaign))


def make(store, n_trials, n_points):
    os.mkdir(store, 0o700)
    daemon = Daemon(store)
    daemon.submit(store, {**CAMPAIGN, "limits": {"trials": n_trials}})
    daemon.end()
    base = sqlite3.connect(os.path.join(store, "rung.db"), isolation_level=None)
    base.execute("PRAGMA synchronous = OFF")
    base.execute("BEGIN")
    Maker(base, n_trials, n_points).run()
    base.execute("COMMIT")
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    tables = ("trial", "point", "result", "event")
    counts = [base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    base.close()
    return counts
