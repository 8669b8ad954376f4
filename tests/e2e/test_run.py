#!/usr/bin/env python3
"""`rung run`: from beginning to end, again, interrupted, refused."""
import json
import os
import signal
import sys

from harness import House, campaign, main, test, wait_for


@test
def a_run_ends_with_every_trial_judged_and_prints_the_best(house):
    path = house.write("small.json", campaign())
    done = house.run(path)
    house.check_complete(9)
    trial, value = house.query("SELECT trial, value FROM best_trial")[0]
    assert f"{trial}" in done.stdout and f"{value:.3g}"[:4] in done.stdout, done.stdout
    assert "rung-store" not in done.stderr and house.store in done.stderr, done.stderr
    assert not house.processes(""), "processes are left"


@test
def the_lines_for_a_log_name_the_best_and_no_escape_is_in_them(house):
    done = house.run(house.write("small.json", campaign()))
    assert "best loss" in done.stderr and "completed" in done.stderr, done.stderr
    assert "\033" not in done.stderr + done.stdout


@test
def a_campaign_that_is_over_prints_its_best_again_and_runs_nothing(house):
    path = house.write("small.json", campaign(trials=4))
    first = house.run(path)
    n_attempts = house.value("SELECT count(*) FROM attempt")
    again = house.run(path)
    assert again.stdout == first.stdout
    assert house.value("SELECT count(*) FROM attempt") == n_attempts


@test
def another_file_of_the_same_name_is_refused_with_the_differences(house):
    house.run(house.write("small.json", campaign(trials=4)))
    other = house.run(house.write("other.json", campaign(trials=4, search={"eta": 2})), status=2)
    assert "/search/eta" in other.stderr and "3" in other.stderr and "2" in other.stderr, other.stderr
    assert house.value("SELECT count(*) FROM campaign") == 1


@test
def all_mistakes_of_a_file_are_named_and_no_store_is_made(house):
    broken = campaign(search={"eta": 1}, limits={"trails": 4})
    done = house.run(house.write("broken.json", broken), status=2)
    assert "/search/eta" in done.stderr and "trails" in done.stderr, done.stderr
    assert not os.path.exists(house.store)


@test
def a_file_that_is_not_there_is_status_3(house):
    assert "nothing.json" in house.run(house.path("nothing.json"), status=3).stderr


@test
def the_best_comes_as_json(house):
    path = house.write("small.json", campaign(trials=4))
    best = json.loads(house.run(path, "--json").stdout)
    assert best["trial"] == house.value("SELECT trial FROM best_trial"), best
    assert set(best["config"]) >= {"x", "y"}, best


@test
def quiet_says_nothing_but_the_best(house):
    done = house.run(house.write("small.json", campaign(trials=4)), "--quiet")
    assert done.stderr == "" and done.stdout, done


@test
def a_campaign_whose_trials_all_fail_is_status_6(house):
    done = house.run(house.write("small.json", campaign(trials=3, fixed={"fail_above": -1})), status=6)
    assert "no trial" in done.stderr, done.stderr
    assert house.query("SELECT DISTINCT failure FROM result") == [("exit",)]
    assert house.run(house.path("small.json"), status=6).returncode == 6


@test
def a_campaign_that_cannot_work_ends_soon_and_says_why(house):
    file = campaign(trials=100)
    file["trial"]["command"] = ["python3", "-c", "import no_such_module"]
    done = house.run(house.write("small.json", file), status=6)
    assert "every trial failed" in done.stderr and "no_such_module" in done.stderr, done.stderr
    assert house.value("SELECT count(*) FROM result") <= 12


@test
def trials_that_fail_do_not_hinder_the_others(house):
    house.run(house.write("small.json", campaign(fixed={"fail_above": 0.5})))
    house.check_sound()
    states = dict(house.query("SELECT state, count(*) FROM trial GROUP BY 1"))
    assert states.get("failed") and states.get("completed") and sum(states.values()) == 9, states


def interrupted(house, **changes):
    """A run in the middle of its campaign, with trials that take a while."""
    path = house.write("small.json", campaign(**changes))
    run = house.start_run(path)
    wait_for(lambda: house.n_counted() >= 2, "two results")
    return path, run


@test
def ctrl_c_keeps_everything_and_the_next_run_goes_on(house):
    path, run = interrupted(house, fixed={"seconds": 0.05})
    run.send_signal(signal.SIGINT)
    house.end(run, 130)
    assert not house.processes(""), "processes are left"
    house.check_sound()
    assert house.value("SELECT count(*) FROM attempt WHERE ended_ms = 0") == 0
    before = house.query("SELECT trial, rung, value FROM result WHERE counted = 1 ORDER BY seq")
    house.run(path)
    house.check_complete(9)
    after = house.query("SELECT trial, rung, value FROM result WHERE counted = 1 ORDER BY seq")
    assert after[:len(before)] == before


