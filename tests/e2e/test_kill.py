#!/usr/bin/env python3
"""SIGKILL, at any instant, to any process: nothing is lost, nothing is counted twice, and the campaign ends as if
nothing had happened."""
import random
import sys

from harness import campaign, main, test, wait_for

TRIALS = 12


def slow(**changes):
    return campaign(trials=TRIALS, fixed={"seconds": 0.02}, **changes)


def disturbed(house, *parts, times=4, n_workers=2):
    """A run during which one process of each of `parts` is killed, again and again, at instants that vary. A trial that
    dies of a signal has failed; nothing else may cost a trial."""
    chance = random.Random(house.directory)
    run = house.start_run(house.write("small.json", slow()), "--workers", str(n_workers))
    seen = 0
    for _ in range(times):
        for part in parts:
            seen = wait_for(lambda: house.n_counted() if house.n_counted() > seen or run.poll() is not None else 0,
                            "the campaign goes on")
            if run.poll() is None and house.value("SELECT state FROM campaign") == "running":
                wait_for(lambda: house.processes(part) or run.poll() is not None, f"{part} runs")
                if run.poll() is None:
                    house.kill(part)
        seen += chance.randrange(3)
    house.end(run, 0)
    house.check_complete(TRIALS, max_failed=times if "steps.py" in parts else 0)


@test
def killing_trials_costs_these_trials_and_nothing_else(house):
    disturbed(house, "steps.py")


@test
def killing_workers_costs_attempts_and_nothing_else(house):
    disturbed(house, "rung-worker")


@test
def killing_the_coordinator_costs_nothing(house):
    disturbed(house, "rungd")
    assert house.value("SELECT v FROM meta WHERE k = 'boot'") >= 3


@test
def many_kills_of_the_coordinator_in_a_row_do_not_end_the_run(house):
    run = house.start_run(house.write("small.json", slow()))
    for _ in range(8):
        house.kill("rungd")
    house.end(run, 0)
    house.check_complete(TRIALS)


@test
def killing_all_of_them_in_turn_costs_no_more_than_the_trials_killed(house):
    disturbed(house, "rungd", "rung-worker", "steps.py", times=3)


@test
def killing_everything_at_once_and_running_again_goes_on(house):
    path = house.write("small.json", slow())
    for n_results in (2, 6, 10):
        run = house.start_run(path)
        wait_for(lambda: house.n_counted() >= n_results or run.poll() is not None, f"{n_results} results")
        for part in ("rung-worker", "rungd", "steps.py"):
            for pid in house.processes(part):
                house.kill_id(pid)
        run.kill()
        run.wait()
        wait_for(lambda: not house.processes(""), "all processes end")
        house.check_sound()
    house.run(path)
    house.check_complete(TRIALS)


@test
def one_worker_makes_the_same_decisions_whatever_is_killed(house):
    results = "SELECT trial, rung, value, budget FROM results WHERE counted = 1 ORDER BY trial, rung"
    house.run(house.write("small.json", slow()), "--workers", "1")
    house.check_complete(TRIALS)
    undisturbed = house.query(results)
    house.store = house.path("other")
    disturbed(house, "rungd", "rung-worker", times=3, n_workers=1)
    assert house.query(results) == undisturbed


if __name__ == "__main__":
    sys.exit(main())
