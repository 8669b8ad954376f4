#!/usr/bin/env python3
"""Leases with real processes: who died is found out, the work goes on elsewhere from its checkpoint, and what comes
late counts if it is the first. How long each took is printed, not asserted: the machine may be busy."""
import json
import os
import re
import signal
import sys
import time

from hand import Hand
from harness import BUILD, campaign, main, test, wait_for
from killing import Program
from proxy import Cable


def worker(house, address, name):
    """An agent of one slot, whose log is NAME.log."""
    program = Program(house, "rung-worker", f"{name}.log", "--connect", address, "--slots", "1", "--dir",
                      house.path(name), "--name", name, "--allow-commands", "*", "--log-level", "debug")
    program.start()
    return program


def figure(what, since, wall_ms):
    print(f"# {what}: {wall_ms / 1000 - since:.2f} s", flush=True)


def wait_for_event(house, kind, after=0, text=""):
    """(seq, wall_ms, trial, text) of the first event of this kind."""
    sql = "SELECT seq, wall_ms, trial, text FROM event WHERE kind = ? AND seq > ? AND text LIKE ? ORDER BY seq LIMIT 1"
    return wait_for(lambda: house.query(sql, kind, after, f"%{text}%"), f"{kind} {text}")[0]


def running(house, worker_name):
    """(trial, lease, budget_from) of an attempt that runs there."""
    return house.query("SELECT a.trial, a.lease, a.budget_from FROM attempt AS a JOIN worker AS w ON w.id = a.worker "
                       "WHERE a.ended_ms = 0 AND w.name = ?", worker_name)


def last_seq(house):
    return house.value("SELECT max(seq) FROM event")


def begin(house, **changes):
    """A coordinator with a campaign that is slow enough to be disturbed."""
    hand = Hand(house)
    fixed = {"seconds": 0.1, **changes.pop("fixed", {})}
    hand.rung("submit", house.write("small.json", campaign(fixed=fixed, **changes)))
    return hand


def finish(house, hand, n_trials, **claims):
    hand.rung("watch", "small")
    house.check_complete(n_trials, **claims)


def signal_all(house, part, number):
    """To every process of the agent in that directory, its trials included."""
    for pid in house.processes(""):
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            words = file.read()
        if house.path(part) in words or os.readlink(f"/proc/{pid}/cwd").startswith(house.path(part)):
            os.kill(pid, number)


@test
def a_trial_that_dies_is_known_at_once(house):
    hand = begin(house, trials=4, max_budget=3)
    worker(house, hand.address, "one")
    wait_for(lambda: house.processes("steps.py"), "a trial runs")
    since = time.time()
    house.kill("steps.py")
    _, wall_ms, _, text = wait_for_event(house, "failed")
    assert "killed by signal 9" in text, text
    figure("a killed trial was known after", since, wall_ms)
    finish(house, hand, 4, max_budget=3, max_failed=1)


@test
def an_agent_that_was_killed_and_started_again_says_what_it_lost(house):
    hand = begin(house, trials=4, max_budget=3)
    agent = worker(house, hand.address, "one")
    trial, lease, _ = wait_for(lambda: running(house, "one"), "a trial runs")[0]
    since = time.time()
    agent.kill()
    _, wall_ms, lost, text = wait_for_event(house, "requeued")
    assert lost == trial and text.startswith("lost: its agent started anew"), text
    figure("an agent killed and started again: its trial was queued after", since, wall_ms)
    wait_for(lambda: house.query("SELECT 1 FROM attempt WHERE trial = ? AND lease > ?", trial, lease), "it runs again")
    finish(house, hand, 4, max_budget=3)


@test
def a_machine_that_vanishes_loses_its_lease_and_its_trial_goes_on_elsewhere_from_its_checkpoint(house):
    hand = begin(house, trials=3, max_budget=9)
    worker(house, hand.address, "one")
    trial, lease, budget_from = wait_for(lambda: [r for r in running(house, "one") if r[2] > 0], "a trial goes on")[0]
    since = time.time()
    signal_all(house, "one", signal.SIGSTOP)
    worker(house, hand.address, "two")
    seq, wall_ms, lost, text = wait_for_event(house, "requeued")
    assert lost == trial and re.match("lost: .*nothing was heard of", text), text
    figure("a machine that vanished was known after", since, wall_ms)
    sql = "SELECT lease, budget_from, w.name FROM attempt AS a JOIN worker AS w ON w.id = a.worker " \
        "WHERE trial = ? AND lease > ?"
    again = wait_for(lambda: house.query(sql, trial, lease), "it goes on")
    assert again[0] == (lease + 1, budget_from, "two"), again
    signal_all(house, "one", signal.SIGCONT)
    finish(house, hand, 3)
    assert seq < last_seq(house)


