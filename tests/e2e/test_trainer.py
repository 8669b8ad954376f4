#!/usr/bin/env python3
"""The built-in trainer through the real programs: its bits, its ends, its figures."""
import json
import os
import subprocess
import sys

from harness import DEADLINE, main, program, test


def digits(name="digits", trials=4, budget=3, fixed=None, **limits):
    """A small campaign of the built-in model, whose trials do not depend on the order of results."""
    return {
        "name": name, "seed": 5,
        "objective": {"metric": "validation_loss", "goal": "minimize"},
        "trial": {"program": "gru-attention", "data": {"format": "synthetic", "sequences": 160}, "fixed": fixed or {}},
        "space": {"hidden_size": {"type": "int", "low": 4, "high": 24},
                  "dropout": {"type": "float", "low": 0.1, "high": 0.5}},
        "search": {"sampler": "random", "scheduler": "none", "max_budget": budget},
        "limits": {"trials": trials, **limits},
    }


def rung_train(*words, status=0):
    done = subprocess.run([program("rung-train"), *words], timeout=DEADLINE, text=True, capture_output=True,
                          check=False)
    assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def bits(house, store):
    """All that training gave, but for times: points and the checkpoints' hashes."""
    house.store = house.path(store)
    points = house.query("SELECT number, step, metric.name, point.value FROM point JOIN trial ON trial.id = trial "
                         "JOIN metric ON metric.id = metric WHERE metric.name <> 'seconds' ORDER BY 1, 2, 3")
    return points, house.query("SELECT number, checkpoint FROM trial ORDER BY 1")


@test
def the_number_of_slots_does_not_change_a_bit(house):
    path = house.write("digits.json", digits())
    for slots in ("1", "3"):
        house.rung("run", path, "--store", house.path(slots), "--workers", slots)
    points, checkpoints = bits(house, "1")
    assert len(points) == 4 * 3 * 4, points
    assert all(hash for _, hash in checkpoints), checkpoints
    assert bits(house, "3") == (points, checkpoints)


@test
def each_result_names_the_arithmetic_and_show_prints_it(house):
    house.run(house.write("digits.json", digits(trials=1, budget=1)))
    kernel = house.value("SELECT kernel FROM result")
    ours, _, library = kernel.partition(" · ")
    assert ours in ("avx512", "avx2", "generic") and library.startswith("openblas "), kernel
    assert kernel in house.ask("show", "1").stdout
    assert json.loads(house.ask("show", "1", "--json").stdout)["results"][0]["kernel"] == kernel


@test
def a_learning_rate_of_10_diverges_and_its_curve_is_kept(house):
    file = digits(trials=2, budget=20, fixed={"learning_rate": 10})
    house.run(house.write("digits.json", file), status=6)
    assert house.query("SELECT DISTINCT failure FROM result") == [("diverged",)]
    shown = json.loads(house.ask("show", "1", "--json").stdout)
    assert shown["state"] == "failed" and shown["results"][0]["failure"] == "diverged", shown
    assert shown["results"][0]["kernel"], shown
    text = house.ask("show", "1").stdout
    assert "diverged" in text and "training loss" in text, text
    steps = house.value("SELECT max(step) FROM point JOIN trial ON trial.id = trial WHERE number = 1")
    assert 1 <= steps < 20 and "train_loss" in text and len(shown["curves"]["train_loss"]) == steps, text


@test
def children_that_eat_memory_are_the_trials_own_failure(house):
    hungry = ("import json, os, socket, subprocess, sys, time\n"
              "hoard = 'import time; hoard = bytes([1]) * (300 << 20); time.sleep(600)'\n"
              "subprocess.Popen([sys.executable, '-c', hoard])\n"
              "time.sleep(600)\n")
    file = digits(trials=2, budget=1, trial_memory="120MiB")
    file["trial"] = {"command": [sys.executable, house.write("hungry.py", hungry)]}
    house.run(house.write("hungry.json", file), status=6)
    assert house.query("SELECT failure, counted FROM result") == [("out_of_memory", 1)] * 2
    assert "120 MiB" in house.ask("show", "1").stdout


@test
def bench_says_how_fast_what_share_and_where_the_time_goes(house):
    sizes = ("--hidden-size", "12", "--num-layers", "3", "--batch-size", "9", "--frames", "5", "--features", "7",
             "--num-heads", "4", "--dropout", "0.4", "--seconds", "0.1")
    parts = ("products", "gates", "attention", "optimiser", "data")
    for more in ((), ("--ragged",)):
        found = json.loads(rung_train("bench", *sizes, *more, "--json").stdout)
        assert all(found[key] > 0 for key in ("sequences_per_second", "gflops", "sgemm_share")), found
        assert set(parts) <= set(found["time_share"]), found
        assert abs(sum(found["time_share"].values()) - 1) < 1e-6, found
        assert (found["num_layers"], found["num_heads"], found["features"]) == (3, 4, 7), found
        text = rung_train("bench", *sizes, *more).stdout
        assert all(word in text for word in ("sequences/s", "GFLOP/s", "sgemm", *parts)), text


@test
def bench_refuses_what_cannot_be_measured(house):
    for words, reason in ((("--num-heads", "3"), "not divisible"), (("--hidden-size", "0"), "--hidden-size is 0"),
                          (("--seconds", "-1"), "--seconds"), (("--frames", "x"), "whole number"),
                          (("--features", "1e9"), "features"), (("--dropout", "1"), "dropout"),
                          (("--hiden-size", "2"), "did you mean --hidden-size?")):
        assert reason in rung_train("bench", *words, status=2).stderr, words


if __name__ == "__main__":
    sys.exit(main())
