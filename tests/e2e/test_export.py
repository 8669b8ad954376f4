#!/usr/bin/env python3
"""What is taken elsewhere: every value to the last bit, read back by others' readers where they are installed."""
import csv
import json
import os
import re
import shutil
import struct
import subprocess
import sys

import tfrecord
from harness import DEADLINE, Skip, campaign, main, test, wait_for

SPACE = {
    "x": {"type": "float", "low": 0, "high": 1},
    "y": {"type": "float", "low": 1e-5, "high": 1, "log": True},
    "steps": {"type": "int", "low": 2, "high": 9, "step": 3},
    "drop": {"type": "float", "low": 0.1, "high": 0.95, "step": 0.1},
    "kind": {"type": "categorical", "choices": ["gru", "a,\"b\"\n", True, 2.5]},
    "heads": {"type": "int", "low": 1, "high": 8, "log": True, "when": "kind = 'gru'"},
}
FORMS = ("csv", "optuna", "tensorboard", "html")
STATES = {"completed": "COMPLETE", "stopped": "PRUNED", "paused": "PRUNED", "failed": "FAIL", "set_aside": "FAIL"}


def searched(house, **changes):
    house.run(house.write("wide.json", campaign(name="wide", trials=14, space=SPACE, **changes)))


def export(house, form, *words, status=0):
    path = house.path(f"out.{form}")
    house.ask("export", "--format", form, "--output", path, *words, status=status)
    return path


def known_trials(house):
    """By number: state, value, reached, configuration, and the objective's curve, as the database has them."""
    found = {}
    for number, state, value, reached, config in \
            house.query("SELECT number, state, value, reached, config FROM trial ORDER BY number"):
        curve = dict(house.query("SELECT step, value FROM curves WHERE trial = ? AND metric = 'loss'", number))
        found[number] = (STATES[state], value, reached, json.loads(config), curve)
    return found


def same(a, b):
    """The same value, a number to the last bit."""
    if isinstance(a, bool) or isinstance(b, bool) or isinstance(a, str):
        return a == b and type(a) is type(b)
    return float(a).hex() == float(b).hex()


