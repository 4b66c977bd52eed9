#!/usr/bin/env python3
"""Prints the results that scripts/bench_load has collected in a folder as one Markdown table: the
median of each figure, the least and the greatest behind it, and how the gateway compares."""

import collections
import json
import pathlib
import statistics
import sys

# load, name of the figure, where it is in a result, what it is divided by, decimals
ROWS = [
    ("connect", "sessions opened and closed a second", ("per_second",), 1, 0),
    ("connect", "opening a session, p50 (ms)", ("latency_us", "p50"), 1e3, 2),
    ("connect", "opening a session, p99 (ms)", ("latency_us", "p99"), 1e3, 2),
    ("connect", "processor time for a session (us)", ("processor_us_per_operation",), 1, 1),
    ("connect", "load generator busy (%)", ("generator_busy",), 0.01, 0),
    ("messages", "messages answered a second", ("per_second",), 1, 0),
    ("messages", "answer, p50 (ms)", ("latency_us", "p50"), 1e3, 2),
    ("messages", "answer, p99 (ms)", ("latency_us", "p99"), 1e3, 2),
    ("messages", "answer, max (ms)", ("latency_us", "max"), 1e3, 2),
    ("messages", "processor time for a message (us)", ("processor_us_per_operation",), 1, 2),
    ("messages", "load generator busy (%)", ("generator_busy",), 0.01, 0),
    ("chats", "chats answered and stored a second", ("per_second",), 1, 0),
    ("chats", "answer stored and delivered, p50 (ms)", ("latency_us", "p50"), 1e3, 2),
    ("chats", "answer stored and delivered, p99 (ms)", ("latency_us", "p99"), 1e3, 2),
    ("chats", "processor time for a chat (us)", ("processor_us_per_operation",), 1, 2),
    ("idle", "memory for an idle connection (KiB)", ("bytes_per_connection",), 1024, 2),
]
SERVERS = ["gateway", "echo"]


def load(folder):
    """Results by load and server, from files named LOAD-SERVER-ROUND.json."""
    results = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).glob("*-*-*.json")):
        name, server, _ = path.stem.split("-")
        results[name, server].append(json.loads(path.read_text(encoding="utf-8")))
    return results


def values(results, where, unit):
    found = []
    for result in results:
        for key in where:
            result = result.get(key, {})
        if isinstance(result, (int, float)):
            found.append(result / unit)
    return found


def cell(numbers, decimals):
    if not numbers:
        return "-"
    text = f"{statistics.median(numbers):,.{decimals}f}"
    if len(numbers) > 1:
        text += f" ({min(numbers):,.{decimals}f} to {max(numbers):,.{decimals}f})"
    return text


def main(folder):
    results = load(folder)
    print("| load | figure | gatewayd | Beast's echo | gatewayd / echo |")
    print("|---|---|---|---|---|")
    for name, figure, where, unit, decimals in ROWS:
        ours, theirs = (values(results[name, server], where, unit) for server in SERVERS)
        ratio = "-"
        if "busy" not in figure and ours and theirs and statistics.median(theirs) > 0:
            ratio = f"{statistics.median(ours) / statistics.median(theirs):.2f}"
        cells = [name, figure, cell(ours, decimals), cell(theirs, decimals), ratio]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: compare.py FOLDER")
    main(sys.argv[1])
