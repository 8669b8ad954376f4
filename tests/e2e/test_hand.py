#!/usr/bin/env python3
"""Piece by piece, over TCP: a coordinator, workers that come and go, and the commands that ask from outside."""
import json
import os
import signal
import sys

from hand import Hand
from harness import campaign, main, test, wait_for
from ports import free_port


@test
def a_campaign_runs_over_tcp_by_hand(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign()))
    workers = [hand.worker("one"), hand.worker("two")]
    hand.rung("watch", "small")
    house.check_complete(9)
    for child in workers + [hand.rungd]:
        child.terminate()
        house.end(child, 0)
    assert house.query("SELECT worker FROM workers ORDER BY 1") == [("one",), ("two",)]


@test
def submitting_twice_goes_on_and_another_file_of_the_name_is_refused(house):
    hand = Hand(house)
    path = house.write("small.json", campaign())
    assert "begins" in hand.rung("submit", path).stdout
    assert "already" in hand.rung("submit", path).stdout
    other = hand.rung("submit", house.write("other.json", campaign(trials=10)), status=2)
    assert "/limits/trials" in other.stderr, other.stderr
    hand.rung("submit", house.write("broken.json", "{"), status=2)


@test
def watch_follows_the_only_campaign_and_leaves_it_alone(house):
    hand = Hand(house)
    flag = house.write("flag", "")
    hand.rung("submit", house.write("small.json", campaign(fixed={"flag": flag})))
    hand.worker("one")
    watch = house.start("rung", "watch", "--connect", hand.address, "--json")
    first = json.loads(watch.stdout.readline())
    assert first["schema"] in ("rung.event/1", "rung.progress/1") and first["campaign"] == "small", first
    watch.send_signal(signal.SIGINT)
    house.end(watch, 130)
    assert "not over" in hand.rung("watch", "small", "--timeout", "0.1", status=124).stderr
    assert hand.status("small")["state"] == "running"
    os.unlink(flag)
    assert "is over: done" in hand.rung("watch", "--json").stderr
    house.check_complete(9)


@test
def a_paused_campaign_starts_nothing_until_it_is_resumed(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(fixed={"seconds": 0.02})))
    hand.rung("pause", "small")
    hand.worker("one")
    wait_for(lambda: house.value("SELECT count(*) FROM worker") == 1, "the worker has joined")
    assert hand.status("small")["state"] == "paused"
    hand.rung("resume", "small")
    hand.rung("watch", "small")
    house.check_complete(9)
    first_grant = house.value("SELECT min(seq) FROM event WHERE kind = 'granted'")
    resumed = house.value("SELECT max(seq) FROM event WHERE kind = 'campaign' AND text LIKE '%resume%'")
    assert resumed < first_grant, house.query("SELECT seq, kind, text FROM event")


@test
def a_stopped_campaign_ends_its_trials_and_keeps_what_was_found(house):
    hand = Hand(house)
    flag = house.write("flag", "")
    hand.rung("submit", house.write("small.json", campaign(fixed={"flag": flag})))
    hand.worker("one")
    wait_for(lambda: house.n_counted() >= 2, "two results")
    hand.rung("stop", "small")
    hand.rung("watch", "small", status=7)
    wait_for(lambda: not house.processes("steps.py"), "the trials end")
    assert "stopped" in hand.rung("status", "small").stdout
    assert house.value("SELECT count(*) FROM best_trial") == 1
    house.check_sound()


@test
def what_is_not_there_has_its_own_status(house):
    hand = Hand(house)
    wait_for(lambda: house.rung("status", "--connect", hand.address, status=None).returncode == 0, "it answers")
    hand.rung("stop", "nothing", status=3)
    hand.rung("status", "nothing", status=3)
    hand.rung("watch", status=3)
    house.rung("status", "--store", house.path("elsewhere"), status=4)
    house.rung("watch", "nothing", "--connect", f"tcp://127.0.0.1:{free_port()}", status=4)
    house.rung("status", "--connect", "http://x", status=2)
    house.rung("frobnicate", status=2)
    house.rung("run", status=2)


