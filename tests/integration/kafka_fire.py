# SPDX-License-Identifier: Apache-2.0
"""Faults for hosts that share job.conf, round after round, and the judge of what they wrote.

The input is the first part of calls.json: as much of it goes to the topic "calls" as the faults take time. The output, in
the topic "out", is each call and, when its day is over, each type's count of that day. What the output must be is computed
here, from the file alone.
"""

import argparse
import collections
import itertools
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import time

PARTITIONS = 4
SESSION_S = 1.5
RECOVERY_S = 60.0
STABLE_S = 30.0
UNREAD = 5000  # of each partition, of which a host takes 5 every 10 ms: in the longest of rounds some are left
PART = 10000
MOST_ROUNDS = 10  # for each that is to interrupt a transaction
CRASH_POINTS = ["before_trigger", "after_trigger", "before_checkpoint", "after_prepare", "before_changelog",
                "before_send_offsets", "after_send_offsets", "after_commit_transaction", "after_commit"]


def fail(sentence):
    print("FAILED:", sentence, file=sys.stderr)
    for name in sorted(os.listdir(".")):
        if name.endswith(".err"):
            with open(name) as file:
                print("---", name, "its end:", *file.readlines()[-12:], sep="\n", file=sys.stderr)
    sys.exit(1)


class Host:
    """One process of the job, under an identity of its own."""

    def __init__(self, args, name):
        self.args, self.name, self.process = args, name, None
        self.fds, self.memory = [], []
        open(self.progress, "w").close()

    @property
    def progress(self):
        return self.name + ".jsonl"

    def start(self, *options, crash_at=None):
        environment = dict(os.environ)
        if crash_at is not None:
            environment["LEVADA_CRASH_AT"] = crash_at
        command = [self.args.levada, "run", "job.conf", "--progress", self.progress,
                   "--set", "pipeline.instance=" + self.name]
        with open(self.name + ".err", "a") as err:
            self.process = subprocess.Popen(command + list(options), env=environment, stderr=err,
                                            stdout=subprocess.DEVNULL)

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """In order; it has 30 s for it."""
        self.send(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            fail(f"{self.name} does not stop")
        if code != 0:
            fail(f"{self.name} ended with {code} when it was to stop")

    def check_alive(self):
        if self.process.poll() is not None:
            fail(f"{self.name} ended by itself, with {self.process.returncode}")

    def commits(self):
        """A line of the report for each round, written after its commit."""
        with open(self.progress, "rb") as file:
            return sum(1 for _ in file)

    def positions(self):
        """How far it has read partitions, by their numbers."""
        with open(self.progress) as file:
            ends = re.findall(r'"endOffset":\{(?:"[^"]*":\{[^}]*\},)*"calls":(\{[^}]*\})', file.read())
        return [(int(number), offset) for end in ends for number, offset in json.loads(end).items()]

    def measure(self):
        root = f"/proc/{self.process.pid}"
        self.fds.append(len(os.listdir(root + "/fd")))
        with open(root + "/status") as file:
            self.memory.append(int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)))


