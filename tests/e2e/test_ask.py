#!/usr/bin/env python3
"""Questions to a store: the same answers while a coordinator runs and when there is none."""
import csv
import io
import json
import os
import shutil
import sys

from harness import campaign, main, test, wait_for


def answers(house):
    """Every question once, as JSON: name of the question to what was said."""
    trial = str(house.value("SELECT trial FROM best_trial"))
    said = {}
    for words in (["best"], ["best", "--top", "3"], ["trials"], ["show", trial], ["explain", trial], ["campaigns"]):
        said[" ".join(words)] = json.loads(house.ask(*words, "--json").stdout)
    said["logs"] = house.ask("logs", trial).stdout
    said["events"] = [json.loads(line) for line in house.ask("events", "--json").stdout.splitlines()]
    return said


@test
def the_answers_agree_with_the_database(house):
    house.run(house.write("small.json", campaign()))
    said = answers(house)
    trial, value, budget = house.query("SELECT trial, value, budget FROM best_trial")[0]
    best = said["best"]
    assert (best["trial"], best["value"], best["budget"]) == (trial, value, budget), best
    assert abs(best["metrics"]["loss"] - value) < 1e-15 and set(best["config"]) >= {"x", "y"}, best
    assert [t["trial"] for t in said["best --top 3"]["top"]] == \
        [row[0] for row in house.query("SELECT trial FROM ranking WHERE place <= 3 ORDER BY place")]
    assert len(said["trials"]["trials"]) == 9
    shown = said[f"show {trial}"]
    assert shown["trial"] == trial and shown["state"] == "completed", shown
    assert len(shown["attempts"]) == house.value("SELECT count(*) FROM attempts WHERE trial = ?", trial)
    assert f"trial {trial} begins" in said["logs"], said["logs"]
    assert len(said["events"]) == house.value("SELECT count(*) FROM event")
    for name, answer in said.items():
        if isinstance(answer, dict):
            assert answer["schema"].startswith("rung."), name


@test
def the_answers_are_the_same_with_a_coordinator_and_without(house):
    house.run(house.write("small.json", campaign()))
    without = answers(house)
    rungd = house.start("rungd", "--store", house.store)
    wait_for(lambda: house.ask("status", status=None).returncode == 0, "it answers")
    assert answers(house) == without
    rungd.terminate()
    house.end(rungd, 0)
    assert answers(house) == without


@test
def a_campaign_can_be_asked_about_while_it_runs(house):
    flag = house.write("flag", "")
    run = house.start_run(house.write("small.json", campaign(fixed={"flag": flag})))
    wait_for(lambda: house.n_counted() >= 3, "three results")
    best = json.loads(house.ask("best", "--json").stdout)
    assert best["budget"] == 1, best
    assert "better one may come" in house.ask("best").stdout
    os.unlink(flag)
    house.end(run, 0)
    assert json.loads(house.ask("best", "--json").stdout)["budget"] == 9


@test
def text_is_for_people_and_fits_the_page(house):
    house.run(house.write("small.json", campaign()))
    trial = str(house.value("SELECT trial FROM best_trial"))
    for words in (["best"], ["trials"], ["show", trial], ["explain", trial], ["campaigns"], ["events"]):
        text = house.ask(*words).stdout
        assert text and "\033" not in text, words
        assert max(len(line) for line in text.splitlines()) <= 200, words
    assert "proposed" in house.ask("explain", trial).stdout.lower()


@test
def a_campaign_is_named_when_it_is_not_the_last(house):
    house.run(house.write("a.json", campaign("a", trials=3)))
    house.run(house.write("b.json", campaign("b", trials=4)))
    assert len(json.loads(house.ask("trials", "--json").stdout)["trials"]) == 4
    assert len(json.loads(house.ask("trials", "a", "--json").stdout)["trials"]) == 3
    assert json.loads(house.ask("show", "a", "2", "--json").stdout)["campaign"] == "a"


@test
def trials_come_as_csv_with_a_column_a_parameter(house):
    house.run(house.write("small.json", campaign(trials=4)))
    rows = list(csv.DictReader(io.StringIO(house.ask("trials", "--csv").stdout)))
    assert len(rows) == 4 and all(0 <= float(row["x"]) <= 1 for row in rows), rows


@test
def what_is_not_there_is_status_3_and_says_so(house):
    house.ask("best", status=3)
    house.run(house.write("small.json", campaign(trials=3)))
    for words in (["best", "nothing"], ["show", "99"], ["logs", "99"], ["explain", "nothing", "1"]):
        assert house.ask(*words, status=3).stderr, words


@test
def a_store_can_be_read_where_nothing_can_be_written(house):
    house.run(house.write("small.json", campaign(trials=3)))
    before = house.ask("best").stdout
    copy = house.path("copy")
    os.mkdir(copy)
    shutil.copy(os.path.join(house.store, "rung.db"), copy)
    os.chmod(os.path.join(copy, "rung.db"), 0o400)
    os.chmod(copy, 0o500)
    house.store = copy
    try:
        assert house.ask("best").stdout == before
    finally:
        os.chmod(copy, 0o700)


@test
def a_program_that_asks_too_early_gets_an_answer_with_the_reason(house):
    house.run(house.write("few.json", campaign("few", trials=2)))
    found = json.loads(house.ask("importance", "--json", status=3).stdout)
    assert found["parameters"] == [] and "too few results" in found["why"], found
    assert "too few results" in house.ask("importance", status=3).stderr


if __name__ == "__main__":
    sys.exit(main())
