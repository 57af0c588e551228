"""What the system has, and what a crowd takes of it: descriptors, ports, memory of sockets."""

import pathlib
import re
import time

from ..machine import RESERVE, raise_descriptors
from ..servers import Unable

# No run goes on with less memory than this, in bytes.
LEAST = 1 << 30
# A client's memory in both processes and the kernel, as a guess of what is needed: in bytes.
GUESS = 24 << 10


def available():
    return field("/proc/meminfo", "MemAvailable") * 1024


def field(file, name):
    return int(re.search(rf"{name}:\s*(\d+)", pathlib.Path(file).read_text())[1])


def most(wanted):
    """How many members a room can have, and what keeps it from having more, in words."""
    descriptors, memory = raise_descriptors() - RESERVE, (available() - LEAST) // GUESS
    words = []
    if descriptors < wanted:
        words.append(
            f"{wanted:,} connections of one process need {wanted + RESERVE:,} descriptors, and this user may have "
            f"{descriptors + RESERVE:,}, which cannot be raised (ulimit -Hn; as root: ulimit -n {wanted + RESERVE}, "
            "in a container or unit its own limit)")
    if memory < wanted:
        words.append(f"{wanted:,} members may need {wanted * GUESS >> 20:,} MiB, and {available() >> 20:,} are free")
    return min(wanted, descriptors, memory), words


class Watch:
    """The kernel's memory of sockets, at its most since the beginning."""

    def __init__(self):
        self.before, self.sockets, self.slab = self.now(), 0, 0

    @staticmethod
    def now():
        sockstat = pathlib.Path("/proc/net/sockstat").read_text()
        pages = int(re.search(r"TCP:.* mem (\d+)", sockstat)[1])
        return pages * 4096, field("/proc/meminfo", "Slab") * 1024

    def look(self):
        """Waits a moment, and ends a run that takes too much."""
        time.sleep(0.1)
        sockets, slab = self.now()
        self.sockets = max(self.sockets, sockets - self.before[0])
        self.slab = max(self.slab, slab - self.before[1])
        if available() < LEAST:
            raise Unable(f"stopped: less than {LEAST >> 20:,} MiB are free")
