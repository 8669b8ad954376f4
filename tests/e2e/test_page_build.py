#!/usr/bin/env python3
"""What is committed of the page is what its source gives: npm ci and a build in a copy, compared byte by byte.

Skipped without Node 20 or without the registry."""
import os
import shutil
import subprocess
import sys

from harness import HERE, Skip, main, test

PAGE = os.path.join(HERE, "..", "..", "coordinator", "web", "page")


def node_version():
    if not shutil.which("node") or not shutil.which("npm"):
        return (0, 0)
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])


def read(path):
    with open(path, "rb") as file:
        return file.read()


@test
def the_built_page_is_what_its_source_gives(house):
    if node_version() < (20, 19):
        raise Skip("there is no Node 20.19")
    copy = house.path("page")
    shutil.copytree(PAGE, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
    quiet = {"cwd": copy, "capture_output": True, "text": True, "check": False, "timeout": 400}
    got = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1"], **quiet)
    if got.returncode != 0:
        raise Skip("npm ci found no registry")
    built = subprocess.run(["npm", "run", "build"], **quiet)
    assert built.returncode == 0, built.stdout + built.stderr
    names = sorted(os.listdir(os.path.join(PAGE, "dist")))
    assert names == sorted(os.listdir(os.path.join(copy, "dist"))), names
    for name in names:
        kept, fresh = (read(os.path.join(place, "dist", name)) for place in (PAGE, copy))
        assert kept == fresh, f"{name}: npm run build in coordinator/web/page, and commit what it gives"


if __name__ == "__main__":
    sys.exit(main())
