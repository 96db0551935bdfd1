"""The shells themselves, asked what they complete: each class answers query(line) with the set of words that are
offered at the end of that line, in a given folder."""
import os
import pty
import re
import subprocess
import tempfile
import threading


class Bash:
    """Calls the function that `complete -p` names, with the words split as readline does."""

    PROGRAM = """
        source "$1"
        [[ $(complete -p strobe) == 'complete -F _strobe strobe' ]] || { complete -p strobe; exit 1; }
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _strobe strobe "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        [[ ${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "${COMPREPLY[@]}"
    """

    def __init__(self, share, folder):
        self.script = os.path.join(share, "bash-completion", "completions", "strobe")
        self.folder = folder

    def query(self, line):
        words = [part for word in line.split(" ") for part in (re.findall(r"=|[^=]+", word) or [""])]
        done = subprocess.run(["bash", "--norc", "-c", self.PROGRAM, "bash", self.script, *words],
                              cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
        return set(done.stdout.splitlines())

    def check_syntax(self):
        subprocess.run(["bash", "-n", self.script], check=True)


class Fish:
    def __init__(self, share, folder):
        self.script = os.path.join(share, "fish", "vendor_completions.d", "strobe.fish")
        self.folder = folder

    def query(self, line):
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", self.script,
                                   line], cwd=self.folder, capture_output=True, text=True, check=False,
                                  env={**os.environ, "HOME": home, "TERM": "dumb"})
        assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
        # fish answers with the whole word, also where only what follows "=" is completed.
        typed = re.match(r"(?:.* )?(-[^ ]*=)", line)
        return {answer.split("\t")[0].removeprefix(typed.group(1) if typed else "")
                for answer in done.stdout.splitlines()}

    def check_syntax(self):
        subprocess.run(["fish", "--no-execute", self.script], check=True)


class Zsh:
    """Completion works in zsh's line editor only, so this one has a terminal: types the line and Tab. What
    compadd gets is written to a pipe instead of the screen."""

    SETTINGS = """
        exec 9>{answers}
        fpath=({functions} $fpath)
        autoload -Uz compinit
        compinit -u -D
        setopt no_auto_list no_list_beep
        PROMPT= RPROMPT=
        compadd() {{
          local -a hits
          if [[ ${{@[1,(i)(-|--)]}} == *-[a-zA-Z]#[OAD](|\\ *) ]]; then builtin compadd "$@"; return; fi
          builtin compadd -A hits "$@"
          (( $#hits )) && print -u9 -rl -- $hits
          builtin compadd "$@"
        }}
        finish() {{ compstate[insert]= compstate[list]=; print -u9 -- '{end}' }}
        capture() {{ comppostfuncs=(finish); _main_complete }}
        zle -C capture complete-word capture
        bindkey '^I' capture
        setopt extended_glob
        print -u9 -- '{end}'
    """
    END = "== end of answer"

    def __init__(self, share, folder):
        functions = os.path.join(share, "zsh", "site-functions")
        self.script = os.path.join(functions, "_strobe")
        self.home = tempfile.TemporaryDirectory()
        answers = os.path.join(self.home.name, "answers")
        settings = os.path.join(self.home.name, "settings")
        os.mkfifo(answers)
        with open(settings, "w", encoding="utf-8") as file:
            file.write(self.SETTINGS.format(answers=answers, functions=functions, end=self.END))
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            environment = {**os.environ, "HOME": self.home.name, "ZDOTDIR": self.home.name, "TERM": "vt100"}
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        threading.Thread(target=self.discard_screen, daemon=True).start()
        os.write(self.terminal, f"source {settings}\n".encode())
        self.answers = open(answers, encoding="utf-8")
        self.read_answer()

    def discard_screen(self):
        try:
            while os.read(self.terminal, 65536):
                pass
        except OSError:  # the shell has ended
            pass

    def read_answer(self):
        words = set()
        for line in self.answers:
            if line.rstrip("\n") == self.END:
                return words
            words.add(line.rstrip("\n"))
        raise AssertionError("zsh has ended")

    def query(self, line):
        os.write(self.terminal, b"\x15" + line.encode() + b"\t")  # Ctrl-U: an empty line first
        # Words are as they would be typed: "=" belongs to a long option that takes a value, blanks are escaped.
        return {re.sub(r"^(--[^=]+)=$", r"\1", word).replace("\\ ", " ") for word in self.read_answer()}

    def check_syntax(self):
        subprocess.run(["zsh", "-n", self.script], check=True)
