#!/usr/bin/env python3
"""Checks every JSON file of a folder (or one file) against the schema its "schema" key names.

Usage: check_schema.py SCHEMA_FOLDER PATH. Exit status 77 where python3-jsonschema is not installed.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def schema_for(folder, document):
    name = document["schema"].replace("/", "-") + ".schema.json"
    return json.loads((folder / name).read_text())


def main():
    folder, path = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        print(f"no JSON files in {path}")
        return 1
    failures = 0
    for file in files:
        document = json.loads(file.read_text())
        schema = schema_for(folder, document)
        validator = jsonschema.validators.validator_for(schema)
        validator.check_schema(schema)
        for error in validator(schema).iter_errors(document):
            print(f"{file}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
            failures += 1
    print(f"{len(files)} files, {failures} errors")
    return 1 if failures else 0


sys.exit(main())
