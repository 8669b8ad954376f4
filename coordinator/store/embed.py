#!/usr/bin/env python3
"""Writes schemas/store/*.sql into one C file, in the order of their numbers: embed.py OUTPUT FILE..."""
import json
import os
import sys

output, *files = sys.argv[1:]
files.sort(key=os.path.basename)
numbers = [int(os.path.basename(f).split("_")[0]) for f in files]
if numbers != list(range(1, len(files) + 1)):
    sys.exit(f"migrations must be numbered 0001, 0002, ... without gaps: {numbers}")

with open(output, "w", encoding="utf-8") as out:
    out.write('#include "coordinator/store/migrate.h"\n\nconst struct migration store_migrations[] = {\n')
    for name in files:
        with open(name, encoding="ascii") as text:
            lines = "\n".join("        " + json.dumps(line) for line in text)
        out.write(f'    {{ "{os.path.basename(name)}",\n{lines} }},\n')
    out.write(f"}};\n\nconst int store_n_migrations = {len(files)};\n")