@test
def csv_has_every_value_to_the_last_bit(house):
    searched(house)
    with open(export(house, "csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = known_trials(house)
    assert len(rows) == len(known)
    for row, (number, (state, value, reached, config, _)) in zip(rows, known.items()):
        assert (int(row["number"]), row["state"]) == (number - 1, state), row
        if state != "FAIL" and value is not None:
            assert same(float(row["value"]), value), row
        assert int(row["user_attrs_rung:budget"]) == reached and int(row["user_attrs_rung:trial"]) == number
        for name in SPACE:
            said, wanted = row[f"params_{name}"], config.get(name)
            if wanted is None:
                assert said == "", (name, said)
            elif isinstance(wanted, bool) or isinstance(wanted, str):
                assert said == str(wanted), (name, said)
            else:
                assert same(float(said), wanted), (name, said)
        assert row["datetime_start"] <= row["datetime_complete"] and " days " in row["duration"], row


@test
def nothing_is_overwritten_without_force_and_nothing_is_left_behind(house):
    searched(house)
    for form in FORMS:
        path = export(house, form)
        before = os.stat(path).st_mtime_ns
        said = house.ask("export", "--format", form, "--output", path, status=2).stderr
        assert "--force" in said and os.stat(path).st_mtime_ns == before, said
        export(house, form, "--force")
    mine = house.path("mine")
    os.mkdir(mine)
    house.write("mine/thesis.tex", "x")
    said = house.ask("export", "--format", "tensorboard", "--output", mine, "--force", status=2).stderr
    assert "thesis.tex" in said and os.listdir(mine) == ["thesis.tex"], said
    assert not [name for name in os.listdir(house.directory) if name.endswith((".part", ".old"))]
    assert "is it optuna?" in house.ask("export", "--format", "optona", "--output", "z", status=2).stderr


@test
def a_campaign_is_exported_while_it_runs(house):
    flag = house.write("flag", "")
    run = house.start_run(house.write("small.json", campaign(fixed={"flag": flag})))
    wait_for(lambda: house.n_counted() > 1 and house.query("SELECT 1 FROM trial WHERE state = 'running'"), "it runs")
    for form in FORMS:
        export(house, form)
    with open(house.path("out.csv"), encoding="utf-8", newline="") as file:
        assert {"RUNNING", "PRUNED"} <= {row["state"] for row in csv.DictReader(file)}
    os.unlink(flag)
    house.end(run, 0)


OPTUNA = """
import json, sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name="wide", storage="sqlite:///" + sys.argv[1])
said = [dict(number=t.number, state=t.state.name, value=t.value and t.value.hex(), params=t.params, user=t.user_attrs,
             kinds={k: str(d) for k, d in t.distributions.items()},
             curve={str(k): v.hex() for k, v in t.intermediate_values.items()}) for t in study.trials]
best = study.best_trial.number
def objective(trial):
    kind = trial.suggest_categorical("kind", ["gru", 'a,"b"\\n', True, 2.5])
    heads = trial.suggest_int("heads", 1, 8, log=True) if kind == "gru" else 1
    return trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 1e-5, 1, log=True) + \\
        trial.suggest_int("steps", 2, 8, step=3) + trial.suggest_float("drop", .1, .9, step=.1) + heads
study.optimize(objective, n_trials=12)
print(json.dumps(dict(trials=said, best=best, direction=study.direction.name, n=len(study.trials))))
"""


@test
def optuna_opens_the_study_and_goes_on(house):
    python = os.environ.get("RUNG_OPTUNA_PYTHON", "/usr/bin/python3")
    if subprocess.run([python, "-c", "import optuna"], capture_output=True, check=False).returncode:
        raise Skip("Optuna is not installed (Debian: python3-optuna)")
    searched(house)
    done = subprocess.run([python, "-W", "error::UserWarning", "-c", OPTUNA, export(house, "optuna")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    known = known_trials(house)
    assert len(said["trials"]) == len(known) and said["n"] == len(known) + 12 and said["direction"] == "MINIMIZE"
    assert said["best"] == house.value("SELECT trial FROM best_trial") - 1
    for trial, (number, (state, value, _, config, curve)) in zip(said["trials"], known.items()):
        assert (trial["number"], trial["state"], trial["user"]["rung:trial"]) == (number - 1, state, number), trial
        assert trial["value"] == (value.hex() if value is not None and state != "FAIL" else None), trial
        assert set(trial["params"]) == set(config), trial
        assert all(same(trial["params"][name], config[name]) for name in config), trial
        assert trial["curve"] == {str(step): v.hex() for step, v in curve.items()}, trial
        assert "low=1e-05" in trial["kinds"]["y"] and "log=True" in trial["kinds"]["y"], trial["kinds"]
        assert "step=3" in trial["kinds"]["steps"] and "high=0.9," in trial["kinds"]["drop"], trial["kinds"]


def hparam(value):
    """A google.protobuf.Value."""
    return value[2][0] if 2 in value else value[3][0].decode() if 3 in value else bool(value[4][0])


@test
def tensorboards_files_have_the_curves_and_the_parameters(house):
    searched(house)
    place = export(house, "tensorboard")
    top = [name for name in os.listdir(place) if "tfevents" in name]
    assert len(top) == 1
    (_, _, tag, value), = tfrecord.values(os.path.join(place, top[0]))
    assert tag == "_hparams_/experiment"
    experiment = tfrecord.fields(tfrecord.fields(tfrecord.fields(value[9][0])[1][0])[2][0])
    infos = [tfrecord.fields(info) for info in tfrecord.fields(experiment[2][0])[4]]
    assert [info[1][0].decode() for info in infos] == list(SPACE)
    for number, (state, _, reached, config, curve) in known_trials(house).items():
        run = os.path.join(place, f"trial-{number:05}")
        name, = os.listdir(run)
        scalars, exact, said, status, last = {}, {}, {}, 0, 0
        for wall, step, tag, value in tfrecord.values(os.path.join(run, name)):
            if tag == "loss":
                scalars[step] = value[2][0]
                assert wall >= last > 1.6e9 or not last, "the time of a curve runs backwards"
                last = wall
            elif tag == "rung/exact/loss":
                tensor = tfrecord.fields(value[8][0])
                assert tensor[1] == [2]
                doubles = struct.unpack(f"<{len(tensor[4][0]) // 8}d", tensor[4][0])
                exact = dict(zip(map(int, doubles[::2]), doubles[1::2]))
            elif tag == "rung/budget":
                assert (step, value[2][0]) == (reached, reached)
            elif tag.startswith("_hparams_"):
                data = tfrecord.fields(tfrecord.fields(tfrecord.fields(value[9][0])[1][0])[2][0])
                for entry in tfrecord.fields(data[3][0]).get(1, []) if 3 in data else []:
                    entry = tfrecord.fields(entry)
                    said[entry[1][0].decode()] = hparam(tfrecord.fields(entry[2][0]))
                if 4 in data:
                    status = tfrecord.fields(data[4][0])[1][0]
        assert {s: v.hex() for s, v in exact.items()} == {s: v.hex() for s, v in curve.items()}
        assert scalars == {s: struct.unpack("<f", struct.pack("<f", v))[0] for s, v in curve.items()}
        assert set(said) == set(config) and status == (2 if state == "FAIL" else 1)
        for key, wanted in config.items():
            text = {True: "true", 2.5: "2.5"}.get(wanted, wanted) if key == "kind" else wanted
            assert same(said[key], text), (key, said[key], text)


def page_data(path):
    """What the page was given, and the page without it."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    before, _, rest = page.partition('<script type="application/json" id="data">')
    data, _, after = rest.partition("</script>")
    assert len(page) < 1 << 20 and "<" not in data and ">" not in data
    return json.loads(data), before + after


@test
def the_page_needs_nothing_else_and_says_what_the_store_says(house):
    searched(house)
    data, page = page_data(export(house, "html"))
    assert not re.search(r"(?:src|href)=|url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page), "it asks for more"
    trial, value = house.query("SELECT trial, value FROM best_trial")[0]
    assert (data["best"]["trial"], data["best"]["value"]) == (trial, value)
    assert data["n_trials"] == 14 and len(data["trials"]) == 14 and [p["name"] for p in data["params"]] == list(SPACE)
    assert {t[0]: t[3] for t in data["trials"]} == dict(house.query("SELECT number, reached FROM trial"))
    assert [row[3:7] for row in data["brackets"]] == \
        [list(row) for row in house.query("SELECT entered, reached, failed, promoted FROM brackets")]
    assert max(len(curve["points"]) for curve in data["curves"]) == 9


@test
def nothing_that_others_wrote_is_taken_for_html(house):
    evil = "</script><script>alert(1)</script>"
    space = {**SPACE, "kind": {"type": "categorical", "choices": [evil, "<!--"]}}
    space["heads"] = {"type": "int", "low": 1, "high": 8}
    house.run(house.write("evil.json", campaign(name="wide", space=space, fixed={"fail_above": 0.5})))
    data, page = page_data(export(house, "html"))
    assert "alert" not in page and evil in data["params"][4]["choices"]
    n_failed = house.value("SELECT count(*) FROM trial WHERE state = 'failed'")
    assert sum(row[1] for row in data["failures"]) == n_failed > 0
    browser = shutil.which("chromium")
    if browser:
        done = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom",
                               f"--user-data-dir={house.path('profile')}", "file://" + house.path("out.html")],
                              capture_output=True, text=True, check=False, timeout=DEADLINE)
        for title in ("Best trial", "History", "Learning curves", "Parallel coordinates", "Brackets", "Failures"):
            assert f"<h2>{title}</h2>" in done.stdout, (title, done.stdout[-2000:])


# ---- and back ----

def narrow(**changes):
    """The same campaign under another name, in a space in which some of what was found does not fit."""
    space = {**SPACE, "x": {"type": "float", "low": 0, "high": 0.6}}
    return campaign(name="warm", trials=12, space=space, where=["steps < 8"], **changes)


def given(house, source, *words):
    return json.loads(house.ask("import", "warm", "--from", source, "--json", *words).stdout)


@test
def a_study_a_table_and_a_store_warm_a_campaign_and_what_does_not_fit_is_named(house):
    searched(house)
    configs = {n: config for n, (_, _, _, config, _) in known_trials(house).items()}
    misfits = {n for n, config in configs.items() if config["x"] > 0.6 or config["steps"] >= 8}
    results = house.query("SELECT t.number, r.budget, r.value, t.config FROM result AS r "
                          "JOIN trial AS t ON t.id = r.trial WHERE r.counted = 1 AND t.campaign = 1 ORDER BY 1, 2")
    wanted = sorted((b, float(v).hex(), c) for n, b, v, c in results if n not in misfits)
    path, table = house.write("warm.json", narrow()), export(house, "csv")
    done = house.ask("import", path, "--from", export(house, "optuna"))
    assert f"{len(wanted)} results were given" in done.stdout, done.stdout
    assert not misfits or "does not fit" in done.stderr, done.stderr
    rows = house.query("SELECT budget, value, config FROM imports WHERE campaign = 'warm'")
    assert sorted((b, v.hex(), c) for b, v, c in rows) == wanted
    for source, n in ((table, len(configs) - len(misfits)), (house.store, len(wanted))):
        said = given(house, source, "--campaign", "wide")
        assert (said["taken"], said["known"]) == (0, n), said
        assert len(said["skipped"]) == len(misfits), said
    assert house.value("SELECT count(*) FROM trial WHERE campaign = 2") == 0
    assert house.ask("best", "warm", status=3).stderr
    house.run(path)
    assert house.value("SELECT n_good FROM decision WHERE campaign = 2 AND origin = 'model' ORDER BY seq LIMIT 1")
    assert house.value("SELECT count(*) FROM imports WHERE campaign = 'warm'") == len(wanted)
    assert "over" in house.ask("import", "warm", "--from", table, status=1).stderr


@test
def a_running_coordinator_takes_an_import_and_forgets_none_of_it(house):
    house.run(house.write("small.json", campaign(trials=12)))
    house.rung("export", "--store", house.store, "--format", "csv", "--output", house.path("t.csv"))
    rungd = house.start("rungd", "--store", house.store)
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "it answers")
    house.ask("submit", house.write("warm.json", campaign(name="warm")))
    assert given(house, house.path("t.csv"), "--dry-run")["fit"] == 12
    assert given(house, house.path("t.csv"))["taken"] == 12
    house.kill_id(rungd.pid)
    rungd.wait()
    assert given(house, house.path("t.csv"))["known"] == 12
    for wrong, said in (("nothing.csv", "No such file"),
                        (house.write("a.csv", "x,y\n1,2\n"), "no column is called value"),
                        (house.write("b.csv", "x,loss\n0.5,1\n"), "y is missing"),
                        (house.write("c.csv", "x,y,loss\n5,1,1\n"), "expected a number from 0 to 1")):
        done = house.ask("import", "warm", "--from", wrong, status=None)
        assert done.returncode in (2, 3) and said in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(main())
