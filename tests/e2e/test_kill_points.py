#!/usr/bin/env python3
"""SIGKILL at every named point of the programs (common/base/kill_point.h), at its first, second and fifth passage: the
campaign ends, nothing is lost or counted twice, and with one worker the counted results are those of a run that was
left alone. Uses the programs of build/tests/kill."""
import os
import re
import signal
import sqlite3
import sys

import harness
from harness import House, main, test, tests, wait_for
from tiny import RESULTS, TINY

PLAIN = harness.BUILD
ROOT = os.path.join(harness.HERE, "..", "..")
PASSAGES = (1, 2, 5)
POINTS = {
    "rungd": ["commit.before", "commit.after", "answer.sent", "blob.synced", "blob.named", "blob.unlisted"],
    "rung-worker": ["grant.taken", "outcome.unsynced", "outcome.synced", "outcome.sent", "outcome.acknowledged",
                    "outcome.forgotten", "blob.synced", "blob.named", "checkpoint.saved", "checkpoint.uploaded"],
    "rung-train": ["trained", "checkpoint.written", "checkpoint.said"],
}
AT_START = {"rungd": ["listen.before", "rebuild.half"]}  # passed once a process
MIGRATING = ["migrate.copied", "migrate.uncommitted"]
calm = []  # the counted results of a run that was left alone


def counted(counter):
    return os.path.getsize(counter) if os.path.exists(counter) else 0


def run(house, point="", n=0, build=None):
    """A run of TINY with one worker that is killed at this passage; returns the file that counts passages."""
    counter = house.path(f"passages-{n}")
    harness.BUILD = build or os.path.join(PLAIN, "tests", "kill")
    house.store = house.path(f"store-{n}")
    os.environ["RUNG_KILL_POINT"] = f"{point}:{n}:{counter}"
    try:
        child = house.start("rung", "run", house.write("tiny.json", TINY), "--store", house.store, "--workers", "1")
        if point.partition("/")[2] in AT_START["rungd"]:
            start_again(house, child, counter, n)
        house.end(child, 0)
    finally:
        del os.environ["RUNG_KILL_POINT"]
        harness.BUILD = PLAIN
    return counter


def start_again(house, child, counter, n):
    """Kills the coordinator until it has started n times and died there by itself."""
    while counted(counter) < n:
        seen = counted(counter)
        wait_for(lambda: house.n_counted() > seen or counted(counter) >= n, "the campaign goes on")
        if counted(counter) < n:
            assert child.poll() is None, f"the campaign ended before start {n}"
            house.kill("rungd")
            wait_for(lambda: counted(counter) > seen, "the coordinator starts again")


def undisturbed():
    if not calm:
        house = House()
        try:
            run(house)
            calm.extend(house.query(RESULTS))
        finally:
            house.close()
    return calm


def killed_at(house, point, passages):
    costs_a_trial = point.startswith("rung-train")
    for n in passages:
        counter = run(house, point, n)
        assert counted(counter) >= n, f"{point} is passed {counted(counter)} times only"
        house.check_sound()
        states = dict(house.query("SELECT state, count(*) FROM trial GROUP BY 1"))
        assert states.pop("failed", 0) == costs_a_trial and set(states) <= {"completed", "stopped"}, (point, n, states)
        if not costs_a_trial:
            assert house.query(RESULTS) == undisturbed(), f"{point}:{n}: other results"


def add_test(program, point, passages):
    def one(house):
        killed_at(house, f"{program}/{point}", passages)
    one.__name__ = re.sub(r"\W", "_", f"{program}_killed_at_{point}_costs_" +
                          ("that trial alone" if program == "rung-train" else "nothing"))
    tests.append(one)


for _program, _points in POINTS.items():
    for _point in _points:
        add_test(_program, _point, PASSAGES)
for _point in AT_START["rungd"]:
    add_test("rungd", _point, (1, 2, 4))


def version_of(house):
    return house.value("PRAGMA user_version")


def serve(house, point):
    """A coordinator for the store, which may die at this point."""
    os.environ["RUNG_KILL_POINT"] = f"rungd/{point}:1:{house.path('passages')}"
    harness.BUILD = os.path.join(PLAIN, "tests", "kill")
    try:
        return house.start("rungd", "--store", house.store)
    finally:
        harness.BUILD = PLAIN
        del os.environ["RUNG_KILL_POINT"]


def make_old(house):
    """A store of the first form with what a real run left."""
    run(house)
    new = os.path.join(house.store, "rung.db")
    house.store = house.path("old")
    os.mkdir(house.store, 0o700)
    base = sqlite3.connect(os.path.join(house.store, "rung.db"))
    with open(os.path.join(ROOT, "schemas", "store", "0001_start.sql"), encoding="utf-8") as file:
        base.executescript(file.read() + "PRAGMA application_id = 1381322311; PRAGMA user_version = 1;")
    base.execute("ATTACH ? AS new", (new,))
    for (table,) in base.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
        columns = ", ".join(row[1] for row in base.execute(f"PRAGMA main.table_info({table})"))
        base.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    base.commit()
    base.close()


def migration_killed_at(house, point):
    make_old(house)
    boot = house.value("SELECT v FROM meta WHERE k = 'boot'")
    n_results = house.n_counted()
    house.end(serve(house, point), -signal.SIGKILL)
    assert version_of(house) == 1
    house.check_sound()
    rungd = serve(house, point)
    wait_for(lambda: (version_of(house) or 0) > 1, "the store is migrated")
    wait_for(lambda: house.value("SELECT v FROM meta WHERE k = 'boot'") > boot and
             house.rung("status", "--store", house.store, status=None).returncode == 0, "the coordinator answers")
    assert os.path.exists(os.path.join(house.store, "rung.db.version-1"))
    rungd.terminate()
    house.end(rungd, 0)
    house.check_sound()
    assert house.n_counted() == n_results > 0


@test
def a_migration_that_is_killed_before_its_first_step_is_done_by_the_next_start(house):
    migration_killed_at(house, "migrate.copied")


@test
def a_migration_that_is_killed_before_its_commit_is_done_by_the_next_start(house):
    migration_killed_at(house, "migrate.uncommitted")


@test
def every_kill_point_of_the_code_is_among_these(house):
    named = set()
    for place in ("common", "coordinator", "worker"):
        for directory, _, names in os.walk(os.path.join(ROOT, place)):
            for name in names:
                if name.endswith(".c"):
                    with open(os.path.join(directory, name), encoding="utf-8") as file:
                        named.update(re.findall(r'KILL_POINT\("([^"]+)"\)', file.read()))
    known = {point for table in (POINTS, AT_START) for points in table.values() for point in points} | set(MIGRATING)
    assert named == known, named ^ known


@test
def the_programs_that_people_run_have_no_kill_points(house):
    counter = run(house, "rungd/commit.before", 1, build=PLAIN)
    assert not os.path.exists(counter)
    assert house.query(RESULTS) == undisturbed()


if __name__ == "__main__":
    sys.exit(main())
