#!/usr/bin/env python3
"""The man page and the shell completions, made from what `norn help` says: help_pages.py man|bash|zsh|fish NORN OUT

No flag or default is written here: the rows of the registry are the only place that knows them.
"""
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys

FLAG = re.compile(r"^  (?:-(?P<letter>\w), |    )--(?P<name>[\w-]+)(?: (?P<value>\S+))? +(?P<help>.*)$")
COMMAND = re.compile(r"^  (?P<name>[a-z]+(?: [a-z]+)?)  +(?P<help>\S.*)$")


def ask(norn, *words):
    return subprocess.run([norn, "help", *words], check=True, text=True, stdout=subprocess.PIPE).stdout


def sections(text):
    """(heading, lines) of a help text; the first heading is empty."""
    found = [("", [])]
    for line in text.split("\n"):
        if line and not line.startswith(" ") and ":" not in line:
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


class Command:
    def __init__(self, norn, name, summary):
        self.name, self.summary = name, summary
        self.word = name.replace(" ", "-")  # the name as one word, for completions
        text = ask(norn, *name.split())
        usage = re.search(r"^Usage: (.*)$", text, re.M)
        self.usage = usage.group(1) if usage else f"norn {name}"
        self.own = text.startswith(f"norn {name}")
        self.examples, self.groups = [], []
        for heading, lines in sections(text) if self.own else []:
            if heading == "Examples":
                self.examples = [line.strip() for line in lines if line.strip()]
            flags = [m.groupdict() for m in map(FLAG.match, lines) if m]
            if flags:
                self.groups.append((heading, flags))

    def flags(self):
        return [flag for _, group in self.groups for flag in group]


def roff(text):
    """Text for a man page: backslashes, hyphens and leading dots guarded."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def man(title, general, commands):
    out = ['.TH NORN 1 "" "%s" "User Commands"' % roff(title.split(":")[0]), ".SH NAME",
           "norn \\- " + roff(title.split(": ", 1)[-1]), ".SH SYNOPSIS", ".B norn", "\\fICOMMAND\\fR [\\fIARGUMENTS\\fR]", ".SH COMMANDS"]
    for c in commands:
        out += [".TP", f"\\fBnorn {c.name}\\fR", roff(c.summary)]
    for c in commands:
        if not c.groups:
            continue
        out += [".SH " + f'"NORN {c.name.upper()}"', ".B " + roff(c.usage)]
        for heading, flags in c.groups:
            out.append(f'.SS "{roff(heading)}"')
            for f in flags:
                short = f"\\fB\\-{f['letter']}\\fR, " if f["letter"] else ""
                value = f" \\fI{roff(f['value'])}\\fR" if f["value"] else ""
                out += [".TP", f"{short}\\fB\\-\\-{roff(f['name'])}\\fR{value}", roff(f["help"])]
        if c.examples:
            out += ['.SS "Examples"', ".nf"] + [roff(line) for line in c.examples] + [".fi"]
    status = re.search(r"Exit codes: (.*?)(?:\n\n|\Z)", general, re.S)
    if status:
        out += [".SH EXIT STATUS", roff(" ".join(status.group(1).split()))]
    return "\n".join(out) + "\n"


def choices(flag):
    """The words a flag takes, when its help lists them as a|b|c."""
    value = flag["value"] or ""
    return value.split("|") if re.fullmatch(r"[a-z0-9_-]+(\|[a-z0-9_-]+)+", value) else []


def bash(commands):
    out = ["# Completion of norn for bash, made by packaging/help_pages.py.", "_norn() {",
           '    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags=""', "    COMPREPLY=()",
           '    if [ "$COMP_CWORD" -eq 1 ]; then',
           f'        COMPREPLY=($(compgen -W "{" ".join(c.word for c in commands)}" -- "$word"))', "        return", "    fi",
           '    case "${COMP_WORDS[1]}" in',
           f'        help) COMPREPLY=($(compgen -W "{" ".join(c.word for c in commands)}" -- "$word")); return ;;',
           '        models) COMPREPLY=($(compgen -W "$(norn models 2>/dev/null | awk \'NR > 1 && $2 ~ /^(yes|no)$/ {print $1}\')"'
           ' -- "$word")); return ;;']
    for c in commands:
        if c.groups:
            out.append(f'        {c.word}) flags="{" ".join("--" + f["name"] for f in c.flags())}" ;;')
    out += ["    esac", '    case "${COMP_WORDS[1]} $before" in']
    for c in commands:
        for f in c.flags():
            if choices(f):
                out.append(f'        "{c.word} --{f["name"]}") COMPREPLY=($(compgen -W "{" ".join(choices(f))}" -- "$word")); return ;;')
    out += ["    esac", '    case "$word" in', '        -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;',
            '        *) COMPREPLY=($(compgen -f -- "$word")) ;;', "    esac", "}", "complete -o filenames -F _norn norn"]
    return "\n".join(out) + "\n"


def zsh_text(text):
    return text.replace("\\", "\\\\").replace("'", "'\\''").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh(commands):
    out = ["#compdef norn", "# Completion of norn for zsh, made by packaging/help_pages.py.", "local -a commands", "commands=("]
    out += [f"    '{c.word}:{zsh_text(c.summary)}'" for c in commands]
    out += [")", "if (( CURRENT == 2 )); then", "    _describe command commands", "    return", "fi", 'case "$words[2]" in',
            "    help) _describe command commands ;;"]
    for c in commands:
        if not c.groups:
            continue
        out.append(f"    {c.word})")
        out.append("        _arguments '2:file:_files' \\")
        for f in c.flags():
            words = choices(f)
            value = ""
            if f["value"]:
                value = f":value:({' '.join(words)})" if words else ":value:_files"
            out.append(f"            '--{f['name']}[{zsh_text(f['help'])}]{value}' \\")
        out += ["            '*:file:_files'", "        ;;"]
    out.append("esac")
    return "\n".join(out) + "\n"


def fish(commands):
    quote = lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    out = ["# Completion of norn for fish, made by packaging/help_pages.py."]
    for c in commands:
        out.append(f"complete -c norn -n __fish_use_subcommand -f -a {c.word} -d {quote(c.summary)}")
        for f in c.flags():
            words = f" -x -a {quote(' '.join(choices(f)))}" if choices(f) else " -r" if f["value"] else ""
            out.append(f"complete -c norn -n '__fish_seen_subcommand_from {c.word}' -l {f['name']}{words} -d {quote(f['help'])}")
    return "\n".join(out) + "\n"


def main():
    kind, norn, target = sys.argv[1:]
    general = ask(norn)
    listed = next((lines for heading, lines in sections(general) if heading == "Commands"), [])
    commands = [Command(norn, m.group("name"), m.group("help")) for m in map(COMMAND.match, listed) if m]
    if not any(c.groups for c in commands):
        sys.exit(f"help_pages: `{norn} help` lists no command with flags")
    makers = {"man": lambda: man(general.split("\n")[0], general, commands), "bash": lambda: bash(commands),
              "zsh": lambda: zsh(commands), "fish": lambda: fish(commands)}
    with open(target, "w", encoding="utf-8") as f:
        f.write(makers[kind]())


if __name__ == "__main__":
    main()
