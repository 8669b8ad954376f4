"""report.py: rows of campaigns to results.json, results.svg and the tables of README.md."""

import collections
import csv
import json
import random

import picture

MARKS = ("1/6", "1/3", "1/2", "2/3", "1")
TIMES = ("1/6", "1/3", "2/3", "1")  # those that are compared; 1/2 is for the question of half the budget
OURS = ("random", "hyperband", "bohb", "default")
RESAMPLES = 1000


def read(paths):
    """[row]: strings, but workers and seed whole, and `regret` by mark."""
    rows = []
    for path in paths:
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                row["workers"], row["seed"] = int(row["workers"]), int(row["seed"])
                row["regret"] = {mark: float(row[f"r{i + 1}"]) for i, mark in enumerate(MARKS)}
                rows.append(row)
    return rows


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def by_seed(rows, mark):
    """{seed: mean over the tasks}."""
    seeds = collections.defaultdict(list)
    for row in rows:
        seeds[row["seed"]].append(row["regret"][mark])
    return {seed: mean(values) for seed, values in seeds.items()}


def interval(values):
    """The middle 95 % of the means of resampled values."""
    rng = random.Random(1)
    values = list(values)
    means = sorted(mean(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def group(rows, *names):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def cells(rows):
    """[{family, workers, method, regret: {mark: [mean, low, high]}}]."""
    found = []
    for (family, workers, method), members in sorted(group(rows, "family", "workers", "method").items()):
        regret = {}
        for mark in MARKS:
            seeds = by_seed(members, mark)
            regret[mark] = [round(value, 2) for value in (mean(seeds.values()), *interval(seeds.values()))]
        found.append(
            {
                "family": family,
                "workers": workers,
                "method": method,
                "regret": regret,
                "tasks": len({row["task"] for row in members}),
                "seeds": len({row["seed"] for row in members}),
            }
        )
    return found


def compare(rows, ours, theirs):
    """[{family, workers, time, difference: [mean, low, high]}]: negative where ours is better."""
    found = []
    for (family, workers), members in sorted(group(rows, "family", "workers").items()):
        sides = [[row for row in members if row["method"] == method] for method in (ours, theirs)]
        for time in TIMES if all(sides) else ():
            a, b = (by_seed(side, time) for side in sides)
            paired = [a[seed] - b[seed] for seed in a if seed in b]
            found.append(
                {
                    "family": family,
                    "workers": workers,
                    "time": time,
                    "difference": [round(v, 2) for v in (mean(paired), *interval(paired))],
                }
            )
    return found


def ranks(rows, methods):
    """{(workers, time): {method: mean rank}} among the methods, over tasks and seeds that all of them have."""
    sums = collections.defaultdict(lambda: collections.defaultdict(list))
    for (_, workers, _), members in group(
        [r for r in rows if r["method"] in methods], "task", "workers", "seed"
    ).items():
        if {row["method"] for row in members} != set(methods):
            continue
        for time in TIMES:
            values = [row["regret"][time] for row in members]
            for row in members:
                value = row["regret"][time]
                place = 1 + sum(v < value for v in values) + (sum(v == value for v in values) - 1) / 2
                sums[workers, time][row["method"]].append(place)
    return {key: {method: round(mean(v), 2) for method, v in places.items()} for key, places in sums.items()}


def halves(found, ours, others):
    """[{family, workers, ours: at 1/2, best: of the others at 1, method}]."""
    answers = []
    for (family, workers), members in sorted(group(found, "family", "workers").items()):
        at = {cell["method"]: cell["regret"] for cell in members}
        rest = {method: at[method]["1"][0] for method in others if method in at}
        if ours in at and rest:
            best = min(rest, key=rest.get)
            answers.append(
                {"family": family, "workers": workers, "ours": at[ours]["1/2"][0], "best": rest[best], "method": best}
            )
    return answers


def verdict(comparison):
    better = sum(c["difference"][0] < 0 for c in comparison)
    sure = sum(c["difference"][2] < 0 for c in comparison)
    worse = [c for c in comparison if c["difference"][1] > 0]
    where = "; ".join(f"{c['family']}, {c['workers']} workers, {c['time']}: +{c['difference'][0]}" for c in worse)
    return (
        f"The default is better than BOHB in {better} of {len(comparison)} cells (family, workers, time), "
        f"in {sure} beyond the interval; worse beyond the interval in {len(worse)}{': ' + where if worse else ''}."
    )


def regret_table(found, workers, methods):
    lines = ["| family | " + " | ".join(methods) + " |", "|---|" + "---|" * len(methods)]
    by = {(cell["family"], cell["method"]): cell for cell in found if cell["workers"] == workers}
    for family in sorted({family for family, _ in by}):
        present = [m for m in methods if (family, m) in by]
        least = {time: min(by[family, m]["regret"][time][0] for m in present) for time in TIMES}
        row = []
        for method in methods:
            values = by[family, method]["regret"] if (family, method) in by else None
            row.append(
                " ".join(
                    f"**{values[t][0]:.1f}**" if values[t][0] == least[t] else f"{values[t][0]:.1f}" for t in TIMES
                )
                if values
                else ""
            )
        lines.append(f"| {family} | " + " | ".join(row) + " |")
    return lines


def interval_table(comparison):
    lines = ["| family | workers | " + " | ".join(TIMES) + " |", "|---|---:|" + "---|" * len(TIMES)]
    for (family, workers), members in group(comparison, "family", "workers").items():
        values = {c["time"]: c["difference"] for c in members}
        lines.append(
            f"| {family} | {workers} | "
            + " | ".join("{:+.1f} ({:+.1f} to {:+.1f})".format(*values[t]) for t in TIMES)
            + " |"
        )
    return lines


def rank_table(places, methods):
    lines = ["| workers | " + " | ".join(methods) + " |", "|---:|" + "---|" * len(methods)]
    for workers in sorted({workers for workers, _ in places}):
        row = [" ".join(f"{places[workers, t][m]:.2f}" for t in TIMES) for m in methods]
        lines.append(f"| {workers} | " + " | ".join(row) + " |")
    return lines


def half_table(answers):
    lines = ["| family | workers | default at 1/2 | best of the others at 1 | |", "|---|---:|---:|---:|---|"]
    for a in answers:
        mark = "reached" if a["ours"] <= a["best"] else ""
        lines.append(f"| {a['family']} | {a['workers']} | {a['ours']:.1f} | {a['best']:.1f} ({a['method']}) | {mark} |")
    return lines


def figures(found, rows, methods, titles):
    """A table of regrets for each number of workers, which `titles` names, and the mean ranks."""
    lines = []
    for workers, title in sorted(titles.items()):
        lines += ["", f"{title} {', '.join(TIMES)} of the time:", "", *regret_table(found, workers, methods)]
    return [*lines, "", "Mean rank at the same times:", "", *rank_table(ranks(rows, methods), methods)]


def rival_part(rows, rivals):
    """Beside other programs: only tasks, workers and seeds that they have."""
    played = {(row["task"], row["workers"], row["seed"]) for row in rows if row["method"] in rivals}
    same = [row for row in rows if (row["task"], row["workers"], row["seed"]) in played]
    found, methods = cells(same), [*OURS, *rivals]
    titles = {}
    for workers in {workers for _, workers, _ in played}:
        seeds = len({seed for _, w, seed in played if w == workers})
        tasks = len({task for task, w, _ in played if w == workers})
        titles[workers] = f"**{workers} workers**, {tasks} tasks, {seeds} seeds, at"
    lines = [
        *figures(found, same, methods, titles),
        "",
        "Half of the budget against the whole of the best of all others:",
        "",
        *half_table(halves(found, "default", [m for m in methods if m != "default"])),
    ]
    return found, lines


def write(directory, paths):
    rows = read(paths)
    reported = [row for row in rows if row["use"] == "reported"]
    own = [row for row in reported if row["method"] in OURS]
    rivals = sorted({row["method"] for row in rows} - set(OURS))
    found, comparison = cells(own), compare(own, "default", "bohb")
    answers = halves(found, "default", [m for m in OURS if m != "default"])
    titles = {w: f"**{w} worker{'s' * (w > 1)}**, regret at" for w in {row["workers"] for row in own}}
    lines = [
        verdict(comparison),
        "",
        *figures(found, own, OURS, titles),
        "",
        "The default less BOHB, with the 95 % interval of the paired difference:",
        "",
        *interval_table(comparison),
        "",
        "Half of the budget against the whole of the others:",
        "",
        *half_table(answers),
    ]
    rival_cells, rival_lines = (
        rival_part([r for r in reported if r["workers"] == 8], rivals) if rivals else ([], ["None was installed."])
    )
    tasks = {use: sorted({row["task"] for row in rows if row["use"] == use}) for use in ("tuned", "reported")}
    everything = {
        "tasks": tasks,
        "cells": found,
        "default_less_bohb": comparison,
        "halves": answers,
        "beside_rivals": rival_cells,
        "tuned": cells([row for row in rows if row["use"] == "tuned" and row["method"] in OURS]),
    }
    (directory / "results.json").write_text(json.dumps(everything, indent=0) + "\n")
    (directory / "results.svg").write_text(picture.draw(found, OURS, TIMES))
    readme = directory / "README.md"
    text = readme.read_text()
    for name, part in (("own", lines), ("rivals", rival_lines)):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
        head, rest = text.split(begin)
        text = head + begin + "\n".join(part) + "\n" + end + rest.split(end)[1]
    readme.write_text(text)
    print(lines[0])
    print(f"run: wrote README.md, results.json and results.svg in {directory}")
