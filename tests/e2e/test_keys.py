#!/usr/bin/env python3
"""Who may come in over the network, and as what: the real programs, over real sockets."""
import os
import subprocess
import sys

from harness import DEADLINE, campaign, main, program, test, wait_for
from ports import free_port

ALL = "0.0.0.0"  # an address that others reach: keys are asked for


class Guarded:
    """A coordinator that asks for keys, and what it said."""

    def __init__(self, house, *words):
        self.house, self.port = house, free_port()
        self.child = house.start("rungd", "--store", house.store, "--listen", f"tcp://{ALL}:{self.port}", *words)
        self.errors = house.path(f"rungd-{len(house.children) - 1}.err")
        self.address = f"tcp://127.0.0.1:{self.port}"
        wait_for(lambda: f":{self.port}" in self.said() and os.path.exists(f"{house.store}/keys/addresses"),
                 "rungd listens")

    def said(self):
        return read(self.errors)

    def server_key(self):
        with open(f"{self.house.store}/keys/server.key.pub", encoding="utf-8") as file:
            return [line.split('"')[1] for line in file if "public-key" in line][0]

    def key(self, role, name):
        path = self.house.path(f"{name}.key")
        self.house.ask("keygen", role, "--name", name, "--output", path)
        return path

    def rung(self, key, *words, status=0):
        return self.house.rung(*words, "--connect", self.address, *(["--key", key] if key else []), status=status)


def listens(house, port):
    wait_for(lambda: house.rung("status", "--connect", f"tcp://127.0.0.1:{port}", status=None).returncode == 0,
             "it is there")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def words_of(house):
    """What each role may say, and with which status it ends for a store with one campaign."""
    path = house.write("small.json", campaign())
    return [
        (["status"], {"operator": 0, "viewer": 0, "worker": 5}),
        (["watch", "small", "--json", "--since", "0", "--timeout", "1"], {"operator": 124, "viewer": 124, "worker": 5}),
        (["submit", path], {"operator": 0, "viewer": 5, "worker": 5}),
        (["pause", "small"], {"operator": 0, "viewer": 5, "worker": 5}),
        (["resume", "small"], {"operator": 0, "viewer": 5, "worker": 5}),
        (["note", "small", "1", "x"], {"operator": 3, "viewer": 5, "worker": 5}),
        (["enqueue", "small", "x=0.5", "y=0.5"], {"operator": 0, "viewer": 5, "worker": 5}),
        (["extend", "small", "--trials", "+1"], {"operator": 0, "viewer": 5, "worker": 5}),
        (["gc"], {"operator": 0, "viewer": 5, "worker": 5}),
        (["rm", "small", "--yes"], {"operator": 1, "viewer": 5, "worker": 5}),
        (["stop", "small"], {"operator": 0, "viewer": 5, "worker": 5}),
    ]


@test
def each_role_may_say_what_it_is_for_and_is_told_so_otherwise(house):
    rungd = Guarded(house)
    keys = {role: rungd.key(role, role) for role in ("operator", "viewer", "worker")}
    house.ask("submit", house.write("small.json", campaign()))
    for words, statuses in words_of(house):
        for role in ("worker", "viewer", "operator"):
            done = rungd.rung(keys[role], *words, status=statuses[role])
            if statuses[role] == 5:
                assert "not authorised" in done.stderr and role in done.stderr, done.stderr


@test
def a_stranger_a_wrong_server_key_and_a_plain_client_are_told_so(house):
    rungd = Guarded(house)
    operator = rungd.key("operator", "olga")
    stranger, other = house.path("stranger.key"), house.path("other.key")
    house.rung("keygen", "operator", "--output", stranger)
    house.rung("keygen", "operator", "--output", other)
    done = rungd.rung(stranger, "status", "--server-key", rungd.server_key(), status=5)
    assert "not authorised" in done.stderr and stranger in done.stderr, done.stderr
    wait_for(lambda: "not let in: key" in rungd.said(), "rungd names the stranger's key")
    done = rungd.rung(operator, "status", "--server-key", f"{other}.pub", status=5)
    assert "not authorised" in done.stderr and "--server-key" in done.stderr, done.stderr
    done = rungd.rung(None, "status", status=5)
    assert "not authorised" in done.stderr and "--key" in done.stderr, done.stderr
    rungd.rung(operator, "status")  # the right one comes in all the same
    assert "refused" not in rungd.said(), rungd.said()  # no frame of them was looked at
    for words in (["--connect", rungd.address], ["--connect", rungd.address, "--key", stranger, "--server-key",
                                                 rungd.server_key()]):
        worker = house.start("rung-worker", *words, "--dir", house.path("w"))
        house.end(worker, 5)


@test
def a_coordinator_without_keys_says_so_to_who_brings_one(house):
    port = free_port()
    house.start("rungd", "--store", house.store, "--listen", f"tcp://127.0.0.1:{port}")
    listens(house, port)
    key = house.path("k.key")
    house.rung("keygen", "viewer", "--output", key)
    done = house.rung("status", "--connect", f"tcp://127.0.0.1:{port}", "--key", key, "--server-key", f"{key}.pub",
                      status=5)
    assert "takes no keys" in done.stderr or "it does not have the key" in done.stderr, done.stderr


