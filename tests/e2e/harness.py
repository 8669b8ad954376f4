"""The harness of the end-to-end tests: the real programs in a directory of their own, and TAP.

A test is a function with a sentence for a name and one argument, a House: a fresh directory where it may write campaign
files, run `rung`, and ask the store. Nothing is timed; whatever is waited for has a deadline.
"""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("RUNG_BUILD") or os.path.join(HERE, "..", "..", "build")
TRIALS = os.path.join(HERE, "trials")
DEADLINE = float(os.environ.get("RUNG_E2E_DEADLINE", "120"))  # seconds for one thing to happen

tests = []


def test(function):
    tests.append(function)
    return function


class Skip(Exception):
    """Raised with the reason."""


def program(name):
    return os.path.join(BUILD, name)


def wait_for(claim, what, seconds=DEADLINE):
    """Until claim() gives something true, which it returns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = claim()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"did not happen in {seconds:.0f} s: {what}")


def campaign(name="small", trials=9, max_budget=9, **changes):
    """A campaign over trials/steps.py, as a dictionary; `fixed` and `search` are merged, all else is replaced."""
    file = {
        "name": name, "seed": 1,
        "objective": {"metric": "loss", "goal": "minimize"},
        "trial": {"command": [sys.executable, os.path.join(TRIALS, "steps.py")], "fixed": changes.pop("fixed", {})},
        "space": {"x": {"type": "float", "low": 0, "high": 1}, "y": {"type": "float", "low": 0, "high": 1}},
        "search": {"sampler": "tpe", "scheduler": "hyperband", "min_budget": 1, "max_budget": max_budget, "eta": 3,
                   **changes.pop("search", {})},
        "limits": {"trials": trials},
    }
    file.update(changes)
    return file


class House:
    def __init__(self):
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="rung-e2e-"))
        self.store = os.path.join(self.directory, "store")
        self.children = []
        os.environ["XDG_CACHE_HOME"] = os.path.join(self.directory, "cache")

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
            for stream in (child.stdout, child.stderr):
                if stream:
                    stream.close()
        wait_for(lambda: not self.processes(""), "all processes of the test end")
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def path(self, name):
        return os.path.join(self.directory, name)

    # ---- programs ----

    def rung(self, *words, status=0, stdin=None):
        """Runs `rung` to its end; it must exit with `status`, or with anything for None."""
        done = subprocess.run([program("rung"), *words], cwd=self.directory, timeout=DEADLINE, text=True, input=stdin,
                              stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True, check=False)
        if status is not None and done.returncode != status:
            raise AssertionError(f"rung {' '.join(words)} exits with {done.returncode}, not {status}:\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def ask(self, *words, status=0):
        """`rung` about this house's store."""
        return self.rung(*words, "--store", self.store, status=status)

    def run(self, path, *words, status=0):
        return self.rung("run", path, "--store", self.store, "--workers", "2", *words, status=status)

    def start(self, name, *words):
        child = subprocess.Popen([program(name), *words], cwd=self.directory, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=open(self.path(f"{name}-{len(self.children)}.err"), "w",
                                                                     encoding="utf-8"))
        self.children.append(child)
        return child

    def start_run(self, path, *words):
        return self.start("rung", "run", path, "--store", self.store, "--workers", "2", *words)

    def end(self, child, status):
        """Waits for it; it must exit with `status`. Returns its standard output."""
        out, _ = child.communicate(timeout=DEADLINE)
        if child.returncode != status:
            raise AssertionError(f"{child.args} exits with {child.returncode}, not {status}:\n{out}")
        return out

    def logs(self):
        text = ""
        for place, _, names in os.walk(self.directory):
            for name in sorted(names):
                if name.endswith((".log", ".err")):
                    with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
                        text += f"--- {name}\n" + file.read()[-3000:]
        return text

    def processes(self, part):
        """Ids of processes of this house (named on their command line, or run in it) that are the program `part`, or
        whose interpreter runs it; all of them for "". Sockets and stores on a command line do not count."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    state = file.read().rpartition(")")[2].split()[0]
                ours = any(self.directory in word for word in words) or \
                    os.readlink(f"/proc/{entry}/cwd").startswith(self.directory)
            except OSError:
                continue
            if ours and state != "Z" and (not part or part in [os.path.basename(word) for word in words[:2]]):
                found.append(int(entry))
        return sorted(found)

    def kill(self, part):
        """Kills one of them, as soon as there is one, and returns its id."""
        pid = wait_for(lambda: self.processes(part), f"a process {part} to kill")[0]
        self.kill_id(pid)
        return pid

    @staticmethod
    def kill_id(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended by itself in this instant: the effect is the same

    # ---- the store ----

    def query(self, sql, *values):
        """Rows, read-only; [] as long as there is no database."""
        try:
            base = sqlite3.connect(f"file:{self.store}/rung.db?mode=ro", uri=True, timeout=10)
        except sqlite3.OperationalError:
            return []
        try:
            return base.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error) or "unable to open" in str(error):
                return []
            raise
        finally:
            base.close()

    def value(self, sql, *values):
        rows = self.query(sql, *values)
        return rows[0][0] if rows else None

    def n_counted(self):
        return self.value("SELECT count(*) FROM result WHERE counted = 1") or 0

    def check_sound(self):
        """What must hold of any store at any time."""
        assert self.value("PRAGMA integrity_check") == "ok"
        doubled = self.query("SELECT trial, rung FROM result WHERE counted = 1 GROUP BY 1, 2 HAVING count(*) > 1")
        assert not doubled, f"counted twice: {doubled}"
        lost = self.query("SELECT number FROM trial WHERE value IS NOT NULL AND id NOT IN "
                          "(SELECT trial FROM result WHERE counted = 1)")
        assert not lost, f"trials with a value, without a result: {lost}"

    def check_complete(self, n_trials, max_budget=9, max_failed=0):
        """What must hold of a campaign that ended by itself, with so many trials."""
        self.check_sound()
        assert self.value("SELECT state FROM campaign") == "done"
        assert self.value("SELECT count(*) FROM trial") == n_trials
        states = dict(self.query("SELECT state, count(*) FROM trial GROUP BY 1"))
        assert states.pop("failed", 0) <= max_failed and set(states) <= {"completed", "stopped"}, states
        assert states.get("completed") and self.value("SELECT max(reached) FROM trial") == max_budget, states
        wrong = self.query("SELECT t.number, t.reached, count(p.step) FROM trial AS t LEFT JOIN point AS p "
                           "ON p.trial = t.id AND p.metric = (SELECT id FROM metric WHERE name = 'loss') "
                           "WHERE t.state <> 'failed' GROUP BY t.id HAVING count(p.step) <> t.reached")
        assert not wrong, f"curves that lack steps, or have too many (trial, reached, points): {wrong}"


def main():
    chosen = sys.argv[1:]
    todo = [t for t in tests if not chosen or any(word in t.__name__ for word in chosen)]
    failed = 0
    for number, one in enumerate(todo, 1):
        house, reason, skipped = House(), "", ""
        try:
            one(house)
        except Skip as skip:
            skipped = f" # SKIP {skip}"
        except Exception:  # whatever goes wrong is this test's failure, and the others still run
            reason = traceback.format_exc() + house.logs()
        try:
            house.close()
        except Exception:
            reason += traceback.format_exc()
        failed += bool(reason)
        print(f"{'not ok' if reason else 'ok'} {number} - {one.__name__}{skipped}", flush=True)
        for line in reason.splitlines():
            print("#", line, flush=True)
    print(f"1..{len(todo)}")
    return failed > 0
