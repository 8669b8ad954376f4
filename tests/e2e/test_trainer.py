#!/usr/bin/env python3
"""The built-in trainer through the real programs: its bits, its ends, its figures."""
import json
import os
import socket
import subprocess
import sys
import tempfile

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


def peak_of(program_name, config, data):
    """VmHWM of a trial of one epoch, checkpoint included, in bytes."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory() as scratch, ours, ours.makefile("rw") as channel:
        # Meson has malloc fill what it gives, which makes resident what a trial never touches.
        env = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
        trial = subprocess.Popen([program("rung-train")], env=dict(env, RUNG_FD=str(theirs.fileno())),
                                 pass_fds=[theirs.fileno()])
        theirs.close()
        order = {"config": config, "budget_from": 0, "budget_to": 1, "seed": "1", "campaign_seed": "1", "data": data,
                 "program": program_name, "checkpoint_in": None, "checkpoint_out": scratch + "/checkpoint"}
        channel.write(json.dumps(order) + "\n")
        channel.flush()
        while "done" not in json.loads(channel.readline()):
            continue
        with open(f"/proc/{trial.pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        ours.shutdown(socket.SHUT_WR)
        trial.wait(DEADLINE)
    return peak * 1024


@test
def the_peak_of_a_trial_is_what_plan_says_within_a_quarter(house):
    rows = [("gru-attention", {"hidden_size": hidden, "num_layers": layers, "num_heads": heads, "batch_size": batch}, n)
            for n, hidden, layers, heads, batch in ((2000, 64, 2, 1, 128), (500, 255, 2, 1, 256), (200, 512, 4, 1, 64),
                                                    (2000, 64, 4, 8, 1024), (20000, 128, 2, 1, 128), (40, 4, 1, 1, 16))]
    rows.append(("linear", {"hidden_1": 2000, "hidden_2": 1500, "batch_size": 1000}, 2000))
    for name, config, n_sequences in rows:
        data = {"format": "synthetic", "sequences": n_sequences}
        file = digits(fixed=config)
        file["trial"].update(program=name, data=data)
        file["space"] = {"learning_rate": {"type": "float", "low": 0.001, "high": 0.002}}
        plan = json.loads(house.rung("plan", house.write("plan.json", file), "--json").stdout)
        peak = peak_of(name, config, data)
        assert peak / 1.25 < plan["memory_bytes"] < peak * 1.25, (name, config, plan["memory_bytes"], peak)


@test
def what_cannot_fit_is_refused_before_anything_runs(house):
    file = digits(trial_memory="40MiB")
    file["space"].update(hidden_size={"type": "int", "low": 8, "high": 256},
                         num_layers={"type": "int", "low": 1, "high": 4})
    for command in ("check", "run", "plan"):
        done = house.rung(command, house.write("large.json", file), status=2)
        text = done.stdout + done.stderr
        assert "/limits/trial_memory: 40 MiB" in text and "hidden_size 256, num_layers 4" in text, text
    file["where"] = ["hidden_size * num_layers <= 64"]
    house.rung("check", house.write("small.json", file))
    del file["where"], file["limits"]["trial_memory"]
    file["space"]["hidden_size"]["high"] = 16384
    file["space"]["num_layers"]["high"] = 64
    assert "this machine has" in house.rung("check", house.write("huge.json", file), status=2).stdout


@test
def data_that_no_trial_could_read_are_a_mistake_of_the_file(house):
    file = digits()
    file["trial"]["data"] = {"format": "ts", "train": house.write("broken.ts", "@data\n1,2,x:a\n")}
    assert "/trial/data: " in house.rung("check", house.write("broken.json", file), status=2).stdout


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
                          (("--hidden-size", "1000000"), "--hidden-size 1000000 would need "),
                          (("--batch-size", "1000000000"), "--batch-size 1000000000 would need "),
                          (("--hiden-size", "2"), "did you mean --hidden-size?")):
        assert reason in rung_train("bench", *words, status=2).stderr, words


if __name__ == "__main__":
    sys.exit(main())
