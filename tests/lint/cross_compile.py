#!/usr/bin/env python3
"""Checks that the pure parts (base, model, elf, unwind without libunwind, analyze, report) compile for aarch64,
with aarch64-linux-gnu-g++; exit status 77 (skipped) with the reason where that is not installed. Where there is
ccache, only what changed is compiled. Usage: cross_compile.py [ROOT]. Nothing is linked and nothing is left behind."""
import concurrent.futures
import glob
import os
import shutil
import subprocess
import sys
import tempfile

# lib/report's JSON and fmt are header dependencies; lib/unwind/oracle is libunwind's, of this machine.
PURE = ["base", "model", "elf", "unwind", "unwind/core", "analyze", "report"]
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers",
         "-D_GNU_SOURCE", '-DSTROBE_VERSION="0"', "-DNDEBUG"]


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", ".."))
    compiler = shutil.which("aarch64-linux-gnu-g++")
    if compiler is None:
        print("skipped: aarch64-linux-gnu-g++ is not installed (Debian: g++-aarch64-linux-gnu)")
        return 77
    with tempfile.TemporaryDirectory() as objects:
        return compile_all(root, compiler, objects)


def compile_all(root, compiler, objects):
    # Header-only libraries of this machine, after the target's own headers.
    command = [compiler, *FLAGS, "-idirafter", "/usr/include", "-I", "lib"]
    ccache = shutil.which("ccache")
    sources = [os.path.relpath(source, root) for folder in PURE
               for source in sorted(glob.glob(os.path.join(root, "lib", folder, "*.cc")))
               if "_x86_64" not in os.path.basename(source)]

    def compile_one(source):
        # ccache remembers what was compiled, not what was only looked at.
        result = ["-c", "-o", os.path.join(objects, source.replace("/", "+") + ".o")] if ccache else ["-fsyntax-only"]
        run = subprocess.run([*([ccache] if ccache else []), *command, *result, source], text=True,
                             capture_output=True, cwd=root)
        return source, run

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, run in pool.map(compile_one, sources):
            if run.returncode != 0:
                failed += 1
                print(f"{source}\n{run.stderr[:2000]}")
    print(f"{len(sources) - failed} of {len(sources)} files compile for aarch64")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
