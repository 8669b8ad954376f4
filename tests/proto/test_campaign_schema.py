#!/usr/bin/env python3
"""The published JSON Schema and the reader agree on the examples. Run from the root of the source; speaks TAP.

Every valid example fulfils the schema. Every invalid one breaks it, but for those whose mistake a schema cannot
express: they are listed here, and must fulfil it, so that the list stays true.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not there")
    sys.exit(0)

EXAMPLES = pathlib.Path("schemas/examples")

# What only the reader finds: what SQL means, and one part against another.
BEYOND_SCHEMA = {
    "command-words.json",
    "contradictions.json",
    "enqueue.json",
    "grid-without-step.json",
    "hostile-where.json",
    "when-in-a-circle.json",
    "where.json",
}


def no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError("a key stands twice")
    return dict(pairs)


def refusal(validator, path):
    """Why the schema refuses the file, or None."""
    try:
        document = json.loads(path.read_text(), object_pairs_hook=no_key_twice)
    except ValueError as error:
        return str(error)
    return next((error.message for error in validator.iter_errors(document)), None)


def cases(validator):
    yield "the schema is a schema", None
    for path in sorted((EXAMPLES / "valid").glob("*.json")):
        why = refusal(validator, path)
        yield f"{path.name} fulfils the schema", why
    invalid = sorted((EXAMPLES / "invalid").glob("*.json"))
    for path in invalid:
        why = refusal(validator, path)
        if path.name in BEYOND_SCHEMA:
            yield f"{path.name} is beyond the schema", why
        else:
            yield f"{path.name} breaks the schema", None if why else "it fulfils it"
    missing = BEYOND_SCHEMA - {path.name for path in invalid}
    yield "the examples beyond the schema exist", ", ".join(sorted(missing)) or None


def main():
    schema = json.loads(pathlib.Path("schemas/campaign.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    failed = number = 0
    for number, (name, why) in enumerate(cases(jsonschema.Draft7Validator(schema)), 1):
        print(f"{'not ok' if why else 'ok'} {number} - {name}")
        if why:
            failed += 1
            print(f"# {why}")
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
