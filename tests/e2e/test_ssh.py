#!/usr/bin/env python3
"""`rung launch --on ssh` with real ssh servers on ports of this machine, each a machine with a home of its own. Skipped
where OpenSSH's server is absent."""
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys

from harness import Skip, campaign, main, test, wait_for
from ports import free_port

SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey {at}/host_key
PidFile {at}/{name}.pid
AuthorizedKeysFile {at}/user_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
ForceCommand env HOME={at}/{name} sh -c "cd {at}/{name} && $SSH_ORIGINAL_COMMAND"
"""
CLIENT = """Host {name}
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {at}/user_key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile {at}/known_hosts
  LogLevel ERROR
"""


class Machines:
    """Servers of these names; "gone" is one that nobody serves."""

    def __init__(self, house, *names):
        sshd = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if not sshd or not shutil.which("ssh"):
            raise Skip("no OpenSSH server here")
        self.house = house
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", house.path(key)], check=True)
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd wants it; a machine that has booted has it
        ports = {name: free_port() for name in (*names, "gone")}
        user = pwd.getpwuid(os.geteuid()).pw_name
        house.write("ssh_config", "".join(CLIENT.format(name=name, port=port, user=user, at=house.directory)
                                          for name, port in ports.items()))
        for name in names:
            os.mkdir(house.path(name))
            config = house.write(f"{name}.conf", SSHD.format(name=name, port=ports[name], at=house.directory))
            house.children.append(subprocess.Popen([sshd, "-D", "-e", "-f", config], cwd=house.directory,
                                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            wait_for(lambda: self.answers(ports[name]), f"sshd of {name} listens")

    @staticmethod
    def answers(port):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    def launch(self, hosts, *words):
        """`hosts` are the lines of the file."""
        file = self.house.write("hosts", hosts)
        return self.house.rung("launch", "--store", self.house.store, "--on", "ssh", "--hosts", file, "--listen",
                               f"tcp://127.0.0.1:{free_port()}", *words, "--", "-F", self.house.path("ssh_config"))


def members(house):
    answer = json.loads(house.ask("scale", "small", "--json").stdout)
    return {one["worker"]: one["state"] for one in answer["members"]}


@test
def workers_go_to_hosts_by_their_slots_and_a_host_that_is_down_is_named(house):
    machines = Machines(house, "one", "two")
    path = house.write("small.json", campaign(fixed={"seconds": 0.05}))
    done = machines.launch("# ours\none 1\ngone 1\ntwo 2\n", "--workers", "4", "--copy", path)
    assert "4 wanted, 3 running, 1 failed" in done.stdout, done.stdout + done.stderr
    assert "gone: " in done.stderr and "refused" in done.stderr, done.stderr
    assert members(house) == {"one/1": "running", "gone/2": "failed", "two/3": "running", "two/4": "running"}
    for name in ("one", "two"):
        assert os.access(house.path(f"{name}/.rung/bin/rung-worker"), os.X_OK)
    house.ask("watch", "small")
    house.check_complete(9)
    assert {name for name, in house.query("SELECT worker FROM workers")} <= {"one/1", "two/3", "two/4"}
    assert "one/1: rung-worker" in house.ask("scale", "small", "--logs").stdout
    house.ask("stop", "small")
    wait_for(lambda: not house.processes("rung-worker"), "what was started there ends")


@test
def scaling_stops_and_starts_over_ssh_and_what_has_no_room_is_said(house):
    machines = Machines(house, "one")
    flag = house.write("flag", "")
    path = house.write("small.json", campaign(fixed={"flag": flag}))
    done = machines.launch("one 2", "--workers", "3", path)
    assert "room for 2 workers" in done.stderr and "2 running" in done.stdout, done.stdout + done.stderr
    os.unlink(flag)
    house.ask("scale", "small", "1")
    assert members(house) == {"one/1": "running", "one/2": "stopped"}
    house.ask("stop", "small")
    wait_for(lambda: not house.processes("rung-worker"), "what was started there ends")


if __name__ == "__main__":
    sys.exit(main())
