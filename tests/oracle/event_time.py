#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a windowed count must print and report, trigger by trigger: by brute force, from the rules of
docs/event-time.md, with nothing of levada's own code. Read beside triggers.py, which writes what
levada did in the same words.

    event_time.py SETTINGS FILE...

FILEs hold one JSON object a line, or one array. Each is a partition; they are read one after the
other. SETTINGS is a JSON object:

    event_time, group_by                                  fields, as in the pipeline
    window, slide, offset, watermark                      milliseconds
    output_mode, on_end                                   words, as in the pipeline
    reverse                                               each file, and the list of files, from its end
    limit                                                 records a trigger; 0: all in one
    codes                                                 a table to join "disposition" with, inner
"""
import json
import sys
from datetime import datetime, timedelta
from functools import cache

EPOCH = datetime(1970, 1, 1)
NEVER = None
encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@cache
def to_ms(time):
    if isinstance(time, int):
        return time
    time = datetime.fromisoformat(time)
    if time.tzinfo is not None:
        time = (time - time.utcoffset()).replace(tzinfo=None)
    return (time - EPOCH) // timedelta(milliseconds=1)


@cache
def to_iso(ms):
    time = EPOCH + timedelta(milliseconds=ms)
    return time.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def read_file(name):
    with open(name, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]


@cache
def sort_key(row):
    """By window, then group: nulls, then texts by their bytes."""
    start, group = row
    return (start, *(b"" if value is None else b"=" + value.encode() for value in group))


class Query:
    def __init__(self, settings, files):
        self.event_time = settings["event_time"]
        self.group_by = settings["group_by"]
        self.window = settings["window"]
        self.slide = settings.get("slide") or self.window
        self.offset = settings.get("offset", 0)
        self.delay = settings["watermark"]
        self.mode = settings["output_mode"]
        self.on_end = settings["on_end"]
        self.codes = None
        if "codes" in settings:
            self.codes = {row["disposition_code"]: row["description"] for row in read_file(settings["codes"])}
        self.newest = {file: NEVER for file in files}  # the largest event time of each partition
        self.closed_until = NEVER  # windows that end at or before this are closed
        self.counts = {}  # (window start, group) -> count

    def windows_of(self, time):
        start = (time - self.offset) // self.slide * self.slide + self.offset
        while start + self.window > time:
            yield start
            start -= self.slide

    def is_closed(self, start, file):
        """For the next record of @file."""
        if self.mode == "complete":
            return False
        end = start + self.window
        newest = self.newest[file]
        return (newest is not NEVER and end <= newest - self.delay) or (
            self.closed_until is not NEVER and end <= self.closed_until
        )

    def watermark(self, is_end):
        times = self.newest.values()
        if is_end:
            times = [time for time in times if time is not NEVER]
            return max(times) - self.delay if times else NEVER
        return NEVER if NEVER in times else min(times) - self.delay

    def trigger(self, records, is_end):
        """@records: (file, record). Returns the lines that tell of this trigger."""
        late, changed = 0, set()
        for file, record in records:
            time = to_ms(record[self.event_time])
            group = tuple(record.get(field) for field in self.group_by)
            rows = [(start, group) for start in self.windows_of(time) if not self.is_closed(start, file)]
            for row in rows:
                self.counts[row] = self.counts.get(row, 0) + 1
                changed.add(row)
            late += not rows
            if self.newest[file] is NEVER or time > self.newest[file]:
                self.newest[file] = time

        flush = is_end and self.on_end == "flush"
        watermark = self.watermark(is_end)
        closing = set()
        if self.mode != "complete":
            closing = {
                row
                for row in self.counts
                if flush or (watermark is not NEVER and row[0] + self.window <= watermark)
            }
        leaving = {"complete": self.counts.keys(), "update": changed, "append": closing}[self.mode]
        rows = sorted(leaving, key=sort_key)
        if self.mode == "complete":
            rows.sort(key=lambda row: -self.counts[row])
        printed = [line for row in rows for line in self.printed(row)]
        for row in closing:
            del self.counts[row]
        if watermark is not NEVER:
            self.closed_until = watermark
        times = [to_ms(record[self.event_time]) for _, record in records]
        return [
            f"read {len(records)} late {late} total {len(self.counts)} updated {len(changed)}"
            f" removed {len(closing)} printed {len(printed)}"
            f" from {to_iso(min(times)) if times else 'none'} to {to_iso(max(times)) if times else 'none'}"
            f" watermark {'none' if flush or watermark is NEVER else to_iso(watermark)}"
        ] + printed

    def printed(self, row):
        """The row as the JSON lines that it becomes, one or none."""
        start, group = row
        columns = {"window_start": to_iso(start), "window_end": to_iso(start + self.window)}
        for field, value in zip(self.group_by, group):
            columns[field] = value
            if self.codes is not None and field == "disposition":
                if value not in self.codes:
                    return []
                columns["description"] = self.codes[value]
        columns["count"] = self.counts[row]
        return [encode(columns)]


def main():
    settings, files = json.loads(sys.argv[1]), sys.argv[2:]
    records = [(file, record) for file in files for record in read_file(file)]
    if settings.get("reverse"):
        records.reverse()
    query = Query(settings, files)
    limit = settings.get("limit") or len(records) or 1
    for first in range(0, len(records), limit):
        is_end = first + limit >= len(records)
        print("\n".join(query.trigger(records[first : first + limit], is_end)))


if __name__ == "__main__":
    main()
