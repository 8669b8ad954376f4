#!/usr/bin/env python3
"""`rung backup` beside a running coordinator, and what becomes of a store that is put back."""
import json
import os
import shutil
import sqlite3
import sys
import time

import harness
from harness import campaign, test, wait_for


def begin(house, seconds=0.05):
    """A coordinator and a worker on a campaign; gives the coordinator, and the arguments that start it again."""
    words = ["--store", house.store, "--listen", f"ipc://{house.path('socket')}", "--backup-every", "1s"]
    coordinator = house.start("rungd", *words)
    path = house.write("small.json", campaign("small", trials=12, fixed={"seconds": seconds}))
    connect = ["--connect", f"ipc://{house.path('socket')}"]
    wait_for(lambda: house.rung("submit", path, *connect, status=None).returncode == 0, "submit")
    house.start("rung-worker", *connect, "--slots", "2", "--dir", house.path("worker"), "--allow-commands", "*")
    return coordinator, words


@test
def a_backup_beside_a_running_coordinator_is_whole_and_goes_on_elsewhere_with_its_checkpoints(house):
    begin(house)
    wait_for(lambda: house.n_counted() >= 4, "a few results")
    copy, blobs = house.path("copy.db"), house.path("copy-blobs")
    said = house.ask("backup", copy, "--with-blobs", blobs).stdout
    assert "checked" in said and "checkpoints" in said and f"cp {copy} NEW/rung.db" in said, said
    again = house.ask("backup", copy, status=2)
    assert "is there already" in again.stderr, again.stderr
    base = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    wanted = {row[0] for row in base.execute("SELECT DISTINCT checkpoint FROM trial WHERE checkpoint <> ''")}
    counted = base.execute("SELECT count(*) FROM result WHERE counted = 1").fetchone()[0]
    base.close()
    kept = {name for _, _, names in os.walk(blobs) for name in names}
    assert wanted and kept == wanted, (wanted, kept)
    new = house.path("new")
    os.mkdir(new)
    shutil.copy(copy, os.path.join(new, "rung.db"))
    shutil.copytree(blobs, os.path.join(new, "blobs"))
    house.store = new
    assert house.n_counted() == counted >= 4
    house.run(house.path("small.json"), "--quiet")
    house.check_complete(12)


@test
def what_workers_bring_to_a_restored_backup_is_not_taken_for_another_trial(house):
    coordinator, words = begin(house)
    wait_for(lambda: house.n_counted() >= 2, "two results")
    copy = house.path("copy.db")
    house.ask("backup", copy)
    known = {row[0] for row in sqlite3.connect(copy).execute("SELECT id FROM trial")}
    wait_for(lambda: (house.value("SELECT count(*) FROM trial") or 0) >= len(known) + 3, "trials that it lacks")
    coordinator.kill()
    coordinator.wait()
    wait_for(lambda: os.path.getsize(house.path("worker/spool")) > 0, "an outcome that waits in the spool")
    for name in ("rung.db", "rung.db-wal", "rung.db-shm"):
        if os.path.exists(os.path.join(house.store, name)):
            os.remove(os.path.join(house.store, name))
    shutil.copy(copy, os.path.join(house.store, "rung.db"))
    house.start("rungd", *words)
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign goes on and ends")
    house.check_complete(12)
    new = {row[0] for row in house.query("SELECT id FROM trial")} - known
    assert new and min(new) > 1000000000, new


@test
def a_coordinator_copies_its_database_by_itself(house):
    begin(house)
    backups = os.path.join(house.store, "backups")
    wait_for(lambda: os.path.isdir(backups) and [n for n in os.listdir(backups) if ".part" not in n], "a copy")
    copy = os.path.join(backups, sorted(n for n in os.listdir(backups) if ".part" not in n)[0])
    base = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    assert base.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert base.execute("SELECT count(*) FROM campaign").fetchone()[0] == 1
    base.close()


def blobs_of(house):
    place = os.path.join(house.store, "blobs")
    return {name for _, _, names in os.walk(place) for name in names if len(name) == 64}


@test
def gc_and_rm_free_what_nobody_needs_and_the_store_goes_on(house):
    for seed, name in enumerate(("first", "second")):
        house.run(house.write(f"{name}.json", campaign(name, trials=6, seed=seed)), "--quiet")
    before = blobs_of(house)
    dry = house.ask("gc", "--dry-run", "--keep", "1").stdout
    assert dry.startswith("would free") and blobs_of(house) == before, dry
    said = house.ask("gc", "--keep", "1").stdout
    left = {row[0] for row in house.query("SELECT checkpoint FROM trial WHERE checkpoint <> ''")}
    assert blobs_of(house) == left and len(left) == 2, (said, left)
    best = [row[0] for row in house.query("SELECT checkpoint FROM ranking WHERE place = 1")]
    assert set(best) == left
    refused = house.ask("rm", "first", status=2)
    assert "--yes" in refused.stderr, refused.stderr
    trials = house.value("SELECT max(id) FROM trial")
    house.ask("rm", "second", "--yes")
    assert [row[0] for row in house.query("SELECT name FROM campaign")] == ["first"]
    assert len(blobs_of(house)) == 1 and not house.query("PRAGMA foreign_key_check")
    assert not house.query("SELECT name FROM sqlite_schema WHERE name = 'trials_second'")
    missing = house.ask("rm", "second", "--yes", status=3)
    assert "no campaign" in missing.stderr, missing.stderr
    house.run(house.path("second.json"), "--quiet")
    assert house.value("SELECT min(t.id) FROM trial AS t JOIN campaign AS c ON c.id = t.campaign "
                       "WHERE c.name = 'second'") > trials
    house.ask("rm", "first", "--yes")
    house.run(house.path("second.json"), "--quiet")
    house.check_sound()


