"""What ci/crowd has found: tables, and marks."""

from .. import load, report
from ..marks import mark, times
from .coming import CROWD, WITHIN

# Bytes of an idle member of the largest room; by how much more than the floor's a cost may grow from the smallest
# room to one of 20,000; nanoseconds that talk waits at the 99th percentile while a crowd comes.
MEMBER, GROWTH, AT, WAIT = 1.75 * 1024, 1.15, 20_000, 50e6


def outcome(case):
    if case.unable:
        return f"no: {case.unable}"
    run = case.runs[-1]
    words = [report.cost(run["cpu"] or 0), f"last receiver p50 {report.time(run['last p50'])}", *run["faults"]]
    return ", ".join(words + ([] if run["valid"] else ["INVALID: " + run["doubts"][0]]))


def has_failed(coming):
    return bool(coming.unable or load.faults(coming.record) or not coming.crowd or load.faults(coming.crowd))


def of_coming(coming):
    if coming.unable:
        return f"no: {coming.unable}"
    there = f"there after {coming.seconds:.1f} s" if coming.seconds else "not there in time"
    words = [there, f"p99 of talk {report.time(coming.record['latency']['response']['p99'])}", *remarks(coming)]
    return ", ".join(words)


def remarks(coming):
    if not coming.crowd:
        yield "they did not hear each other in time"
    else:
        yield from (f"of the crowd's: {fault}" for fault in load.faults(coming.crowd))
    yield from load.faults(coming.record)
    if coming.record["verdict"]["status"] == "invalid":
        yield "INVALID: " + coming.record["verdict"]["reasons"][0]


def of_growth(grown):
    """A row for each size, with the cost of each server beside the floor's."""
    names = list(dict.fromkeys(case.label for case in grown))
    by = {(case.size, case.label): case for case in grown}
    heads = ["members", *(f"{name}, CPU" for name in names), *(f"{name}, last p50 · p99" for name in names),
             "memory per member", "kernel per member, both ends", "remarks"]
    rows = []
    for size in dict.fromkeys(case.size for case in grown):
        cases = [by[size, name] for name in names]
        floor = by.get((size, "floor"))
        own = by.get((size, "chat-server"))
        spans = [f"{report.cell(case, None, 'last p50', report.time, False)} · "
                 f"{report.cell(case, None, 'last p99', report.time, False)}" for case in cases]
        remarks = "; ".join(f"{case.label}: {said}" for case in cases if (said := report.remarks(case)))
        kernel = f"{report.size(own.kernel.sockets / size)} + {report.size(own.kernel.slab / size)} slab" if own else "-"
        rows.append([f"{size:,}", *(report.cell(case, floor, "cpu", report.cost, True) for case in cases), *spans,
                     report.cell(own, None, "memory per client", report.size, False) if own else "-", kernel, remarks])
    return report.table(heads, rows)


def of_came(came):
    rows = []
    for each in came:
        if each.unable:
            rows.append([each.label, f"{each.members:,}", "-", "-", "-", "-", f"no: {each.unable}"])
            continue
        response, server = each.record["latency"]["response"], each.record["server"]
        busy = f"{server['cpu'] / each.record['workload']['duration']:.0%}" if server else "-"
        seconds = f"{each.seconds:.1f} s" if each.seconds else "not in time"
        rows.append([each.label, f"{each.members:,}", seconds, report.time(response["p50"]),
                     report.time(response["p99"]), busy, "; ".join(remarks(each))])
    return report.table(["", "members", "all there after", "talk p50", "talk p99", "server's processor", "remarks"], rows)


def marks(grown, came):
    by = {(case.size, case.label): case for case in grown}
    sizes = sorted({case.size for case in grown})
    if sizes:
        near = min(sizes, key=lambda size: abs(size - AT))
        grew = [ratio(by.get((near, name)), by.get((sizes[0], name))) for name in ("chat-server", "floor")]
        both = grew[0] / grew[1] if all(grew) else None
        sure = all(by[size, name].is_valid() for size in (near, sizes[0]) for name in ("chat-server", "floor"))
        yield mark(f"growth from {sizes[0]:,} to {near:,} members, beside the floor's own", both, GROWTH, times, sure)
        largest = by[sizes[-1], "chat-server"]
        yield mark(f"memory of a member of {sizes[-1]:,}", largest.median("memory per client"), MEMBER, report.size)
    for each in [each for each in came if each.name == "chat-server"]:
        valid = each.record and each.record["verdict"]["status"] != "invalid"
        if each.door != "tls":
            within = WITHIN * each.members / CROWD
            seconds = (each.seconds or float("inf")) * 1e9 if each.record else None
            yield mark(f"{each.members:,} have come, {each.label}", seconds, within * 1e9, report.time)
        p99 = each.record and each.record["latency"]["response"]["p99"]
        yield mark(f"p99 of talk while they come, {each.label}", p99, WAIT, report.time, valid)


def ratio(case, base):
    one, other = (each.median("cpu") if each else None for each in (case, base))
    return one / other if one and other else None


def markdown(about, shortages, grown, came, judged):
    lines = ["# A crowd\n", "{date}, {processor}, {processors} processors, {system}.".format(**about)]
    lines += [f"{words}." for words in shortages]
    if grown:
        lines += ["\n## How it grows\n", "20,000 deliveries a second in each room; one thread. In parentheses: how "
                  "many times the floor's.\n", of_growth(grown)]
    if came:
        lines += ["## How it comes\n", of_came(came)]
    return "\n".join([*lines, "## Marks\n", report.table(["", "chat-server", "mark", ""], judged)])


def data(grown, came, judged):
    """The same for programs."""
    keys = ["what", "figure", "mark", "state"]
    return {
        "growth": [{"members": case.size, "server": case.label, "unable": case.unable or None, "runs": case.runs,
                    "sockets": case.kernel.sockets, "slab": case.kernel.slab} for case in grown],
        "coming": [{"label": each.label, "members": each.members, "unable": each.unable or None,
                    "seconds": each.seconds, "latency": each.record and each.record["latency"],
                    "crowd": each.crowd and each.crowd["ledger"]} for each in came],
        "marks": [dict(zip(keys, row)) for row in judged],
    }