@test
def ctrl_c_twice_ends_at_once_also_when_a_trial_hangs(house):
    flag = house.write("flag", "")
    path = house.write("small.json", campaign(fixed={"flag": flag}))
    run = house.start_run(path)
    wait_for(lambda: house.value("SELECT count(*) FROM attempt WHERE budget_to > 1 AND ended_ms = 0") == 2, "two hang")
    run.send_signal(signal.SIGINT)
    wait_for(lambda: "again" in house.logs(), "the first is understood")
    run.send_signal(signal.SIGINT)
    house.end(run, 130)
    wait_for(lambda: not house.processes(""), "all processes end")
    os.unlink(flag)
    house.run(path)
    house.check_complete(9)


@test
def terminate_is_as_ctrl_c(house):
    _, run = interrupted(house, fixed={"seconds": 0.05})
    run.send_signal(signal.SIGTERM)
    house.end(run, 130)
    assert not house.processes(""), "processes are left"


@test
def a_run_that_is_killed_takes_its_processes_along_and_can_be_run_again(house):
    path, run = interrupted(house, fixed={"seconds": 0.05})
    run.kill()
    run.wait()
    wait_for(lambda: not house.processes(""), "all processes end")
    house.run(path)
    house.check_complete(9)


@test
def a_store_that_is_served_is_refused_and_the_other_way_is_named(house):
    flag = house.write("flag", "")
    path = house.write("small.json", campaign(fixed={"flag": flag}))
    run = house.start_run(path)
    wait_for(lambda: house.n_counted() >= 1, "a result")
    done = house.run(path, status=1)
    assert "rung submit" in done.stderr and "rung watch" in done.stderr, done.stderr
    os.unlink(flag)
    house.end(run, 0)


@test
def a_run_that_is_stopped_from_outside_is_status_7(house):
    flag = house.write("flag", "")
    path = house.write("small.json", campaign(fixed={"flag": flag}))
    run = house.start_run(path)
    wait_for(lambda: house.n_counted() >= 1, "a result")
    house.ask("stop", "small")
    house.end(run, 7)
    assert house.value("SELECT state FROM campaign") == "stopped"
    house.check_sound()


@test
def several_campaigns_share_a_store(house):
    house.run(house.write("a.json", campaign("a", trials=4)))
    house.run(house.write("b.json", campaign("b", trials=4)))
    assert house.query("SELECT campaign, state FROM campaigns") == [("a", "done"), ("b", "done")]
    house.check_sound()


@test
def the_built_in_trainer_learns_the_synthetic_data(house):
    file = campaign("digits", trials=4)
    file["objective"] = {"metric": "validation_accuracy", "goal": "maximize"}
    file["trial"] = {"program": "gru-attention", "data": {"format": "synthetic", "sequences": 1000},
                     "fixed": {"num_layers": 1, "num_heads": 1, "batch_size": 16}}
    file["space"] = {"hidden_size": {"type": "int", "low": 16, "high": 32},
                     "learning_rate": {"type": "float", "low": 0.01, "high": 0.03, "log": True}}
    house.run(house.write("digits.json", file))
    house.check_sound()
    assert house.value("SELECT state FROM campaign") == "done"
    assert house.value("SELECT value FROM best_trial") > 0.3, house.query("SELECT * FROM trials")
    assert house.value("SELECT checkpoint <> '' FROM best_trial") == 1



@test
def a_trial_of_several_cores_has_as_many_slots_and_threads(house):
    os.environ.pop("OMP_NUM_THREADS", None)  # who sets it for his own command knows why
    words = ["sh", "-c", "echo loss=$RUNG_CORES; echo threads=$OMP_NUM_THREADS", "sh"]
    for name, cores in (("narrow", None), ("wide", 3)):
        trial = {"command": words + ["${cores}"], **({"cores": cores} if cores else {})}
        path = house.write(f"{name}.json", campaign(name=name, trials=3, trial=trial, search={"scheduler": "none"}))
        house.run(path, "--workers", "2")
    found = "SELECT DISTINCT value FROM trial JOIN campaign AS c ON c.id = campaign WHERE c.name = ?"
    assert house.query(found, "narrow") == [(1.0,)], house.logs()
    assert house.query(found, "wide") == [(3.0,)], house.logs()
    assert {slots for slots, in house.query("SELECT slots FROM workers")} == {3}
    assert "threads=3" in house.ask("logs", "wide", "1").stdout


@test
def a_worker_that_is_drained_stays_away_and_the_others_go_on(house):
    run = house.start_run(house.write("small.json", campaign(trials=6, max_budget=3, fixed={"seconds": 0.1})))
    wait_for(lambda: house.n_counted() >= 1, "a result")
    assert house.rung("drain", "local/2", "--store", house.store).stdout.endswith("it has left\n")
    house.end(run, 0)
    house.check_complete(6, max_budget=3)
    joined = "SELECT count(*) FROM event WHERE kind = 'joined' AND worker IN (SELECT id FROM worker WHERE name = ?)"
    assert house.value(joined, "local/2") == 1


if __name__ == "__main__":
    sys.exit(main())
