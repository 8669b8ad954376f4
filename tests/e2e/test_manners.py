#!/usr/bin/env python3
"""How `rung` behaves on a command line: help, completion, manual, forms for others, suggestions, exit statuses."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys

from harness import BUILD, HERE, Skip, campaign, main, program, test

SOURCE = os.path.realpath(os.path.join(HERE, "..", ".."))
TABLES = ["trials", "brackets", "decisions", "workers", "campaigns", "events"]


def searched(house, **changes):
    """A campaign that is over, on the house's store; returns the number of a trial."""
    house.run(house.write("small.json", campaign(trials=12, **changes)))
    return str(house.value("SELECT trial FROM best_trial"))


def commands():
    listed = subprocess.run([program("rung"), "help", "all"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return file.read()


def trained(house, *words):
    """What rung-train says in JSON."""
    return subprocess.run([program("rung-train"), *words, "--json"], check=True, capture_output=True, text=True,
                          cwd=house.path("."), timeout=300).stdout


# ---- what is printed where ----

@test
def every_object_is_as_its_schema_says(house):
    try:
        import jsonschema
    except ImportError:
        raise Skip("python3-jsonschema is not there") from None
    forms = json.loads(read("schemas/answers.schema.json"))["$defs"]
    trial = searched(house)
    said = [house.ask(*words, "--json").stdout for words in (
        ["best"], ["best", "--top", "3"], ["best", "--top", "2", "--columns", "trial,x"], ["trials"],
        ["trials", "--columns", "trial,x,worker,started,seconds,reason"], ["show", trial], ["curve", trial, "2"],
        ["brackets"], ["workers"], ["campaigns"], ["explain", trial], ["importance", "--budget", "1"], ["decisions"],
        ["events", "--columns", "seq,time,text"])]
    said += house.ask("events", "--json").stdout.splitlines()
    said += [house.ask("keys", "--json").stdout, house.rung("check", house.path("small.json"), "--json").stdout,
             house.rung("plan", house.path("small.json"), "--json").stdout, house.ask("replay", "--json").stdout,
             house.rung("simulate", "branin", "--seeds", "2", "--budget", "5", "--json").stdout]
    model = house.path("model.safetensors")
    said += trained(house, "--format", "synthetic", "--epochs", "2", "--export", model).splitlines()
    said += [trained(house, "evaluate", "--model", model, "--format", "synthetic"),
             trained(house, "bench", "--hidden-size", "8", "--batch-size", "16", "--frames", "5", "--seconds", "0.1")]
    seen = set()
    for text in said:
        answer = json.loads(text)
        seen.add(answer["schema"])
        jsonschema.Draft202012Validator(forms[answer["schema"]]).validate(answer)
    # whose commands need a coordinator, train, or give
    elsewhere = {"rung.status/1", "rung.progress/1", "rung.final/1", "rung.import/1", "rung.gc/1", "rung.launch/1"}
    assert seen == set(forms) - elsewhere, sorted(set(forms) - seen)


@test
def data_goes_to_standard_output_and_nothing_else_does(house):
    trial = searched(house)
    for words in ([table] for table in TABLES + ["best", "importance"]):
        for form in ([], ["--json"], ["--csv"]):
            done = house.ask(*words, *form, *(["--budget", "1"] if words == ["importance"] else []))
            assert done.stdout and not done.stderr, (words, done.stderr)
    for words in (["show", trial], ["explain", trial], ["logs", trial], ["curve", trial]):
        done = house.ask(*words)
        assert done.stdout and not done.stderr, words
    for words, status in ((["best", "nothing"], 3), (["show", "99"], 3), (["trials", "--where", "nonsense ="], 2),
                          (["trials", "--json", "--csv"], 2), (["curve", "1", "--metric", "nothing"], 3)):
        done = house.ask(*words, status=status)
        assert done.stderr and not done.stdout, words


@test
def a_table_is_the_same_as_csv_and_as_json(house):
    searched(house)
    for table in TABLES:
        columns = house.ask(table, "--csv").stdout.splitlines()[0]
        rows = list(csv.reader(io.StringIO(house.ask(table, "--csv", "--columns", columns).stdout)))
        answer = json.loads(house.ask(table, "--json", "--columns", columns).stdout)[table]
        assert rows[0] == columns.split(","), table
        assert len(rows) - 1 == len(answer) > 0, table
        for row, found in zip(rows[1:], answer):
            for cell, name in zip(row, rows[0]):
                value = found[name]
                same = cell == "" if value is None else float(cell) == value if isinstance(value, (int, float)) else \
                    cell == (value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))
                assert same, (table, name, cell, value)


@test
def conditions_orders_and_columns_are_those_of_sql(house):
    searched(house)
    wanted = house.query("SELECT trial FROM trials_small WHERE x > 0.5 AND state = 'stopped' "
                         "ORDER BY value DESC, trial")
    found = json.loads(house.ask("trials", "--where", "x > 0.5 and state = 'stopped'", "--sort", "value:desc",
                                 "--columns", "trial", "--json").stdout)["trials"]
    assert [(row["trial"],) for row in found] == wanted, (found, wanted)
    assert house.ask("trials", "--limit", "3", "--csv").stdout.count("\n") == 4


# ---- to paste ----

@test
def the_best_configuration_comes_in_forms_to_paste(house):
    awkward = "it's a \"b\" $HOME"
    searched(house, space={"x": {"type": "float", "low": 0, "high": 1}, "y": {"type": "float", "low": 0, "high": 1},
                           "mode": {"type": "categorical", "choices": [awkward]}})
    config = json.loads(house.ask("best", "--json").stdout)["config"]
    assert json.loads(house.ask("best", "--format", "json").stdout) == config
    shell = "eval \"set -- $(cat)\"; for word; do printf '%s\\n' \"$word\"; done"
    words = subprocess.run(["sh", "-c", shell], input=house.ask("best", "--format", "args").stdout, text=True,
                           capture_output=True, check=True).stdout.splitlines()
    assert words[::2] == ["--" + name for name in config], words
    assert words[1::2] == [str(value) for value in config.values()], words
    shell = "set -a; eval \"$(cat)\"; env"
    env = subprocess.run(["sh", "-c", shell], input=house.ask("best", "--format", "env").stdout, text=True,
                         capture_output=True, check=True).stdout.splitlines()
    assert f"MODE={awkward}" in env and f"X={config['x']}" in env, env
    again = house.write("again.json", house.ask("best", "--format", "campaign").stdout)
    house.rung("check", again)
    with open(again, encoding="utf-8") as file:
        enqueued = json.load(file)["enqueue"]
    assert enqueued == [{name: config[name] for name in ("x", "y", "mode")}], enqueued


# ---- help ----

@test
def every_help_fits_a_screen_of_80_by_24(house):
    for words in [["--help"], ["help"]] + [[name, "--help"] for name in commands()]:
        done = house.rung(*words)
        lines = done.stdout.splitlines()
        assert not done.stderr and len(lines) <= 23, (words, len(lines))
        assert max(len(line) for line in lines) <= 80, (words, max(lines, key=len))
        assert house.rung(*["-h" if word == "--help" else word for word in words]).stdout == done.stdout


@test
def every_command_stands_in_the_help_once(house):
    named = house.rung("--help").stdout.split("usage:")[1].split("  rung run")[0].split()
    assert "more" not in named, "a command without a group"
    for name in commands():
        assert named.count(name) == (2 if name in ("launch", "watch") else 1), name  # which are groups, too


@test
def what_is_misspelt_is_suggested(house):
    trial = searched(house)
    for words, said in ((["trails"], "trials"), (["best", "--topp", "3"], "--top"), (["best", "smal"], "small"),
                        (["trials", "--where", "statee = 'x'"], "state"), (["trials", "--sort", "vallue"], "value"),
                        (["trials", "--columns", "trail"], "trial"), (["curve", trial, "--metric", "los"], "loss"),
                        (["best", "--format", "campain"], "campaign"), (["completion", "bsh"], "bash")):
        where = [] if words[0] in ("trails", "completion") else ["--store", house.store]
        done = house.rung(*words, *where, status=None)
        assert done.returncode in (2, 3) and said in done.stderr and not done.stdout, (words, done.stderr)


@test
def exit_statuses_are_distinct_and_those_of_the_readme(house):
    manual = house.rung("--help-as", "scdoc").stdout.split("# EXIT STATUS")[1].split("\n# ")[0]
    listed = {int(status): re.sub(r"\\", "", text) for status, text in re.findall(r"\*(\d+)\*\n\t(.*)", manual)}
    assert len(listed) == manual.count("\n\t") >= 11
    table = read("README.md").split("| exit status | meaning |")[1].split("\n\n")[0]
    readme = {int(status): text.replace("`", "") for status, text in re.findall(r"\| (\d+) \| (.*) \|", table)}
    assert readme == listed, (readme, listed)


@test
def the_manual_is_made_where_scdoc_is(house):
    text = house.rung("--help-as", "scdoc").stdout
    for name in commands():
        assert f"\n## rung {name}\n" in text, name
    if not shutil.which("scdoc"):
        raise Skip("scdoc is not there")
    made = subprocess.run(["scdoc"], input=text, text=True, capture_output=True, check=False)
    assert made.returncode == 0 and ".TH" in made.stdout, made.stderr


# ---- completion ----

def complete(house, *words):
    """What bash offers for the last of these words."""
    script = house.write("completion.bash", house.rung("completion", "bash").stdout)
    line = " ".join(f"'{word}'" for word in words)
    shell = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _rung; " \
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=house.directory, check=True,
                          env={**os.environ, "PATH": os.path.realpath(BUILD) + ":" + os.environ["PATH"]})
    assert not done.stderr, done.stderr
    return done.stdout.split()


