"""Tables: of figures beside those of the floor, in Markdown."""

TITLES = {
    "W1": "W1: 200 clients, 1 sends, 64 messages under way",
    "W2": "W2: 200 clients, 10 send, 500/s",
    "W3": "W3: 200 clients, all send, 1,000/s",
    "W4": "W4: 2,000 clients, 1 sends, 50/s",
    "W5": "W5: 2 clients, 1 sends, 1,000/s",
    "W6": "W6: 100 clients, 10 send, 100/s; the same beside {idle:,} idle clients",
    "W7": "W7: 200 clients, 10 send, 500/s, 320 bytes each; 20 stop reading",
    "W8": "W8: {members:,} clients in one room, 1 sends, 1/s; 500 of them timed",
    "W9": "W9: 200 clients, 4 send, 100/s; the same beside 5,000 visits a second",
    "growth": "How it grows: W1 with other numbers of clients",
    "threads": "More threads",
    "coalesce": "W3 with writes put off",
    "store": "With a store",
    "doors-W1": "W1 by door",
    "doors-W3": "W3 by door",
    "doors-idle": "Memory of a client that only listens, by door ({doors:,} clients)",
}
UNSURE = "?"


def time(ns):
    """In the unit that gives three digits."""
    for unit, factor in [("s", 1e9), ("ms", 1e6), ("µs", 1e3)]:
        if ns >= factor:
            return f"{ns / factor:.3g} {unit}" if ns < 1000 * factor else f"{ns / factor:,.0f} {unit}"
    return f"{ns:.0f} ns"


def cost(ns):
    return f"{ns:,.0f} ns"


def size(number):
    return f"{number / 2**20:.1f} MiB" if number >= 2**20 else f"{number / 1024:.2f} KiB"


def rate(number):
    return f"{number / 1e6:.2f} M/s" if number >= 1e6 else f"{number:,.0f}/s"


# A table's columns: heading, figure, its form, and whether its ratio to the floor says something.
CPU, RATE = ("CPU per delivery", "cpu", cost, True), ("deliveries", "rate", rate, True)
P50, P99 = ("p50", "p50", time, True), ("p99", "p99", time, True)
PEAK = ("memory at most", "peak", size, False)
COLUMNS = {
    "W1": [CPU, RATE, P99],
    "W7": [CPU, P99, ("p99 of a run without", "p99 without", time, True), PEAK],
    "W8": [CPU, ("last receiver p50", "last p50", time, True), ("last receiver p99", "last p99", time, True),
           ("generator per message", "generator", time, False),
           ("memory per client", "memory per client", size, False)],
    "W9": [P50, P99, ("visits", "visits", rate, False), ("visit p99", "visit p99", time, False),
           ("server's share of a processor", "busy", "{:.0%}".format, False)],
    "growth": [CPU, RATE],
    "threads": [CPU, RATE, P50, P99],
    "doors-W1": [CPU, RATE, P99],
    "doors-idle": [("memory per client", "memory per client", size, False)],
}
USUAL = [CPU, P50, P99]


# What stands in the table that shows all loads at once.
SUMMARY = {
    "W1": ("CPU · deliveries", [("cpu", time), ("rate", rate)]),
    **dict.fromkeys(["W2", "W3", "W4"], ("CPU · p99", [("cpu", time), ("p99", time)])),
    "W5": ("p50 · p99", [("p50", time), ("p99", time)]),
    "W6": ("memory per idle client · p99", [("p99", time)]),
    "W7": ("p99 · memory", [("p99", time), ("peak", size)]),
}


def table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def cell(case, floor, name, form, compared):
    """A figure, and in parentheses how many times the floor's it is."""
    value = case.median(name)
    if value is None:
        return "-"
    base = floor.median(name) if compared and floor and floor is not case else None
    unsure = not case.is_valid() or (base and not floor.is_valid())
    ratio = f" ({value / base:.2f})" if base else ""
    return form(value) + ratio + (f" {UNSURE}" if unsure else "")


def remarks(case):
    if case.unable:
        return f"no: {case.unable}"
    once = [f"{len(case.runs)} run, which took {case.took:.0f} s"] if case.is_long() else []
    return ", ".join(case.faults() + once + ([] if case.is_valid() else ["INVALID"]))


def row(case, floor, columns):
    cells = [cell(case, floor, name, form, compared) for _, name, form, compared in columns]
    return [case.label, *cells, remarks(case)]


def summary(measured, lengths):
    """A row for each server, a column for each load."""
    loads = [name for name in SUMMARY if measured.get(name)]
    of = {(name, case.label): case for name in loads for case in measured[name]}
    servers = list(dict.fromkeys(case.server.name for name in loads for case in measured[name]))

    memory = {server: idle_memory(idle, without, lengths)
              for server, idle, without in pairs(measured.get("W6", []))}

    def together(server, load):
        case = of.get((load, server))
        if not case or not case.runs:
            return "-"
        shown = [cell(case, None, name, form, False) for name, form in SUMMARY[load][1]]
        return " · ".join(([size(memory[server])] if load == "W6" and memory[server] else []) + shown)

    heads = ["", *(f"{load}: {SUMMARY[load][0]}" for load in loads)]
    return table(heads, [[server, *(together(server, load) for load in loads)] for server in servers])


def section(name, cases, lengths):
    """A heading and its table."""
    columns = COLUMNS.get(name, USUAL)
    title = TITLES[name].format(idle=lengths.idle, doors=lengths.idle // 10, members=lengths.members)
    floors = [case for case in cases if case.server.name == "floor"]
    if name == "W6":
        return f"## {title}\n\n" + beside_idle(cases, lengths)
    if name == "growth":
        # Each number of clients has a floor of its own.
        floor_of = {tuple(case.load): case for case in floors}
        rows = [row(case, floor_of.get(tuple(case.load)), columns) for case in cases]
    elif name.startswith("doors"):
        # Each door has a floor of its own.
        floor_of = {case.server.door: case for case in floors}
        rows = [row(case, floor_of.get(case.server.door), columns) for case in cases]
    else:
        rows = [row(case, floors[0] if floors else None, columns) for case in cases]
    heads = ["", *(head for head, *_ in columns), "remarks"]
    return f"## {title}\n\n" + table(heads, rows)


def idle_memory(idle, without, lengths):
    """What one idle client has added, or None."""
    grown = [case.median("grown") for case in (idle, without) if case]
    return (grown[0] - grown[1]) / lengths.idle if len(grown) == 2 and None not in grown else None


def pairs(cases):
    """For each server, its case with idle clients (the floor has none) and the one without."""
    by_label = {case.label: case for case in cases}
    for case in cases:
        if case.label.endswith(" without"):
            yield case.server.name, by_label.get(case.server.name), case


def beside_idle(cases, lengths):
    rows = []
    for name, idle, without in pairs(cases):
        alone = cell(without, None, "p99", time, False)
        if idle is None:
            rows.append([name, "-", "-", alone, "has no idle clients"])
            continue
        memory = idle_memory(idle, without, lengths)
        rows.append([name, "-" if memory is None else size(memory),
                     cell(idle, without, "p99", time, True), alone, remarks(idle) or remarks(without)])
    return table(["", "memory per idle client", "p99 beside them", "p99 without them", "remarks"], rows)
