#!/usr/bin/env python3
"""Networks as they are: three machines made of network namespaces, links that are cut and healed, a coordinator that
moves, IPv4 and IPv6. Needs root and ip(8); skips elsewhere."""
import os
import shutil
import subprocess
import sys

from harness import DEADLINE, Skip, campaign, main, program, test, wait_for

PORT = 7464


def ip(*words, check=True):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False, timeout=DEADLINE)
    if check and done.returncode:
        raise Skip(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.returncode == 0


class Net:
    """The coordinator's machine `c` with a bridge, and machines w1, w2 plugged into it. Workers reach the coordinator,
    and nothing reaches them: as behind a NAT, nobody listens there."""

    def __init__(self, house):
        self.house, self.mark = house, f"rung{os.getpid() % 100000}"
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
            raise Skip("network namespaces need root, ip and unshare")
        try:
            self.make()
        except BaseException:
            self.close()
            raise

    def name(self, machine):
        return f"{self.mark}{machine}"

    def make(self):
        for machine in ("c", "w1", "w2"):
            ip("netns", "add", self.name(machine))
            ip("-n", self.name(machine), "link", "set", "lo", "up")
        ip("-n", self.name("c"), "link", "add", "br0", "type", "bridge")
        for address in ("10.77.0.1/24", "10.77.0.2/24", "fd77::1/64"):
            self.address("c", "br0", address)
        ip("-n", self.name("c"), "link", "set", "br0", "up")
        for machine, addresses in (("w1", ["10.77.0.11/24"]), ("w2", ["fd77::12/64"])):
            ip("-n", self.name("c"), "link", "add", machine, "type", "veth", "peer", "name", "eth0", "netns",
               self.name(machine))
            ip("-n", self.name("c"), "link", "set", machine, "master", "br0", "up")
            for address in addresses:
                self.address(machine, "eth0", address)
            ip("-n", self.name(machine), "link", "set", "eth0", "up")

    def address(self, machine, device, address):
        ip("-n", self.name(machine), "addr", "add", address, "dev", device, *(["nodad"] if ":" in address else []))

    def cut(self, machine):
        ip("-n", self.name("c"), "link", "set", machine, "down")

    def heal(self, machine):
        ip("-n", self.name("c"), "link", "set", machine, "up")

    def close(self):
        for machine in ("c", "w1", "w2"):
            ip("netns", "del", self.name(machine), check=False)

    def start(self, machine, name, *words):
        """A program on that machine, which finds names in the file `hosts`."""
        script = f'mount --bind "{self.house.path("hosts")}" /etc/hosts && exec "$@"'
        child = subprocess.Popen(["ip", "netns", "exec", self.name(machine), "unshare", "-m", "sh", "-c", script, "sh",
                                  program(name), *words], stdin=subprocess.DEVNULL, cwd=self.house.directory,
                                 stderr=open(self.house.path(f"{name}-{machine}.err"), "a", encoding="utf-8"))
        self.house.children.append(child)
        return child

    def hosts(self, *lines):
        with open(self.house.path("hosts"), "w", encoding="utf-8") as file:  # in place: it is mounted
            file.write("".join(f"{line}\n" for line in lines))

    def coordinator(self, host):
        return self.start("c", "rungd", "--store", self.house.store, "--listen", f"tcp://{host}:{PORT}", "--lease", "4")

    def worker(self, machine, host):
        """Joins by an invitation, made on the coordinator's machine."""
        wait_for(lambda: os.path.exists(f"{self.house.store}/keys/addresses"), "rungd listens")
        word = self.house.ask("invite", "--name", machine, "--address", f"tcp://{host}:{PORT}").stdout.split()[2]
        return self.start(machine, "rung-worker", "--join", word, "--dir", self.house.path(machine), "--name", machine,
                          "--slots", "1", "--allow-commands", "*")


def on_a_network(function):
    """A test whose second argument is the network, which is taken away behind it."""
    def run(house):
        net = Net(house)
        try:
            function(house, net)
        finally:
            for child in house.children:
                child.kill()
                child.wait()
            net.close()
    run.__name__ = function.__name__
    return test(run)


def n_counted(house, machine):
    return house.value("SELECT count(*) FROM result AS r JOIN worker AS w ON w.id = r.worker "
                       "WHERE r.counted = 1 AND w.name = ?", machine) or 0


def goes_on(house, machine, what):
    before = n_counted(house, machine)
    wait_for(lambda: n_counted(house, machine) > before or house.value("SELECT state FROM campaign") == "done", what)


@on_a_network
def links_that_are_cut_and_healed_lose_nothing_and_count_nothing_twice(house, net):
    net.hosts("127.0.0.1 localhost", "10.77.0.1 by-four", "fd77::1 by-six")
    net.coordinator("*")
    net.worker("w1", "by-four")
    net.worker("w2", "by-six")
    house.ask("submit", house.write("small.json", campaign(trials=27, fixed={"seconds": 0.1})))
    wait_for(lambda: n_counted(house, "w1") and n_counted(house, "w2"), "both machines work")
    for cut, other in (("w1", "w2"), ("w2", "w1")):
        net.cut(cut)
        wait_for(lambda machine=cut: house.value("SELECT state FROM worker WHERE name = ?", machine) == "gone",
                 f"{cut} is given up")
        goes_on(house, other, f"{other} works alone")
        net.heal(cut)
        wait_for(lambda machine=cut: house.value("SELECT state FROM worker WHERE name = ?", machine) == "here"
                 or house.value("SELECT state FROM campaign") == "done", f"{cut} is back")
    net.cut("w1")
    net.cut("w2")
    net.heal("w1")
    net.heal("w2")
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign ends")
    house.check_complete(27)
    assert house.value("SELECT count(*) FROM worker") == 2, "a worker that came back is the same one"


@on_a_network
def a_coordinator_that_moves_is_found_again_by_its_name(house, net):
    net.hosts("127.0.0.1 localhost", "10.77.0.1 coordinator")
    first = net.coordinator("10.77.0.1")
    net.worker("w1", "coordinator")
    house.ask("submit", house.write("small.json", campaign(trials=18, fixed={"seconds": 0.05})))
    wait_for(lambda: n_counted(house, "w1") >= 2, "it works")
    first.terminate()
    first.wait(DEADLINE)
    net.coordinator("10.77.0.2")
    net.hosts("127.0.0.1 localhost", "10.77.0.2 coordinator")
    goes_on(house, "w1", "the worker finds it at the other address")
    wait_for(lambda: house.value("SELECT state FROM campaign") == "done", "the campaign ends")
    house.check_complete(18)


if __name__ == "__main__":
    sys.exit(main())
