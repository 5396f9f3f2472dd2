#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What levada did, trigger by trigger, in the words of event_time.py.

    triggers.py PROGRESS OUT

PROGRESS holds the reports of --progress, one a line; OUT the JSON lines that were printed.
"""
import json
import sys


def shorten(time):
    """Reports always have a fraction and a zone."""
    return time.removesuffix("Z").removesuffix(".000")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        reports = [json.loads(line) for line in file]
    with open(sys.argv[2], encoding="utf-8") as file:
        rows = file.read().splitlines()
    for report in reports:
        state = report["stateOperators"][0]
        times = report["eventTime"]
        n = report["sink"]["numOutputRows"]
        print(
            f"read {report['numInputRows']} late {state['numRowsDroppedByWatermark']}"
            f" total {state['numRowsTotal']} updated {state['numRowsUpdated']}"
            f" removed {state['numRowsRemoved']} printed {n}"
            f" from {shorten(times.get('min', 'none'))} to {shorten(times.get('max', 'none'))}"
            f" watermark {shorten(times.get('watermark', 'none'))}"
        )
        for row in rows[:n]:
            print(row)
        del rows[:n]
    for row in rows:
        print("behind the last report:", row)


if __name__ == "__main__":
    main()
