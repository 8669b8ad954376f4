#!/usr/bin/env python3
"""What a distribution gets: the files that are installed, units, manual pages, and, with RUNG_E2E_DEEP=1 and as root,
the Debian package through a fresh root (deploy/debian/try)."""
import os
import re
import shutil
import subprocess
import sys

from harness import BUILD, HERE, Skip, main, program, test

SOURCE = os.path.realpath(os.path.join(HERE, "..", ".."))
DOCUMENTED = ["rungd", "rung-worker", "rung-train"]


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **options)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


def install(house):
    """Everything as meson install puts it, below a directory; returns that of the prefix."""
    run("meson", "install", "-C", BUILD, "--no-rebuild", env={**os.environ, "DESTDIR": house.path("root")})
    found = [place for place, _, names in os.walk(house.path("root")) if "rungd" in names and place.endswith("/bin")]
    assert len(found) == 1, found
    return os.path.dirname(found[0])


@test
def what_is_installed_is_where_a_distribution_looks_and_finds_its_parts(house):
    prefix = install(house)
    for name in ["bin/rung", "bin/rungd", "bin/rung-worker", "bin/rung-train", "lib/systemd/system/rungd.service",
                 "lib/systemd/system/rung-worker.service", "share/rung/schemas/campaign.schema.json",
                 "share/doc/rung/examples/train.py",
                 *(f"libexec/rung/launchers/{name}" for name in ("local", "ssh", "slurm", "kubernetes")),
                 *(f"share/bash-completion/completions/{name}" for name in ("rung", *DOCUMENTED))]:
        assert os.path.exists(os.path.join(prefix, name)), name
    words = [os.path.join(prefix, "bin", "rung"), "launch", os.path.join(SOURCE, "deploy", "quickstart.json"),
             "--on", "nowhere", "--store", house.store]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    assert all(name in said for name in ("local", "ssh", "slurm", "kubernetes")), said


@test
def every_option_of_every_program_is_in_its_manual_and_its_completion(house):
    for name in DOCUMENTED:
        options = set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", run(program(name), "--help"), re.M))
        manual = run(os.path.join(SOURCE, "deploy", "manual.py"), "scdoc", program(name)).replace("\\", "")
        assert len(options) > 5 and f"{name}(1)" in manual, (name, options)
        for form in ("bash", "zsh", "fish"):
            script = run(os.path.join(SOURCE, "deploy", "manual.py"), form, program(name))
            for option in options:
                assert f"--{option}*" in manual, (name, option)
                assert (f"-l {option} " if form == "fish" else f"--{option}") in script, (form, name, option)
            if shutil.which(form):
                run(form, "-n", house.write(f"{name}.{form}", script))
        if shutil.which("scdoc"):
            text = run(os.path.join(SOURCE, "deploy", "manual.py"), "scdoc", program(name))
            source = house.write(f"{name}.scd", text)
            assert ".TH" in run("sh", "-c", f"scdoc <'{source}'")


@test
def units_verify_and_the_coordinator_is_exposed_by_2_at_most(house):
    if not shutil.which("systemd-analyze"):
        raise Skip("no systemd here")
    units = {}
    for name in ("rungd", "rung-worker"):
        with open(os.path.join(BUILD, "deploy", "systemd", f"{name}.service"), encoding="utf-8") as file:
            text = re.sub(r"^ExecStart=\S*/", f"ExecStart={os.path.realpath(BUILD)}/", file.read(), flags=re.M)
        units[name] = house.write(f"{name}.service", text)
        run("systemd-analyze", "verify", "--man=no", units[name])
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", units["rungd"])
    assert float(re.search(r"exposure level for \S+ (\d+\.\d+)", said).group(1)) <= 2.0, said


@test
def the_debian_package_goes_through_a_fresh_root(house):
    missing = [name for name in ("dpkg-buildpackage", "dh", "debootstrap") if not shutil.which(name)]
    if missing:
        raise Skip(f"not here: {', '.join(missing)}")
    if os.geteuid() != 0 or not os.environ.get("RUNG_E2E_DEEP"):
        raise Skip("takes minutes: as root, with RUNG_E2E_DEEP=1")
    done = subprocess.run([os.path.join(SOURCE, "deploy", "debian", "try")], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0 and "leaves nothing behind" in done.stderr, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
