"""One run of the generator."""

import json
import subprocess
import tempfile

from . import processes
from .machine import BINARIES
from .servers import Unable

# For what has no time of its own in a run: connecting, the barrier, the end.
PATIENCE = 120
FAULTS = ["lost", "late", "duplicated", "reordered", "echoed", "corrupt", "foreign", "forgotten"]


def generate(running, dialect, cpus, options, seconds, watch=None):
    """Puts a running server under load; gives the record. `seconds` is what the run is to take,
    `watch` is called again and again until it ends, and waits in between."""
    command = [BINARIES / "chat-loadgen", *running.server.target(running.address, dialect),
               *(["--pid", running.pid] if running.pid else []), "--json", "-", *options]
    # Files: a pipe that is not read while `watch` goes on would hold up the generator.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as words:
        process = processes.start(command, cpus, stdout=output, stderr=words)
        try:
            while watch and process.poll() is None:
                watch()
            process.wait(seconds + PATIENCE)
        except subprocess.TimeoutExpired:
            raise Unable(f"not done {PATIENCE} s after it should have been") from None
        finally:
            processes.stop(process, patience=1)
        output.seek(0)
        words.seek(0)
        if record := output.read():
            return json.loads(record)
        said = words.read().strip().splitlines() or [f"status {process.returncode}"]
        raise Unable(said[-1].removeprefix("chat-loadgen: "))


def faults(record):
    """What became of deliveries that should not have, in words."""
    ledger = record["ledger"]
    return [f"{ledger[fault]:,} {fault}" for fault in FAULTS if ledger[fault]]
