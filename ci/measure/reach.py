"""What a cluster costs beside one server, and beside a broker alone: ratios, in pairs that take turns."""

import concurrent.futures
import statistics
import tempfile
import time

from . import load, report
from .cluster import Brokers, Nodes, Person, cpu

# The loads: one message under way between two clients; one speaker, three that listen; 200 clients.
ONE = ["--clients", 2, "--senders", 1, "--window", 1]
MANY = ["--clients", 4, "--senders", 1, "--window", 2048]
W1 = ["--clients", 200, "--senders", 1, "--window", 64]
W1_TWO = ["--clients", 200, "--senders", 2, "--window", 64]
# The marks, and the aims behind them. Times of NATS' p50; lines per second; times of one server; seconds; times of NATS.
P50, LINES = {1: 2.2, 3: 5.0}, {1: 500e3, 3: 100e3}
NODE, BROKER, NATS = 1.8, 0.1e-6, 1.0
NAMES, AT_ONCE = 10_000, 50


class Broker:
    """A broker alone: its clients talk through it."""

    pid = address = None

    def __init__(self, brokers):
        self.server, self.brokers = self, brokers

    def target(self, *_):
        return ["--server", f"127.0.0.1:{self.brokers.ports[0]}", "--dialect", "nats"]


class Cases:
    """What takes turns, and what it gave, by name."""

    def __init__(self, folder):
        make = lambda name: (folder / name).mkdir() or folder / name  # noqa: E731
        self.brokers = {number: Brokers(make(f"r{number}"), number) for number in (1, 3)}
        self.alone = Brokers(make("nats"), log=False)
        self.nodes = {number: Nodes(make(f"nodes-{number}"), 2, "basico", each.urls)
                      for number, each in self.brokers.items()}
        self.single = Nodes(make("single"), 1, "basico")
        self.figures = {}

    def run(self, name, what, dialect, options, seconds, servers, brokers=()):
        """One run: rates and times of the generator, and the CPU per delivery of servers and brokers."""
        before = cpu(servers), cpu(brokers)
        record = load.generate(what, dialect, None, [*options, "--warm-up", "0.5s", "--duration", f"{seconds}s",
                                                     "--allow-invalid"], seconds)
        deliveries = record["ledger"]["ok"]
        used = [(after - begun) / deliveries for after, begun in zip((cpu(servers), cpu(brokers)), before)]
        found = {"servers": used[0], "brokers": used[1], "all": sum(used), "faults": load.faults(record),
                 "p50": record["latency"]["response"]["p50"], "lines": record["traffic"]["achieved_rate"]}
        self.figures.setdefault(name, []).append(found)

    def round(self, seconds):
        for load_name, options in [("one", ONE), ("many", MANY), ("W1", W1), ("W1, 2 send", W1_TWO)]:
            nats = self.alone.running
            if load_name != "many":
                self.run((load_name, "nats"), Broker(self.alone), "nats", options, seconds, [], nats)
            if load_name.startswith("W1"):
                self.run((load_name, "single"), self.single, "basico", options, seconds, self.single.running)
            for number, nodes in self.nodes.items():
                if number == 1 or not load_name.startswith("W1"):
                    self.run((load_name, number), nodes, "basico", options, seconds, nodes.running,
                             self.brokers[number].running)

    def median(self, load_name, case, figure):
        return statistics.median(each[figure] for each in self.figures[load_name, case])

    def ratio(self, load_name, figures, case, base):
        """The median of the rounds' ratios."""
        pairs = zip(self.figures[load_name, case], self.figures[load_name, base])
        return statistics.median(one[figures[0]] / other[figures[1]] for one, other in pairs)

    def faults(self):
        return sorted({fault for runs in self.figures.values() for run in runs for fault in run["faults"]})

    def stop(self):
        for each in [*self.nodes.values(), self.single, *self.brokers.values(), self.alone]:
            each.stop()


def measure(folder, rounds, seconds):
    """Rows: what, the figure, its mark, and whether it is reached; and the faults."""
    cases = Cases(folder)
    try:
        for _ in range(rounds):
            cases.round(seconds)
    finally:
        cases.stop()
    return list(rows(cases)), cases.faults()


def rows(cases):
    nats = cases.median("one", "nats", "p50")
    for number in (1, 3):
        own = cases.median("one", number, "p50")
        ratio = cases.ratio("one", ("p50", "p50"), number, "nats")
        yield most(f"R{number}: p50 from node to node, beside NATS without a log ({report.time(own)}, "
                   f"{report.time(nats)})", ratio, P50[number], times)
    for number in (1, 3):
        lines = cases.median("many", number, "lines")
        yield (f"R{number}: lines a second through one room", report.rate(lines), f"{report.rate(LINES[number])} or more",
               "reached" if lines >= LINES[number] else "MISSED")
    for name in ("W1", "W1, 2 send"):
        nodes, single = cases.median(name, 1, "servers"), cases.median(name, "single", "servers")
        yield most(f"{name}: CPU of the nodes per delivery, beside one server ({micro(nodes)}, {micro(single)})",
                   cases.ratio(name, ("servers", "servers"), 1, "single"), NODE, times)
        yield most(f"{name}: CPU of the broker per delivery", cases.median(name, 1, "brokers"), BROKER, micro)
        every, nats = cases.median(name, 1, "all"), cases.median(name, "nats", "all")
        yield most(f"{name}: CPU of nodes and broker per delivery, beside NATS without a log ({micro(every)}, "
                   f"{micro(nats)})", cases.ratio(name, ("all", "all"), 1, "nats"), NATS, times)


def most(what, figure, bound, form):
    return what, form(figure), f"{form(bound)} or less", "reached" if figure <= bound else "MISSED"


def times(ratio):
    return f"{ratio:.2f} x"


def micro(seconds):
    return f"{seconds * 1e9:.0f} ns"


def claims():
    """Two nodes give the same names at the same time. Returns how many, those that not exactly one got, and whether
    both nodes tell of them in one order."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        brokers = Brokers(folder)
        nodes = Nodes(folder, 2, "grupal", brokers.urls)
        try:
            watchers = [Person(nodes, index, f"watcher{index}") for index in range(2)]
            pairs = [[Person(nodes, index, f"first-{number}-{index}") for index in range(2)]
                     for number in range(AT_ONCE)]
            last = NAMES // AT_ONCE - 1
            with concurrent.futures.ThreadPoolExecutor(2) as threads:
                told = [threads.submit(renamings, watcher, NAMES) for watcher in watchers]
                wrong = sum(claim(pairs, number) for number in range(last + 1))
                first, second = [each.result() for each in told]
            return NAMES, wrong, first == second
        finally:
            nodes.stop()
            brokers.stop()


def claim(pairs, number):
    """Both of each pair want one name. Returns in how many pairs not exactly one has got it."""
    for index, pair in enumerate(pairs):
        for person in pair:
            person.say(f"/nick n{number}x{index}")
    wrong = 0
    for index, pair in enumerate(pairs):
        answers = [person.until(f"^! |you are now called n{number}x{index}$") for person in pair]
        wrong += sum(answer.startswith("* ") for answer in answers) != 1
    return wrong


def renamings(watcher, number):
    return [watcher.until("is now n[0-9]+x") for _ in range(number)]
