#!/usr/bin/env python3
"""./dev on machines that lack packages: a copy of it runs with a dpkg-query, an apt-get and a cmake of the test's own,
so that nothing is installed. What is missing is named and installed, and the command goes on."""
import os
import shutil
import subprocess
import tempfile
import unittest

DEV = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "dev")
# All that ./dev build takes from the machine; a sudo is there only where a test makes one.
TOOLS = ["awk", "basename", "bash", "cat", "dirname", "env", "grep", "id", "mkdir", "mktemp", "nproc", "rm", "sed",
         "tail", "touch", "tr"]

# As dpkg-query: a line for each package that it has heard of, status 1 where it has not heard of one.
DPKG_QUERY = """#!/bin/bash
declare -A lines
while read -r state name; do lines[${name%:*}]="$state $name"; done <"$FAKE/packages"
status=0
for package in "${@:3}"; do
  if [[ -n ${lines[$package]:-} ]]; then echo "${lines[$package]}"; else
    echo "dpkg-query: no packages found matching $package" >&2
    status=1
  fi
done
exit $status
"""
# Notes its words; installs, unless it is told that its mirror knows nothing (until the next update).
APT_GET = """#!/bin/bash
echo "${RAISED:+$RAISED }apt-get $*" >>"$FAKE/log"
for word in "$@"; do
  case $word in
    update) if [[ -e $FAKE/lists_are_old ]]; then rm "$FAKE/lists_are_old"; fi; exit 0 ;;
    install | -*) ;;
    *) [[ -e $FAKE/lists_are_old || -e $FAKE/no_mirror ]] && { echo "E: Unable to locate package $word" >&2; exit 100; }
       echo "installed $word" >>"$FAKE/packages" ;;
  esac
done
"""
SUDO = """#!/bin/bash
RAISED=sudo exec "$@"
"""
CMAKE = """#!/bin/bash
echo "cmake $*" >>"$FAKE/log"
[[ $1 == --preset ]] && { mkdir -p "build/$2"; touch "build/$2/build.ninja"; }
exit 0
"""


