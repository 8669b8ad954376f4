#!/usr/bin/env python3
"""SIGKILL at the Nth call of the system that writes: strace counts them, in the coordinator and in the agent. With one
worker the counted results are those of a run that was left alone. RUNG_E2E_DEEP=1 tries fifty N
up to 600."""
import os
import shutil
import subprocess
import sys

import harness
from harness import BUILD, House, Skip, campaign, main, test
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


if __name__ == "__main__":
    sys.exit(main())
