#!/usr/bin/env python3
"""`rung final`: the best of a campaign, trained to the end and judged on the test set."""
import json
import math
import os
import signal
import statistics
import subprocess
import sys

from harness import campaign, main, program, test, wait_for


def digits(name="digits", **data):
    return {
        "name": name, "seed": 7, "objective": {"metric": "validation_loss", "goal": "minimize"},
        "trial": {"program": "gru-attention",
                  "data": {"format": "synthetic", "sequences": 200, "test_sequences": 60, **data}},
        "space": {"hidden_size": {"type": "int", "low": 8, "high": 24},
                  "dropout": {"type": "float", "low": 0, "high": 0.5}},
        "search": {"max_budget": 9}, "limits": {"trials": 5}}


def final(house, *words, status=0):
    return house.ask("final", *words, status=status)


def final_json(house, *words):
    found = json.loads(final(house, *words, "--json").stdout)
    assert found["schema"] == "rung.final/1", found
    return found


@test
def the_best_are_trained_to_the_end_and_judged_on_the_test_set(house):
    house.run(house.write("digits.json", digits()))
    found = final_json(house, "digits", "--top", "2", "--seeds", "3", "--workers", "2")
    ranking = json.loads(house.ask("best", "digits", "--top", "5", "--json").stdout)["top"]
    assert [c["trial"] for c in found["configurations"]] == [t["trial"] for t in ranking[:2]], found
    assert found["winner"] == ranking[0]["trial"] and found["chosen_by"] == "validation_loss", found
    assert not found["chosen_on_test"] and found["seeds"] == 3 and found["epochs"] == 9, found
    for one in found["configurations"]:
        for metric in ("test_accuracy", "test_loss"):
            measured = one["measured"][metric]
            values = measured["values"]
            assert len(values) == 3, found
            assert math.isclose(measured["mean"], statistics.mean(values)), found
            assert math.isclose(measured["standard_error"], statistics.stdev(values) / math.sqrt(3)), found
        assert len(set(one["measured"]["test_loss"]["values"])) == 3, "three seeds give three models"
    metrics = {name for name, in house.query("SELECT DISTINCT metric FROM curves WHERE campaign = 'digits-final'")}
    assert metrics == {"train_loss", "learning_rate", "seconds", "test_loss", "test_accuracy"}, metrics
    steps = house.query("SELECT DISTINCT step FROM curves WHERE campaign = 'digits-final' AND metric = 'test_loss'")
    assert steps == [(9,)], "the test set is measured at the end alone"


@test
def the_winners_weights_are_those_that_were_judged(house):
    house.run(house.write("digits.json", digits()))
    found = final_json(house, "digits", "--seeds", "1", "--export", "model.safetensors")
    assert found["export"] == "model.safetensors", found
    done = subprocess.run(
        [program("rung-train"), "--config", json.dumps(found["configurations"][0]["config"]), "--data",
         house.path("digits.json"), "--epochs", "9", "--all-data", "--evaluate-test", "--json", "--seed",
         json.loads(house.ask("best", "digits-final", "--json").stdout)["seed"], "--export", house.path("again")],
        check=True, capture_output=True, text=True, timeout=300)
    last = json.loads(done.stdout.splitlines()[-1])
    measured = found["configurations"][0]["measured"]
    assert last["test_loss"] == measured["test_loss"]["mean"], (last, measured)
    assert measured["test_loss"]["standard_error"] is None, measured
    with open(house.path("model.safetensors"), "rb") as one, open(house.path("again"), "rb") as other:
        assert one.read() == other.read(), "trained by hand, the same bytes"


@test
def the_same_command_again_goes_on_or_prints_the_same(house):
    house.run(house.write("digits.json", digits()))
    child = house.start("rung", "final", "digits", "--seeds", "2", "--epochs", "400", "--workers", "1", "--store",
                        house.store)
    wait_for(lambda: house.processes("rung-train"), "a training begins")
    child.send_signal(signal.SIGINT)
    house.end(child, 130)
    first = final(house, "digits", "--quiet").stdout
    assert "400 epochs on all training data, 2 trainings each" in first, first
    assert "digits.safetensors" in first and os.path.exists(house.path("digits.safetensors")), first
    n_results = house.n_counted()
    assert final(house, "digits", "--quiet").stdout == first
    assert house.n_counted() == n_results
    refused = final(house, "digits", "--seeds", "3", status=2).stderr
    assert "digits-final is there already, with --top 1 --seeds 2 --epochs 400" in refused, refused
    final_json(house, "digits", "--seeds", "3", "--name", "other")


