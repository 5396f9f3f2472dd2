#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The calls of standard input, one a line, as they would come in if each were up to MINUTES late.

    shuffle.py SEED MINUTES
"""
import json
import random
import sys
from datetime import datetime, timedelta


def main():
    seed, minutes = int(sys.argv[1]), int(sys.argv[2])
    chance = random.Random(seed)

    def arrival(line):
        delay = timedelta(minutes=chance.uniform(0, minutes))
        return datetime.fromisoformat(json.loads(line)["call_date_time"]) + delay

    sys.stdout.writelines(sorted(sys.stdin, key=arrival))


if __name__ == "__main__":
    main()
