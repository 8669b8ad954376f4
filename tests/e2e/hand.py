"""A coordinator on a TCP port of this machine, as somebody would start it by hand."""
import json

from ports import free_port


class Hand:
    """A coordinator on a port, and its address."""

    def __init__(self, house):
        self.house = house
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.rungd = None
        self.start()

    def start(self):
        self.rungd = self.house.start("rungd", "--store", self.house.store, "--listen", self.address)

    def worker(self, name, *words):
        return self.house.start("rung-worker", "--connect", self.address, "--dir", self.house.path(name),
                                "--name", name, "--slots", "1", "--allow-commands", "*", *words)

    def rung(self, *words, status=0):
        return self.house.rung(*words, "--connect", self.address, status=status)

    def status_all(self):
        return json.loads(self.rung("status", "--json").stdout)

    def status(self, name):
        found = json.loads(self.rung("status", name, "--json").stdout)
        assert found["schema"] == "rung.status/1", found
        return found["campaigns"][0]
