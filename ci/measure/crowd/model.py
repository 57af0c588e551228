#!/usr/bin/env python3
"""What a larger machine would do: a model of a pass, fitted to what ci/crowd and W8 of ci/bench have measured.

    ci/measure/crowd/model.py target/crowd/crowd.json target/bench/bench.json

A message reaches the last of n members after

    T(n, k) = s (k > 1) + n c(n) f(k) u / k

- k: threads, a processor each; the generator has others.
- c(n): CPU time of a delivery with one thread, as measured; in between, and beyond, a line over log n.
- u: how much longer a pass takes than its CPU time, with one thread, as measured: what else the processor does.
- f(k): how much more CPU time a delivery costs with k threads. f(2) is measured; beyond it is not known: between f(2)
  (shards share nothing) and 1 + (k - 1)(f(2) - 1) (each thread disturbs each other one), with f(2) at least
  1.02: less is not seen.
- s: the time until all threads have begun: a wake-up.

It is tested where it was not fitted: T(n, 2) has f(2) of CPU times alone, and has to be within a quarter of the time
that was measured. Prints tables for docs/benchmarks.md; fails where it does not hold.
"""

import json
import math
import pathlib
import sys

# Nanoseconds: a wake-up on another processor.
WAKE = 60_000
# What f(2) may be more than 1 without being seen.
NOISE = 0.02
# How far a prediction may be off; the share of the processors that may be busy.
OFF, BUSY = 0.25, 0.7
# Of several servers, from docs/benchmarks.md: CPU per delivery beside one server's, and the way through the log of one
# broker and of three, p50 in nanoseconds.
NODES, LOGS = 1.17, {"one broker": 207_000, "three brokers": 616_000}
SIZES, MACHINES = [200, 2_000, 10_000, 20_000, 50_000], [1, 2, 16, 64]


class Model:
    """The pass of one server."""

    def __init__(self, costs, stretch, two):
        """Costs by members; u; f(2)."""
        costs = sorted(costs.items())
        # Where one falls, that is noise: a larger room has no warmer caches.
        self.costs = [(n, max(cost for _, cost in costs[:at + 1])) for at, (n, _) in enumerate(costs)]
        self.stretch, self.two = stretch, max(two, 1)

    def cost(self, members):
        """c(n)"""
        known = self.costs
        at = min(max(1, sum(n <= members for n, _ in known)), len(known) - 1)
        (low, before), (high, behind) = known[at - 1], known[at]
        share = math.log(members / low) / math.log(high / low)
        return before + share * (behind - before)

    def factors(self, threads):
        """Both ends of f(k)."""
        each = max(self.two - 1, NOISE)
        return (1, 1) if threads == 1 else (self.two, 1 + (threads - 1) * each)

    def last(self, members, threads):
        """T(n, k) in nanoseconds, with both ends of f(k)."""
        start = WAKE if threads > 1 else 0
        return [start + members * self.cost(members) * factor * self.stretch / threads
                for factor in self.factors(threads)]

    def divides_from(self):
        """The members from which two threads are faster than one."""
        return next((n for n in range(2, 100_000) if self.last(n, 2)[0] < self.last(n, 1)[0]), None)

    def nodes_from(self, threads, log, nodes=2):
        """The members from which the last of them hears sooner with several such machines."""
        several = lambda n: log + NODES * self.last(math.ceil(n / nodes), threads)[1]  # noqa: E731
        return next((n for n in range(2, 200_000, 10) if several(n) < self.last(n, threads)[1]), None)


def fitted(crowd, bench):
    """The model, and what was measured with one and two threads: members and the last receiver's p50."""
    costs = {each["members"]: each["runs"][-1]["cpu"] for each in crowd["growth"]
             if each["server"] == "chat-server" and each["runs"]}
    rows = {case["label"]: case for case in bench["tables"]["W8"] if case["runs"]}
    one, two = rows["chat-server, 1 thread"], rows["chat-server, 2 threads"]
    members = int(one["load"][one["load"].index("--clients") + 1])
    cpu = [row["figures"]["cpu"]["median"] for row in (one, two)]
    last = [row["figures"]["last p50"]["median"] for row in (one, two)]
    return Model(costs, last[0] / (members * cpu[0]), cpu[1] / cpu[0]), members, last


def span(values, form):
    """One figure, or two ends."""
    first, *_, last = values
    return form(first) if form(first) == form(last) else f"{form(first)} to {form(last)}"


def milliseconds(ns):
    return f"{ns / 1e6:.3g} ms"


def tables(model):
    yield "| members | " + " | ".join(f"{k} thread" + "s" * (k > 1) for k in MACHINES) + " |"
    yield "|---" * (len(MACHINES) + 1) + "|"
    for members in SIZES:
        cells = []
        for threads in MACHINES:
            last = model.last(members, threads)
            rates = [BUSY * 1e9 / time for time in last]
            cells.append(f"{span(last, milliseconds)} · {span(rates, '{:,.0f}/s'.format)}")
        yield f"| {members:,} | " + " | ".join(cells) + " |"
    yield ""
    yield "| two machines of | " + " | ".join(LOGS) + " |"
    yield "|---" * (len(LOGS) + 1) + "|"
    for threads in MACHINES:
        found = [model.nodes_from(threads, log) for log in LOGS.values()]
        yield f"| {threads} | " + " | ".join(f"{n:,}" if n else "never" for n in found) + " |"


def main(files):
    if len(files) != 2:
        sys.exit(__doc__)
    model, members, (one, two) = fitted(*(json.loads(pathlib.Path(file).read_text()) for file in files))
    costs = ", ".join(f"{n:,}: {cost / 1e3:.1f}" for n, cost in model.costs)
    print(f"c in µs: {costs}; u {model.stretch:.2f}; f(2) {model.two:.2f}; two threads pay from "
          f"{model.divides_from() or 'no number of'} members\n")
    print(*tables(model), sep="\n")
    predicted = model.last(members, 2)[0]
    off = predicted / two - 1
    print(f"\nWith {members:,} members, one thread: {milliseconds(one)} measured; two: {milliseconds(predicted)} "
          f"predicted, {milliseconds(two)} measured ({off:+.0%}).")
    if abs(off) > OFF:
        sys.exit("the model does not hold")


main(sys.argv[1:])
