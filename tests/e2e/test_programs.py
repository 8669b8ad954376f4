#!/usr/bin/env python3
"""Programs of one's own as trials: those that only print, those with rung.py, and the examples."""
import json
import os
import shutil
import subprocess
import sys

from harness import HERE, Skip, campaign, main, test, wait_for

ROOT = os.path.join(HERE, "..", "..")
EXAMPLES = os.path.join(ROOT, "deploy", "examples")


def example(house, name, *files, **changes):
    """A copy of an example, with other limits."""
    for file in files:
        shutil.copy(os.path.join(EXAMPLES, file), house.directory)
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        content = json.load(file)
    for place, values in changes.items():
        content[place].update(values)
    if files[0].endswith(".py"):
        content["trial"]["command"][0] = "/usr/bin/python3"
    return house.write(name, content)


def need(*words):
    if not shutil.which(words[0]) or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        raise Skip(f"{' '.join(words)} does not work here")


def script(house, text, *arguments, name="p.sh", **changes):
    """A campaign over a shell script that was just written."""
    house.write(name, "set -eu\n" + text)
    return house.write("file.json", campaign("printing", trial={"command": ["sh", name, *arguments]}, **changes))


@test
def a_program_that_only_prints_is_searched_for(house):
    path = script(house, 'i=$RUNG_BUDGET_FROM\nwhile [ $i -lt $RUNG_BUDGET_TO ]; do i=$((i + 1));'
                  'echo "step $i: step=$i y=$RUNG_PARAM_y, loss=$1"; done', "${x}")
    house.run(path)
    house.check_complete(9)
    wrong = house.query("SELECT x, value FROM trials_printing WHERE value IS NOT NULL AND x <> value")
    assert not wrong and house.value("SELECT count(*) FROM curves WHERE metric = 'y'") > 9, wrong


@test
def a_result_that_is_printed_once_counts_for_the_whole_budget(house):
    house.run(script(house, 'echo "epochs: $1"; echo "{\\"loss\\": $RUNG_PARAM_x}"', "${budget_to}", trials=3))
    house.check_sound()
    assert house.value("SELECT max(reached) FROM trial") == 9
    assert house.value("SELECT state FROM campaign") == "done"


@test
def a_program_that_ignores_its_budget_is_ended_at_it(house):
    house.run(script(house, 'i=0\nwhile true; do i=$((i + 1)); echo "epoch=$i loss=$RUNG_PARAM_x"; sleep 0.001; done',
                     trials=3))
    house.check_complete(3)
    assert house.value("SELECT count(*) FROM attempt WHERE outcome <> 'reached'") == 0


@test
def parameters_are_words_of_their_own_whatever_they_hold(house):
    nasty = "a b; touch hurt \"'$(touch hurt)"
    text = ('[ $# = 4 ] && [ "$1" = --a ] && [ "$2" = "--b=$RUNG_PARAM_b" ] && [ "$3" = "$RUNG_PARAM_b" ] || exit 3\n'
            '[ "$4" = \'${b}\' ] || exit 4\ngrep -q \'"x":\' "$RUNG_CONFIG" || exit 5\necho loss=1')
    path = script(house, text, "--a", "--b=${b}", "${b}", "--gone", "${z}", "$${b}", trials=3, space={
        "x": {"type": "float", "low": 0, "high": 1}, "b": {"type": "categorical", "choices": [nasty, nasty + "2"]},
        "z": {"type": "float", "low": 0, "high": 1, "when": "x > 2"}})
    house.run(path)
    assert house.value("SELECT count(*) FROM trial WHERE state = 'failed'") == 0, house.query("SELECT * FROM failures")
    assert not os.path.exists(house.path("hurt"))


@test
def what_goes_wrong_with_a_program_is_said(house):
    for text, kind, words in (("echo nothing", "exit", "printed no loss"), ("echo loss=nan", "diverged", "not finite"),
                              ("echo loss=1; echo why >&2; exit 4", "exit", "why")):
        house.store = house.path(f"store-{len(text)}")
        house.run(script(house, text, trials=1), status=6)
        outcome, reason = house.query("SELECT outcome, reason FROM attempt")[0]
        assert outcome == kind and words in reason, (outcome, reason)


