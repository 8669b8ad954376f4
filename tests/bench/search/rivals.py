"""rivals.py: other programs on the same tasks, seeds and clock.

    rivals.py [--seeds N] [--rows DIRECTORY] [--data DIRECTORY] [--methods NAME,…] [--tasks NAME,…]

Each program proposes and schedules with its own code; here are only the clock, the workers and the marks, as in
quality.c, and the task answers through `quality --serve`. A row a campaign goes to DIRECTORY/rows-NAME.csv.
What cannot be imported is left out and named. Nobody pays twice for the same training of the same configuration,
whatever the program asks for. 8 workers, 60 median full trainings.
"""

import argparse
import contextlib
import heapq
import io
import json
import logging
import math
import os
import pathlib
import random
import subprocess
import tempfile
import time
import warnings

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")})  # one core

HERE = pathlib.Path(__file__).resolve().parent
QUALITY = HERE.parents[2] / "build" / "tests" / "bench" / "search" / "quality"
TASKS = ["counting-ones-16", "hartmann3", "hartmann6-bad", "branin", "borehole", "gru-2", "lcbench-167149"]
MARKS = (1 / 6, 1 / 3, 1 / 2, 2 / 3, 1)
WORKERS, TRAININGS, ETA = 8, 60, 3


class Task:
    """One task of `quality --serve`; params: dictionaries (name, type, low, high, step, log, choices, ordered)."""

    def __init__(self, name, data):
        command = [QUALITY, "--serve", name] + (["--data", data] if data else [])
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.known = {}
        line = self.child.stdout.readline()
        self.is_there = bool(line)
        for key, value in json.loads(line or "{}").items():
            setattr(self, "params" if key == "space" else key, value)

    def ask(self, seed, trial, budget, config):
        """(loss, truth, seconds a unit) of a configuration: {name: value}, a choice by its index."""
        values = " ".join(repr(float(config[p["name"]])) for p in self.params)
        self.child.stdin.write(f"{seed} {trial} {budget} {values}\n")
        self.child.stdin.flush()
        return tuple(map(float, self.child.stdout.readline().split()))

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class Job:
    """Train `config` to `budget`; `key` says whose it is, `from_budget` what was paid already."""

    def __init__(self, key, config, from_budget, budget, handle=None):
        self.key, self.config, self.from_budget, self.budget, self.handle = key, config, from_budget, budget, handle


def play(task, make, seed):
    """(regret at the marks, trials, finished) of a campaign; make(task, seed) has ask(worker) and tell(job, loss)."""
    whole = TRAININGS * task.full_seconds / WORKERS
    rival, regret, numbers = make(task, seed), [], {}
    idle, running, best, count, finished, now = list(range(WORKERS)), [], None, 0, 0, 0.0
    while len(regret) < len(MARKS):
        for worker in sorted(idle):
            job = rival.ask(worker)
            if job is None:
                continue
            idle.remove(worker)
            number = numbers.setdefault(job.key, len(numbers) + 1)
            loss, truth, unit = task.ask(seed, number, job.budget, job.config)
            heapq.heappush(running, (now + unit * (job.budget - job.from_budget), count, worker, job, loss, truth))
            count += 1
        if not running:
            break
        now, _, worker, job, loss, truth = heapq.heappop(running)
        while len(regret) < len(MARKS) and MARKS[len(regret)] * whole < now:
            regret.append(100 * (best[1] - task.best) / (task.median - task.best) if best else 100.0)
        idle.append(worker)
        finished += job.budget == task.max_budget
        if best is None or (-job.budget, loss) < best[0]:
            best = (-job.budget, loss), truth
        rival.tell(job, loss)
    last = 100 * (best[1] - task.best) / (task.median - task.best) if best else 100.0
    return regret + [last] * (len(MARKS) - len(regret)), len(numbers), finished


def configspace(task, seed):
    """The space for those who use ConfigSpace; ordered choices as whole numbers."""
    import ConfigSpace as cs

    space = cs.ConfigurationSpace(seed=seed)
    for p in task.params:
        if p["type"] == "categorical" and not p["ordered"]:
            param = cs.CategoricalHyperparameter(p["name"], list(range(p["choices"])))
        elif p["type"] == "float":
            param = cs.UniformFloatHyperparameter(p["name"], p["low"], p["high"], log=p["log"])
        else:
            low, high = (0, p["choices"] - 1) if p["type"] == "categorical" else (int(p["low"]), int(p["high"]))
            param = cs.UniformIntegerHyperparameter(p["name"], low, high, log=p["log"])
        space.add(param) if hasattr(space, "add") else space.add_hyperparameter(param)
    return space


def rungs(task):
    """Ascending from min_budget, times ETA, and max_budget."""
    budgets, budget = [], task.min_budget
    while budget < task.max_budget:
        budgets.append(budget)
        budget *= ETA
    return [*budgets, task.max_budget]


