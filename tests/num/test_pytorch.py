#!/usr/bin/env python3
"""Weights go to PyTorch and come back: the same logits to 1e-5, the same loss and accuracy. Skipped without PyTorch.

The safetensors are read and written here by hand, so that no package is needed for them.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("1..0 # SKIP PyTorch is not installed (Debian: python3-torch)")
    sys.exit(0)

BUILD = os.environ.get("RUNG_BUILD") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
FEATURES, CLASSES = 5, ["wave", "tap", "rub"]


class Model(torch.nn.Module):
    """The model as people write it, for one sequence at a time: the query is its last step."""

    def __init__(self, hidden, layers, heads):
        super().__init__()
        self.rnn = torch.nn.GRU(FEATURES, hidden, layers, batch_first=True)
        self.attention = torch.nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.linear = torch.nn.Linear(hidden, len(CLASSES))

    def forward(self, x):
        states, _ = self.rnn(x)
        mixed, _ = self.attention(states, states, states)
        return self.linear(mixed[:, -1])


def rung_train(*words):
    done = subprocess.run([os.path.join(BUILD, "rung-train"), *words], text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


def make_data(path, seed):
    """Sequences of 1 to 12 frames, whose features have means and scales far from 0 and 1."""
    draw = random.Random(seed)
    rows = []
    for i in range(90):
        label = i % len(CLASSES)
        frames = [[round(draw.gauss(label - 1, 1) * (f + 1) + 10 * f, 3) for f in range(FEATURES)]
                  for _ in range(draw.randint(1, 12))]
        rows.append((torch.tensor([frames]), label))
    with open(path, "w", encoding="ascii") as file:
        file.write("@problemName gestures\n@timeStamps false\n@missing false\n@univariate false\n"
                   f"@dimensions {FEATURES}\n@equalLength false\n@classLabel true {' '.join(CLASSES)}\n@data\n")
        for x, label in rows:
            dimensions = (",".join(f"{value:.3f}" for value in x[0, :, f].tolist()) for f in range(FEATURES))
            file.write(":".join(dimensions) + f":{CLASSES[label]}\n")
    return rows


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    metadata, tensors = header.pop("__metadata__"), {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", entry
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[begin:end], dtype=torch.float32).reshape(entry["shape"]).clone()
    return metadata, tensors


def write_safetensors(path, metadata, tensors):
    """In the order of the names, as the usual library does it: not the order in which rung-train writes."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in sorted(tensors.items()):
        values = struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def judge(model, rows, mean, scale):
    """Logits of each, the mean loss, and the share that is right."""
    with torch.no_grad():
        logits = torch.cat([model((x - mean) / scale) for x, _ in rows])
    labels = torch.tensor([label for _, label in rows])
    loss = torch.nn.functional.cross_entropy(logits.double(), labels).item()
    return logits, loss, (logits.argmax(1) == labels).double().mean().item()


def evaluate(model, data):
    return json.loads(rung_train("evaluate", "--model", model, "--format", "ts", "--data", data, "--json", "--logits"))


def check_same(found, logits, loss, accuracy):
    ours = torch.tensor(found["logits"])
    assert ours.shape == logits.shape and (ours - logits).abs().max().item() <= 1e-5, (ours - logits).abs().max()
    assert abs(found["loss"] - loss) <= 1e-5 and abs(found["accuracy"] - accuracy) < 1e-9, (found["loss"], loss)


SHAPES = [(8, 1, 1, True), (17, 2, 1, True), (24, 3, 4, False), (40, 4, 8, True)]


def an_exported_model_loads_strictly_and_gives_the_same_logits(place):
    data, exported = os.path.join(place, "data.ts"), os.path.join(place, "model.safetensors")
    rows = make_data(data, 1)
    for hidden, layers, heads, standardize in SHAPES:
        config = {"hidden_size": hidden, "num_layers": layers, "num_heads": heads, "standardize": standardize}
        rung_train("--config", json.dumps(config), "--format", "ts", "--train", data, "--epochs", "2",
                   "--export", exported)
        metadata, tensors = read_safetensors(exported)
        assert metadata["model"] == "gru-attention" and metadata["num_heads"] == str(heads), metadata
        assert json.loads(metadata["classes"]) == CLASSES, metadata
        assert ("mean" in metadata) == ("scale" in metadata) == standardize, metadata
        model = Model(hidden, layers, heads)
        model.load_state_dict(tensors, strict=True)
        mean = torch.tensor(json.loads(metadata.get("mean", "[0]")))
        scale = torch.tensor(json.loads(metadata.get("scale", "[1]")))
        check_same(evaluate(exported, data), *judge(model.eval(), rows, mean, scale))


def a_model_of_pytorch_evaluates_the_same_here(place):
    data, saved = os.path.join(place, "data.ts"), os.path.join(place, "model.safetensors")
    rows = make_data(data, 2)
    mean, scale = torch.tensor([0.0, 10, 20, 30, 40]), torch.tensor([1.0, 2, 3, 4, 5])
    for number, (hidden, layers, heads, standardize) in enumerate(SHAPES):
        torch.manual_seed(number)
        model = Model(hidden, layers, heads).eval()
        metadata = {"model": "gru-attention", "classes": json.dumps(CLASSES)}
        if heads > 1:
            metadata["num_heads"] = str(heads)
        if standardize:
            metadata.update(mean=json.dumps(mean.tolist()), scale=json.dumps(scale.tolist()))
        write_safetensors(saved, metadata, model.state_dict())
        moments = (mean, scale) if standardize else (torch.tensor(0.0), torch.tensor(1.0))
        check_same(evaluate(saved, data), *judge(model, rows, *moments))


def main():
    torch.set_num_threads(1)
    tests = [an_exported_model_loads_strictly_and_gives_the_same_logits, a_model_of_pytorch_evaluates_the_same_here]
    failed = 0
    for number, test in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as place:
            try:
                test(place)
                print(f"ok {number} - {test.__name__}")
            except AssertionError as error:
                failed += 1
                print(f"not ok {number} - {test.__name__}\n# {error}")
    print(f"1..{len(tests)}")
    return failed > 0


sys.exit(main())
