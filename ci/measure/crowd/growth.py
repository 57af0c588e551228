"""How a delivery's cost grows with a room: the same deliveries a second, to rooms of all sizes."""

from ..case import Case
from ..servers import SERVERS
from .kernel import Watch
from .loads import huge_room

SIZES = [200, 2_000, 10_000, 20_000, 50_000]
# Deliveries per second; messages of a run, and seconds of it, at least.
DELIVERIES, MESSAGES, WINDOW = 20_000, 5, 8
PACE = ["--connect-rate", "4000/s"]


def cases(names, sizes):
    """A case of each server and size."""
    for size in sizes:
        rate = DELIVERIES / size
        load = huge_room(size, rate, max(WINDOW, MESSAGES / rate))
        for name in names:
            watch = Watch()
            case = Case("growth", name, SERVERS[name], [*load, *PACE], watch=watch.look)
            case.kernel, case.size = watch, size
            yield case
