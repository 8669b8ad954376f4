#!/usr/bin/env python3
"""`rung watch` as lines: events by number, from a coordinator that comes and goes, and from the store behind it."""
import json
import os
import signal
import sqlite3

from hand import Hand
from harness import campaign, main, test, wait_for
from tiny import TINY


def objects(text, schema="rung.event/1"):
    found = [json.loads(line) for line in text.splitlines()]
    assert {one["schema"] for one in found} <= {"rung.event/1", "rung.progress/1"}, found
    return [one for one in found if one["schema"] == schema]


def numbers(text):
    return [int(one["seq"]) for one in objects(text)]


def stored(house, name="small"):
    return [row[0] for row in house.query("SELECT e.seq FROM event AS e JOIN campaign AS c ON c.id = e.campaign "
                                          "WHERE c.name = ? ORDER BY 1", name)]


@test
def events_come_over_tcp_and_from_the_store_the_same(house):
    hand = Hand(house)
    hand.rung("submit", house.write("other.json", campaign("other", trials=3)))
    hand.rung("submit", house.write("small.json", campaign(fixed={"delay": 0.05})))
    watch = house.start("rung", "watch", "small", "--since", "0", "--json", "--connect", hand.address)
    hand.worker("one")
    live = house.end(watch, 0)
    assert numbers(live) == stored(house)
    progress = objects(live, "rung.progress/1")
    assert progress and all("seq" not in one and one["is_lossy"] is True for one in progress), progress
    assert any(one["running"] for one in progress)
    later = hand.rung("watch", "small", "--since", "0", "--json")
    local = house.ask("watch", "small", "--since", "0", "--json")
    assert objects(later.stdout) == objects(local.stdout) == objects(live)
    assert "is over: done" in later.stderr and "is over: done" in local.stderr
    hand.rungd.terminate()
    hand.rungd.wait()
    down = house.ask("watch", "small", "--since", "0", "--json")
    assert objects(down.stdout) == objects(live) and "is over: done" in down.stderr
    nothing = house.ask("watch", "small", "--json")
    assert not nothing.stdout and "is over: done" in nothing.stderr


@test
def a_reader_misses_and_repeats_nothing_while_the_coordinator_restarts(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(fixed={"delay": 0.05})))
    watch = house.start("rung", "watch", "small", "--since", "0", "--json", "--connect", hand.address)
    hand.worker("one")
    wait_for(lambda: house.n_counted() >= 2, "two results")
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    assert numbers(house.end(watch, 0)) == stored(house)


@test
def a_reader_that_left_goes_on_by_number_after_a_restart(house):
    hand = Hand(house)
    flag = house.write("flag", "")
    hand.rung("submit", house.write("small.json", campaign(fixed={"flag": flag})))
    watch = house.start("rung", "watch", "small", "--since", "0", "--json", "--connect", hand.address)
    hand.worker("one")
    lines = [watch.stdout.readline() for _ in range(3)]
    watch.send_signal(signal.SIGINT)
    rest = house.end(watch, 130)
    before = numbers("".join(lines) + rest)
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    os.unlink(flag)
    after = numbers(hand.rung("watch", "small", "--since", str(before[-1]), "--json").stdout)
    assert before + after == stored(house), (before, after)


@test
def more_than_a_page_comes_in_order_and_whole(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign(trials=3)))
    hand.rung("stop", "small")
    hand.rungd.terminate()
    hand.rungd.wait()
    base = sqlite3.connect(os.path.join(house.store, "rung.db"))
    first, = base.execute("SELECT max(seq) FROM event").fetchone()
    for number in range(1, 1301):  # some pages are full of rows, some of text
        text = "\x01" * 4000 if number % 900 < 100 else "plain"
        base.execute("INSERT INTO event (seq, wall_ms, kind, campaign, text) VALUES (?, 1, 'campaign', ?, ?)",
                     (first + number, 1 if number % 7 else 2, text))
    base.commit()
    base.close()
    hand.start()
    found = numbers(hand.rung("watch", "small", "--since", "0", "--json", status=7).stdout)
    assert found == stored(house) and len(found) > 1000


@test
def to_a_pipe_an_event_is_a_line_for_people(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign()))
    watch = house.start("rung", "watch", "small", "--connect", hand.address)
    hand.worker("one")
    lines = house.end(watch, 0).splitlines()
    assert any(" promoted to budget 3: place 1 of " in line for line in lines), lines
    assert all(line[2] == ":" and line[5] == ":" for line in lines), lines
    assert len(hand.rung("watch", "small", "--since", "0").stdout.splitlines()) == len(stored(house))


@test
def watching_ends_as_soon_as_what_was_asked_for_holds(house):
    hand = Hand(house)
    hand.rung("submit", house.write("small.json", campaign()))
    assert "not over" in hand.rung("watch", "small", "--until", "loss < 1e9", "--timeout", "0.2", status=124).stderr
    hand.worker("one")
    hand.rung("watch", "small", "--until", "loss < 1e9 and value = loss and x <= 1.0")
    hand.rung("watch", "small", "--until", "done")
    hand.rung("watch", "small", "--until", "budget = 9 and results > 3 and trials = 9", "--json")
    hand.rung("watch", "small", "--until", "loss < -1e9", status=8)
    near = hand.rung("watch", "small", "--until", "los < 1", status=2).stderr
    assert 'did you mean "loss"' in near and "Known are: loss, accuracy, value, budget, trials, results" in near, near
    assert "syntax error" in hand.rung("watch", "small", "--until", "loss <", status=2).stderr
    hand.rungd.terminate()
    hand.rungd.wait()
    for words, status in ((["loss < 1e9"], 0), (["loss < -1e9"], 8), (["done"], 0), (["los < 1"], 2)):
        house.ask("watch", "small", "--until", *words, status=status)
        house.ask("watch", "small", "--json", "--until", *words, status=status)


@test
def any_metric_of_the_best_trial_may_be_waited_for_also_after_a_restart(house):
    hand = Hand(house)
    hand.rung("submit", house.write("tiny.json", TINY))
    hand.worker("one")
    hand.rung("watch", "tiny", "--until", "train_loss < 1e9 and validation_accuracy >= 0 and validation_loss = value")
    hand.rung("watch", "tiny")
    told = hand.status("tiny")["best"]
    assert told["metrics"] == json.loads(house.ask("best", "tiny", "--json").stdout)["metrics"], told
    hand.rungd.kill()
    hand.rungd.wait()
    hand.start()
    wait_for(lambda: hand.rung("status", status=None).returncode == 0, "it answers again")
    assert hand.status("tiny")["best"] == told
    hand.rung("watch", "tiny", "--until", "train_loss < 1e9 and seconds >= 0")


main()