class Optuna:
    """TPESampler as it comes, HyperbandPruner; a trial goes on with its worker until it is pruned."""

    name = "optuna"

    def __init__(self, task, seed):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.task, self.rungs, self.goes_on = optuna, task, rungs(task), {}
        pruner = optuna.pruners.HyperbandPruner(
            min_resource=task.min_budget, max_resource=task.max_budget, reduction_factor=ETA
        )
        self.study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner)

    @staticmethod
    def version():
        import optuna

        return optuna.__version__

    def draw(self, trial):
        config = {}
        for p in self.task.params:
            if p["type"] == "categorical" and not p["ordered"]:
                config[p["name"]] = trial.suggest_categorical(p["name"], list(range(p["choices"])))
            elif p["type"] == "float":
                config[p["name"]] = trial.suggest_float(p["name"], p["low"], p["high"], log=p["log"])
            else:
                low, high = (0, p["choices"] - 1) if p["type"] == "categorical" else (int(p["low"]), int(p["high"]))
                config[p["name"]] = trial.suggest_int(p["name"], low, high, log=p["log"])
        return config

    def ask(self, worker):
        if worker in self.goes_on:
            done = self.goes_on.pop(worker)
            budget = next(b for b in self.rungs if b > done.budget)
            return self.place(worker, Job(done.key, done.config, done.budget, budget, done.handle))
        trial = self.study.ask()
        return self.place(worker, Job(trial.number, self.draw(trial), 0, self.rungs[0], trial))

    def place(self, worker, job):
        job.worker = worker
        return job

    def tell(self, job, loss):
        job.handle.report(loss, job.budget)
        if job.budget == self.task.max_budget:
            self.study.tell(job.handle, loss)
        elif job.handle.should_prune():
            self.study.tell(job.handle, state=self.optuna.trial.TrialState.PRUNED)
        else:
            self.goes_on[job.worker] = job


class HpBandSter:
    """BOHB by its authors: their generator and their iterations, and the loop of Master.run."""

    name = "hpbandster"

    def __init__(self, task, seed):
        import numpy
        from hpbandster.optimizers import bohb

        numpy.random.seed(seed)
        random.seed(seed)
        self.task, self.paid, self.iterations = task, {}, []
        master = self.master = bohb.BOHB.__new__(bohb.BOHB)
        master.config_generator = bohb.CG_BOHB(configspace=configspace(task, seed))
        master.eta, master.max_SH_iter = ETA, -int(math.log(task.min_budget / task.max_budget) / math.log(ETA)) + 1
        master.budgets = task.max_budget * numpy.power(
            ETA, -numpy.linspace(master.max_SH_iter - 1, 0, master.max_SH_iter)
        )

    @staticmethod
    def version():
        import importlib.metadata
        import hpbandster.optimizers.bohb

        return importlib.metadata.version("hpbandster")

    def ask(self, worker):
        job = None
        for iteration in self.iterations:
            job = None if iteration.is_finished else iteration.get_next_run()
            if job:
                break
        while not job:
            self.iterations.append(self.master.get_next_iteration(len(self.iterations), {"result_logger": None}))
            job = self.iterations[-1].get_next_run()
        key, config, budget = job
        whole = max(1, round(budget))
        from_budget, self.paid[key] = self.paid.get(key, 0), whole
        return Job(key, config, from_budget, whole, budget)

    def tell(self, job, loss):
        class Told:
            id, exception, timestamps = job.key, None, {}
            kwargs, result = {"config": job.config, "budget": job.handle}, {"loss": loss, "info": {}}

        self.iterations[job.key[0]].register_result(Told)
        self.master.config_generator.new_result(Told)


class Smac:
    """SMAC3's MultiFidelityFacade (HyperBand with a random forest), by ask and tell."""

    name = "smac3"

    def __init__(self, task, seed):
        import smac

        logging.getLogger("smac").setLevel(logging.ERROR)
        self.task, self.paid, self.directory = task, {}, tempfile.TemporaryDirectory()
        scenario = smac.Scenario(
            configspace(task, seed),
            deterministic=True,
            n_trials=100000,
            min_budget=task.min_budget,
            max_budget=task.max_budget,
            seed=seed,
            output_directory=pathlib.Path(self.directory.name),
        )
        intensifier = smac.MultiFidelityFacade.get_intensifier(scenario, eta=ETA)
        self.facade = smac.MultiFidelityFacade(
            scenario, lambda config, seed, budget: 0.0, intensifier=intensifier, logging_level=False, overwrite=True
        )

    @staticmethod
    def version():
        import importlib.metadata
        import smac

        return importlib.metadata.version("smac") if smac else None

    def ask(self, worker):
        info = self.facade.ask()
        key, budget = tuple(sorted(dict(info.config).items())), max(1, round(info.budget))
        from_budget = self.paid.get(key, 0)
        self.paid[key] = max(from_budget, budget)
        return Job(key, dict(info.config), min(from_budget, budget), budget, info)

    def tell(self, job, loss):
        from smac.runhistory.dataclasses import TrialValue

        self.facade.tell(job.handle, TrialValue(cost=loss, time=1.0))