@test
def bash_completes_commands_options_names_values_and_files(house):
    searched(house)
    house.write("other.json", "{}")
    assert complete(house, "rung", "imp")[0] == "importance"
    assert set(complete(house, "rung", "")) >= set(commands())
    assert complete(house, "rung", "trials", "--wh") == ["--where"]
    assert complete(house, "rung", "best", "--store", house.store, "sm") == ["small"]
    assert complete(house, "rung", "best", "--store", "=", house.store, "sm") == ["small"]
    assert complete(house, "rung", "best", "--format", "a") == ["args"]
    assert complete(house, "rung", "best", "--format", "=", "e") == ["env"]
    assert set(complete(house, "rung", "run", "")) >= {"small.json", "other.json"}
    assert complete(house, "rung", "trials", "--store", "stor") == ["store"]
    assert "value" in complete(house, "rung", "trials", "--store", house.store, "--sort", "v")
    assert complete(house, "rung", "completion", "z") == ["zsh"]


@test
def zsh_and_fish_understand_their_scripts(house):
    missing = [shell for shell in ("zsh", "fish") if not shutil.which(shell)]
    for shell in ("zsh", "fish"):
        script = house.write("completion." + shell, house.rung("completion", shell).stdout)
        for name in commands():
            assert name in house.rung("completion", shell).stdout
        if shell not in missing:
            done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr, done.stderr
    if missing:
        raise Skip(" and ".join(missing) + " not there")


