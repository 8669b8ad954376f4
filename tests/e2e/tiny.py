"""A campaign of the built-in trainer that is over in half a second, and the question for its counted results,
which with one worker are always the same."""

TINY = {
    "name": "tiny", "seed": 1,
    "objective": {"metric": "validation_loss", "goal": "minimize"},
    "trial": {"program": "gru-attention", "data": {"format": "synthetic", "sequences": 60},
              "fixed": {"num_layers": 1, "num_heads": 1, "dropout": 0.1, "batch_size": 32}},
    "space": {"hidden_size": {"type": "int", "low": 4, "high": 12},
              "learning_rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True}},
    "search": {"sampler": "tpe", "scheduler": "hyperband", "min_budget": 1, "max_budget": 4, "eta": 2},
    "limits": {"trials": 6},
}
RESULTS = "SELECT trial, rung, value, budget FROM results WHERE counted = 1 ORDER BY trial, rung"