class Dehb:
    """DEHB by ask and tell. It changes configurations from rung to rung, so each is trained from the start."""

    name = "dehb"

    def __init__(self, task, seed):
        import dehb

        self.count, self.directory = 0, tempfile.TemporaryDirectory()
        self.dehb = dehb.DEHB(
            f=None,
            cs=configspace(task, seed),
            min_fidelity=task.min_budget,
            max_fidelity=task.max_budget,
            eta=ETA,
            n_workers=1,
            seed=seed,
            output_path=self.directory.name,
            save_freq="end",
            log_level="ERROR",
        )

    @staticmethod
    def version():
        import importlib.metadata
        import dehb

        return importlib.metadata.version("dehb")

    def ask(self, worker):
        info = self.dehb.ask()
        self.count += 1
        return Job(self.count, dict(info["config"]), 0, max(1, round(info["fidelity"])), info)

    def tell(self, job, loss):
        self.dehb.tell(job.handle, {"fitness": loss, "cost": float(job.budget)})


class SyneTune:
    """A scheduler of Syne Tune's baselines that stops (a trial goes on with its worker until it is stopped)."""

    baseline = "ASHA"

    def __init__(self, task, seed):
        from syne_tune import config_space as cs
        from syne_tune.optimizer import baselines

        space = {}
        for p in task.params:
            low, high = (0, p["choices"] - 1) if p["type"] == "categorical" else (p["low"], p["high"])
            if p["type"] == "categorical" and not p["ordered"]:
                space[p["name"]] = cs.choice(list(range(p["choices"])))
            elif p["type"] == "float":
                space[p["name"]] = (cs.loguniform if p["log"] else cs.uniform)(low, high)
            else:
                space[p["name"]] = (cs.lograndint if p["log"] else cs.randint)(int(low), int(high))
        self.task, self.rungs, self.goes_on, self.count = task, rungs(task), {}, 0
        self.scheduler = getattr(baselines, self.baseline)(
            space,
            metric="loss",
            time_attr="epoch",
            max_t=task.max_budget,
            grace_period=task.min_budget,
            reduction_factor=ETA,
            random_seed=seed,
        )

    @staticmethod
    def version():
        import importlib.metadata
        import syne_tune.optimizer.baselines

        return importlib.metadata.version("syne-tune")

    def ask(self, worker):
        from syne_tune.backend.trial_status import Trial

        if worker in self.goes_on:
            done = self.goes_on.pop(worker)
            job = Job(done.key, done.config, done.budget, next(b for b in self.rungs if b > done.budget), done.handle)
        else:
            config = self.scheduler.suggest().config
            trial = Trial(trial_id=self.count, config=config, creation_time=None)
            self.scheduler.on_trial_add(trial)
            self.count += 1
            job = Job(trial.trial_id, config, 0, self.rungs[0], trial)
        job.worker = worker
        return job

    def tell(self, job, loss):
        from syne_tune.optimizer.scheduler import SchedulerDecision

        result = {"loss": loss, "epoch": job.budget}
        if job.budget == self.task.max_budget:
            self.scheduler.on_trial_complete(job.handle, result)
        elif self.scheduler.on_trial_result(job.handle, result) == SchedulerDecision.CONTINUE:
            self.goes_on[job.worker] = job
        else:
            self.scheduler.on_trial_remove(job.handle)


class SyneTuneAsha(SyneTune):
    name, baseline = "syne-tune-asha", "ASHA"


class SyneTuneBore(SyneTune):
    name, baseline = "syne-tune-bore", "ASHABORE"


RIVALS = [Optuna, HpBandSter, Smac, Dehb, SyneTuneAsha, SyneTuneBore]


def play_all(rival, arguments):
    rows = arguments.rows / f"rows-{rival.name}.csv"
    if rows.exists():
        print(f"rivals: {rows} is there: not played again")
        return
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            version = rival.version()
    except Exception as problem:  # whatever an import may do
        print(
            f"rivals: {rival.name}: left out: {(str(problem) or type(problem).__name__).splitlines()[0]}"
        )
        return
    lines, begun = ["family,task,use,workers,method,seed,r1,r2,r3,r4,r5,trials,finished"], time.process_time()
    for name in arguments.tasks.split(",") if arguments.tasks else TASKS:
        task = Task(name, arguments.data)
        for seed in range(1, arguments.seeds + 1) if task.is_there else ():
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                regret, trials, finished = play(task, rival, seed)
            lines.append(
                ",".join(
                    [
                        task.family,
                        name,
                        "reported",
                        str(WORKERS),
                        rival.name,
                        str(seed),
                        *(f"{r:.4g}" for r in regret),
                        str(trials),
                        str(finished),
                    ]
                )
            )
        task.close()
        print(f"rivals: {rival.name} {version}: {name} ({time.process_time() - begun:.0f} s)", flush=True)
    rows.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=pathlib.Path, default=QUALITY.parent)
    parser.add_argument("--data")
    parser.add_argument("--tasks", help="instead of all")
    parser.add_argument("--methods", help="instead of all")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for rival in RIVALS:
        if not arguments.methods or rival.name in arguments.methods.split(","):
            play_all(rival, arguments)


main()
