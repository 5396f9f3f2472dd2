#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes FILE to standard output, a pipe, in pieces of random sizes. Before some of them it waits until
the reader has taken everything, so that the reader finds nothing and has to wait.

    dribble.py SEED FILE >PIPE
"""
import array
import fcntl
import os
import random
import sys
import termios

OUT = 1


def wait_until_read():
    left = array.array("i", [1])
    while left[0] > 0:
        os.sched_yield()
        fcntl.ioctl(OUT, termios.FIONREAD, left)


def main():
    chance = random.Random(int(sys.argv[1]))
    with open(sys.argv[2], "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        if chance.random() < 0.2:
            wait_until_read()
        largest = chance.choice([1, 100, 5000, 300000])
        at += os.write(OUT, data[at : at + chance.randint(1, largest)])


if __name__ == "__main__":
    main()
