#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
tuning_chart.py REPORTS CHART.svg

From the progress reports that bench/tuning left in the folder REPORTS (TRIGGERms_OFFSETS_RATE.jsonl): a table on
standard output, and a chart of records a second and of the time that a trigger takes.
"""

import datetime
import json
import math
import pathlib
import statistics
import sys

COLOURS = ["#1b6ca8", "#d1495b", "#3c8d53"]
WIDTH, HEIGHT, LEFT, TOP, PANEL = 900, 400, 70, 50, 330


def seconds_of(report):
    begin = datetime.datetime.strptime(report["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return begin.timestamp(), begin.timestamp() + report["batchDuration"] / 1000


def read(path):
    """What a run came to: while it had records to read, which a run that was faster than its time has no more."""
    reports = [json.loads(line) for line in path.read_text().splitlines()]
    reports = [report for report in reports if report["numInputRows"] > 0]
    if not reports:
        sys.exit(f"{path}: no trigger read anything; give the runs more seconds")
    trigger, offsets, rate = (int(part) for part in path.stem.split("_"))
    records = sum(report["numInputRows"] for report in reports)
    begin, end = seconds_of(reports[0])[0], seconds_of(reports[-1])[1]
    # A trigger's records are there at its end; the next ones, an interval later.
    span = max(end - begin, len(reports) * trigger / 1000)
    return {
        "trigger": trigger,
        "offsets": offsets,
        "rate": rate,
        "triggers": len(reports),
        "records": records,
        "per_second": records / span,
        "duration": statistics.median(report["batchDuration"] for report in reports),
        "longest": max(report["batchDuration"] for report in reports),
    }


def print_table(runs):
    print("| trigger | `max_offsets_per_trigger` | `max_rate_per_partition` | records a trigger | records a second "
          "| a trigger takes, ms: median, longest |")
    print("|---|---|---|---|---|---|")
    for run in runs:
        print("| {:g} s | {} | {} | {:,.0f} | {:,.0f} | {:.0f}, {:.0f} |".format(
            run["trigger"] / 1000, run["offsets"] or "none", run["rate"] or "none",
            run["records"] / run["triggers"], run["per_second"], run["duration"], run["longest"]))


class Panel:
    """A chart with the number of offsets across and powers of ten upwards."""

    def __init__(self, left, title, names, low, high):
        self.left, self.names, self.low, self.high = left, names, low, high
        self.parts = [f'<text x="{left}" y="{TOP - 22}" class="title">{title}</text>']
        for power in range(low, high + 1):
            y = self.y(10**power)
            self.parts.append(f'<line x1="{left}" y1="{y:.0f}" x2="{left + PANEL}" y2="{y:.0f}" class="grid"/>')
            self.parts.append(f'<text x="{left - 8}" y="{y + 4:.0f}" class="up">{10**power:,}</text>')
        for i, name in enumerate(names):
            self.parts.append(f'<text x="{self.x(i):.0f}" y="{HEIGHT - 62}" class="across">{name}</text>')

    def x(self, i):
        return self.left + PANEL * (i + 0.5) / len(self.names)

    def y(self, value):
        share = (math.log10(max(value, 10**self.low)) - self.low) / (self.high - self.low)
        return HEIGHT - 80 - share * (HEIGHT - 80 - TOP)

    def line(self, values, colour):
        points = " ".join(f"{self.x(i):.0f},{self.y(value):.0f}" for i, value in enumerate(values))
        self.parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for i, value in enumerate(values):
            self.parts.append(f'<circle cx="{self.x(i):.0f}" cy="{self.y(value):.0f}" r="3.5" fill="{colour}"/>')


def draw(runs):
    runs = [run for run in runs if run["rate"] == 0]
    triggers = sorted({run["trigger"] for run in runs})
    offsets = sorted({run["offsets"] for run in runs}, key=lambda n: n or float("inf"))
    names = [f"{n:,}" if n else "no limit" for n in offsets]
    left = Panel(LEFT, "records a second", names, 1, 6)
    right = Panel(LEFT + PANEL + 110, "a trigger takes, ms (median)", names, 0, 4)
    legend = []
    for trigger, colour in zip(triggers, COLOURS):
        line = [run for n in offsets for run in runs if (run["trigger"], run["offsets"]) == (trigger, n)]
        left.line([run["per_second"] for run in line], colour)
        right.line([run["duration"] for run in line], colour)
        x = LEFT + 190 * len(legend)
        legend.append(f'<rect x="{x}" y="{HEIGHT - 28}" width="14" height="4" fill="{colour}"/>'
                      f'<text x="{x + 20}" y="{HEIGHT - 22}">trigger = "{trigger / 1000:g} s"</text>')
    middle = LEFT + PANEL + 55
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        "<style>text { font: 12px sans-serif; fill: #333 } .title { font-weight: bold } .up { text-anchor: end }"
        " .across { text-anchor: middle } .grid { stroke: #ddd }</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *left.parts, *right.parts, *legend,
        f'<text x="{middle}" y="{HEIGHT - 44}" class="across">max_offsets_per_trigger</text>',
        "</svg>", ""])


def main():
    reports, chart = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    runs = sorted((read(path) for path in reports.glob("*.jsonl")),
                  key=lambda run: (run["rate"], run["offsets"] or float("inf"), run["trigger"]))
    print_table(runs)
    chart.write_text(draw(runs))


main()