@test
def after_a_kill_of_the_coordinator_results_come_again_soon(house):
    hand = begin(house, trials=9, max_budget=3, fixed={"seconds": 0.01})
    worker(house, hand.address, "one")
    seen = wait_for(lambda: house.n_counted() >= 2 and house.n_counted(), "results")
    since = time.time()
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    wait_for(lambda: house.n_counted() > seen + 1, "results again")
    seq = house.query("SELECT wall_ms FROM event WHERE kind = 'counted' AND wall_ms > ? ORDER BY seq LIMIT 1",
                      int(since * 1000) + 20)
    figure("a coordinator killed and started again: the next result came after", since, seq[0][0])
    finish(house, hand, 9, max_budget=3)


def partitioned(house, **changes):
    """A coordinator, and a worker `far` behind a cable, which is cut while a trial is under way there."""
    hand = begin(house, trials=2, max_budget=3, fixed={"seconds": 1.0}, **changes)
    hand.rungd.kill()
    hand.rungd.wait()
    hand.rungd = house.start("rungd", "--store", house.store, "--listen", hand.address, "--lease", "2")
    port = int(hand.address.rpartition(":")[2])
    cable = Cable(port, port + 1000 if port < 60000 else port - 1000)
    worker(house, f"tcp://127.0.0.1:{cable.port}", "far")
    trial, lease, _ = wait_for(lambda: running(house, "far"), "a trial runs far away")[0]
    wait_for(lambda: "reports" if house.processes("steps.py") else None, "its process is there")
    cable.cut()
    wait_for_event(house, "requeued")
    return hand, cable, trial, lease


def wait_for_spool(house):
    """Until the far worker has put its result on its own disk."""
    spool = os.path.join(house.path("far"), "spool")
    wait_for(lambda: os.path.exists(spool) and os.path.getsize(spool) > 0, "the far worker keeps its result")


@test
def a_partitioned_worker_computes_on_and_its_late_result_counts_when_it_is_the_first(house):
    hand, cable, trial, lease = partitioned(house)
    wait_for_spool(house)
    assert house.value("SELECT state FROM trial WHERE id = ?", trial) == "queued"
    since = time.time()
    cable.mend()
    _, wall_ms, _, _ = wait_for_event(house, "counted")
    figure("after the cable was mended the late result was counted after", since, wall_ms)
    assert house.query("SELECT trial, lease, counted FROM result") == [(trial, lease, 1)]
    finish(house, hand, 2, max_budget=3)
    cable.close()


@test
def a_worker_that_is_drained_hands_back_its_trial_which_goes_on_elsewhere(house):
    hand = begin(house, trials=3, max_budget=9)
    one = house.start("rung-worker", "--connect", hand.address, "--slots", "1", "--dir", house.path("one"),
                      "--name", "one", "--allow-commands", "*")
    trial, lease, _ = wait_for(lambda: [r for r in running(house, "one") if r[2] > 0], "a trial goes on")[0]
    said = hand.rung("drain", "one").stdout
    assert said == "worker one: it hands back what it runs, and leaves\nworker one: it has left\n", said
    house.end(one, 0)
    assert house.query("SELECT state FROM worker WHERE name = 'one'") == [("gone",)]
    _, _, lost, text = wait_for_event(house, "requeued")
    assert lost == trial and text.startswith("preempted"), text
    refused = hand.rung("drain", "one", status=3).stderr
    assert 'no worker "one" is here: rung workers names them' in refused, refused
    worker(house, hand.address, "two")
    again = wait_for(lambda: house.query("SELECT lease, budget_from FROM attempt WHERE trial = ? AND lease > ?",
                                         trial, lease), "it goes on")
    assert again[0][0] == lease + 1 and again[0][1] > 0, again
    finish(house, hand, 3)
    assert not house.query("SELECT 1 FROM trial WHERE state = 'failed'")


