#!/usr/bin/env python3
"""What is sent to Kubernetes, as far as that can be known without a cluster: manifests are rendered by kubectl and held
against the API's schemas; the launcher speaks to a stand-in for kubectl. What has no tools here is skipped."""
import json
import os
import shutil
import subprocess
import sys

from harness import HERE, Skip, campaign, main, test

KUBERNETES = os.path.join(HERE, "..", "..", "deploy", "kubernetes")


def check_schemas(objects):
    """Held against the schemas of Kubernetes' API, strictly: a member that is misspelt is a mistake."""
    try:
        import kubernetes_validate
    except ImportError:
        raise Skip("the Python package kubernetes-validate is not there") from None
    for one in objects:
        kubernetes_validate.validate(one, str(kubernetes_validate.latest_version()), strict=True)


def render(house):
    """The example overlay as text, with keys made as its README says."""
    if not shutil.which("kubectl"):
        raise Skip("no kubectl here")
    shutil.copytree(KUBERNETES, house.path("mine"))
    overlay = house.path("mine/overlays/example")
    os.mkdir(os.path.join(overlay, "keys"))
    for role in ("server", "worker", "operator"):
        house.rung("keygen", role, "--output", os.path.join(overlay, "keys", f"{role}.key"))
    done = subprocess.run(["kubectl", "kustomize", overlay], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@test
def the_overlay_renders_and_every_object_is_as_the_api_says(house):
    text = render(house)
    kinds = [line.split()[1] for line in text.splitlines() if line.startswith("kind: ")]
    assert sorted(kinds) == sorted(["ServiceAccount", "Service", "StatefulSet", "Job", "NetworkPolicy", "NetworkPolicy",
                                    "Secret", "Secret", "Secret"]), kinds
    assert "parallelism: 16" in text and "registry.example.org/rung-worker:0.1.0" in text
    try:
        import yaml
    except ImportError:
        raise Skip("the Python package yaml is not there") from None
    check_schemas(yaml.safe_load_all(text))


KUBECTL = """#!/bin/sh
echo "$*" >>'{log}'
case $* in
*apply*) cat >'{job}'; echo applied >'{there}' ;;
*'get job'*) [ ! -f '{there}' ] || echo job/it ;;
*'get pods'*) echo 'pod-1 Running node-7 <none>'; echo 'pod-2 Pending <none> ImagePullBackOff' ;;
*'logs'*) echo 'what it said' ;;
*'delete job'*) rm -f '{there}' ;;
esac
"""


@test
def the_launcher_makes_a_job_scales_it_and_takes_it_away(house):
    paths = {name: house.path(name) for name in ("log", "job", "there")}
    os.mkdir(house.path("bin"))
    os.chmod(house.write("bin/kubectl", KUBECTL.format(**paths)), 0o755)
    path = os.environ["PATH"]
    os.environ["PATH"] = house.path("bin") + ":" + path
    try:
        file = house.write("small.json", campaign())
        words = ["launch", "--store", house.store, "--on", "kubernetes", "--workers", "3", "--listen",
                 f"ipc://{house.path('socket')}", "--address", "tcp://127.0.0.1:7464", file, "--", "--namespace=tuning"]
        assert "--image=" in house.rung(*words, status=1).stderr
        said = house.rung(*words, "--image=here/worker:1").stdout
        assert "3 wanted, 1 running, 2 waiting" in said, said
        with open(paths["job"], encoding="utf-8") as text:
            job = json.load(text)
        args = job["spec"]["template"]["spec"]["containers"][0]["args"]
        assert job["spec"]["parallelism"] == 3 and args[:2] == ["--connect", "tcp://127.0.0.1:7464"], job
        members = json.loads(house.ask("scale", "small", "--json").stdout)["members"]
        assert [(one["worker"], one["state"], one["where"], one["text"]) for one in members] == \
            [("pod-1", "running", "node-7", ""), ("pod-2", "waiting", "", "ImagePullBackOff")], members
        house.ask("scale", "small", "5")
        assert "what it said" in house.ask("scale", "small", "--logs").stdout
    finally:
        house.ask("stop", "small", status=None)
        os.environ["PATH"] = path
    with open(paths["log"], encoding="utf-8") as text:
        calls = text.read()
    assert '{"spec":{"parallelism":5}}' in calls and "delete job" in calls, calls
    assert all(line.startswith("--namespace=tuning ") for line in calls.splitlines()), calls
    check_schemas([job])


if __name__ == "__main__":
    sys.exit(main())
