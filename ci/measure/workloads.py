"""What is measured: the loads, and the cases of each table."""

from .case import Case
from .crowd import loads
from .doors import behind
from .servers import SERVERS

# A slow reader's sockets are to fill up within the run. IRC has no room for much longer texts.
LONG = 320

# Clients, senders, and how fast.
LOADS = {
    "W1": ["--clients", 200, "--senders", 1, "--window", 64],
    "W2": ["--clients", 200, "--senders", 10, "--rate", "500/s"],
    "W3": ["--clients", 200, "--senders", 200, "--rate", "1000/s"],
    "W4": ["--clients", 2000, "--senders", 1, "--rate", "50/s"],
    "W5": ["--clients", 2, "--senders", 1, "--rate", "1000/s"],
    "W6": ["--clients", 100, "--senders", 10, "--rate", "100/s"],
    "W7": ["--clients", 200, "--senders", 10, "--rate", "500/s", "--slow-readers", 20, "--size", LONG],
}
GROWTH = [50, 200, 1000, 4000]
# The loads by door: two of those above, and many clients of which one says something.
DOORS = {
    "doors-W1": LOADS["W1"],
    "doors-W3": LOADS["W3"],
    "doors-idle": ["--senders", 1, "--rate", "1/s"],
}
# What is stored, by how.
STORES = {"": [], "`--store`": ["--store", "chat.db"],
          "`--durability commit`": ["--store", "chat.db", "--durability", "commit"]}
TABLES = [*LOADS, *loads.TABLES, "growth", "threads", "coalesce", "store", *DOORS]


def cases(tables, servers, lengths):
    """Everything there is to run, table by table."""
    return {table: list(of_table(table, [SERVERS[name] for name in servers], lengths)) for table in tables}


def of_table(table, servers, lengths):
    own = [server for server in servers if server.is_own()]
    if table == "W6":
        yield from with_and_without_idle(servers, lengths)
    elif table in loads.TABLES:
        yield from loads.TABLES[table](servers, lengths)
    elif table == "growth":
        for clients in GROWTH:
            for server in servers:
                if not server.peer:
                    load = ["--clients", clients, *LOADS["W1"][2:]]
                    yield Case(table, f"{server.name}, {clients:,} clients", server, load)
    elif table == "threads":
        for server in own:
            for name in ["W1", "W3"]:
                label = name if server.name == "chat-server" else f"{name} {server.name}"
                yield Case(table, f"{label}, 1 thread", server, LOADS[name], ["--threads", "1"])
                yield Case(table, f"{label}, 2 threads", server, LOADS[name], ["--threads", "2"],
                           processors="two")
    elif table in DOORS:
        for server in behind([server.name for server in servers if server.name != "before"]):
            clients = ["--clients", lengths.idle // 10] if table == "doors-idle" else []
            label = f"{server.door}: {server.name}"
            yield Case(table, label, server, [*DOORS[table], *clients])
            # Some of the others let messages wait for each other: this does it as well.
            if table == "doors-W3" and server.name == "chat-server":
                yield Case(table, f"{label}, `--coalesce 2ms`", server, DOORS[table], ["--coalesce", "2ms"])
    elif table == "coalesce":
        for server in [server for server in own if server.name == "chat-server"]:
            yield Case(table, "at once", server, LOADS["W3"])
            yield Case(table, "`--coalesce 2ms`", server, LOADS["W3"], ["--coalesce", "2ms"])
    elif table == "store":
        for server in own:
            for name in ["W1", "W3"]:
                label = name if server.name == "chat-server" else f"{name} {server.name}"
                for stored, options in STORES.items():
                    yield Case(table, f"{label} {stored}".strip(), server, LOADS[name], options)
    else:
        for server in servers:
            yield Case(table, server.name, server, LOADS[table])


def with_and_without_idle(servers, lengths):
    """The same once more without the idle clients. The bare relay has no clients that are idle."""
    for server in servers:
        options = ["--profile", "grupal", "--max-rate", "off"] if server.is_own() else []
        dialect = "grupal" if server.is_own() else server.dialect
        if server.name != "floor":
            idle = [*LOADS["W6"], "--idle-clients", lengths.idle]
            yield Case("W6", server.name, server, idle, options, dialect)
        yield Case("W6", f"{server.name} without", server, LOADS["W6"], options, dialect)
