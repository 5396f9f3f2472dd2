# SPDX-License-Identifier: Apache-2.0
"""zsh_types.py COMPLETIONS: types into a zsh what stands before the tab of each line of the standard input, and
a tab; expects on the command line what stands behind it."""

import os
import pty
import re
import select
import sys
import time


def read_until(terminal, pattern, seconds=20):
    """What the terminal showed until the pattern came; None if it did not."""
    shown = ""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
            if re.search(pattern, shown):
                return shown
    sys.stderr.write(f"no {pattern!r} in {shown!r}\n")
    return None


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", PS1="> ", COLUMNS="200", ZDOTDIR="/nonexistent")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    start = f"fpath=({sys.argv[1]} $fpath); autoload -Uz compinit; compinit -u -D; print REA''DY\n"
    os.write(terminal, start.encode())
    fine = read_until(terminal, "READY") is not None
    for line in sys.stdin:
        typed, expected = line.rstrip("\n").split("\t")
        os.write(terminal, (typed + "\t").encode())
        fine = fine and read_until(terminal, re.escape(expected)) is not None
        os.write(terminal, b"\x15")  # an empty line again
    os.kill(pid, 9)
    sys.exit(0 if fine else 1)


main()
