#!/usr/bin/env python3
"""manual.py FORM PROGRAM [COMMAND...]: what a program's --help says, which is made from its table of options, in the
form that a manual page (scdoc) or a shell (bash, zsh, fish) wants. COMMANDs are first words that have a --help each."""
import os
import re
import subprocess
import sys

OPTION = re.compile(r"^ +(?:-(?P<letter>\w), )?--(?P<name>[a-z-]+)(?: (?P<value>[A-Z][A-Z|]*))? {1,}(?P<help>\S.*)$")
SUMMARIES = {
    "rungd": "the coordinator of a hyperparameter search",
    "rung-worker": "runs trials for a coordinator",
    "rung-train": "trains one configuration of the built-in classifier",
}
FILES = ("FILE", "DIR", "FILE|JSON", "NAME|FILE")


class Help:
    """A --help taken apart: what stands before the options, these, and what stands behind."""

    def __init__(self, program, *words):
        text = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout
        self.words, self.options, before, self.after = words, [], [], []
        for line in text.splitlines():
            found = OPTION.match(line)
            if found:
                self.options.append(found.groupdict())
            elif self.options and not self.after and re.match(r"^ {8,}\S", line):
                self.options[-1]["help"] += " " + line.strip()
            elif self.options:
                self.after.append(line)
            else:
                before.append(line)
        self.usage = re.sub(r"^usage: ", "", before[0], flags=re.I)
        self.about = " ".join(line for line in before[1:] if line)
        assert self.options and self.about, f"{program} --help has another form than is expected"


def plain(text):
    """What scdoc would take for its own marks gets a backslash."""
    return re.sub(r"([\\*_<>#\[\]`~.+|-])", r"\\\1", text)


def option_lines(page):
    for row in page.options:
        letter = f"-{row['letter']}*, *" if row["letter"] else ""
        value = f" _{plain(row['value'])}_" if row["value"] else ""
        yield f"*{letter}--{plain(row['name'])}*{value}\n\t{plain(row['help'])}\n"


def behind(page):
    """Paragraphs as they are, lists as literal text."""
    for block in "\n".join(page.after).strip().split("\n\n"):
        is_list = any(line.startswith("  ") for line in block.splitlines())
        yield f"```\n{block}\n```\n" if is_list else plain(block.replace("\n", " ")) + "\n"


def scdoc(name, pages):
    version = subprocess.run([pages[0].program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{name}(1) \"{version}\"\n\n# NAME\n\n{name} - {SUMMARIES[name]}\n\n# SYNOPSIS\n")
    print("\n\n".join(plain(page.usage) for page in pages))
    for page in pages:
        title = f"OPTIONS OF {page.words[0]}" if page.words else "DESCRIPTION"
        print(f"\n# {title}\n\n{plain(page.about)}\n")
        if not page.words:
            print("# OPTIONS\n")
        print("\n".join(option_lines(page)))
        if any(page.after):
            print("# MORE\n" if not page.words else "")
            print("\n".join(behind(page)))
    print("# EXIT STATUS\n\n0 when all was done; rung(1) lists the others.\n\n# SEE ALSO\n\n*rung*(1)")


def bash(name, pages):
    every = " ".join(dict.fromkeys([*(f"--{row['name']}" for page in pages for row in page.options),
                                    *(page.words[0] for page in pages if page.words)]))
    files = "|".join(dict.fromkeys(f"--{row['name']}" for page in pages for row in page.options
                                   if row["value"] in FILES))
    function = "_" + name.replace("-", "_")
    print(f"# bash completion for {name}\n{function}() {{\n  COMPREPLY=()\n"
          f"  case $3 in {files or '--'}) return ;; esac\n"
          f"  COMPREPLY=($(compgen -W '{every}' -- \"$2\"))\n}}\ncomplete -o default -F {function} {name}")


def quoted(text):
    return text.replace("\\", "\\\\").replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(name, pages):
    print(f"#compdef {name}\n_arguments \\")
    seen = {}
    for row in (row for page in pages for row in page.options):
        action = ":file:_files" if row["value"] in FILES else f":{row['value'].lower()}:" if row["value"] else ""
        seen.setdefault(row["name"], f"  '--{row['name']}[{quoted(row['help'])}]{action}'")
    words = " ".join(page.words[0] for page in pages if page.words)
    print(" \\\n".join([*seen.values(), *([f"  '1:command:({words})'"] if words else [])]))


def fish(name, pages):
    seen = {}
    for row in (row for page in pages for row in page.options):
        value = " -r" + ("" if row["value"] in FILES else " -f") if row["value"] else ""
        letter = f" -s {row['letter']}" if row["letter"] else ""
        text = row["help"].replace("\\", "\\\\").replace("'", "\\'")
        seen.setdefault(row["name"], f"complete -c {name} -l {row['name']}{letter}{value} -d '{text}'")
    print("\n".join([*seen.values(), *(f"complete -c {name} -n __fish_use_subcommand -a {page.words[0]}"
                                       for page in pages if page.words)]))


def main():
    form, program, *commands = sys.argv[1:]
    pages = [Help(program), *(Help(program, word) for word in commands)]
    pages[0].program = program
    {"scdoc": scdoc, "bash": bash, "zsh": zsh, "fish": fish}[form](os.path.basename(program), pages)


if __name__ == "__main__":
    main()
