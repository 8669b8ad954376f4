#!/usr/bin/env python3
"""Full disks, for real: small disks in memory, mounted in a namespace of the test's own. Skipped where nobody may."""
import os
import subprocess
import sys
import time

import harness
from harness import Skip, campaign, test, wait_for

MOUNTER = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]


def enter_namespace():
    """Starts this program again where it may mount; there, and where that cannot be, it only returns."""
    if os.environ.get("RUNG_MAY_MOUNT"):
        return
    if subprocess.run([*MOUNTER, "true"], check=False, capture_output=True).returncode:
        return
    os.environ["RUNG_MAY_MOUNT"] = "1"
    os.execvp(MOUNTER[0], [*MOUNTER, sys.executable, *sys.argv])


class Disk:
    """A small disk at a directory of the house."""
    def __init__(self, house, name, megabytes):
        self.path = house.path(name)
        os.mkdir(self.path)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "rung-test", self.path]
        if not os.environ.get("RUNG_MAY_MOUNT") or subprocess.run(mount, check=False, capture_output=True).returncode:
            raise Skip("a small disk cannot be mounted here")
        self.ballast = os.path.join(self.path, "ballast")

    def fill(self):
        """To the last block."""
        with open(self.ballast, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def is_full(self):
        st = os.statvfs(self.path)
        return st.f_bavail == 0

    def free(self):
        os.remove(self.ballast)

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)


def slow(name="small", trials=9):
    return campaign(name, trials=trials, fixed={"seconds": 0.03})


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@test
def a_coordinator_on_a_full_disk_acknowledges_nothing_says_so_and_goes_on_when_there_is_room(house):
    disk = Disk(house, "disk", 48)
    try:
        house.store = os.path.join(disk.path, "store")
        path = house.write("small.json", slow())
        socket = f"ipc://{house.path('socket')}"
        house.start("rungd", "--store", house.store, "--listen", socket)
        wait_for(lambda: house.rung("submit", path, "--connect", socket, status=None).returncode == 0, "submit")
        house.start("rung-worker", "--connect", socket, "--slots", "2", "--dir", house.path("worker"),
                    "--allow-commands", "*")
        wait_for(lambda: house.n_counted() >= 3, "a few results")
        def says_full():
            disk.fill()  # the coordinator gives up its reserve, and that is filled too
            return "the disk is full: free" in house.rung("status", "--connect", socket, "--json").stdout
        wait_for(says_full, "the coordinator says that its disk is full")
        counted = house.n_counted()
        refused = house.rung("pause", "small", "--connect", socket, status=None)
        assert refused.returncode == 2 and "the disk is full: free" in refused.stderr, refused.stderr
        assert "nothing was done" in refused.stderr
        shown = house.rung("status", "--connect", socket).stdout
        assert "! the disk is full: free" in shown, shown
        wait_for(lambda: os.path.getsize(house.path("worker/spool")) > 0, "an outcome that waits in the spool")
        time.sleep(1)
        assert house.n_counted() == counted
        assert house.value("SELECT state FROM campaign") == "running"
        house.check_sound()
        disk.free()
        wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign goes on and ends")
        house.check_complete(9)
        assert house.value("SELECT count(*) FROM attempt WHERE outcome NOT IN ('reached', 'cancelled')") == 0
    finally:
        disk.close()


@test
def a_worker_on_a_full_disk_says_so_holds_its_outcome_and_goes_on_when_there_is_room(house):
    disk = Disk(house, "disk", 16)
    try:
        path = house.write("small.json", slow())
        socket = f"ipc://{house.path('socket')}"
        house.start("rungd", "--store", house.store, "--listen", socket)
        wait_for(lambda: house.rung("submit", path, "--connect", socket, status=None).returncode == 0, "submit")
        house.start("rung-worker", "--connect", socket, "--slots", "2", "--dir", os.path.join(disk.path, "worker"),
                    "--allow-commands", "*")
        errors = house.path("rung-worker-1.err")
        wait_for(lambda: house.n_counted() >= 2, "a few results")
        disk.fill()
        wait_for(lambda: "the disk is full: free" in read(errors), "the worker says that its disk is full")
        assert disk.path in read(errors)
        wait_for(lambda: house.value("SELECT count(*) FROM attempt WHERE ended_ms = 0") == 0 or
                 "cannot be written, which is tried again" in read(errors), "nothing runs, or an outcome is held")
        disk.free()
        wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign goes on and ends")
        assert "the disk has room again" in read(errors)
        house.check_complete(9)
    finally:
        disk.close()


@test
def a_run_on_one_full_disk_goes_on_by_itself(house):
    disk = Disk(house, "disk", 48)
    try:
        house.store = os.path.join(disk.path, "store")
        run = house.start_run(house.write("small.json", slow()))
        wait_for(lambda: house.n_counted() >= 3, "a few results")
        errors = house.path("rung-0.err")
        wait_for(lambda: disk.fill() or "the disk is nearly full" in read(errors), "the run says that the disk is full")
        disk.free()
        house.end(run, 0)
        assert "the disk has room again" in read(errors)
        house.check_complete(9)
    finally:
        disk.close()


@test
def a_quota_keeps_the_disk_bounded_and_the_best_checkpoint_and_who_lost_one_begins_again(house):
    file = campaign(trials=18)
    file["limits"]["checkpoints"] = "100B"  # one or two, of some fifty bytes each
    house.run(house.write("small.json", file))
    house.check_complete(18)
    best, checkpoint = house.query("SELECT number, checkpoint FROM trial ORDER BY reached DESC, value LIMIT 1")[0]
    assert checkpoint, f"the best one, trial {best}, has lost its checkpoint"
    stored = [name for _, _, names in os.walk(os.path.join(house.store, "blobs")) for name in names if len(name) == 64]
    named = [name for name, in house.query("SELECT DISTINCT checkpoint FROM trial WHERE checkpoint <> ''")]
    assert sorted(stored) == sorted(named), f"on the disk are {stored}, and trials need {named}"
    assert house.value("SELECT sum(checkpoint_bytes) FROM trial") <= 100
    said = house.query("SELECT t.number, e.text FROM event AS e JOIN trial AS t ON t.id = e.trial "
                       "WHERE e.kind = 'campaign' AND e.text LIKE 'the checkpoint of trial % was dropped, %'")
    assert said, "nothing was dropped"
    again = house.value("SELECT count(*) FROM attempt WHERE rung > 0 AND budget_from = 0")
    print(f"# {len(said)} checkpoints dropped, {again} attempts began again")
    number = str(house.value("SELECT number FROM trial WHERE checkpoint = '' AND value IS NOT NULL LIMIT 1"))
    assert "none: the checkpoint of trial" in house.ask("show", number).stdout
    assert "as all together take more than 100B" in " ".join(house.ask("explain", number).stdout.split())
    assert f"the checkpoint of trial {number} was dropped" in house.ask("events").stdout


if __name__ == "__main__":
    enter_namespace()
    sys.exit(harness.main())
