#!/usr/bin/env python3
"""`rung launch`: a campaign whose workers a launcher starts, and which goes on when the command has returned."""
import json
import os
import socket
import sys

from harness import Skip, campaign, main, test, wait_for
from ports import free_port


def endless(house):
    """A campaign whose trials wait as long as a file is there."""
    house.flag = house.write("flag", "")
    return house.write("small.json", campaign(fixed={"flag": house.flag}))


def launch(house, path, *words, status=0):
    return house.rung("launch", "--store", house.store, path, *words, status=status)


def members(house):
    answer = json.loads(house.ask("scale", "small", "--json").stdout)
    assert answer["schema"] == "rung.launch/1", answer
    return {one["worker"]: one["state"] for one in answer["members"]}


def end(house, word="stop"):
    """Nothing of what was launched is left."""
    said = house.ask(word, "small", status=None).stdout
    wait_for(lambda: not house.processes("rung-worker") and not house.processes("rungd"), "all that was launched ends")
    return said


@test
def a_launched_campaign_goes_on_by_itself_to_its_end(house):
    said = launch(house, house.write("small.json", campaign()), "--workers", "2").stdout
    assert "campaign small begins" in said and "2 running" in said and "rung stop small" in said, said
    house.ask("watch", "small")
    house.check_complete(9)
    assert {name for name, in house.query("SELECT worker FROM workers")} <= {"local/1", "local/2"}
    assert "2 stopped; the coordinator has ended too" in end(house)


@test
def a_launched_campaign_that_is_removed_takes_its_workers_along(house):
    launch(house, house.write("small.json", campaign(trials=3, max_budget=1)), "--workers", "1")
    house.ask("watch", "small")
    said = house.ask("rm", "small", "--yes").stdout
    assert "campaign small is gone" in said and "1 stopped; the coordinator has ended too" in said, said
    wait_for(lambda: not house.processes("rung-worker") and not house.processes("rungd"), "all that was launched ends")
    assert os.listdir(os.path.join(house.store, "launch")) == []


@test
def workers_come_and_go_with_scale_and_stop_ends_them_all(house):
    launch(house, endless(house), "--workers", "1")
    pid = wait_for(lambda: house.processes("rung-worker"), "a worker runs")
    house.ask("scale", "small", "3")
    assert members(house) == {f"local/{n}": "running" for n in (1, 2, 3)}
    assert set(pid) <= set(house.processes("rung-worker")), "the first one was started again"
    os.unlink(house.flag)
    house.ask("scale", "small", "1")
    assert members(house) == {"local/1": "running", "local/2": "stopped", "local/3": "stopped"}
    end(house)
    house.ask("scale", "small", status=3)


@test
def a_killed_worker_is_shown_and_brought_back_by_launching_again(house):
    path = endless(house)
    launch(house, path, "--workers", "1")
    house.kill_id(int(json.loads(house.ask("scale", "small", "--json").stdout)["members"][0]["id"]))
    wait_for(lambda: members(house) == {"local/1": "stopped"}, "its death is seen")
    said = launch(house, path, "--workers", "1").stdout
    assert "there already" in said and "1 running" in said, said
    os.unlink(house.flag)
    house.ask("watch", "small")
    house.check_complete(9)
    end(house)


SITE = """#!/bin/sh
printf '%s\\n' "$*" >>"{log}"
case $1 in
start | scale) echo '{{"worker":"site/1","state":"waiting","text":"a \\\\"queue\\\\""}}' ;;
logs) echo 'what it said' ;;
stop) echo '{{"worker":"site/1","state":"stopped"}}' ;;
broken) echo 'no JSON' ;;
esac
"""


@test
def a_site_adds_a_launcher_by_putting_a_program_into_a_directory(house):
    log = house.path("calls")
    os.mkdir(house.path("site"))
    program = house.write("site/moon", SITE.format(log=log))
    os.chmod(program, 0o755)
    os.environ["RUNG_LAUNCHERS"] = house.path("site")
    try:
        path = endless(house)
        assert "moon" in launch(house, path, "--on", "sun", status=3).stderr
        said = launch(house, path, "--on", "moon", "--address", "tcp://127.0.0.1:7000", "--listen",
                      f"ipc://{house.path('socket')}", "--", "--queue", "long one").stdout
        assert "0 running, 1 waiting" in said, said
        assert "what it said" in house.ask("scale", "small", "--logs").stdout
        assert "rung scale small 0" in launch(house, path, "--on", "local", status=None).stderr
        end(house)
        with open(log, encoding="utf-8") as file:
            calls = file.read().splitlines()
        assert [call.split()[0] for call in calls] == ["start", "logs", "stop"], calls
        for part in ("--campaign small", "--workers 1", "--connect tcp://127.0.0.1:7000", "-- --queue long one"):
            assert part in calls[0], (part, calls)
    finally:
        del os.environ["RUNG_LAUNCHERS"]
        os.unlink(house.flag)
        end(house)


@test
def a_coordinator_may_leave_when_no_campaign_goes_on(house):
    house.end(house.start("rungd", "--store", house.store, "--idle-exit", "1"), 0)
    launch(house, endless(house))
    end(house)
    house.end(house.start("rungd", "--store", house.store, "--idle-exit", "1"), 0)


def own_address():
    """An address of this machine by which others would reach it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))  # sends nothing
            return one.getsockname()[0]
        except OSError:
            return "127.0.0.1"


@test
def workers_elsewhere_get_a_key_of_their_own_that_ends_with_the_campaign(house):
    host = own_address()
    if host.startswith("127."):
        raise Skip("this machine has no address that others reach")
    port = free_port()
    launch(house, endless(house), "--listen", f"tcp://*:{port}", "--address", f"tcp://{host}:{port}")
    wait_for(lambda: house.value("SELECT count(*) FROM attempt"), "a worker with a key got work")
    assert "launch-small" in house.ask("keys").stdout
    os.unlink(house.flag)
    end(house)
    assert "launch-small" not in house.ask("keys").stdout


@test
def what_a_launcher_cannot_do_it_says_and_stop_tidies_up(house):
    os.mkdir(house.path("site"))
    program = house.write("site/babble", "#!/bin/sh\necho no JSON\n")
    os.chmod(program, 0o755)
    os.environ["RUNG_LAUNCHERS"] = house.path("site")
    try:
        words = [endless(house), "--on", "babble", "--listen", f"ipc://{house.path('socket')}"]
        assert "a line of the launcher's answer" in launch(house, *words, status=2).stderr
        house.write("site/babble", "#!/bin/sh\necho 'no queue' >&2\nexit 3\n")
        said = launch(house, *words, status=1).stderr
        assert "no queue" in said and "ends with status 3" in said, said
        house.write("site/babble", "#!/bin/sh\n")
        assert "no worker was started" in launch(house, *words, status=1).stderr
        end(house)
    finally:
        del os.environ["RUNG_LAUNCHERS"]


@test
def what_cannot_be_launched_leaves_nothing_behind(house):
    path = endless(house)
    house.write("broken.json", "{")
    for words, status in (([house.path("broken.json")], 2), ([path, "--on", "nowhere"], 3),
                          ([path, "--workers", "0"], 2), ([path, "--hosts", "missing"], 3),
                          ([path, "--on", "../local"], 3)):
        done = launch(house, *words, status=status)
        assert done.stderr and not done.stdout, (words, done.stdout)
        assert not house.processes("rungd"), words


if __name__ == "__main__":
    sys.exit(main())