@test
def a_coordinator_that_is_there_trains_them(house):
    house.run(house.write("digits.json", digits()))
    rungd = house.start("rungd", "--store", house.store)
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "the coordinator answers")
    worker = house.start("rung-worker", "--connect", f"ipc://{house.store}/rungd.sock", "--dir",
                         house.path("worker"), "--slots", "1")
    assert final_json(house, "digits")["seeds"] == 3
    for child in (worker, rungd):
        child.terminate()
        house.end(child, 0)


@test
def a_coordinator_that_leaves_meanwhile_is_done_without(house):
    house.run(house.write("small.json", campaign()))
    rungd = house.start("rungd", "--store", house.store)
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "the coordinator answers")
    child = house.start("rung", "final", "small", "--seeds", "1", "--store", house.store)
    wait_for(lambda: house.value("SELECT count(*) FROM campaigns") == 2, "the final campaign is there")
    rungd.terminate()
    house.end(rungd, 0)
    house.end(child, 0)
    assert house.value("SELECT state FROM campaigns WHERE campaign = 'small-final'") == "done"


@test
def a_program_of_ones_own_is_judged_by_its_own_objective(house):
    house.run(house.write("small.json", campaign()))
    found = final_json(house, "small", "--top", "2", "--seeds", "2")
    assert [len(c["measured"]["loss"]["values"]) for c in found["configurations"]] == [2, 2], found
    assert found["export"] is None, found
    refused = final(house, "small", "--export", "x", status=2).stderr
    assert "program of its own" in refused, refused


@test
def trials_of_several_cores_have_them_to_the_end(house):
    trial = {"command": ["sh", "-c", "echo loss=$RUNG_CORES", "sh", "${cores}"], "cores": 2}
    house.run(house.write("wide.json", campaign(name="wide", trials=2, trial=trial, search={"scheduler": "none"})))
    found = final_json(house, "wide", "--seeds", "2", "--workers", "1")
    assert found["configurations"][0]["measured"]["loss"]["values"] == [2, 2], found
    assert {slots for slots, in house.query("SELECT slots FROM workers")} == {2}


@test
def a_search_that_is_not_over_has_its_best_so_far_trained(house):
    child = house.start_run(house.write("small.json", campaign(trials=30, fixed={"seconds": 0.05})))
    wait_for(lambda: house.n_counted() >= 3, "some trials have a result")
    child.send_signal(signal.SIGINT)
    house.end(child, 130)
    done = final(house, "small", "--seeds", "1", "--json")
    assert "small is not over" in done.stderr, done.stderr
    assert len(json.loads(done.stdout)["configurations"][0]["measured"]["loss"]["values"]) == 1, done.stdout
    assert house.value("SELECT state FROM campaigns WHERE campaign = 'small-final'") == "done"


@test
def a_search_that_chose_on_the_test_set_is_told_apart(house):
    house.run(house.write("digits.json", digits(validation="test")))
    assert final_json(house, "digits", "--seeds", "1")["chosen_on_test"] is True
    assert "measured on the test set itself" in final(house, "digits").stdout


@test
def what_cannot_be_is_refused(house):
    final(house, "digits", status=3)
    house.run(house.write("untested.json", digits("untested", test_sequences=0)))
    rows = [
        (["digits"], 3, "there is no campaign \"digits\""),
        (["untested", "--top", "6"], 2, "has only 5 different configurations"),
        (["untested"], 2, "no test set"),
        (["untested", "--name", "untested"], 2, "untested is another campaign"),
        (["untested", "--seeds", "0"], 2, "--seeds"),
    ]
    for words, status, message in rows:
        said = final(house, *words, status=status).stderr
        assert message in said, (words, said)
    house.run(house.write("broken.json", campaign(name="broken", trials=3, fixed={"fail_above": -1})), status=6)
    assert "no trial of broken has a result" in final(house, "broken", status=3).stderr
    assert house.query("SELECT count(*) FROM campaign") == [(2,)], "nothing was begun"


if __name__ == "__main__":
    sys.exit(main())