class Fire:
    def __init__(self, args):
        self.args = args
        self.draw = random.Random(args.seed)
        self.hosts = [Host(args, f"host{n}") for n in range(1, 4)]
        self.guest = Host(args, "guest")
        self.calls, self.written = open("calls.json"), 0

    # ---- the input ----

    def feed(self):
        """The broker is there now; in the round to come it may not be, and the calls in the topic must last."""
        while self.least_unread() < UNREAD:
            self.feed_part()

    def feed_part(self):
        part = list(itertools.islice(self.calls, PART))
        if len(part) < PART:
            fail("there are no more calls")
        with open("part.json", "w") as file:
            file.writelines(part)
        subprocess.run([self.args.levada, "run", "feed.conf", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        self.written += PART

    def least_unread(self):
        """Of the partition that has the fewest calls left; some are fed faster than others, and read as fast."""
        left = {partition: end_of(self.args, "calls", partition, "read_uncommitted") for partition in range(PARTITIONS)}
        ends = dict(left)
        for host in self.hosts + [self.guest]:
            for partition, offset in host.positions():
                left[partition] = min(left[partition], ends[partition] - offset)
        return min(left.values())

    def close_windows(self):
        """One call of the far future in each partition closes every window before it."""
        end = '{"original_crime_type_name":"the end","crime_id":"","call_date_time":"2030-01-01T00:00:00.000"}\n'
        for partition in range(PARTITIONS):
            subprocess.run(["kcat", "-P", "-b", self.args.broker, "-t", "calls", "-p", str(partition)], check=True,
                           input=end.encode())

    # ---- waiting ----

    def commits(self):
        return sum(host.commits() for host in self.hosts + [self.guest])

    def await_commits(self, more, of=None):
        """Until so many commits were made by all, or by one."""
        count = of.commits if of is not None else self.commits
        wanted, until = count() + more, time.monotonic() + RECOVERY_S
        while count() < wanted:
            if time.monotonic() > until:
                fail(f"nothing was committed within {RECOVERY_S:.0f} s" + (f" by {of.name}" if of else ""))
            for host in self.hosts:
                host.check_alive()
            time.sleep(0.02)

    def moment(self, most=0.5):
        time.sleep(self.draw.uniform(0, most))

    # ---- faults; each leaves all hosts running ----

    def kill_host(self):
        host = self.draw.choice(self.hosts)
        self.moment()
        host.kill()
        self.moment()
        host.start()
        self.await_commits(1, of=host)  # by then what it had begun is aborted

    def crash_host(self):
        host, place = self.draw.choice(self.hosts), self.draw.choice(CRASH_POINTS)
        host.stop()
        host.start(crash_at=f"{place}:{self.draw.randint(1, 8)}")
        try:
            code = host.process.wait(timeout=RECOVERY_S)
        except subprocess.TimeoutExpired:
            fail(f"{host.name} never came to {place}")
        if code != -signal.SIGKILL:
            fail(f"{host.name} ended with {code}, not at {place}")
        host.start()
        self.await_commits(1, of=host)
        return place

    def stop_past_session(self):
        host = self.draw.choice(self.hosts)
        self.moment()
        host.send(signal.SIGSTOP)
        time.sleep(SESSION_S * self.draw.uniform(1.2, 1.8))
        host.send(signal.SIGCONT)

    def kill_broker(self):
        self.moment()
        subprocess.run(["bash", self.args.kafka, "kill", self.args.dir], check=True)
        self.moment()
        port = self.args.broker.rpartition(":")[2]
        subprocess.run(["bash", self.args.kafka, "start", self.args.dir, port], check=True, stdout=subprocess.DEVNULL)

    def pause_broker(self):
        """It answers late what it was asked, twice by then, as where the network holds requests back."""
        self.moment()
        with open(os.path.join(self.args.dir, "pid")) as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self.draw.uniform(0.5, 8))
        os.kill(pid, signal.SIGCONT)

    def rebalance(self):
        for _ in range(2):
            self.guest.start()
            time.sleep(2)
            self.guest.check_alive()
            if self.draw.random() < 0.5:
                self.guest.stop()
            else:
                self.guest.kill()

    # ---- rounds ----

    def faults(self):
        """Every kind, in an order that is drawn; the broker dies more seldom, since it is slow to come back."""
        kinds = [self.kill_host, self.crash_host, self.crash_host, self.kill_host, self.stop_past_session,
                 self.crash_host, self.rebalance, self.kill_host, self.stop_past_session, self.kill_broker,
                 self.pause_broker]
        kinds = [kind for kind in kinds if self.args.fault in (None, kind.__name__)]
        while True:
            self.draw.shuffle(kinds)
            yield from kinds

    def run(self):
        """Until enough rounds have interrupted a transaction. Returns when each began, and its fault."""
        self.feed()
        for host in self.hosts:
            host.start()
        self.await_commits(5)
        began, faults, missing = [], self.faults(), self.args.interruptions
        while missing > 0:
            if len(began) >= self.args.interruptions * MOST_ROUNDS:
                fail(f"only {self.args.interruptions - missing} of {len(began)} rounds interrupted a transaction")
            for fault in itertools.islice(faults, missing):
                self.round(fault, began)
            missing = self.args.interruptions - sum(count_interruptions(self.args, began).values())
        for host in self.hosts:
            host.stop()
        return began

    def round(self, fault, began):
        self.feed()
        began.append((time.time(), fault.__name__))
        place = fault()
        self.await_commits(4)
        for host in self.hosts:
            host.check_alive()
            host.measure()
        print(f"round {len(began)}: {fault.__name__}{' at ' + place if place else ''}, {time.time() - began[-1][0]:.1f} s",
              flush=True)

    def finish(self):
        """What is left of the input, at full speed, and as many calls more as are to be read in all."""
        while self.written < self.args.calls:
            self.feed_part()
        self.close_windows()
        time.sleep(SESSION_S * 1.5)  # partitions of hosts that stopped are theirs until their session ends
        host = self.hosts[0]
        host.start("--until-caught-up", "--quiet", "--set", "calls.max_offsets_per_trigger=0")
        try:
            code = host.process.wait(timeout=RECOVERY_S * 2)
        except subprocess.TimeoutExpired:
            fail(f"what was left was not read within {RECOVERY_S * 2:.0f} s")
        if code != 0:
            fail(f"what was left could not be read: {host.name} ended with {code}")


# ---- the judge ----


def read(args, topic, isolation):
    """Partition, then the record."""
    command = ["kcat", "-b", args.broker, "-C", "-e", "-q", "-t", topic, "-f", "%p %s\n",
               "-X", "isolation.level=" + isolation, "-X", "check.crcs=true"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout.decode().splitlines()
    return [(int(line.split(" ", 1)[0]), json.loads(line.split(" ", 1)[1])) for line in lines]


def expected_days(calls):
    """How many calls of each day and type there are, and which came last."""
    days = {}
    for call in calls:
        key = (call["call_date_time"][:10], call["original_crime_type_name"])
        days[key] = (days[key][0] + 1 if key in days else 1, call["crime_id"])
    return days


def expected_spread_days(calls):
    """The same of calls that no order holds together: how many, and of how many ids."""
    return {key: (n, n) for key, (n, _) in expected_days(calls).items()}


def judge_input(args, calls):
    """What stands in the topic is what was to be fed: else the output is not to blame."""
    fed = collections.Counter(row["crime_id"] for _, row in read(args, "calls", "read_committed"))
    del fed[""]
    twice = sum(1 for n in fed.values() if n > 1)
    if twice > 0 or len(fed) != len(calls):
        fail(f"of {len(calls)} calls {len(fed)} were fed, {twice} of them twice")


def judge_output(args, calls):
    rows = read(args, "out", "read_committed")
    copies = [row for _, row in rows if "window_start" not in row and row["crime_id"] != ""]
    ids = collections.Counter(row["crime_id"] for row in copies)
    missing = [call["crime_id"] for call in calls if call["crime_id"] not in ids]
    twice = [crime_id for crime_id, n in ids.items() if n > 1]
    if missing or twice:
        fail(f"{len(missing)} calls are missing, such as {missing[:5]}; {len(twice)} came twice, such as {twice[:5]}")
    if len(ids) != len(calls):
        fail(f"{len(ids)} calls came of {len(calls)}")
    last = {}
    for row in copies if not args.spread else []:
        kind, crime_id = row["original_crime_type_name"], int(row["crime_id"])
        if last.get(kind, -1) > crime_id:
            fail(f"call {crime_id} came behind a later one of its key")
        last[kind] = crime_id
    days, expected = {}, expected_spread_days(calls) if args.spread else expected_days(calls)
    for _, row in rows:
        if "window_start" not in row:
            continue
        key = (row["window_start"][:10], row["original_crime_type_name"])
        if key in days:
            fail(f"the window {key} came twice")
        days[key] = (row["calls"], row["last"])
    wrong = [key for key in expected.keys() | days.keys() if expected.get(key) != days.get(key)]
    if wrong:
        fail(f"{len(wrong)} windows of {len(expected)} are wrong, such as {wrong[0]}: "
             f"{days.get(wrong[0])}, expected {expected.get(wrong[0])}")
    print(f"{len(calls)} calls and {len(days)} windows are there, each once and in order")


def end_of(args, topic, partition, isolation):
    line = subprocess.run(["kcat", "-b", args.broker, "-Q", "-t", f"{topic}:{partition}:-1", "-X",
                           "isolation.level=" + isolation], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout.decode()
    return int(re.search(r"offset (\d+)", line).group(1))


def topics(args):
    """Those that the job writes."""
    return ["out", "job-changelog"] + (["job-days-repartition"] if args.spread else [])


def judge_transactions(args):
    """None stays open: what is stable is all that there is. The marks of the last one may take a moment."""
    until = time.monotonic() + STABLE_S
    for topic in topics(args):
        for partition in range(PARTITIONS):
            while True:
                stable, all_of_it = (end_of(args, topic, partition, level)
                                     for level in ("read_committed", "read_uncommitted"))
                if stable == all_of_it:
                    break
                if time.monotonic() > until:
                    fail(f"a transaction hangs in {topic} {partition}: {stable} of {all_of_it} records are stable")
                time.sleep(0.2)


def abort_marks(args):
    """When transactions were aborted that had written something, in seconds since 1970; from the broker's files."""
    log = os.path.join(args.dir, "log")
    for folder in os.listdir(log):
        if re.fullmatch("(%s)-[0-9]+" % "|".join(topics(args)), folder):
            for name in os.listdir(os.path.join(log, folder)):
                if name.endswith(".log"):
                    with open(os.path.join(log, folder, name), "rb") as file:
                        yield from abort_marks_in(file.read())


def abort_marks_in(segment):
    """Of batches (Kafka's protocol guide): 61 bytes, then records. A mark is one, whose key ends in 0 where it aborts."""
    at = 0
    while at + 70 <= len(segment):
        length, attributes, time_ms = struct.unpack_from(">i9xh4xq", segment, at + 8)
        is_mark = attributes & 0x20 != 0
        if is_mark and struct.unpack_from(">h", segment, at + 61 + 7) == (0,):
            yield time_ms / 1000
        at += 12 + length


def count_interruptions(args, began):
    """How many rounds of each fault aborted a transaction."""
    marks, hit = list(abort_marks(args)), collections.Counter()
    ends = [first for first, _ in began[1:]] + [time.time()]
    for (first, fault), last in zip(began, ends):
        hit[fault] += any(first <= mark < last for mark in marks)
    return hit


def judge_resources(args, hosts):
    """A host has one partition's state, or that of all four; the sets of ids that --spread counts are 140 MiB of it."""
    most_kib = (160 if args.spread else 64) * 1024
    for host in hosts:
        print(f"{host.name}: descriptors {min(host.fds)} to {max(host.fds)}, "
              f"memory {min(host.memory) // 1024} to {max(host.memory) // 1024} MiB")
        if max(host.fds) > min(host.fds) + 40 or max(host.memory) > min(host.memory) + most_kib:
            fail(f"{host.name} grows")


def main():
    parser = argparse.ArgumentParser()
    for name in ("levada", "kafka", "broker", "dir"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--interruptions", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True, help="at least so many are read")
    parser.add_argument("--spread", action="store_true",
                        help="the topic is keyed by nothing that the job groups by: rows pass through another topic")
    parser.add_argument("--fault", help="this one alone, such as kill_broker")
    args = parser.parse_args()
    print("seed", args.seed, flush=True)
    fire = Fire(args)
    try:
        began = fire.run()
        hit = count_interruptions(args, began)
        print(f"{sum(hit.values())} of {len(began)} rounds interrupted a transaction:",
              ", ".join(f"{fault} {count}" for fault, count in sorted(hit.items())))
        fire.finish()
        judge_transactions(args)
        with open("calls.json") as file:
            calls = [json.loads(line) for line in itertools.islice(file, fire.written)]
        judge_input(args, calls)
        judge_output(args, calls)
        judge_resources(args, fire.hosts)
    finally:
        for host in fire.hosts + [fire.guest]:
            if host.process is not None and host.process.poll() is None:
                host.process.kill()


main()