@test
def a_key_that_is_revoked_is_deaf_at_once_and_no_restart_is_needed(house):
    rungd = Guarded(house)
    viewer = rungd.key("viewer", "vera")
    house.ask("submit", house.write("small.json", campaign()))
    watch = house.start("rung", "watch", "small", "--json", "--since", "0", "--connect", rungd.address, "--key", viewer)
    assert watch.stdout.readline(), "it is told what happens"
    house.ask("revoke", "vera")
    house.end(watch, 5)  # by the connection that it has
    rungd.rung(viewer, "status", status=5)  # and by a new one
    house.ask("allow", f"{viewer}.pub")
    rungd.rung(viewer, "status")
    assert house.rung("revoke", "vera2", "--store", house.store, status=3).stderr.count("vera?") == 1


@test
def a_worker_joins_by_one_line_and_its_key_ends_it(house):
    rungd = Guarded(house)
    said = house.ask("invite", "--name", "far", "--address", rungd.address)
    words = said.stdout.split()
    assert words[:2] == ["rung-worker", "--join"] and len(words) == 3 and "revoke far" in said.stderr, said
    assert words[2] not in read(f"{house.store}/keys/allowed/far.pub")
    directory = house.path("w")
    worker = house.start("rung-worker", *words[1:], "--dir", directory, "--slots", "2", "--allow-commands", "*")
    house.ask("submit", house.write("small.json", campaign()))
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign ends")
    house.check_complete(9)
    with open(f"/proc/{worker.pid}/cmdline", encoding="utf-8") as file:
        assert words[2] not in file.read(), "the secret stands on the command line"
    assert os.stat(f"{directory}/joined.key").st_mode & 0o777 == 0o600
    worker.terminate()
    house.end(worker, 0)
    again = house.start("rung-worker", "--dir", directory)  # goes there again by itself
    wait_for(lambda: house.value("SELECT count(*) FROM worker WHERE state = 'here'"), "it is back")
    key = house.value("SELECT public_key FROM worker")
    assert key and key in read(f"{house.store}/keys/allowed/far.pub"), key
    house.ask("revoke", "far")
    errors = house.path(f"rung-worker-{len(house.children) - 1}.err")
    wait_for(lambda: "not let in any more" in read(errors), "it is told so")
    again.terminate()
    again.wait(DEADLINE)
    house.end(house.start("rung-worker", "--dir", directory), 5)  # at a start, it is told so


@test
def one_worker_cannot_speak_for_another(house):
    rungd = Guarded(house)
    keys = [rungd.key("worker", name) for name in ("first", "second")]
    directory = house.path("w")
    first = house.start("rung-worker", "--connect", rungd.address, "--key", keys[0], "--dir", directory)
    wait_for(lambda: house.value("SELECT count(*) FROM worker WHERE state = 'here'"), "it is there")
    first.terminate()
    house.end(first, 0)
    proved = house.value("SELECT public_key FROM worker")
    second = house.start("rung-worker", "--connect", rungd.address, "--key", keys[1], "--dir", directory)
    errors = house.path(f"rung-worker-{len(house.children) - 1}.err")
    wait_for(lambda: "came with another key" in read(errors), "it is refused")
    assert house.value("SELECT public_key FROM worker") == proved
    second.terminate()
    second.wait(DEADLINE)


@test
def keys_that_others_can_read_are_refused_at_both_ends(house):
    rungd = Guarded(house)
    key = rungd.key("viewer", "vera")
    os.chmod(key, 0o644)
    assert "chmod 600" in rungd.rung(key, "status", status=5).stderr
    rungd.child.terminate()
    house.end(rungd.child, 0)
    assert not os.path.exists(f"{house.store}/keys/addresses")
    os.chmod(f"{house.store}/keys/server.key", 0o640)
    done = subprocess.run([program("rungd"), "--store", house.store, "--listen", f"tcp://{ALL}:{rungd.port}"],
                          timeout=DEADLINE, capture_output=True, text=True, check=False)
    assert done.returncode == 5 and "server.key" in done.stderr and "listening" not in done.stderr, done.stderr


@test
def insecure_says_so_loudly_and_takes_everybody(house):
    port = free_port()
    house.start("rungd", "--store", house.store, "--listen", f"tcp://{ALL}:{port}", "--insecure")
    listens(house, port)
    assert "EVERYBODY" in read(house.path("rungd-0.err"))


@test
def a_key_is_made_once_for_its_owner_alone(house):
    done = house.rung("keygen", "operator", "--output", "me.key")
    assert os.stat(house.path("me.key")).st_mode & 0o777 == 0o600
    with open(house.path("me.key"), encoding="utf-8") as file:
        secret = [line.split('"')[1] for line in file if "secret-key" in line][0]
    assert secret not in done.stdout + read(house.path("me.key.pub"))
    assert "there already" in house.rung("keygen", "operator", "--output", "me.key", status=2).stderr
    assert secret in read(house.path("me.key"))
    assert "worker, operator, viewer" in house.rung("keygen", "king", status=2).stderr
    assert "no store" in house.rung("keygen", "viewer", "--store", "nowhere", "--output", "x.key", status=3).stderr


if __name__ == "__main__":
    sys.exit(main())
