#!/usr/bin/env python3
"""What people ask of a campaign: while it runs, when it is over, and with nobody there; kept with who asked."""
import json
import os
import sys

from harness import campaign, main, test, wait_for


def trials(house, where="1"):
    return house.query(f"SELECT count(*) FROM trial WHERE {where}")[0][0]


@test
def an_extended_campaign_goes_on_with_its_own_file(house):
    path = house.write("small.json", campaign())
    house.run(path)
    said = house.ask("extend", "small", "--trials", "+6", "--max-budget", "30")
    assert said.stdout == "campaign small: running: trials 9 to 15, max_budget 9 to 30\n", said.stdout
    assert "rung run" in said.stderr, said.stderr
    house.run(path)
    assert trials(house) == 15
    assert house.query("SELECT DISTINCT budget FROM brackets ORDER BY 1") == [(1,), (3,), (9,), (30,)]
    best = json.loads(house.ask("best", "--json").stdout)
    assert best["budget"] == 30, best
    assert trials(house, "state = 'completed' AND reached = 30") >= 1
    who, = {row[0] for row in house.query("SELECT who FROM steering")}
    assert "@" in who, who
    again = house.run(path)
    assert "it is over" in again.stderr, again.stderr
    changed = house.run(house.write("small.json", campaign(trials=15)), status=2)
    assert "rung extend small" in changed.stderr, changed.stderr


@test
def a_running_campaign_takes_a_configuration_of_mine_next(house):
    path = house.write("small.json", campaign(trials=12, fixed={"delay": 0.05}))
    run = house.start("rung", "run", path, "--store", house.store, "--workers", "1")
    wait_for(lambda: house.query("SELECT 1 FROM result"), "a first result")
    house.ask("enqueue", "small", "x=0.5", "y=0.25")
    house.ask("note", "small", "1", "looks odd")
    house.ask("pause", "small")
    house.ask("resume", "small")
    house.end(run, 0)
    found = house.query("SELECT origin FROM decision JOIN trial ON trial.id = decision.trial WHERE move = 'start' "
                        "AND json_extract(config, '$.x') = 0.5 AND json_extract(config, '$.y') = 0.25")
    assert found == [("enqueued",)], found
    assert [row[0] for row in house.query("SELECT action FROM steering")] == ["enqueue", "note", "pause", "resume"]
    assert "looks odd" in house.ask("show", "1").stdout
    assert json.loads(house.ask("show", "1", "--json").stdout)["notes"][0]["note"] == "looks odd"


@test
def a_configuration_that_cannot_be_is_refused_as_in_a_campaign_file(house):
    house.run(house.write("small.json", campaign(trials=3, where=["x + y < 1.5"])))
    before = house.query("SELECT max(seq) FROM event")
    for words, why in [(["x=0.9", "y=0.8"], 'breaks "x + y < 1.5"'), (["x=7", "y=0"], "/x: 7: expected a number"),
                       (["x=0.5"], '"y" is missing'), (["z=1", "x=0.5", "y=0.5"], "/z: no such parameter"),
                       (['{"x": 1'], "no JSON"), (["half"], "no name=value"), (["[1]"], "no name=value")]:
        refused = house.ask("enqueue", "small", *words, status=2).stderr
        assert why in refused, (words, refused)
    assert house.query("SELECT max(seq) FROM event") == before
    house.write("mine.json", {"x": 0.125, "y": 0.25})
    assert "next new trial" in house.ask("enqueue", "small", "@" + house.path("mine.json")).stdout


@test
def what_failed_is_tried_again_from_its_last_checkpoint(house):
    flag = house.path("broken")
    house.write("broken", "")
    program = house.write("trial.py", f"""
import json, os, socket, sys
channel = socket.socket(fileno=int(os.environ["RUNG_FD"])).makefile("rw")
order = json.loads(channel.readline())
if order["budget_from"] > 0 and os.path.exists({flag!r}):
    sys.exit("the disk is away")
for step in range(order["budget_from"] + 1, order["budget_to"] + 1):
    print(json.dumps({{"step": step, "metrics": {{"loss": order["config"]["x"]}}}}), file=channel, flush=True)
open(order["checkpoint_out"], "w").write(str(order["budget_to"]))
print(json.dumps({{"checkpoint": order["checkpoint_out"], "step": order["budget_to"]}}), file=channel, flush=True)
print(json.dumps({{"done": True}}), file=channel, flush=True)
""")
    path = house.write("small.json", campaign(trial={"command": [sys.executable, program]}))
    house.run(path)
    failed = trials(house, "state = 'failed'")
    assert failed >= 1
    os.remove(flag)
    said = house.ask("retry", "small", "--failed").stdout
    assert "again from their last checkpoints" in said, said
    house.run(path)
    assert trials(house, "state = 'failed'") == 0
    assert house.query("SELECT count(*) FROM result WHERE verdict = 'retried' AND counted = 0") == [(failed,)]
    again = house.query("SELECT count(*) FROM attempts WHERE lease > 1 AND outcome = 'reached' AND budget_from > 0")
    assert again[0][0] >= failed
    assert "no trial of small failed" in house.ask("retry", "small", status=None).stderr


@test
def events_are_read_from_the_store_and_gone_on_with_by_number(house):
    house.run(house.write("small.json", campaign(trials=3)))
    lines = [json.loads(line) for line in house.ask("watch", "--since", "0", "--json").stdout.splitlines()]
    assert {line["schema"] for line in lines} == {"rung.event/1"}
    later = house.ask("watch", "--since", lines[4]["seq"], "--json").stdout.splitlines()
    assert [json.loads(line) for line in later] == lines[5:]
    assert len(house.ask("watch", "--since", "0").stdout.splitlines()) == len(lines)
    assert "is over: done" in house.ask("watch", "small").stderr


@test
def what_nobody_can_do_is_said_with_the_way_out(house):
    assert "no store" in house.ask("extend", "small", "--trials", "+1", status=3).stderr
    house.run(house.write("small.json", campaign(trials=3)))
    assert 'no campaign "smal"' in house.ask("pause", "smal", status=3).stderr
    assert "is over (done)" in house.ask("pause", "small", status=None).stderr
    assert "--trials" in house.ask("extend", "small", status=2).stderr
    assert "whole number" in house.ask("extend", "small", "--trials", "many", status=2).stderr
    assert "3 already" in house.ask("extend", "small", "--trials", "3", status=None).stderr
    assert "no limits.wall_clock" in house.ask("extend", "small", "--wall-clock", "+1h", status=None).stderr


main()
