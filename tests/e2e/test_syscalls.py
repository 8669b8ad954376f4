#!/usr/bin/env python3
"""SIGKILL at the Nth call of the system that writes: strace counts them, in the coordinator and in the agent. With one
worker the counted results are those of a run that was left alone. RUNG_E2E_DEEP=1 tries fifty N
up to 600."""
import os
import shutil
import subprocess
import sys

import harness
from harness import BUILD, DEADLINE, House, Skip, campaign, main, test, wait_for
from tiny import RESULTS, TINY

DEEP = [n * n // 4 + 1 for n in range(50)] if os.environ.get("RUNG_E2E_DEEP") else None
WRAPPER = """#!/bin/sh
echo start >>"{starts}"
[ "$(wc -l <"{starts}")" = 1 ] || exec "{program}" "$@"
exec strace -D -f -qqq -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={n} "{program}" "$@"
"""
calm = {}  # by the campaign's name: the counted results of a run that was left alone


def build_with(house, name, call, n):
    """A directory of programs in which the first `name` is killed at its Nth `call`."""
    place = house.path(f"bin-{call}-{n}")
    os.mkdir(place)
    for program in ("rung", "rungd", "rung-worker", "rung-train"):
        if program != name:
            shutil.copy(os.path.join(BUILD, program), place)
    with open(os.path.join(place, name), "w", encoding="utf-8") as file:
        starts = house.path(f"starts-{call}-{n}")
        file.write(WRAPPER.format(starts=starts, program=os.path.join(BUILD, name), call=call, n=n))
    os.chmod(os.path.join(place, name), 0o755)
    return place


def run(house, file, build, store):
    house.store = house.path(store)
    harness.BUILD = build
    try:
        child = house.start("rung", "run", house.write(f"{file['name']}.json", file), "--store", house.store,
                            "--workers", "1")
        house.end(child, 0)
    finally:
        harness.BUILD = BUILD
    house.check_sound()
    return house.query(RESULTS)


def undisturbed(file):
    if file["name"] not in calm:
        house = House()
        try:
            calm[file["name"]] = run(house, file, BUILD, "store")
        finally:
            house.close()
    return calm[file["name"]]


def can_trace():
    if not shutil.which("strace"):
        return False
    done = subprocess.run(["strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=write",
                           "-e", "inject=write:signal=KILL:when=1", "echo", "-"], capture_output=True, check=False)
    return done.returncode == -9


def was_killed(house, call, n):
    with open(house.path(f"starts-{call}-{n}"), encoding="utf-8") as file:
        return len(file.readlines()) > 1


def killed_at(house, name, call, numbers, file):
    if not can_trace():
        raise Skip("strace is not here, or may not trace")
    wanted, n_killed = undisturbed(file), 0
    for n in DEEP or numbers:
        build = build_with(house, name, call, n)
        assert run(house, file, build, f"store-{n}") == wanted, f"{name} killed at {call} {n}: other results"
        n_killed += was_killed(house, call, n)
        shutil.rmtree(build)
    print(f"# {name}, {call}: killed {n_killed} times in {len(DEEP or numbers)} runs", flush=True)
    assert n_killed > 0, f"{name} makes no such call: {call}"


@test
def a_coordinator_killed_at_its_nth_fdatasync_loses_nothing(house):
    killed_at(house, "rungd", "fdatasync", (1, 2, 3, 5, 8, 13, 21), TINY)


@test
def a_coordinator_killed_at_its_nth_write_to_the_database_loses_nothing(house):
    killed_at(house, "rungd", "pwrite64", (1, 3, 8, 21, 55, 144, 233, 377, 500), TINY)


@test
def a_coordinator_killed_at_its_nth_fsync_loses_nothing(house):
    killed_at(house, "rungd", "fsync", (1, 2, 3, 4), TINY)


@test
def a_coordinator_killed_at_its_nth_rename_loses_nothing(house):
    killed_at(house, "rungd", "renameat", (1, 2, 3), TINY)


@test
def an_agent_killed_at_its_nth_fdatasync_loses_nothing(house):
    killed_at(house, "rung-worker", "fdatasync", (1, 2, 3, 5), campaign(trials=4, max_budget=3))


@test
def an_agent_killed_at_its_nth_fsync_loses_nothing(house):
    killed_at(house, "rung-worker", "fsync", (1, 2, 3, 5), campaign(trials=4, max_budget=3))


@test
def an_agent_killed_at_its_nth_rename_loses_nothing(house):
    killed_at(house, "rung-worker", "renameat", (1, 2, 3), campaign(trials=4, max_budget=3))


def serve(house, *wrapper):
    """A coordinator at a socket of the house, with words of strace before it or none."""
    address = f"ipc://{house.path('socket')}"
    words = [*wrapper, os.path.join(BUILD, "rungd"), "--store", house.store, "--listen", address]
    with open(house.path("rungd.log"), "a", encoding="utf-8") as log:
        child = subprocess.Popen(words, cwd=house.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    house.children.append(child)
    return child


@test
def a_coordinator_whose_disk_fails_at_an_fdatasync_ends_with_74_and_the_next_one_goes_on(house):
    if not can_trace():
        raise Skip("strace is not here, or may not trace")
    wanted, address = undisturbed(TINY), f"ipc://{house.path('socket')}"
    first = serve(house)
    wait_for(lambda: house.rung("status", "--connect", address, status=None).returncode == 0, "it answers")
    house.rung("submit", house.write("tiny.json", TINY), "--connect", address)
    first.terminate()
    assert first.wait() == 0
    house.start("rung-worker", "--connect", address, "--dir", house.path("worker"), "--name", "one", "--slots", "1",
                "--allow-commands", "*")
    for n in (6, 9):
        failing = serve(house, "strace", "-D", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=fdatasync",
                        "-e", f"inject=fdatasync:error=EIO:when={n}+")
        assert failing.wait(DEADLINE) == 74, f"fdatasync {n}: it ended with {failing.returncode}"
    with open(house.path("rungd.log"), encoding="utf-8") as log:
        assert log.read().count("the next start reads the truth from the disk") == 2
    last = serve(house)
    wait_for(lambda: house.rung("status", "--connect", address, status=None).returncode == 0, "it answers again")
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign ends")
    last.terminate()
    assert last.wait() == 0
    house.check_sound()
    assert house.query(RESULTS) == wanted


if __name__ == "__main__":
    sys.exit(main())