@test
def gc_and_rm_work_while_a_coordinator_serves_the_store_and_the_others_go_on(house):
    house.run(house.write("over.json", campaign("over", trials=6, seed=3)), "--quiet")
    over = {row[0] for row in house.query("SELECT checkpoint FROM trial WHERE checkpoint <> ''")}
    last = house.value("SELECT max(id) FROM trial")
    door = ["--connect", f"ipc://{house.path('socket')}"]
    begin(house, seconds=0.5)
    wait_for(lambda: house.n_counted() >= 1 and house.value("SELECT count(*) FROM campaign") == 2, "a result")
    old = os.path.join(house.store, "quarantine")
    os.makedirs(old)
    for name, age in (("old.frame", 8), ("new.frame", 1)):
        with open(os.path.join(old, name), "w", encoding="utf-8") as file:
            file.write("frame")
        when = time.time() - age * 86400
        os.utime(os.path.join(old, name), (when, when))
    said = json.loads(house.ask("gc", "--keep", "1", "--json", *door).stdout)
    assert said["schema"] == "rung.gc/1" and said["files"] == 1 and said["trials"] >= 5, said
    assert os.listdir(old) == ["new.frame"]
    assert len(over & blobs_of(house)) == 1, over & blobs_of(house)
    refused = house.ask("rm", "small", "--yes", *door, status=1)
    assert "is not over" in refused.stderr and "rung stop small" in refused.stderr, refused.stderr
    house.ask("rm", "over", "--yes", *door)
    assert [row[0] for row in house.query("SELECT name FROM campaign")] == ["small"]
    assert not over & blobs_of(house)
    missing = house.ask("rm", "over", "--yes", *door, status=3)
    assert "no campaign" in missing.stderr, missing.stderr
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign goes on and ends")
    assert house.value("SELECT min(id) FROM trial") > last
    house.check_complete(12)
    house.check_sound()


@test
def what_goes_on_is_removed_by_force_alone_and_its_coordinator_lives(house):
    door = ["--connect", f"ipc://{house.path('socket')}"]
    begin(house, seconds=0.5)
    wait_for(lambda: house.n_counted() >= 1, "a result")
    seq = house.value("SELECT max(seq) FROM event")
    house.ask("rm", "small", "--yes", *door, "--force")
    assert house.value("SELECT count(*) FROM trial") == 0 and house.processes("rungd")
    assert house.value("SELECT v FROM meta WHERE k = 'seq'") >= seq


@test
def what_goes_on_is_not_removed_when_nobody_serves_it(house):
    begin(house)
    wait_for(lambda: house.n_counted() >= 1, "a result")
    house.kill("rungd")
    wait_for(lambda: not house.processes("rungd"), "rungd ends")
    refused = house.ask("rm", "small", "--yes", status=1)
    assert "is not over" in refused.stderr and "--force" in refused.stderr, refused.stderr
    house.ask("rm", "small", "--yes", "--force")
    assert house.value("SELECT count(*) FROM trial") == 0


@test
def checkpoints_that_are_missing_or_damaged_are_never_used_and_their_trials_begin_again(house):
    path = house.write("small.json", campaign("small", trials=9, fixed={"seconds": 0.02}))
    run = house.start_run(path)
    wait_for(lambda: house.n_counted() >= 4, "a few results")
    run.send_signal(2)
    house.end(run, 130)
    shutil.rmtree(os.path.join(house.store, "workers"))  # so that the coordinator's are needed
    places = sorted(os.path.join(house.store, "blobs", name[:2], name) for name in blobs_of(house))
    for number, place in enumerate(places):
        if number % 2:
            os.remove(place)
            continue
        os.chmod(place, 0o600)
        with open(place, "r+b") as file:
            byte = file.read(1)
            file.seek(0)
            file.write(bytes([byte[0] ^ 1]))
    house.run(path, "--quiet")
    house.check_complete(9)
    with open(os.path.join(house.store, "log", "rungd.log"), encoding="utf-8") as log:
        said = log.read()
    assert "missing or damaged" in said or "damaged on disk" in said, said
    assert house.value("SELECT count(*) FROM trial WHERE state = 'failed'") == 0


if __name__ == "__main__":
    sys.exit(harness.main())