@test
def a_printing_program_is_stopped_gently_and_goes_on_from_its_file(house):
    text = ('n=0; [ -z "$RUNG_CHECKPOINT_IN" ] || n=$(cat "$RUNG_CHECKPOINT_IN")\n'
            'save() { echo $n > "$RUNG_CHECKPOINT_OUT.new"; mv "$RUNG_CHECKPOINT_OUT.new" "$RUNG_CHECKPOINT_OUT"; }\n'
            "trap 'save; exit 75' TERM\n"
            'while [ $n -lt $RUNG_BUDGET_TO ]; do n=$((n + 1)); echo "step=$n loss=$RUNG_PARAM_x";'
            '[ $n -lt 3 ] || [ -e go ] || { sleep 1 & wait; }; done\nsave')
    path = script(house, text, trials=1, search={"scheduler": "none"})
    first = house.start_run(path)
    wait_for(lambda: (json.loads(house.ask("status", "--json", status=None).stdout or "{}").get("running")
                      or [{"step": 0}])[0]["step"] >= 3, "a third step")
    first.terminate()
    house.end(first, 130)
    row = house.query("SELECT outcome, budget_from FROM attempt")[0]
    assert row[0] == "preempted", (row, house.logs())
    house.write("go", "")
    house.run(path)
    assert (house.value("SELECT max(budget_from) FROM attempt") or 0) >= 3, house.query("SELECT * FROM attempt")
    house.check_complete(1)


@test
def a_shell_script_is_tuned(house):
    need("xz", "--version")
    house.run(example(house, "xz.json", "xz.sh", limits={"trials": 12}))
    house.check_sound()
    assert 0 < house.value("SELECT value FROM best_trial") < 0.1


@test
def a_numpy_script_is_tuned(house):
    need("/usr/bin/python3", "-c", "import numpy")
    house.run(example(house, "spiral-numpy.json", "spiral_numpy.py", limits={"trials": 6}, search={"max_budget": 9}))
    house.check_sound()
    assert house.value("SELECT value FROM best_trial") < 0.69
    assert house.value("SELECT count(*) FROM attempt WHERE budget_from > 0") > 0


@test
def a_pytorch_script_is_tuned(house):
    need("/usr/bin/python3", "-c", "import torch")
    house.run(example(house, "spiral-torch.json", "spiral_torch.py", limits={"trials": 1}, search={"max_budget": 3}))
    house.check_sound()
    assert house.value("SELECT count(*) FROM trial WHERE state = 'failed'") == 0
    assert house.value("SELECT budget FROM best_trial") == 3


@test
def rung_py_works_without_rung(house):
    house.write("by_hand.py", "import rung\nwith rung.trial(budget=3, checkpoint='saved', lr=0.5) as t:\n"
                "    for step in t.steps():\n        t.report(step, loss=t.config['lr'] / step)\n"
                "    with t.saving() as path:\n        open(path, 'w').write('state')\n")
    environment = dict(os.environ, PYTHONPATH=os.path.join(ROOT, "deploy", "python"), PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run([sys.executable, "by_hand.py"], cwd=house.directory, env=environment, capture_output=True,
                          text=True, check=True, timeout=120)
    assert done.stdout == "step=1 loss=0.5\nstep=2 loss=0.25\nstep=3 loss=0.166667\n", done.stdout
    with open(house.path("saved"), encoding="utf-8") as file:
        assert file.read() == "state"


@test
def rung_py_says_when_it_cannot(house):
    house.write("p.py", "import rung\nwith rung.trial() as t:\n    if t.config['x'] > 0.5:\n"
                "        raise rung.Refused('x is too large')\n    t.report(t.budget_to, loss=float('nan'))\n")
    house.run(house.write("file.json", campaign(trials=6, trial={"command": [sys.executable, "p.py"]},
                                                search={"sampler": "random"})), status=6)
    kinds = dict(house.query("SELECT outcome, max(reason) FROM attempt GROUP BY 1"))
    assert set(kinds) == {"refused", "diverged"} and kinds["refused"] == "x is too large", kinds


if __name__ == "__main__":
    sys.exit(main())
