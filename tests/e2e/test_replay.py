#!/usr/bin/env python3
"""rung replay: every decision of a store once more, after kills and restarts, and by another compiler's rung; and
rung simulate."""
import json
import os
import random
import subprocess
import sys

from harness import BUILD, DEADLINE, campaign, main, test, wait_for
from killing import Fleet, disturb, slow

OTHER = os.path.join(BUILD, "..", "build-clang", "rung")  # beside this build; tests/run makes it first


def replay(house, *words, status=0):
    return house.rung("replay", house.store, *words, status=status)


def change(house, statement):
    """As somebody would who should not."""
    import sqlite3
    with sqlite3.connect(os.path.join(house.store, "rung.db")) as database:
        assert database.execute(statement).rowcount == 1, statement


@test
def after_kills_and_restarts_all_decisions_come_out_the_same(house):
    chance = random.Random(house.directory)
    kills = {"coordinator": 2, "worker": 2, "trial": 1}
    fleet = Fleet(house, 3)
    fleet.start()
    changes = {"sync-bohb": {"scheduler": "sync-hyperband", "model": "bohb"}, "random": {"sampler": "random"}}
    for name, search in changes.items():
        file = slow(name, 12, 0.01)
        file["search"].update(search)
        fleet.submit(house.write(f"{name}.json", file))
    number = 0
    while any(kills.values()):
        number += 1
        fleet.submit(house.write("campaign.json", slow(f"campaign-{number}", 20)))
        disturb(fleet, f"campaign-{number}", kills, chance, (0.1, 0.6))
    for name in changes:
        disturb(fleet, name, {}, chance, (0.05, 0.1))
    fleet.end()
    n = house.value("SELECT count(*) FROM decision")
    said = json.loads(replay(house, "--json").stdout)
    assert said["agree"] and sum(c["agree"] for c in said["campaigns"]) == n, said
    assert replay(house).stdout.count("are the same, bit for bit") == len(said["campaigns"])
    if os.path.exists(OTHER):
        done = subprocess.run([OTHER, "replay", house.store, "--json"], timeout=DEADLINE, capture_output=True,
                              text=True, check=False)
        if "newer" not in done.stderr:  # a build that was left behind knows no store of today
            assert done.returncode == 0 and json.loads(done.stdout) == said, done.stdout + done.stderr


@test
def what_people_ask_for_meanwhile_is_part_of_it(house):
    path = house.write("small.json", campaign(trials=6))
    house.run(path, "-q")
    other = house.path("others.csv")
    with open(other, "w", encoding="utf-8") as file:
        file.write("x,y,loss,budget\n" + "".join(f"0.{i},0.{9 - i},{1 + i / 10},9\n" for i in range(1, 9)))
    house.rung("extend", "small", "--store", house.store, "--trials", "10")
    house.rung("enqueue", "small", "x=0.25", "y=0.75", "--store", house.store)
    house.rung("import", "small", "--from", other, "--store", house.store)
    house.run(path, "-q")
    house.rung("extend", "small", "--store", house.store, "--trials", "+6", "--max-budget", "27")
    house.run(path, "-q")
    assert house.value("SELECT count(*) FROM import") == 8
    assert house.value("SELECT count(*) FROM decision WHERE origin = 'enqueued'") == 1
    assert json.loads(replay(house, "--json").stdout)["agree"]


@test
def a_row_that_was_changed_is_found_and_named(house):
    house.run(house.write("small.json", campaign(trials=12)), "-q")
    house.run(house.write("other.json", campaign(name="other", trials=3)), "-q")
    seq, saw = house.query("SELECT seq, saw FROM decision WHERE origin = 'model' ORDER BY seq LIMIT 1 OFFSET 2")[0]
    change(house, f"UPDATE decision SET score = score * (1 + 1e-15) WHERE seq = {seq}")
    said = json.loads(replay(house, "--json", status=1).stdout)
    small, other = said["campaigns"]
    assert not said["agree"] and "differs" not in other
    assert (small["differs"]["decision"], small["differs"]["saw"], small["differs"]["what"]) == (seq, saw, "score")
    assert small["agree"] == house.value(f"SELECT count(*) FROM decision WHERE campaign = 1 AND seq < {seq}")
    assert f"decision {seq}" in replay(house, status=1).stdout
    replay(house, "--campaign", "other")
    change(house, "UPDATE event SET value = value - 100 WHERE seq = (SELECT seq FROM event WHERE campaign = 2 AND "
                  "kind = 'counted' AND trial NOT IN (SELECT trial FROM decision WHERE move = 'promote') LIMIT 1)")
    replay(house, "--campaign", "other", status=1)
    change(house, "UPDATE event SET trial = 9 WHERE seq = (SELECT min(seq) FROM event WHERE kind = 'counted')")
    assert "does not follow" in replay(house, "--campaign", "small", status=65).stderr


@test
def it_may_be_asked_while_the_campaign_runs(house):
    run = house.start_run(house.write("small.json", slow("small", 30, 0.02)), "-q")
    wait_for(lambda: (house.value("SELECT count(*) FROM decision") or 0) > 5, "it decides")
    for _ in range(3):
        replay(house)
    house.end(run, 0)
    replay(house)


@test
def an_earlier_campaign_is_a_benchmark(house):
    house.run(house.write("small.json", campaign(trials=12)), "-q")
    words = ("simulate", house.store, "--vary", "scheduler=hyperband,none", "--vary", "sampler=tpe,random",
             "--seeds", "2")
    said = json.loads(house.rung(*words, "--json").stdout)
    assert [v["setting"] for v in said["variants"]] == [
        f"scheduler={s} sampler={p}" for s in ("hyperband", "none") for p in ("tpe", "random")], said
    assert all(v["trials"]["mean"] <= 12 and v["finished"]["mean"] >= 1 for v in said["variants"]), said
    whole = [v for v in said["variants"] if "none" in v["setting"]]
    assert all(v["finished"] == v["trials"] for v in whole), said
    assert house.rung(*words, "--json").stdout == json.dumps(said, separators=(",", ":")) + "\n"
    for wrong, why in (("schedular=none", "is it scheduler?"), ("eta=1", "expected"), ("eta", "NAME=A,B")):
        assert why in house.rung("simulate", "branin", "--vary", wrong, status=2).stderr
    assert "no benchmark" in house.rung("simulate", "brannin", status=3).stderr


if __name__ == "__main__":
    sys.exit(main())