@test
def a_worker_that_leaves_hands_its_trial_to_another(house):
    hand = Hand(house)
    flag = house.write("flag", "")
    hand.rung("submit", house.write("small.json", campaign(fixed={"flag": flag, "seconds": 0.02})))
    first = hand.worker("one")
    wait_for(lambda: house.value("SELECT count(*) FROM attempt WHERE budget_to > 1 AND ended_ms = 0"), "a trial hangs")
    first.terminate()
    os.unlink(flag)
    house.end(first, 0)
    hand.worker("two")
    hand.rung("watch", "small")
    house.check_complete(9)
    assert house.value("SELECT count(DISTINCT worker) FROM attempt") == 2


@test
def a_worker_survives_the_coordinators_restart(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(fixed={"seconds": 0.03})))
    worker = hand.worker("one")
    wait_for(lambda: house.n_counted() >= 2, "two results")
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    hand.rung("watch", "small")
    house.check_complete(9)
    assert worker.poll() is None


@test
def campaigns_that_run_side_by_side_survive_a_restart(house):
    hand = Hand(house)
    for name in ("a", "b"):
        hand.rung("submit", house.write(f"{name}.json", campaign(name, fixed={"seconds": 0.02})))
    hand.worker("one")
    hand.worker("two")
    wait_for(lambda: house.value("SELECT count(DISTINCT campaign) FROM trial") == 2 and house.n_counted() >= 6,
             "both run")
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    for name in ("a", "b"):
        hand.rung("watch", name)
    house.check_sound()
    assert house.query("SELECT state, trials FROM campaigns") == [("done", 9), ("done", 9)]


@test
def the_status_of_a_campaign_that_is_over_outlives_a_restart(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(trials=4)))
    hand.worker("one")
    hand.rung("watch", "small")
    before = hand.status("small")
    hand.rungd.terminate()
    house.end(hand.rungd, 0)
    hand.start()
    after = hand.status("small")
    assert after["best"] == before["best"] and after["trials"] == before["trials"], (before, after)
    hand.rung("watch", "small")


@test
def a_worker_runs_no_command_unless_it_is_allowed_to(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(trials=3)))
    house.start("rung-worker", "--connect", hand.address, "--dir", house.path("one"), "--slots", "1")
    why = wait_for(lambda: hand.status("small")["waits"], "somebody says why nothing runs")
    assert f"--allow-commands {sys.executable}" in why, why
    assert "! no worker that is here may run" in hand.rung("status", "small").stdout
    assert house.value("SELECT count(*) FROM attempt") == 0
    hand.worker("two", "--allow-commands", f"false,{os.path.dirname(sys.executable)}/")
    hand.rung("watch", "small")
    house.check_complete(3)
    assert house.query("SELECT DISTINCT worker FROM attempts") == [("two",)]


def most_at_once(house):
    """Of all attempts."""
    moments = [(at, change) for granted, ended in house.query("SELECT granted_ms, ended_ms FROM attempt")
               for at, change in ((granted, 1), (ended, -1))]
    most = n = 0
    for _, change in sorted(moments):
        n += change
        most = max(most, n)
    return most


@test
def a_worker_runs_no_more_at_once_than_its_memory_holds(house):
    hand = Hand(house)
    limits = {"trials": 8, "trial_memory": "2GiB"}
    path = house.write("small.json", campaign(trials=8, max_budget=3, limits=limits, fixed={"seconds": 0.05}))
    hand.rung("submit", path)
    hand.worker("one", "--slots", "4", "--memory", "5GiB")
    hand.rung("watch", "small")
    assert most_at_once(house) == 2, house.query("SELECT trial, granted_ms, ended_ms FROM attempt")

    def told():
        return json.loads(house.ask("workers", "--json").stdout)["workers"][0]

    wait_for(lambda: told()["load"] is not None, "a beat tells the load")
    assert told()["memory_gib"] == 5 and told()["slots"] == 4 and 0 < told()["load"] < 1000, told()
    house.end(hand.worker("refused", "--memory", "5GB2"), 2)
    assert "--memory 5GB2: as 32GiB" in house.logs()


@test
def two_coordinators_do_not_share_a_store(house):
    hand = Hand(house)
    wait_for(lambda: house.rung("status", "--connect", hand.address, status=None).returncode == 0, "it answers")
    other = house.start("rungd", "--store", house.store, "--listen", f"tcp://127.0.0.1:{free_port()}")
    house.end(other, 1)
    assert str(hand.rungd.pid) in house.logs()


if __name__ == "__main__":
    sys.exit(main())
