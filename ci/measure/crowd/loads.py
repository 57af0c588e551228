"""W8, a huge room, and W9, talk beside clients that come and leave."""

from ..case import Case

# Of a huge room, so many listeners are timed. The others read when a pass is over: on two processors, they would
# take one from the server meanwhile.
TIMED = 500
# Messages per second, and seconds for which the others do not read.
RATE, OTHERS = 1, 0.4
# Seconds; a message each.
W8_WINDOW = 20
JOINS = 5000
# Local addresses of a crowd's connections: each has some 28,000 ports.
FROM = [word for last in range(2, 6) for word in ("--from", f"127.0.0.{last}")]
TALK = ["--clients", 200, "--senders", 4, "--rate", "100/s"]


def huge_room(members, rate=RATE, window=W8_WINDOW):
    """The options of a load: one of so many clients talks."""
    return ["--clients", members, "--senders", 1, "--rate", f"{rate:g}/s", "--timed", min(TIMED, members),
            "--others-after", f"{OTHERS / rate * 1000:.0f}ms", "--warm-up", f"{2 / rate:g}s",
            "--duration", f"{window:g}s", *FROM]


def w8(servers, lengths):
    """Each server; a chat-server with one and two threads. With two, the generator has no processor of its own."""
    load = huge_room(lengths.members, window=min(W8_WINDOW, 5 * lengths.duration))
    for server in servers:
        if server.peer or server.name == "floor":
            yield Case("W8", server.name, server, load)
            continue
        for threads, processors in [("1", "server"), ("2", "two")]:
            label = f"{server.name}, {threads} thread" + "s" * (threads != "1")
            # It accepts faster than the others' queues.
            fast = [*load, "--connect-rate", "4000/s"]
            yield Case("W8", label, server, fast, ["--threads", threads], processors=processors)


def w9(servers, lengths):
    """Each server beside visits, and without any. chat-server with names, too: there each visit is announced."""
    for server in servers:
        for visits, words in [(JOINS, ""), (0, " without")]:
            yield Case("W9", server.name + words, server, TALK, visits=visits)
            if server.is_own():
                options = ["--profile", "grupal", "--max-rate", "off"]
                label = f"{server.name} grupal{words}"
                yield Case("W9", label, server, TALK, options, "grupal", visits=visits)


TABLES = {"W8": w8, "W9": w9}