@test
def a_late_result_that_is_not_the_first_is_kept_and_acknowledged(house):
    hand, cable, trial, lease = partitioned(house)
    near = worker(house, hand.address, "near")
    wait_for(lambda: house.query("SELECT 1 FROM result WHERE trial = ? AND lease > ?", trial, lease),
             "the other is first")
    wait_for_spool(house)
    cable.mend()
    wait_for(lambda: house.query("SELECT verdict FROM result WHERE trial = ? AND lease = ?", trial, lease) ==
             [("late",)], "the late result is kept")
    near.child.terminate()
    finish(house, hand, 2, max_budget=3)
    said = f"acknowledged: trial {trial} rung 0 lease {lease}: late"
    wait_for(lambda: said in open(house.path("far.log"), encoding="utf-8").read(), "it is acknowledged")
    cable.close()


@test
def a_stuck_trial_is_killed_after_its_progress_timeout_and_goes_on_once_it_can(house):
    flag = house.write("flag", "")
    hand = begin(house, trials=2, max_budget=3, fixed={"flag": flag, "seconds": 0},
                 limits={"trials": 2, "progress_timeout": "1s"})
    worker(house, hand.address, "one")
    wait_for(lambda: house.query("SELECT 1 FROM attempt WHERE ended_ms = 0 AND budget_to > 1"), "a trial gets stuck")
    since = time.time()
    _, wall_ms, _, text = wait_for_event(house, "requeued")
    assert text == "progress_timeout: nothing was reported for 1 s", text
    figure("a stuck trial (progress_timeout 1 s) was queued again after", since, wall_ms)
    os.unlink(flag)
    finish(house, hand, 2, max_budget=3)


@test
def a_trial_that_takes_too_long_has_failed(house):
    hand = begin(house, trials=3, max_budget=3, fixed={"seconds": 0.4},
                 limits={"trials": 3, "trial_timeout": "700ms"})
    worker(house, hand.address, "one")
    _, _, _, text = wait_for_event(house, "failed")
    assert text == "trial_timeout: not done after 0.7 s", text
    hand.rung("watch", "small", status=None)
    assert not house.processes("steps.py")


@test
def the_whole_tree_dies_with_an_agent_that_is_killed(house):
    pids = house.path("pids")
    hand = Hand(house)
    file = campaign(trials=1, max_budget=1)
    file["trial"] = {"command": [os.path.join(BUILD, "tests", "e2e", "trials", "trial_forker"), pids, "stays"]}
    hand.rung("submit", house.write("small.json", file))
    agent = worker(house, hand.address, "one")

    def family():
        if not os.path.exists(pids):
            return []
        with open(pids, encoding="utf-8") as lines:
            return [int(line) for line in lines if os.path.exists(f"/proc/{int(line)}")]

    wait_for(lambda: len(family()) >= 7, "children, grandchildren in sessions of their own, orphans")
    since = time.time()
    agent.child.kill()
    agent.child.wait()
    wait_for(lambda: not family(), "all of them die")
    figure("a killed agent's tree of 7 was gone after", since, time.time() * 1000)


def blobs_of(house):
    """The files of all blobs, of the store and of the worker's cache."""
    return [os.path.join(place, name) for top in (house.store, house.path("one"))
            for place, _, names in os.walk(os.path.join(top, "blobs")) for name in names if len(name) == 64]


def without_checkpoints(house, spoil):
    """A campaign whose checkpoints are spoilt while nothing runs goes on. Returns how many attempts could not have
    theirs."""
    hand = begin(house, trials=5, max_budget=9, fixed={"seconds": 0.02})
    agent = worker(house, hand.address, "one")
    wait_for(lambda: house.value("SELECT count(*) FROM trial WHERE state = 'paused'") >= 2, "trials pause")
    hand.rung("pause", "small")
    agent.end()
    assert len(blobs_of(house)) >= 4
    for path in blobs_of(house):
        spoil(path)
    agent.start()
    hand.rung("resume", "small")
    finish(house, hand, 5)
    return house.value("SELECT count(*) FROM attempt WHERE reason LIKE 'the checkpoint could not be had%'")