@test
def fish_completes(house):
    if not shutil.which("fish"):
        raise Skip("fish is not there")
    searched(house)
    script = house.write("rung.fish", house.rung("completion", "fish").stdout)

    def offered(line):
        done = subprocess.run(["fish", "-c", f"source {script}; complete -C '{line}'"], capture_output=True, text=True,
                              check=True, env={**os.environ, "HOME": house.directory,
                                               "PATH": os.path.realpath(BUILD) + ":" + os.environ["PATH"]})
        return [row.split("\t")[0] for row in done.stdout.splitlines()]
    assert "importance" in offered("rung imp")
    assert offered("rung best --format a") == ["args"]
    assert "small" in offered(f"rung best --store {house.store} sm")
    assert "--where" in offered("rung trials --wh")


# ---- the database, by hand ----

@test
def the_example_for_a_notebook_runs(house):
    searched(house)
    for path in ("schemas/store/README.md", "README.md"):
        for block in re.findall(r"```python\n(.*?)```", read(path), re.S):
            if "sqlite3.connect" not in block:
                continue
            try:
                import pandas  # noqa: F401
            except ImportError:
                block = block.split("import pandas")[0]
            block = block.replace("rung-store", house.store).replace("trials_quickstart", "trials_small")
            block = block.replace("quickstart", "small").replace("validation_accuracy", "loss")
            block = block.replace("learning_rate", "x").replace("hidden_size", "y")
            done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, cwd=house.directory,
                                  check=False)
            assert done.returncode == 0 and done.stdout, done.stderr
    assert "sqlite3.connect" in read("schemas/store/README.md")


if __name__ == "__main__":
    sys.exit(main())
