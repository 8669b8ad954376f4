#!/usr/bin/env python3
"""The live screen on a terminal: drawn, steered by keys, resized, and the terminal left as it was."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from harness import campaign, main, program, test, wait_for


class Terminal:
    """A program on a pseudo-terminal of this size."""

    def __init__(self, words, columns=80, rows=24, **environment):
        self.master, self.slave = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        self.child = subprocess.Popen(words, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                      preexec_fn=self.take, start_new_session=True,
                                      env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **environment})

    def take(self):
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        self.text = ""
        os.write(self.master, keys.encode())

    def read(self):
        while select.select([self.master], [], [], 0.05)[0]:
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        return self.text

    def see(self, what):
        wait_for(lambda: re.search(what, self.read()), what)

    def end(self, status):
        wait_for(lambda: self.read() is not None and self.child.poll() is not None, "it ends")
        assert self.child.returncode == status, (self.child.returncode, self.read())
        assert termios.tcgetattr(self.slave)[3] == self.before[3], "the terminal's mode is not as it was"
        os.close(self.master)
        os.close(self.slave)


def begin(house):
    house.start_run(house.write("small.json", campaign(trials=300, max_budget=27, fixed={"delay": 0.2})))
    wait_for(lambda: os.path.exists(house.store) and house.query("SELECT 1 FROM result"), "a first result")
    return [program("rung"), "watch", "small", "--store", house.store]


@test
def keys_steer_the_screen_and_q_leaves_the_campaign_going(house):
    t = Terminal(begin(house))
    t.see("running, by number")
    t.see("last events")
    t.see("worker")
    t.press("s")
    t.see("by value")
    t.press("?")
    t.see("any key: back")
    t.press("x")
    t.see("by value")
    t.press("\033[B\r")
    t.see("configuration")
    t.see("attempts")
    t.press("\033")
    t.see("q leave")
    t.press("p")
    t.see("y/n")
    t.press("y")
    t.see("small: paused")
    t.press("p")
    t.see("Resume the campaign")
    t.press("y")
    t.see("small: running")
    t.press("q")
    t.see("goes on")
    t.end(130)
    assert [row[0] for row in house.query("SELECT action FROM steering")] == ["pause", "resume"]


@test
def ctrl_c_leaves_and_says_so_and_signals_leave_the_terminal_as_it_was(house):
    words = begin(house)
    t = Terminal(words)
    t.see("running, by number")
    t.press("\003")
    t.see("campaign small goes on .rung stop small would end it")
    t.end(130)
    t = Terminal(words)
    t.see("running, by number")
    t.child.send_signal(signal.SIGQUIT)
    t.end(-signal.SIGQUIT)


@test
def a_new_size_is_taken_at_once_and_no_line_is_wider(house):
    t = Terminal(begin(house), 120, 40)
    t.see("last events")
    t.text = ""
    t.resize(40, 10)
    t.see(r"\033\[H\033\[J")
    t.press("s")
    t.see("by value")
    for line in t.text.split("\033[H\033[J")[-1].split("\n"):
        shown = re.sub(r"\033\[[0-9;?]*[a-zA-Z]|\r", "", line)
        assert len(shown) < 40, shown
    t.press("q")
    t.end(130)


@test
def a_terminal_without_utf8_and_with_no_color_gets_ascii_and_no_styles(house):
    t = Terminal(begin(house), LC_ALL="C", NO_COLOR="1")
    t.see("last events")
    t.press("q")
    t.end(130)
    assert "\033[1m" not in t.text and "\033[2m" not in t.text, t.text
    assert all(ord(c) < 128 for c in t.text), t.text


main()
