#!/usr/bin/env python3
"""Writes files into one C file, each as a text called as the file: embed.py OUTPUT FILE..."""
import json
import os
import sys

output, *files = sys.argv[1:]
with open(output, "w", encoding="utf-8") as out:
    out.write('#include "coordinator/exchange/report_data.h"\n\n')
    for name in files:
        with open(name, encoding="utf-8") as text:
            lines = "\n".join("    " + json.dumps(line) for line in text)
        out.write(f"const char {os.path.basename(name).replace('.', '_')}[] =\n{lines};\n\n")
