#!/usr/bin/env python3
"""What rungd answers over HTTP: by schemas/api.openapi.json, over real sockets, and who is let in."""
import gzip
import http.client
import json
import os
import re
import socket
import stat
import subprocess
import sys
import time
import urllib.parse

from harness import DEADLINE, Skip, campaign, main, program, test, wait_for

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Web:
    """A coordinator of the house's store, and its answers."""
    def __init__(self, house, *words):
        self.house = house
        self.child = house.start("rungd", "--store", house.store, *words)
        wait_for(lambda: house.ask("status", status=None).returncode == 0, "it answers")
        url = house.ask("web", "--print").stdout.strip()
        self.port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/page/([0-9a-f]{32})/#token=([0-9a-f]{64})", url)[1])
        self.key, self.operator = re.search("/page/(.*)/#token=(.*)", url).groups()
        self.viewer = house.ask("web", "--print", "--viewer").stdout.strip().split("#token=")[1]

    def raw(self, method, path, token=None, body=None, **headers):
        """(status, headers in lower case, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def ask(self, path, status=200, **params):
        query = "?" + urllib.parse.urlencode(params) if params else ""
        got, _, text = self.raw("GET", "/api/v1" + path + query, self.operator)
        assert got == status, (path, got, text)
        return json.loads(text)

    def steer(self, action, token=None, status=200, name="small", **body):
        got, _, text = self.raw("POST", f"/api/v1/campaigns/{name}/{action}", token or self.operator, json.dumps(body),
                                Content_Type="application/json")
        assert got == status, (action, got, text)
        return json.loads(text)


class Stream:
    """Server-sent events, one by one."""
    def __init__(self, web, since=None, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=DEADLINE)
        path = "/api/v1/campaigns/small/stream" + (f"?since={since}" if since is not None else "")
        headers = {"Authorization": f"Bearer {web.viewer}"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.getheader("Content-Type") == "text/event-stream"

    def next(self):
        """(id, rung.delta/1)."""
        lines, end = [], time.monotonic() + DEADLINE
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream has ended"
            assert time.monotonic() < end, "no delta comes"
            if line == "\n" and lines:
                break
            if line != "\n" and not line.startswith(":"):
                lines.append(line.rstrip("\n"))
        event = dict(line.split(": ", 1) for line in lines)
        assert event["event"] == "delta", lines
        return int(event["id"]), json.loads(event["data"])

    def until(self, claim):
        """The deltas up to the first of which claim(delta) holds."""
        deltas, end = [], time.monotonic() + DEADLINE
        while not deltas or not claim(deltas[-1]):
            assert time.monotonic() < end, f"it is not told; the last was {deltas[-1:]}"
            deltas.append(self.next()[1])
        return deltas

    def close(self):
        self.answer.close()
        self.connection.close()


def searched(house, **changes):
    house.run(house.write("small.json", campaign(**changes)), "--quiet")


def described():
    """The OpenAPI file, with the schemas of answers beside its own."""
    with open(os.path.join(SOURCE, "schemas", "api.openapi.json"), encoding="utf-8") as file:
        text = file.read().replace('"answers.schema.json#/', '"#/answers/')
    document = json.loads(text)
    with open(os.path.join(SOURCE, "schemas", "answers.schema.json"), encoding="utf-8") as file:
        document["answers"] = json.load(file)
    return document


def validate(answer, schema, document):
    try:
        import jsonschema
    except ImportError:
        raise Skip("python3-jsonschema is not there") from None
    jsonschema.Draft202012Validator({**document, **schema}).validate(answer)


# ---- the answers ----

@test
def every_answer_is_as_the_openapi_file_says(house):
    document = described()
    searched(house, trials=12)
    web = Web(house)
    best = web.ask("/campaigns/small/best")["trial"]
    params = {"columns": {"max": 100}, "trials": {"sort": "value:desc", "limit": 3}, "best": {"top": 2},
              "events": {"last": 5}, "importance": {"budget": 1}, "decisions": {"where": "move = 'promote'"}}
    seen = 0
    for path, item in document["paths"].items():
        if "get" not in item or item["get"]["operationId"] in ("stream", "log", "checkpoint"):
            continue
        place = path.format(campaign="small", trial=best, action="-")
        answer = web.ask(place, **params.get(path.rsplit("/", 1)[1], {}))
        schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validate(answer, schema, document)
        seen += 1
    assert seen == 17, seen
    for table in ("attempts", "decisions", "results"):
        validate(web.ask("/campaigns/small/columns", table=table), {"$ref": "#/components/schemas/rung.columns~11"},
                 document)
    validate(web.ask("/campaigns/nothing", status=404), {"$ref": "#/components/schemas/rung.error~11"}, document)
    for name, schema in (("note", {"numbers": [best], "text": "hm"}), ("extend", {"more_trials": 1}), ("stop", {})):
        validate(web.steer(name, **schema), {"$ref": "#/components/schemas/rung.done~11"}, document)


@test
def the_answers_are_those_of_the_commands(house):
    searched(house)
    web = Web(house)
    for words in (["trials"], ["best"], ["brackets"], ["show", "2"], ["explain", "2"]):
        path = "/campaigns/small/" + {"show": "trials/2", "explain": "trials/2/explain"}.get(words[0], words[0])
        assert web.ask(path) == json.loads(house.ask(*words, "--json").stdout), words
    table = web.ask("/campaigns/small/columns")
    rows = house.query("SELECT trial, x, value FROM trials_small ORDER BY trial")
    assert list(zip(*(table["columns"][name] for name in ("trial", "x", "value")))) == rows, table
    assert table["thinned"] == {"shown": table["n"], "of": table["n"]}
    words = table["columns"]["state"]
    assert [words["words"][i] for i in words["index"]] == \
        [row[0] for row in house.query("SELECT state FROM trials_small ORDER BY trial")]
    status, headers, log = web.raw("GET", "/api/v1/campaigns/small/trials/2/log", web.viewer)
    assert status in (200, 404) and (status == 404 or headers["content-type"].startswith("text/plain")), log
    status, headers, blob = web.raw("GET", "/api/v1/campaigns/small/trials/2/checkpoint", web.viewer)
    size = house.value("SELECT checkpoint_bytes FROM trial WHERE number = 2")
    assert status == 200 and len(blob) == size, (status, size)
    assert headers["content-disposition"] == 'attachment; filename="small-trial-2.checkpoint"', headers


@test
def a_trained_model_is_downloaded_as_safetensors(house):
    file = campaign(trials=2, max_budget=2, search={"scheduler": "none", "sampler": "random"})
    file["objective"]["metric"] = "validation_loss"
    file["trial"] = {"program": "gru-attention", "data": {"format": "synthetic", "sequences": 60},
                     "fixed": {"hidden_size": 8, "num_layers": 2}}
    file["space"] = {"learning_rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True}}
    house.run(house.write("small.json", file))
    web = Web(house)
    status, headers, model = web.raw("GET", "/api/v1/campaigns/small/trials/2/checkpoint", web.viewer)
    assert status == 200, model
    assert headers["content-disposition"] == 'attachment; filename="small-trial-2.safetensors"', headers
    length = int.from_bytes(model[:8], "little")
    header = json.loads(model[8:8 + length])
    assert header["__metadata__"]["model"] == "gru-attention", header
    assert header["rnn.weight_hh_l1"] == {**header["rnn.weight_hh_l1"], "dtype": "F32", "shape": [24, 8]}, header
    assert max(one["data_offsets"][1] for name, one in header.items() if name != "__metadata__") == \
        len(model) - 8 - length
    path = house.path("model.safetensors")
    with open(path, "wb") as out:
        out.write(model)
    done = subprocess.run([program("rung-train"), "evaluate", "--model", path, "--format", "synthetic", "--json"],
                          capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["schema"] == "rung.evaluate/1", done.stdout
    assert not [name for name in os.listdir(f"{house.store}/web") if name.endswith("safetensors")], "the copy stays"


@test
def what_is_much_is_thinned_and_says_so(house):
    searched(house, trials=40)
    web = Web(house)
    curves = web.ask("/campaigns/small/curves", max=3, points=2)
    assert len(curves["curves"]) == curves["thinned"]["shown"] == 3 and curves["thinned"]["of"] == 40, curves
    assert all(len(curve["steps"]) <= 2 for curve in curves["curves"])
    best = web.ask("/campaigns/small/best")["trial"]
    assert best in [curve["trial"] for curve in curves["curves"]]
    last = web.ask("/campaigns/small/columns", table="attempts", max=3)
    assert last["n"] == 3 and last["thinned"] == {"shown": 3, "of": house.value("SELECT count(*) FROM attempt")}


# ---- the stream ----

@test
def a_stream_tells_what_changes_and_goes_on_where_it_was(house):
    document = described()
    searched(house)
    web = Web(house)
    before = web.ask("/campaigns/small/columns")
    stream = Stream(web, since=before["seq"])
    first, delta = stream.next()
    assert delta["running"] == {"is_whole": True, "changed": [], "gone": []} and delta["seq"] == first
    web.steer("note", numbers=[1], text="hm")
    noted = stream.until(lambda d: any("hm" in e["text"] for e in d.get("events", [])))[-1]
    web.steer("extend", more_trials=3)
    deltas = stream.until(lambda d: d.get("is_reset"))
    stream.close()
    for delta in [noted] + deltas:
        validate(delta, {"$ref": "#/components/schemas/rung.delta~11"}, document)
    worker = house.start("rung-worker", "--connect", f"ipc://{house.store}/rungd.sock", "--slots", "2", "--dir",
                         house.path("w"), "--allow-commands", "*")
    again = Stream(web, last=deltas[-1]["seq"])
    seen = {"states": set(), "trials": set()}

    def is_all_told(delta):  # what is live may be a delta ahead of what is durable; a reset means: ask for the trials
        seen["states"].add(delta.get("status", {}).get("state"))
        seen["trials"].update([10, 11, 12] if delta.get("is_reset") else
                              delta.get("trials", {"columns": {"trial": []}})["columns"]["trial"])
        return "done" in seen["states"] and {10, 11, 12} <= seen["trials"]
    deltas = again.until(is_all_told)
    again.close()
    worker.terminate()
    for delta in deltas:
        validate(delta, {"$ref": "#/components/schemas/rung.delta~11"}, document)
    numbers = [int(e["seq"]) for d in deltas for e in d.get("events", [])]
    assert numbers == sorted(numbers) and len(set(numbers)) == len(numbers), "in order, and each once"


@test
def a_restarted_coordinator_serves_at_the_same_place(house):
    searched(house)
    web = Web(house)
    stream = Stream(web, since=0)
    seq, _ = stream.next()
    web.child.terminate()
    house.end(web.child, 0)
    again = Web(house)
    assert (again.port, again.key, again.operator) == (web.port, web.key, web.operator)
    later, delta = Stream(again, last=seq).next()
    assert later >= seq and delta["boot"] == again.ask("/status")["boot"]


# ---- steering ----

@test
def an_operator_steers_through_the_one_door_and_a_viewer_cannot(house):
    house.run(house.write("small.json", campaign()), "--quiet")
    web = Web(house)
    for action in ("pause", "resume", "stop", "extend", "enqueue", "retry", "note"):
        assert web.steer(action, token=web.viewer, status=403)["code"] == "refused"
    assert house.value("SELECT count(*) FROM steering") == 0
    assert web.steer("extend", more_trials=5, request="77")["text"] == "trials 9 to 14"
    assert web.steer("extend", more_trials=5, request="77")["text"] == "trials 9 to 14", "not done twice"
    web.steer("pause")
    web.steer("enqueue", config={"x": 0.25, "y": 0.5})
    web.steer("note", numbers=[3], text="<b>not markup</b>")
    assert house.query("SELECT action, who FROM steering ORDER BY seq") == \
        [(a, "operator@page") for a in ("extend", "pause", "enqueue", "note")]
    assert json.loads(house.ask("show", "3", "--json").stdout)["notes"][0]["note"] == "<b>not markup</b>"
    for action, status, body in (("extend", 400, {}), ("extend", 400, {"more_trials": -1}), ("pause", 400, {"x": 1}),
                                 ("enqueue", 400, {"config": {"x": 7, "y": 0}}), ("note", 404, {"numbers": [99],
                                                                                               "text": "x"})):
        assert web.steer(action, status=status, **body)["schema"] == "rung.error/1", action
    assert web.steer("pause", name="nothing", status=404)


# ---- who is let in ----

@test
def nothing_is_answered_without_a_token(house):
    web = Web(house)
    for path in ["/api/v1/session", "/api/v1/campaigns", "/api/v1/campaigns/small/stream", "/", "/page", "/page/",
                 "/page/x/", f"/page/{'0' * 32}/page.js", "/api", "/anything"]:
        assert web.raw("GET", path)[0] == 401, path
        assert web.raw("GET", path, "0" * 64)[0] == 401, path
        assert web.raw("GET", path, None, Cookie=f"token={web.operator}")[0] == 401, path
    assert web.raw("GET", f"/api/v1/session?token={web.operator}")[0] == 401
    assert web.ask("/session")["role"] == "operator"
    assert json.loads(web.raw("GET", "/api/v1/session", web.viewer)[2])["role"] == "viewer"
    place = os.path.join(house.store, "web")
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o700
    for name in ("operator", "viewer", "key", "address"):
        assert stat.S_IMODE(os.stat(os.path.join(place, name)).st_mode) == 0o600, name
    assert web.operator not in house.logs() and web.viewer not in house.logs()


@test
def the_page_is_served_compressed_with_a_tag_under_a_strict_policy(house):
    web = Web(house)
    status, headers, text = web.raw("GET", f"/page/{web.key}/", Accept_Encoding="gzip, br")
    assert status == 200 and b"<html" in gzip.decompress(text), status
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy, policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    same = web.raw("GET", f"/page/{web.key}/", Accept_Encoding="gzip", If_None_Match=headers["etag"])
    assert same[0] == 304 and same[2] == b""
    for name in re.findall(rb'(?:src|href)="\./([^"]+)"', gzip.decompress(text)):
        status, headers, _ = web.raw("GET", f"/page/{web.key}/{name.decode()}", Accept_Encoding="gzip")
        assert status == 200 and headers["etag"], name
    assert web.raw("GET", f"/page/{web.key}")[0] == 308
    assert web.raw("GET", f"/page/{web.key}/../operator")[0] == 400
    assert web.raw("GET", f"/page/{web.key}/operator")[0] == 404
    for name in ("content-security-policy", "x-content-type-options", "cache-control"):
        assert name in web.raw("GET", "/api/v1/session", web.viewer)[1], name


@test
def a_foreign_host_or_origin_is_refused(house):
    web = Web(house)
    here = f"127.0.0.1:{web.port}"
    for headers in ({"Host": "evil.example"}, {"Host": f"127.0.0.1.evil.example:{web.port}"}, {"Host": "localhost:"},
                    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
                    {"Origin": f"https://{here}"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
        assert web.raw("GET", "/api/v1/session", web.operator, **headers)[0] == 403, headers
        assert web.raw("POST", "/api/v1/campaigns/small/stop", web.operator, **headers)[0] == 403, headers
    for headers in ({"Host": "localhost:8000"}, {"Host": "[::1]:1", "Origin": "http://[::1]:1"},
                    {"Origin": f"http://{here}", "Sec_Fetch_Site": "same-origin"}):
        assert web.raw("GET", "/api/v1/session", web.operator, **headers)[0] == 200, headers
    with socket.create_connection(("127.0.0.1", web.port), timeout=DEADLINE) as s:
        s.sendall(f"GET /api/v1/session HTTP/1.0\r\nAuthorization: Bearer {web.operator}\r\n\r\n".encode())
        assert b" 403 " in s.recv(4096).split(b"\r\n")[0], "no Host at all"


@test
def other_methods_paths_and_parameters_are_refused(house):
    searched(house)
    web = Web(house)
    for method, path, allowed in (("PUT", "/campaigns", "GET, HEAD"), ("DELETE", "/campaigns/small", "GET, HEAD"),
                                  ("POST", "/campaigns", "GET, HEAD"), ("GET", "/campaigns/small/stop", "POST"),
                                  ("OPTIONS", "/campaigns", "GET, HEAD"), ("TRACE", "/nothing", "GET, HEAD, POST")):
        status, headers, _ = web.raw(method, "/api/v1" + path, web.operator)
        assert status == 405 and headers["allow"] == allowed, (method, path, status)
    for path, status in (("/nothing", 404), ("/campaigns/small/trials/0", 404), ("/campaigns?x=1", 400),
                         ("/campaigns/small/trials?limit=0", 400), ("/campaigns/small/trials?where=1&where=1", 400),
                         ("/campaigns/%", 400), ("/campaigns/%00", 400), ("/campaigns/%ff", 400), ("/campaigns//", 400),
                         ("/campaigns/%2e%2e/x", 400), ("/campaigns/small/trials?where=(SELECT%201)", 400),
                         ("/campaigns/small/columns?table=trial", 400), ("/campaigns/small/stream?since=x", 400)):
        assert web.raw("GET", "/api/v1" + path, web.operator)[0] == status, path
    assert web.raw("HEAD", "/api/v1/session", web.operator)[2] == b""
    assert web.raw("POST", "/api/v1/campaigns/small/stop", web.operator, "{}", Content_Type="text/plain")[0] == 415
    for body in ("{", "[]", '{"request":"x"}', '{"text":"x"}'):
        assert web.raw("POST", "/api/v1/campaigns/small/stop", web.operator, body,
                       Content_Type="application/json")[0] == 400, body


@test
def what_is_too_much_is_cut_off_and_others_are_still_served(house):
    web = Web(house)
    assert web.raw("GET", "/api/v1/session", web.operator, Huge="x" * 30000)[0] in (413, 414, 431)
    assert web.raw("GET", "/api/v1/campaigns/" + "x" * 6000, web.operator)[0] == 414
    assert web.raw("POST", "/api/v1/campaigns/small/stop", web.operator, "x" * 70000)[0] == 413
    silent = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(300)]
    assert house.ask("status", status=None).returncode == 0, "the coordinator does its work"
    for one in silent:
        one.close()
    wait_for(lambda: web.raw("GET", "/api/v1/session", web.operator)[0] == 200, "it serves again")


@test
def it_listens_on_this_machine_alone_or_not_at_all(house):
    for wrong in ("0.0.0.0:8470", "192.0.2.1:8470", "[::]:8470", "8470"):
        done = subprocess.run([program("rungd"), "--store", house.path("other"), "--web", wrong], capture_output=True,
                              text=True, check=False, timeout=DEADLINE)
        assert done.returncode == 2 and "--web" in done.stderr, (wrong, done.stderr)
    house.start("rungd", "--store", house.store, "--web", "off")
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "it answers")
    assert "--web off" in house.ask("web", "--print", status=3).stderr


if __name__ == "__main__":
    sys.exit(main())
