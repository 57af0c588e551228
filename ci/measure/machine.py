"""This machine: its processors, its limit of descriptors, how it is called in a report."""

import datetime
import os
import pathlib
import platform
import re
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
# Given by who wants to measure binaries that are there, of another revision perhaps.
GIVEN = os.environ.get("BINARIES")
BINS = [word for name in ("chat-server", "chat-loadgen", "abusers") for word in ("--bin", name)]
BINARIES = pathlib.Path(GIVEN).resolve() if GIVEN else TARGET / "release"


# Descriptors that a server or generator needs beside its connections.
RESERVE = 100


class Processors:
    """Who runs where: the server on one processor, the generator on another."""

    def __init__(self):
        own = sorted(os.sched_getaffinity(0))
        if len(own) < 2:
            sys.exit("two processors are needed: one for the server, one for the generator")
        self.server, self.generator = {own[0]}, {own[1]}
        # A server with two threads gets a second one; of two, the generator's.
        self.two = {own[0], own[2] if len(own) > 2 else own[1]}
        self.shared = len(own) == 2


def build():
    """The binaries as they are shipped, unless there are others to measure."""
    if not GIVEN:
        subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", *BINS], cwd=ROOT, check=True)


def raise_descriptors():
    """As many as this user may have, for everything that is started from now on; gives how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def connections(wanted):
    """Raises the limit of descriptors; gives how many connections a process can have of those that are wanted, and
    says so where these are fewer."""
    possible = raise_descriptors() - RESERVE
    if possible < wanted:
        print(f"{wanted:,} connections of one process need {wanted + RESERVE:,} descriptors, and this user may have "
              f"{possible + RESERVE:,} (ulimit -Hn; as root, ulimit -n {wanted + RESERVE}): {possible:,} instead",
              file=sys.stderr)
    return min(wanted, possible)


def describe():
    """What a figure should not be read without."""
    found = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "processor": found[1].strip() if found else platform.machine(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def resident(pid, field="VmRSS"):
    """Resident bytes of a process; with `VmHWM` the most it ever had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s*(\d+) kB", status)[1]) * 1024


def descriptors(pid):
    """How many a process has open."""
    folder = f"/proc/{pid}/fd"
    # Linux says it since 6.2, and a list of thousands takes the process's time.
    return os.stat(folder).st_size or len(os.listdir(folder))
