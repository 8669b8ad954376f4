#!/usr/bin/env python3
"""Writes the built files of the page into one C file, compressed: embed.py OUTPUT FILE..."""
import gzip
import hashlib
import os
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2"}

output, *files = sys.argv[1:]
with open(output, "w", encoding="ascii") as out:
    out.write('#include "coordinator/web/files.h"\n')
    rows = []
    for number, path in enumerate(files):
        with open(path, "rb") as file:
            plain = file.read()
        packed = gzip.compress(plain, 9, mtime=0)
        tag = hashlib.sha256(plain).hexdigest()[:16]
        name = os.path.basename(path)
        out.write(f"\nstatic const unsigned char bytes_{number}[] = {{")
        for at in range(0, len(packed), 24):
            out.write("\n    " + "".join(f"{byte}," for byte in packed[at:at + 24]))
        out.write("\n};\n")
        rows.append(f'    {{ "{name}", "{TYPES[os.path.splitext(name)[1]]}", "\\"{tag}\\"", bytes_{number}, '
                    f"sizeof bytes_{number} }},\n")
    out.write("\nconst struct file files_all[] = {\n" + "".join(rows) + "};\n")
    out.write(f"\nconst int files_n = {len(files)};\n")
