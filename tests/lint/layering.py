#!/usr/bin/env python3
"""Checks what docs/architecture.md promises about the tree: the layers (includes and link edges point downwards
only), each foreign header in its place, a library that neither prints nor exits nor reads the environment, the
entries of the root, and the length of files. Usage: layering.py [ROOT]. Prints one line per finding."""
import fnmatch
import os
import re
import sys

# A layer may include what it names here, and what that may include. Folders are below lib/.
LAYERS = {
    "base": [],
    "model": ["base"],
    "elf": ["model"],
    "unwind": ["elf", "model"],
    "python": ["elf", "model"],
    "os": ["model"],
    "sampling": ["os", "model"],
    "symbolize": ["os", "elf", "model"],
    "heap/wire": [],
    # base and model: what the cores' headers name.
    "heap/agent": ["heap/wire", "unwind/core", "python/core", "base", "model"],
    "heap": ["heap/wire", "os", "model"],
    "store": ["model"],
    "record": ["sampling", "unwind", "python", "heap", "store", "os"],
    "analyze": ["model"],
    "report": ["analyze", "model"],
    "workflow": ["record", "symbolize", "store", "analyze", "os"],
}
CMD = ["workflow", "analyze", "report"]

# Foreign headers and the only folders that may include them (tests and sample workloads may include any).
FOREIGN = [
    (r"CLI/", ["cmd"]),
    (r"histedit\.h", ["cmd"]),
    (r"nlohmann/", ["lib/report", "lib/workflow"]),
    (r"libunwind", ["lib/unwind/oracle"]),
    (r"elfutils/|dwarf\.h|libelf\.h|gelf\.h", ["lib/symbolize"]),
    (r"(zlib|zstd|lzma)\.h", ["lib/elf"]),
    (r"libiberty/|demangle\.h", ["lib/symbolize"]),
    (r"sqlite3", ["lib/store"]),
    (r"bpf/|linux/bpf", ["lib/sampling/bpf"]),
    (r"linux/perf_event\.h", ["lib/os", "lib/sampling"]),
    (r"(sys|linux)/ptrace\.h", ["lib/os"]),
]
# Compiled a second time into programs under study: no allocation, no formatting.
CORE_FORBIDDEN = r"fmt/|string$|iostream$|vector$|map$|unordered_map$"
LIBRARY_FORBIDDEN = [
    (r"\bstd::(cout|cerr|clog)\b|\bfmt::print\b|(?<![\w:])(std::)?(f?printf|puts|perror)\s*\(", "prints"),
    (r"(?<![\w:.>])(std::)?(exit|quick_exit)\s*\(", "exits"),
    (r"\b(secure_)?getenv\s*\(", "reads the environment"),
]
# A broken invariant is printed before the abort; a preloaded library has nobody else to tell it anything.
LIBRARY_EXEMPT = {"lib/base/check.cc", "lib/heap/agent/process.cc"}

ROOT_ENTRIES = {"cmd", "lib", "tests", "docs", "sample_workloads", "cmake", "CMakeLists.txt", "CMakePresets.json",
                "dev", "README.md", "LICENSE"}
MAX_LINES = 600
SOURCE = (".cc", ".h", ".c")


def closure(layer, seen=None):
    seen = set() if seen is None else seen
    for below in LAYERS.get(layer, []):
        if below not in seen:
            seen.add(below)
            closure(below, seen)
    return seen


def layer_of(path):
    """'unwind/core/x.h' -> 'unwind'; the longest name in LAYERS wins, None where it is no layer."""
    parts = path.split("/")
    for count in (2, 1):
        if len(parts) > count and "/".join(parts[:count]) in LAYERS:
            return "/".join(parts[:count])
    return None


def files_below(root, folder, endings):
    for directory, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(f for f in folders if f != "__pycache__")
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(directory, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text):
    """Comments and string literals blanked, line structure kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.DOTALL)


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def check_includes(root, path, text, findings):
    below_lib = path[len("lib/"):] if path.startswith("lib/") else None
    layer = layer_of(below_lib) if below_lib else None
    if below_lib and layer is None:
        findings.append(f"{path}: in no known layer")
        return
    if layer:
        allowed = closure(layer) | {layer}
    else:
        allowed = set(CMD).union(*(closure(below) for below in CMD))
    for number, quote, header in includes(text):
        target = layer_of(header) if quote == '"' else None
        # A layer may be named as a whole or by one of its folders (unwind/core).
        if target and target not in allowed and "/".join(header.split("/")[:2]) not in allowed:
            findings.append(f"{path}:{number}: {layer or 'cmd'} must not include {header}")
        for pattern, places in FOREIGN:
            if re.match(pattern, header) and not any(path.startswith(place + "/") for place in places):
                findings.append(f"{path}:{number}: {header} belongs to {', '.join(places)}")
        if "/core/" in path and quote == "<" and re.match(CORE_FORBIDDEN, header):
            findings.append(f"{path}:{number}: a core must not include <{header}>")


def check_library(path, text, findings):
    if not path.startswith("lib/") or path in LIBRARY_EXEMPT:
        return
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        for pattern, what in LIBRARY_FORBIDDEN:
            if re.search(pattern, line):
                findings.append(f"{path}:{number}: a library {what}: {line.strip()}")


def check_links(root, findings):
    for path in files_below(root, "lib", ("CMakeLists.txt",)):
        for name, dependencies in re.findall(r"strobe_library\(\s*NAME\s+(\S+)(?:\s+DEPS\s+([^)]*?))?(?:\s+LIBS|\s+SOURCES|\))",
                                             read(root, path)):
            if name not in LAYERS:
                findings.append(f"{path}: library {name} is in no known layer")
                continue
            for dependency in dependencies.split():
                if dependency not in closure(name):
                    findings.append(f"{path}: {name} must not link {dependency}")


def check_root(root, findings):
    ignored = ["build"]
    ignore_file = os.path.join(root, ".gitignore")
    if os.path.exists(ignore_file):
        ignored += [line.strip("/ ") for line in read(root, ".gitignore").splitlines() if line.strip()]
    for entry in sorted(os.listdir(root)):
        if entry.startswith(".") or entry in ROOT_ENTRIES:
            continue
        if not any(fnmatch.fnmatch(entry, pattern) for pattern in ignored):
            findings.append(f"{entry}: not one of the root's entries")


def check(root):
    findings = []
    check_root(root, findings)
    check_links(root, findings)
    for folder in ("cmd", "lib", "tests", "sample_workloads"):
        for path in files_below(root, folder, SOURCE + (".py", ".cmake", "CMakeLists.txt")):
            text = read(root, path)
            lines = text.count("\n")
            if lines > MAX_LINES:
                findings.append(f"{path}: {lines} lines; {MAX_LINES} is the limit")
            if path.endswith(SOURCE) and folder in ("cmd", "lib"):
                check_includes(root, path, text, findings)
                check_library(path, text, findings)
    return findings


if __name__ == "__main__":
    problems = check(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)) + "/../..")
    print("\n".join(problems) if problems else "layering: ok")
    sys.exit(1 if problems else 0)
