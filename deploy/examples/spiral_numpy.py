"""Two spirals, one hidden layer, numpy: a trial that goes on from its checkpoint, by rung.py."""
import numpy as np

import rung

with rung.trial(budget=9, learning_rate=0.05, hidden_size=24, weight_decay=1e-4) as t:
    data = np.random.default_rng(1)
    turn, arm = data.uniform(0.5, 3.5, 600), data.integers(0, 2, 600)
    x = turn[:, None] * np.c_[np.cos(2 * turn + np.pi * arm), np.sin(2 * turn + np.pi * arm)] / 2
    x += data.normal(0, 0.05, x.shape)
    train, test = slice(0, 400), slice(400, 600)

    if t.checkpoint_in:
        state = dict(np.load(t.checkpoint_in))
    else:
        start = np.random.default_rng(t.seed)
        n = t.config["hidden_size"]
        state = {"w1": start.normal(0, 1, (2, n)), "b1": start.normal(0, 1, n), "w2": start.normal(0, 1 / n**0.5, n)}
    rate, decay = t.config["learning_rate"], t.config["weight_decay"]

    def forward(part):
        hidden = np.tanh(x[part] @ state["w1"] + state["b1"])
        return hidden, 1 / (1 + np.exp(-np.clip(hidden @ state["w2"], -30, 30)))

    for step in t.steps():
        order = np.random.default_rng([t.seed, step]).permutation(400).reshape(-1, 20)
        for batch in np.tile(order, (10, 1)):
            hidden, p = forward(batch)
            error = p - arm[batch]
            back = error[:, None] * state["w2"] * (1 - hidden**2)
            state["w2"] -= rate * (hidden.T @ error / 4 + decay * state["w2"])
            state["w1"] -= rate * (x[batch].T @ back / 4 + decay * state["w1"])
            state["b1"] -= rate * back.sum(0) / 4
        p = forward(test)[1]
        t.report(step, loss=-np.mean(np.log(np.where(arm[test] == 1, p, 1 - p) + 1e-12)),
                 accuracy=np.mean((p > 0.5) == arm[test]))

    with t.saving() as path, open(path, "wb") as file:
        np.savez(file, **state)
