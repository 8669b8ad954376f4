#!/usr/bin/env python3
"""Writes importance.txt: what Optuna's PedAnovaImportanceEvaluator says of made-up studies, for
test_search_importance.c. Needs optuna 5.0 and numpy: make_importance.py > importance.txt

A block a study: "study NAME N_PARAMS N", a line a parameter ("int|float LOW HIGH STEP LOG", "categorical CHOICES"; the
share behind it), then a line a trial: the loss and the values, "-" where one is absent, all as hexadecimal floats.
"""
import math
import random
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def draw(rng, d):
    if isinstance(d, CategoricalDistribution):
        return rng.choice(d.choices)
    if d.log:
        value = math.exp(rng.uniform(math.log(d.low), math.log(d.high)))
        return min(max(round(value) if isinstance(d, IntDistribution) else value, d.low), d.high)
    if d.step:
        return d.low + d.step * rng.randrange(round((d.high - d.low) / d.step) + 1)
    return rng.uniform(d.low, d.high)


def number(value):
    return float(value).hex()


def line(d, share):
    if isinstance(d, CategoricalDistribution):
        return f"categorical {len(d.choices)} 0 0 0 {number(share)}"
    kind = "int" if isinstance(d, IntDistribution) else "float"
    return f"{kind} {number(d.low)} {number(d.high)} {number(d.step or 0)} {int(d.log)} {number(share)}"


def study(name, n, distributions, loss, is_there=lambda name, values: True, seed=1):
    rng = random.Random(seed)
    made = optuna.create_study()
    rows = []
    for _ in range(n):
        values = {}
        for key, d in distributions.items():
            if is_there(key, values):
                values[key] = draw(rng, d)
        value = loss(values, rng)
        there = {key: d for key, d in distributions.items() if key in values}
        made.add_trial(optuna.trial.create_trial(params=values, distributions=there, value=value))
        rows.append((value, values))
    shares = optuna.importance.get_param_importances(
        made, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    print(f"study {name} {len(distributions)} {n}")
    for key, d in distributions.items():
        print(line(d, shares[key]))
    for loss_of_it, values in rows:
        cells = []
        for key, d in distributions.items():
            value = values.get(key)
            if value is not None and isinstance(d, CategoricalDistribution):
                value = d.to_internal_repr(value)
            cells.append("-" if value is None else number(value))
        print(number(loss_of_it), *cells)


mixed = {
    "rate": FloatDistribution(1e-5, 1e-1, log=True),
    "dropout": FloatDistribution(0.0, 0.9),
    "units": IntDistribution(8, 512, log=True),
    "layers": IntDistribution(1, 4),
    "width": FloatDistribution(0.5, 2.0, step=0.25),
    "kind": CategoricalDistribution(["a", "b", "c"]),
}
study("mixed", 60, mixed, lambda v, r: abs(math.log10(v["rate"]) + 3) + 0.3 * v["layers"] + 0.1 * r.random()
      + (v["kind"] == "b"))
study("ties", 40, mixed, lambda v, r: float(v["layers"]), seed=2)
study("many", 500, {"x": FloatDistribution(0, 1), "y": IntDistribution(0, 1000),
                    "z": IntDistribution(1, 100000, log=True)},
      lambda v, r: (v["x"] - 0.3) ** 2 + v["y"] / 5000, seed=3)
study("conditional", 80, {"kind": CategoricalDistribution(["plain", "deep"]), "depth": IntDistribution(2, 9),
                          "rate": FloatDistribution(0.1, 1)},
      lambda v, r: v["rate"] + abs(v.get("depth", 6) - 3) * 0.2 + 0.05 * r.random(),
      is_there=lambda key, values: key != "depth" or values["kind"] == "deep", seed=4)
study("few", 11, {"x": FloatDistribution(0, 1), "y": FloatDistribution(0, 1)}, lambda v, r: v["x"], seed=5)
