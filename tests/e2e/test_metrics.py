#!/usr/bin/env python3
"""What Prometheus scrapes: the format by a small parser of our own, the numbers by the store."""
import http.client
import re
import shutil
import socket
import subprocess
import sys

from harness import campaign, main, program, test, wait_for
from ports import free_port

SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*)\})? (\S+)$')


def serve(house):
    port = free_port()
    house.start("rungd", "--store", house.store, "--metrics", f"127.0.0.1:{port}")
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "it answers")
    return port


def ask(port, method="GET", path="/metrics", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def parse(text):
    """{(name, labels): value}; every sample belongs to the metric that was last announced, as Prometheus wants it."""
    found, family, kind = {}, "", ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert len(line.split()) > 3, line
        elif line.startswith("# TYPE "):
            assert line.split()[2] == family, line
            kind = line.split()[3]
            assert (kind == "counter") == family.endswith("_total"), line
        else:
            name, labels, value = SAMPLE.match(line).groups()
            ending = "(_bucket|_sum|_count)" if kind == "histogram" else ""
            assert re.fullmatch(family + ending, name), line
            assert (name, labels) not in found, f"twice: {line}"
            found[name, labels] = float(value)
    return found


@test
def the_numbers_are_those_of_the_store(house):
    house.run(house.write("small.json", campaign()))
    port = serve(house)
    house.ask("submit", house.write("next.json", campaign(name="next")))
    status, headers, body = ask(port)
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers
    said = parse(body)
    assert said["rung_campaigns", 'state="done"'] == said["rung_campaigns", 'state="running"'] == 1
    states = dict(house.query("SELECT state, count(*) FROM trial GROUP BY 1"))
    for state in ("completed", "stopped", "failed", "running"):
        assert said["rung_trials", f'campaign="small",state="{state}"'] == states.get(state, 0), state
    assert said["rung_best_value", 'campaign="small"'] == house.value("SELECT value FROM best_trial")
    assert said["rung_starts_total", None] == 2 and said["rung_events_total", None] >= house.n_counted()
    assert said["rung_store_bytes", 'file="rung.db"'] > 4096
    buckets = [value for (name, _), value in said.items() if name == "rung_answer_seconds_bucket"]
    assert buckets == sorted(buckets) and buckets[-1] == said["rung_answer_seconds_count", None] > 0
    assert said["rung_commits_total", None] > 0 and said["rung_turns_total", None] > 0
    if shutil.which("promtool"):
        subprocess.run(["promtool", "check", "metrics"], input=body, text=True, check=True)


@test
def nothing_else_is_served_and_nobody_else_may_ask(house):
    port = serve(house)
    assert ask(port, path="/")[0] == ask(port, path="/metrics/x")[0] == 404
    for method in ("POST", "DELETE", "PUT"):
        status, headers, _ = ask(port, method)
        assert status == 405 and headers["Allow"] == "GET, HEAD", method
    status, _, body = ask(port, "HEAD")
    assert status == 200 and body == ""
    assert ask(port, Huge="x" * 30000)[0] in (413, 414, 431)
    assert ask(port)[0] == 200
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    assert house.ask("status", status=None).returncode == 0
    for one in silent:
        one.close()
    wait_for(lambda: ask(port)[0] == 200, "it serves again")
    for wrong in ("0.0.0.0:9464", "192.0.2.1:9464", "9464", "127.0.0.1:", "127.0.0.1:99999", "[::]:9464"):
        done = subprocess.run([program("rungd"), "--store", house.path("other"), "--metrics", wrong],
                              capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 2 and "--metrics" in done.stderr, (wrong, done.stderr)
    done = subprocess.run([program("rungd"), "--store", house.path("other"), "--metrics", f"127.0.0.1:{port}"],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1 and "listen at" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(main())
