#!/usr/bin/env python3
"""`rung launch --on slurm` on a real cluster of three nodes (slurm.py): workers as tasks of a job array, a node that
fails, a time limit, a requeue. Skipped where Slurm is absent; no other test needs it."""
import json
import os
import sys

from harness import campaign, main, test, wait_for
from ports import free_port
from slurm import Cluster, run


class Launched:
    """A campaign on the cluster, whose coordinator notices lost workers soon."""

    def __init__(self, house, n_workers, *words, **changes):
        self.house = house
        self.address = f"tcp://127.0.0.1:{free_port()}"
        house.start("rungd", "--store", house.store, "--listen", self.address, "--lease", "3")
        wait_for(lambda: house.rung("status", "--connect", self.address, status=None).returncode == 0, "it answers")
        path = house.write("small.json", campaign(**changes))
        self.said = house.rung("launch", "--store", house.store, "--connect", self.address, "--on", "slurm",
                               "--workers", str(n_workers), "--idle-exit", "5", path, "--", *words).stdout

    def finish(self, n_trials, **claims):
        self.house.rung("watch", "small", "--connect", self.address)
        self.house.check_complete(n_trials, **claims)

    def stop(self):
        self.house.rung("stop", "small", "--connect", self.address, "--store", self.house.store)


def members(house):
    answer = json.loads(house.ask("scale", "small", "--json").stdout)
    return [one["state"] for one in answer["members"]]


def n_running(house):
    return house.value("SELECT count(*) FROM attempt WHERE ended_ms = 0") or 0


def outcomes(house, kind):
    return house.query("SELECT a.trial, w.name FROM attempt AS a JOIN worker AS w ON w.id = a.worker "
                       "WHERE a.outcome = ?", kind)


@test
def nine_workers_lose_a_node_and_what_it_says_later_counts_at_most_once(house):
    flag = house.write("flag", "")
    with Cluster(house) as cluster:
        launched = Launched(house, 9, trials=18, fixed={"flag": flag}, search={"min_budget": 3})
        wait_for(lambda: n_running(house) == 9, "nine workers run a trial each")
        assert sorted(node for _, node in cluster.tasks().values()) == ["w1"] * 3 + ["w2"] * 3 + ["w3"] * 3
        tasks = [task for task, (_, node) in cluster.tasks().items() if node == "w2"]
        frozen = cluster.break_node("w2")
        wait_for(lambda: len(outcomes(house, "lost")) == 3, "the leases of three workers end")
        assert {name for _, name in outcomes(house, "lost")} == {f"slurm/{task}" for task in tasks}
        wait_for(lambda: cluster.node_state("w2").startswith("down"), "Slurm sees that the node is down")
        wait_for(lambda: all(cluster.tasks()[task][0] == "PENDING" for task in tasks), "its tasks queue again")
        assert all(cluster.restarts(task) == 1 for task in tasks)
        os.unlink(flag)
        cluster.thaw(frozen)
        launched.finish(18)
        print("# what came late:", house.query("SELECT verdict, count(*) FROM result GROUP BY 1"), flush=True)
        wait_for(lambda: not cluster.on_nodes(["w2"]), "the orphans leave by themselves")
        launched.stop()
        wait_for(lambda: not cluster.tasks(), "no job is left")


@test
def a_task_hands_its_trial_back_before_its_time_limit_and_queues_again(house):
    with Cluster(house) as cluster:
        launched = Launched(house, 1, "--time=1", "--signal=B:USR1@50", trials=1, max_budget=300,
                            fixed={"seconds": 0.1}, search={"scheduler": "none", "min_budget": 300})
        wait_for(lambda: outcomes(house, "preempted"), "the trial is handed back")
        task = wait_for(cluster.tasks, "the task is there").popitem()[0]
        wait_for(lambda: cluster.restarts(task) == 1 and cluster.tasks()[task][0] == "PENDING", "it queues again")
        assert house.value("SELECT count(*) FROM attempt") == 1
        cluster.hurry(task)
        kept = wait_for(lambda: house.value("SELECT budget_from FROM attempt WHERE lease = 2"), "it goes on", 400)
        assert 0 < kept < 300, kept
        launched.stop()


@test
def a_requeued_task_goes_on_and_jobs_leave_when_the_campaign_is_over(house):
    with Cluster(house) as cluster:
        launched = Launched(house, 2, trials=6, fixed={"seconds": 0.1})
        wait_for(lambda: n_running(house) == 2, "two workers run a trial each")
        task = sorted(cluster.tasks())[0]
        run("scontrol", "requeue", task)
        wait_for(lambda: cluster.tasks()[task][0] == "PENDING", "the task queues again")
        cluster.hurry(task)
        launched.finish(6)
        wait_for(lambda: not cluster.tasks(), "the workers leave when there is no more work")
        house.ask("scale", "small", "1")
        wait_for(lambda: members(house).count("running") == 1, "one comes back when asked")
        launched.stop()
        wait_for(lambda: not cluster.tasks(), "no job is left")


if __name__ == "__main__":
    sys.exit(main())