def write_into(path):
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.write(b"X")


@test
def trials_whose_checkpoints_are_gone_begin_again(house):
    assert 1 <= without_checkpoints(house, os.unlink) <= 5


@test
def trials_whose_checkpoints_are_damaged_on_disk_begin_again(house):
    assert 1 <= without_checkpoints(house, write_into) <= 5
    assert "was damaged on disk: it is removed" in house.logs()


@test
def checkpoints_that_are_damaged_in_a_workers_cache_are_fetched_again(house):
    def spoil(path):
        if not path.startswith(house.store):
            write_into(path)
    assert without_checkpoints(house, spoil) == 0
    with open(house.path("one.log"), encoding="utf-8") as log:
        assert "was damaged on disk: it is removed" in log.read()


def restarted(house, agents, hand):
    """Starts agents that were killed by their trial, until the campaign is over."""
    def is_over():
        for agent in agents:
            if agent.child.poll() is not None:
                house.children.remove(agent.child)
                agent.start()
        return house.value("SELECT state FROM campaign") == "done"
    wait_for(is_over, "the campaign ends")


@test
def a_poison_trial_is_set_aside_after_three_workers_and_the_rest_goes_on(house):
    hand = begin(house, trials=6, max_budget=3, fixed={"seconds": 0.05, "kills_at": 0.5},
                 enqueue=[{"x": 0.5, "y": 0.5}])
    agents = [worker(house, hand.address, name) for name in ("one", "two", "three")]
    restarted(house, agents, hand)
    tried = house.query("SELECT w.name, a.outcome FROM attempt AS a JOIN worker AS w ON w.id = a.worker "
                        "JOIN trial AS t ON t.id = a.trial WHERE t.number = 1 ORDER BY a.lease")
    assert sorted(tried) == [("one", "lost"), ("three", "lost"), ("two", "lost")], tried
    states = dict(house.query("SELECT state, count(*) FROM trial GROUP BY 1"))
    assert states.pop("set_aside") == 1 and set(states) == {"completed", "stopped"}, states
    house.check_sound()
    told = json.loads(house.ask("trials", "--failed", "--json").stdout)["trials"]
    assert [(t["trial"], t["state"], t["failure"], t["failures"]) for t in told] == [(1, "set_aside", "lost", 3)], told
    assert "its agent started anew without it" in house.ask("trials", "--failed").stdout
    hand.rungd.terminate()
    house.end(hand.rungd, 0)


@test
def a_worker_on_which_everything_fails_is_set_aside_while_another_does_well(house):
    hand = begin(house, trials=12, max_budget=3, fixed={"seconds": 0.05, "need": "RUNG_E2E_GOOD"})
    os.environ["RUNG_E2E_GOOD"] = "1"
    worker(house, hand.address, "good")
    wait_for(lambda: house.n_counted() >= 1, "a result")
    del os.environ["RUNG_E2E_GOOD"]
    bad = worker(house, hand.address, "bad")
    wait_for_event(house, "left", text="set aside")
    n_failed = house.value("SELECT count(*) FROM trial WHERE state = 'failed'")
    assert n_failed == 3, n_failed
    named = {w["name"]: w for w in hand.status_all()["workers"]}
    assert named["bad"]["state"] == "set_aside" and "RUNG_E2E_GOOD is not set" in named["bad"]["why"], named
    assert named["good"]["state"] == "here" and named["good"]["why"] is None, named
    finish(house, hand, 12, max_budget=3, max_failed=3)
    assert house.query("SELECT count(*) FROM attempt AS a JOIN worker AS w ON w.id = a.worker WHERE w.name = 'bad'") \
        == [(3,)]
    told = {w["worker"]: w for w in json.loads(house.ask("workers", "--json").stdout)["workers"]}
    assert (told["bad"]["state"], told["bad"]["reached"], told["bad"]["failures"]) == ("set_aside", 0, "exit 3"), told
    assert "others did well" in told["bad"]["why"] and told["good"]["why"] is None, told
    assert "RUNG_E2E_GOOD is not set" in house.ask("workers").stdout
    bad.end()


if __name__ == "__main__":
    sys.exit(main())
