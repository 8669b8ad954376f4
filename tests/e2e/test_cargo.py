#!/usr/bin/env python3
"""Data and files that travel with a campaign, to machines that share no file system."""
import glob
import hashlib
import os
import random
import sys

from hand import Hand
from harness import campaign, main, test, wait_for

READS = """import hashlib, sys
from lib import helper
print("working in", __import__("os").getcwd())
print("loss=%r" % helper.loss(open("lib/big.bin", "rb").read()))
"""


def write_files(house, size=100000):
    """A campaign in a directory of its own, with a script, a module and a file of bytes."""
    os.makedirs(house.path("home/lib"))
    house.write("home/p.py", READS)
    house.write("home/lib/helper.py",
                "import hashlib\ndef loss(data):\n    return hashlib.sha256(data).digest()[0] / 256\n")
    content = random.Random(1).randbytes(size)
    with open(house.path("home/lib/big.bin"), "wb") as file:
        file.write(content)
    trial = {"command": [sys.executable, "p.py"], "files": ["lib/helper.py", "lib/big.bin"]}
    path = house.write("home/file.json", campaign(trials=3, trial=trial, search={"scheduler": "none"}))
    return path, hashlib.sha256(content).digest()[0] / 256, hashlib.sha256(content).hexdigest()


@test
def a_command_and_its_files_reach_a_machine_that_has_neither(house):
    hand = Hand(house)
    path, loss, digest = write_files(house, 9 << 20)
    hand.rung("submit", path)
    os.rename(house.path("home"), house.path("elsewhere"))
    hand.worker("one", "--slots", "2", "--cache", house.path("machine"))
    hand.rung("watch", "small")
    house.check_sound()
    assert house.query("SELECT DISTINCT value FROM trial") == [(loss,)], house.logs()
    assert os.path.getsize(house.path(f"machine/blobs/{digest[:2]}/{digest}")) == 9 << 20
    hand.rung("gc")
    assert os.path.exists(os.path.join(house.store, "blobs", digest[:2], digest)), "gc took what a campaign needs"


@test
def files_of_this_machine_are_used_in_their_place(house):
    path, loss, digest = write_files(house)
    house.run(path)
    assert house.query("SELECT DISTINCT value FROM trial") == [(loss,)], house.logs()
    assert not glob.glob(house.path(f"**/{digest}"), recursive=True)
    assert "attempts/" in house.ask("logs", "1").stdout


@test
def files_that_are_away_are_asked_for_again(house):
    path, loss, digest = write_files(house)
    house.start("rungd", "--store", house.store)
    wait_for(lambda: house.ask("submit", path, status=None).returncode == 0, "the campaign is taken")
    seen = house.path("home/lib/big.bin")
    os.rename(house.path("home"), house.path("moved"))
    os.makedirs(os.path.dirname(seen))
    socket = glob.glob(os.path.join(house.store, "*.sock"))[0]
    words = ("--connect", f"ipc://{socket}", "--slots", "1", "--allow-commands", "*")
    house.start("rung-worker", *words, "--dir", house.path("w"), "--cache", house.path("machine"))
    wait_for(lambda: house.value("SELECT count(*) FROM attempt WHERE outcome = 'lost'"), "nobody has the files")
    assert "could not be had" in house.value("SELECT reason FROM attempt WHERE outcome = 'lost'")
    for name in ("p.py", "lib/helper.py", "lib/big.bin"):
        os.rename(house.path(f"moved/{name}"), house.path(f"home/{name}"))
    house.ask("watch", "small")
    house.check_sound()
    assert set(house.query("SELECT DISTINCT value FROM trial WHERE value IS NOT NULL")) == {(loss,)}


@test
def another_file_in_the_place_is_not_taken_for_it(house):
    hand = Hand(house)
    path, loss, _ = write_files(house)
    hand.rung("submit", path)
    with open(house.path("home/lib/big.bin"), "r+b") as file:
        file.write(b"other bytes, and as many as before")
    hand.worker("one", "--cache", house.path("machine"))
    hand.rung("watch", "small")
    assert house.query("SELECT DISTINCT value FROM trial") == [(loss,)], house.logs()
    refused = hand.rung("submit", path, status=2).stderr
    assert "/trial/blobs/" in refused and "hash" in refused, refused


@test
def a_slot_has_its_gpu(house):
    hand = Hand(house)
    trial = {"command": ["sh", "-c", "echo loss=$CUDA_VISIBLE_DEVICES"]}
    hand.rung("submit", house.write("gpus.json", campaign("gpus", trials=6, trial=trial, search={"scheduler": "none"})))
    hand.worker("one", "--slots", "2", "--gpus", "5,7")
    hand.rung("watch", "gpus")
    seen = set(house.query("SELECT DISTINCT value FROM trial"))
    assert seen and seen <= {(5.0,), (7.0,)}, (seen, house.logs())


@test
def data_of_the_built_in_travels_and_is_fetched_once_a_machine(house):
    hand = Hand(house)
    lines = ["@problemName p", "@timeStamps false", "@missing false", "@univariate true", "@equalLength true",
             "@seriesLength 4", "@classLabel true a b", "@data"]
    for i in range(60):
        values = [str((i % 2) + random.Random(f"{i} {k}").gauss(0, 0.3)) for k in range(4)]
        lines.append(",".join(values) + (":b" if i % 2 else ":a"))
    os.mkdir(house.path("home"))
    house.write("home/d_TRAIN.ts", "\n".join(lines) + "\n")
    path = house.write("home/file.json", {
        "name": "data", "objective": {"metric": "validation_loss", "goal": "minimize"},
        "trial": {"program": "linear", "data": {"format": "ts", "train": "d_TRAIN.ts"}},
        "space": {"dropout": {"type": "float", "low": 0, "high": 0.5}},
        "search": {"max_budget": 3}, "limits": {"trials": 6}})
    hand.rung("submit", path)
    os.rename(house.path("home"), house.path("elsewhere"))
    cache = house.path("machine")
    for name in ("one", "two"):
        hand.worker(name, "--slots", "2", "--cache", cache)
    hand.rung("watch", "data")
    house.check_sound()
    assert house.value("SELECT count(*) FROM trial WHERE state = 'failed'") == 0, house.logs()
    stored = glob.glob(f"{cache}/blobs/??/*")
    assert len(stored) == 1 and not glob.glob(f"{cache}/blobs/partial/*"), stored


if __name__ == "__main__":
    sys.exit(main())
