"""A real Slurm cluster of three nodes on this machine, below a house's directory: nothing of it is installed, started
at boot, or left behind. Needs Debian's slurm-wlm and munge, and root, as whom its daemons run."""
import os
import shutil
import signal
import socket
import subprocess

from harness import Skip, wait_for
from ports import free_port

PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel"]
NODES = ["w1", "w2", "w3"]
CPUS = 3  # of each node, whatever this machine has
CONF = """ClusterName=rung
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={at}/munge.socket
SlurmctldPort={port}
SlurmctldPidFile={at}/slurmctld.pid
SlurmdPidFile={at}/slurmd-%n.pid
SlurmctldLogFile={at}/slurmctld.log
SlurmdLogFile={at}/slurmd-%n.log
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmdTimeout=10
KillWait=5
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName={nodes} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports} CPUs={cpus}
PartitionName=main Nodes={nodes} Default=YES MaxTime=INFINITE State=UP
"""


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


class Cluster:
    """Use it by `with`."""

    def __init__(self, house):
        missing = [name for name in PROGRAMS if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
        if missing:
            raise Skip(f"no Slurm here: {', '.join(missing)}")
        if os.geteuid() != 0:
            raise Skip("only root can set up a Slurm cluster")
        self.house = house
        self.at = house.path("slurm")
        for name in ["", "state", "munge", *(f"spool-{node}" for node in NODES)]:
            os.makedirs(os.path.join(self.at, name), mode=0o700, exist_ok=True)
        self.pids = []

    def __enter__(self):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        os.environ["SLURM_CONF"] = os.path.join(self.at, "slurm.conf")
        try:
            self.start_munge()
            self.start_slurm()
            wait_for(lambda: run("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * 3, "three nodes are idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start_munge(self):
        key = os.path.join(self.at, "munge", "munge.key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o400), "wb") as file:
            file.write(os.urandom(128))
        run("munged", "--force", "--key-file", key, "--socket", f"{self.at}/munge.socket", "--pid-file",
            f"{self.at}/munge/munged.pid", "--log-file", f"{self.at}/munge/munged.log", "--seed-file",
            f"{self.at}/munge/munged.seed", "--num-threads", "2")

    def start_slurm(self):
        first = free_port()
        ports = ",".join(str(free_port()) for _ in NODES)
        with open(os.environ["SLURM_CONF"], "w", encoding="utf-8") as file:
            file.write(CONF.format(host=socket.gethostname().split(".")[0], at=self.at, port=first,
                                   nodes=",".join(NODES), ports=ports, cpus=CPUS))
        run("slurmctld", "-f", os.environ["SLURM_CONF"], "-c")
        for node in NODES:
            run("slurmd", "-f", os.environ["SLURM_CONF"], "-N", node)

    def __exit__(self, *_):
        self.end_all([os.path.join(self.at, f"slurmd-{node}.pid") for node in NODES])
        self.end_all([os.path.join(self.at, name) for name in ("slurmctld.pid", "munge/munged.pid")])
        for number in (signal.SIGCONT, signal.SIGKILL):
            for pid in self.on_nodes(NODES):
                self.signal(pid, number)
        del os.environ["SLURM_CONF"]
        wait_for(lambda: not self.on_nodes(NODES), "all jobs of the cluster end")

    @staticmethod
    def signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it ended by itself in this instant

    def end_all(self, files):
        for path in files:
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    self.signal(int(file.read()), signal.SIGKILL)

    # ---- nodes ----

    def on_nodes(self, nodes):
        """Ids of the processes that jobs of this cluster run there."""
        wanted = [f"SLURMD_NODENAME={node}".encode() for node in nodes]
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if f"SLURM_CONF={self.at}/slurm.conf".encode() in words and any(word in words for word in wanted):
                found.append(int(entry))
        return found

    def break_node(self, node):
        """Its daemon is gone, and nothing is heard of its workers, though their trials go on: as of a machine behind a
        cut cable. Returns the processes that stand still."""
        self.end_all([os.path.join(self.at, f"slurmd-{node}.pid")])
        frozen = [pid for pid in self.house.processes("rung-worker") if pid in self.on_nodes([node])]
        for pid in frozen:
            self.signal(pid, signal.SIGSTOP)
        return frozen

    def thaw(self, pids):
        for pid in pids:
            self.signal(pid, signal.SIGCONT)

    def node_state(self, node):
        return run("sinfo", "-h", "-n", node, "-o", "%T").strip()

    # ---- jobs ----

    def tasks(self):
        """{"3_1": ("RUNNING", "w1")} of those that wait or run."""
        rows = (line.split("|") for line in run("squeue", "-h", "-r", "-o", "%i|%T|%N").splitlines())
        return {row[0]: (row[1], row[2]) for row in rows}

    def restarts(self, task):
        words = run("scontrol", "show", "job", task).split()
        return int(next(word for word in words if word.startswith("Restarts=")).split("=")[1])

    def hurry(self, task):
        """A requeued job waits two minutes otherwise; in this very second its node would refuse it."""
        run("scontrol", "update", f"JobId={task}", "StartTime=now+3")
