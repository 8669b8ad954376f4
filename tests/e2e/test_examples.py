#!/usr/bin/env python3
"""What the README shows, as it shows it."""
import json
import os
import random
import shutil
import subprocess
import sys

from harness import HERE, main, program, test

ROOT = os.path.join(HERE, "..", "..")
EXAMPLES = os.path.join(ROOT, "deploy", "examples")


def copy(house, *names):
    for name in names:
        shutil.copy(os.path.join(EXAMPLES, name), house.directory)


@test
def a_program_of_ones_own_is_searched_for(house):
    copy(house, "train.py", "own-program.json")
    house.run(house.path("own-program.json"))
    house.check_complete(30, max_budget=27)
    assert house.value("SELECT value FROM best_trial") < 1


@test
def the_readme_shows_the_whole_program(house):
    with open(os.path.join(EXAMPLES, "train.py"), encoding="utf-8") as file:
        code = file.read().split('"""\n', 1)[1]
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        assert "```python\n" + code + "```" in file.read()


@test
def data_of_ones_own_is_learnt(house):
    chance = random.Random(1)
    for part, n in (("own_TRAIN.ts", 60), ("own_TEST.ts", 20)):
        lines = ["@problemName gestures", "@timeStamps false", "@missing false", "@univariate false", "@dimensions 2",
                 "@equalLength false", "@classLabel true wave tap", "@data"]
        for i in range(n):
            wave = [f"{(i % 2) * 1.5 + chance.gauss(0, 0.3):.3f}" for _ in range(chance.randrange(4, 9))]
            tap = [f"{chance.gauss(0, 1):.3f}" for _ in wave]
            lines.append(f"{','.join(wave)}:{','.join(tap)}:{'tap' if i % 2 else 'wave'}")
        house.write(part, "\n".join(lines) + "\n")
    copy(house, "own-data.json")
    with open(house.path("own-data.json"), encoding="utf-8") as file:
        text = file.read()
    small = text.replace('"trials": 40', '"trials": 4').replace('"max_budget": 27', '"max_budget": 9')
    assert small != text
    house.run(house.write("own-data.json", small.replace('"high": 128', '"high": 24')))
    house.check_sound()
    assert house.value("SELECT value FROM best_trial") > 0.8, house.query("SELECT * FROM trials")


@test
def the_best_trial_is_trained_again_to_the_same_bits(house):
    path = house.write("digits.json", {
        "name": "digits", "seed": 7, "objective": {"metric": "validation_loss", "goal": "minimize"},
        "trial": {"program": "gru-attention", "data": {"format": "synthetic", "sequences": 200, "test_sequences": 40}},
        "space": {"hidden_size": {"type": "int", "low": 8, "high": 24},
                  "dropout": {"type": "float", "low": 0, "high": 0.5}},
        "search": {"max_budget": 9}, "limits": {"trials": 4}})
    house.run(path)
    best = house.ask("best", "--json").stdout
    house.write("best.json", best)
    again = subprocess.run(
        [program("rung-train"), "--config", house.path("best.json"), "--data", path, "--epochs", "9", "--json"],
        cwd=house.directory, check=True, capture_output=True, text=True, timeout=300)
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert best and json.loads(best)["value"] in [line.get("validation_loss") for line in lines], again.stdout


@test
def every_example_and_the_quickstart_are_right(house):
    names = ("own-program", "xz", "spiral-numpy", "spiral-torch")
    paths = [os.path.join(EXAMPLES, f"{name}.json") for name in names]
    for path in paths + [os.path.join(ROOT, "deploy", "quickstart.json")]:
        house.rung("check", path)
        house.rung("plan", path)


if __name__ == "__main__":
    sys.exit(main())