class Machine:
    """A machine with these packages ("status name" each), and a checkout on it."""

    def __init__(self, folder, packages, uid=0, sudo=False):
        self.folder, self.uid = folder, uid
        self.bin = os.path.join(folder, "bin")
        self.checkout = os.path.join(folder, "checkout")
        os.makedirs(self.bin)
        os.makedirs(self.checkout)
        shutil.copy(DEV, self.checkout)
        self.write("packages", "".join(line + "\n" for line in packages))
        self.write("log", "")
        for tool in TOOLS:
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.command("dpkg-query", DPKG_QUERY)
        self.command("apt-get", APT_GET)
        self.command("cmake", CMAKE)
        self.command("id", f"#!/bin/sh\necho {uid}\n")
        if sudo:
            self.command("sudo", SUDO)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def command(self, name, text):
        path = os.path.join(self.bin, name)
        if os.path.lexists(path):
            os.remove(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def dev(self, *words):
        return subprocess.run([os.path.join(self.bin, "bash"), os.path.join(self.checkout, "dev"), *words], text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, check=False,
                              env={"PATH": self.bin, "FAKE": self.folder, "HOME": self.folder})

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
            return file.read().splitlines()

    def installs(self):
        """The packages of each call of apt-get install."""
        return [[word for word in line[line.index(" install ") + 9:].split() if not word.startswith("-")]
                for line in self.log() if "apt-get" in line and " install " in line]


def build_packages():
    with open(DEV, encoding="utf-8") as file:
        text = file.read()
    start = text.index("build_packages=(") + len("build_packages=(")
    return text[start:text.index(")", start)].split()


class MissingPackages(unittest.TestCase):
    def machine(self, packages, **more):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Machine(folder.name, packages, **more)

    def built(self, machine):
        return any(line.startswith("cmake --build build/release") for line in machine.log())

    def test_a_bare_machine_gets_all_of_them(self):
        machine = self.machine(["installed bash", "installed dpkg"])
        run = machine.dev("build")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(machine.installs(), [build_packages()])
        self.assertIn("dev: installing Debian packages: " + " ".join(build_packages()), run.stderr)
        self.assertTrue(self.built(machine), machine.log())

    def test_only_those_that_are_missing_and_the_second_call_is_quick(self):
        wanted = build_packages()
        machine = self.machine([f"installed {name}" for name in wanted if name not in ("cmake", "libdw-dev")])
        self.assertEqual(machine.dev("build").returncode, 0)
        self.assertEqual(machine.installs(), [["cmake", "libdw-dev"]])
        run = machine.dev("build")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(machine.installs()), 1)
        self.assertNotIn("installing", run.stderr)
        self.assertEqual(sum(line.startswith("cmake --preset") for line in machine.log()), 1, "configured again")

    def test_a_tree_that_was_configured_without_them_is_configured_again(self):
        machine = self.machine([f"installed {name}" for name in build_packages()])
        self.assertEqual(machine.dev("build").returncode, 0)
        machine.dev("bench")  # needs the packages of the tests as well
        self.assertEqual(len(machine.installs()), 1, machine.log())
        self.assertEqual(sum(line.startswith("cmake --preset release") for line in machine.log()), 2, machine.log())

    def test_of_another_architecture_name_and_removed_ones(self):
        wanted = build_packages()
        machine = self.machine([f"installed {name}:amd64" for name in wanted if name != "cmake"] + ["config-files cmake"])
        run = machine.dev("build")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(machine.installs(), [["cmake"]])

    def test_an_ordinary_user_installs_by_sudo(self):
        machine = self.machine([], uid=1000, sudo=True)
        run = machine.dev("build")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(all(line.startswith("sudo ") for line in machine.log() if "apt-get" in line), machine.log())
        self.assertTrue(self.built(machine))

    def test_an_ordinary_user_without_sudo_is_told_the_command(self):
        machine = self.machine([f"installed {name}" for name in build_packages() if name != "cmake"], uid=1000)
        run = machine.dev("build")
        self.assertEqual(run.returncode, 1)
        self.assertIn("apt-get install cmake\n", run.stderr)
        self.assertFalse(self.built(machine))

    def test_a_place_that_needs_root_is_named(self):
        machine = self.machine([f"installed {name}" for name in build_packages()], uid=1000)
        run = machine.dev("install", "/proc/nowhere")
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr.splitlines()[-1], r"^dev: .*/proc/nowhere")
        self.assertNotIn("apt-get", run.stderr)

    def test_old_package_lists_are_read_anew(self):
        machine = self.machine([])
        machine.write("lists_are_old", "")
        run = machine.dev("build")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(any("apt-get update" in line for line in machine.log()))
        self.assertTrue(self.built(machine))

    def test_packages_that_cannot_be_had_end_it_with_a_word(self):
        machine = self.machine([])
        machine.write("no_mirror", "")
        run = machine.dev("build")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertRegex(run.stderr.splitlines()[-1], r"^dev: .*apt-get")
        self.assertFalse(self.built(machine))

    def test_an_unknown_command_is_named(self):
        run = self.machine([]).dev("frob")
        self.assertEqual(run.returncode, 2)
        self.assertEqual(run.stderr.splitlines()[0], "dev: there is no command 'frob'")

    def test_every_command_says_how_it_ended(self):
        # Where not even a compiler can be had: no command may end with 0, or without a word.
        for command in ("build", "demo", "test", "bench", "lint", "fuzz", "install", "package", "ci"):
            with self.subTest(command):
                machine = self.machine([])
                machine.write("no_mirror", "")
                run = machine.dev(command)
                self.assertNotEqual(run.returncode, 0)
                self.assertIn("dev: ", run.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
