"""What chat-server has to reach, and whether it does."""

from . import report
from .workloads import GROWTH

# Beside the floor; beside an older server; of two runs that should be alike; of two threads beside one.
FLOOR, BEFORE, ALIKE, THREADS, SPREAD = 1.15, 1.02, 1.1, 1.2, 0.25
# Where a server does little for a delivery, and where it does most.
CLOSE = 1.1
# In a huge room, the last receiver's median with two threads beside one.
DIVIDED = 0.65
# Nanoseconds that talk waits beside clients that come, and the share of them that has to be served.
CALM, SERVED = 50e6, 0.98
IDLE = 2048
# With a store beside without: CPU, and 99th percentile.
STORE = 1.1, 1.2
# Of each door beside plain TCP; bytes of a client, with a WebSocket more than the plain one's.
DOOR_CPU = {"doors-W1": {"ws": 1.05, "tls": 1.35, "wss": 1.4}, "doors-W3": {"ws": 1.05, "tls": 1.08, "wss": 1.12}}
DOOR_MEMORY = {"ws": 307, "tls": 10240, "wss": 10547}


def mark(what, value, bound, form, sure=True):
    """What, the figure, its mark, and the state of things in a word."""
    if value is None:
        return what, "-", f"{form(bound)} or less", "not measured"
    state = "reached" if value <= bound else "MISSED"
    return what, form(value), f"{form(bound)} or less", state if sure else "INVALID"


def times(ratio):
    return f"{ratio:.2f} x"


def compare(what, name, case, base, bound):
    """Whether a figure is so many times another one at most."""
    if not case or not base:
        return mark(what, None, bound, times)
    one, other = case.median(name), base.median(name)
    ratio = one / other if one is not None and other else None
    return mark(what, ratio, bound, times, case.is_valid() and base.is_valid())


def of(measured, lengths):
    """All that can be said about what was measured, as rows of a table."""
    for name, cases in measured.items():
        by_label = {case.label: case for case in cases}
        if "chat-server" in {case.server.name for case in cases}:
            yield from KINDS.get(name, of_workload)(name, by_label, lengths)


def of_workload(name, cases, _):
    chat, floor = cases["chat-server"], cases.get("floor")
    if floor:
        bound = CLOSE if name == "W5" else FLOOR
        yield compare(f"{name}: CPU per delivery beside the floor's", "cpu", chat, floor, bound)
    if before := cases.get("before"):
        yield compare(f"{name}: CPU per delivery beside before", "cpu", chat, before, BEFORE)
    # In a closed loop, the times are those of the queue that it makes.
    if floor and name != "W1":
        yield compare(f"{name}: p99 beside the floor's", "p99", chat, floor, FLOOR)
    # Two clients are no crowd: with them, what every server does is wake up.
    if name != "W5":
        peers = [case for case in cases.values() if case.server.peer]
        yield from ahead(f"{name}: CPU per delivery beside", "cpu", chat, peers, report.cost)
        yield from ahead(f"{name}: p99 beside", "p99", chat, peers, report.time)


def ahead(what, figure, chat, peers, form):
    """The best of the peers is the one to be ahead of."""
    able = [peer for peer in peers if peer.median(figure) is not None]
    if able:
        best = min(able, key=lambda peer: peer.median(figure))
        sure = best.is_valid() and chat.is_valid()
        what = f"{what} the best peer's ({best.label})"
        yield mark(what, chat.median(figure), best.median(figure), form, sure)


def of_idle(name, cases, lengths):
    idle, without = cases["chat-server"], cases["chat-server without"]
    memory = report.idle_memory(idle, without, lengths)
    # What disturbs the generator makes nothing larger.
    yield mark(f"{name}: memory per idle client", memory, IDLE, report.size)
    yield compare(f"{name}: p99 beside idle clients and without", "p99", idle, without, ALIKE)


def of_slow(name, cases, _):
    chat = cases["chat-server"]
    beside, without = chat.median("p99"), chat.median("p99 without")
    ratio = beside / without if without else None
    yield mark(f"{name}: p99 beside slow readers and without", ratio, ALIKE, times, chat.is_valid())


