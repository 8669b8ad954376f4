"""Two spirals once more, with PyTorch: parameters by argument, everything else by rung.py."""
import argparse

import torch

import rung

parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, default=0.01)
parser.add_argument("--hidden-size", type=int, default=24)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="adam")
parser.add_argument("--momentum", type=float, default=0.0)
options = parser.parse_args()

with rung.trial(budget=9) as t:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    turn, arm = 0.5 + 3 * torch.rand(600), torch.randint(0, 2, (600,)).float()
    angle = 2 * turn + torch.pi * arm
    x = torch.stack([turn * angle.cos(), turn * angle.sin()], 1) / 2 + 0.05 * torch.randn(600, 2)

    torch.manual_seed(t.seed % 2**63)
    n = options.hidden_size
    model = torch.nn.Sequential(torch.nn.Linear(2, n), torch.nn.Tanh(), torch.nn.Linear(n, n), torch.nn.Tanh(),
                                torch.nn.Linear(n, 1), torch.nn.Flatten(0))
    if options.optimizer == "adam":
        optimizer = torch.optim.Adam(model.parameters(), options.learning_rate)
    else:
        optimizer = torch.optim.SGD(model.parameters(), options.learning_rate, momentum=options.momentum)
    measure = torch.nn.BCEWithLogitsLoss()
    if t.checkpoint_in:
        state = torch.load(t.checkpoint_in)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])

    for step in t.steps():
        for batch in torch.randperm(400).split(20):
            optimizer.zero_grad()
            measure(model(x[batch]), arm[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            guess = model(x[400:])
            t.report(step, loss=measure(guess, arm[400:]), accuracy=((guess > 0) == (arm[400:] > 0)).float().mean())

    with t.saving() as path:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)
