"""What `strobe --help` and `strobe SUBCOMMAND --help` print, read back: the ground truth that man pages and
completions are held against."""
import re
import subprocess

OPTION = re.compile(r"^  (-[^ ]+)(?: ([^ ]+)(?: \.\.\.)?)?(?: {2,}(.*))?$")  # ...: takes several values


class Option:
    """names: every spelling; value: the placeholder of its value or None; text: what help says."""

    def __init__(self, names, value, text):
        self.names, self.value, self.text = names, value, text

    def listed_values(self):
        """The words of "auto, perf or ptrace", where help enumerates them."""
        match = re.search(r"\b(\w+(?:, \w+)* or \w+)\b", self.text) if self.value else None
        alternatives = set(re.split(r", | or ", match.group(1))) if match else set()
        return alternatives if len(alternatives) > 2 else set()


class CommandLine:
    def __init__(self, program):
        self.program = program
        text = self.help_of()
        self.subcommands = re.findall(r"^  ([a-z][a-z-]*) {2,}\S", text.split("Subcommands:")[1], re.MULTILINE)
        assert self.subcommands, text
        self.own_options = read_options(text)
        self.options = {name: read_options(self.help_of(name)) for name in self.subcommands}

    def views(self, subcommand):
        """The words of "[functions|threads]" in the line that shows how it is called."""
        usage = re.search(r"^Usage: (.*)", self.help_of(subcommand), re.MULTILINE).group(1)
        return {word for words in re.findall(r"\[([a-z]+(?:\|[a-z]+)+)\]", usage) for word in words.split("|")}

    def help_of(self, *words):
        return subprocess.run([self.program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def read_options(text):
    options = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = OPTION.match(line)
        if match:
            words = match.group(3)
            if words is None:  # a long name pushes its text to the next line
                words = lines[number + 1].strip()
            options.append(Option(match.group(1).split(","), match.group(2), words))
    assert options, text
    return options