def of_huge_room(name, cases, _):
    one, two = cases["chat-server, 1 thread"], cases["chat-server, 2 threads"]
    if floor := cases.get("floor"):
        yield compare(f"{name}: CPU per delivery beside the floor's", "cpu", one, floor, CLOSE)
    if before := cases.get("before, 1 thread"):
        yield compare(f"{name}: CPU per delivery beside before", "cpu", one, before, BEFORE)
    yield compare(f"{name}: the last receiver's p50, two threads beside one", "last p50", two, one, DIVIDED)
    peers = [case for case in cases.values() if case.server.peer]
    yield from ahead(f"{name}: CPU per delivery beside", "cpu", one, peers, report.cost)
    yield from ahead(f"{name}: the last receiver's p99 beside", "last p99", one, peers, report.time)


def of_visits(name, cases, _):
    for label in ["chat-server", "chat-server grupal"]:
        case = cases[label]
        yield mark(f"{name}: p99 of talk, {label}", case.median("p99"), CALM, report.time, case.is_valid())
        visits = case.median("visits")
        missing = None if visits is None else max(0, 1 - visits / case.visits)
        yield mark(f"{name}: visits that were not served in time, {label}", missing, 1 - SERVED, "{:.0%}".format)
    # Who serves fewer has less to do.
    peers = [case for case in cases.values() if case.server.peer and case.visits]
    peers = [peer for peer in peers if (peer.median("visits") or 0) >= SERVED * peer.visits]
    yield from ahead(f"{name}: p99 beside", "p99", cases["chat-server"], peers, report.time)


def of_growth(_, cases, lengths):
    chat = {clients: cases[f"chat-server, {clients:,} clients"] for clients in GROWTH}
    base = chat[200]
    for clients, case in chat.items():
        if case is base:
            continue
        one, other = case.median("cpu"), base.median("cpu")
        off = abs(one / other - 1) if one is not None and other else None
        sure = case.is_valid() and base.is_valid()
        what = f"growth: cost with {clients:,} clients, off that with 200"
        yield mark(what, off, SPREAD, "{:.0%}".format, sure)


def of_threads(_, cases, lengths):
    for load in ["W1", "W3"]:
        one, two = cases[f"{load}, 1 thread"], cases[f"{load}, 2 threads"]
        yield compare(f"{load}: CPU per delivery, two threads beside one", "cpu", two, one, THREADS)


def of_store(_, cases, lengths):
    cpu, p99 = STORE
    for load in ["W1", "W3"]:
        stored, plain = cases[f"{load} `--store`"], cases[load]
        yield compare(f"{load}: CPU per delivery, with a store beside without", "cpu", stored, plain, cpu)
        # In a closed loop, the times are those of the queue that it makes.
        if load != "W1":
            yield compare(f"{load}: p99, with a store beside without", "p99", stored, plain, p99)


def of_doors(name, cases, _):
    plain = cases["tcp: chat-server"]
    for label, case in cases.items():
        door = case.server.door
        if case is plain or case.options or case.server.name != "chat-server":
            continue
        if name == "doors-idle":
            memory = case.median("memory per client")
            bound = DOOR_MEMORY[door] + (plain.median("memory per client") or 0 if door == "ws" else 0)
            yield mark(f"{name}: memory of a client, {door}", memory, bound, report.size)
            continue
        bound = DOOR_CPU[name][door]
        yield compare(f"{name}: CPU per delivery, {door} beside plain", "cpu", case, plain, bound)
        peers = [peer for peer in cases.values() if peer.server.peer and peer.server.door == door]
        case = cases.get(f"{label}, `--coalesce 2ms`", case)
        yield from ahead(f"{name}: CPU per delivery beside", "cpu", case, peers, report.cost)
        yield from ahead(f"{name}: p99 beside", "p99", case, peers, report.time)


def none(*_):
    return ()


KINDS = {"W6": of_idle, "W7": of_slow, "W8": of_huge_room, "W9": of_visits, "growth": of_growth, "threads": of_threads,
         "coalesce": none, "store": of_store, "doors-W1": of_doors, "doors-W3": of_doors, "doors-idle": of_doors}
