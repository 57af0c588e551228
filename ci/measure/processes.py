"""Processes that end with this one, however it ends."""

import atexit
import signal
import subprocess
import sys

running = []


def start(command, cpus=None, **options):
    """Starts it on these processors. Should this program be killed, so is it."""
    prefix = ["setpriv", "--pdeathsig", "KILL"]
    if cpus:
        prefix += ["taskset", "-c", ",".join(map(str, sorted(cpus)))]
    # In a session of its own: a Ctrl-C is for this program, which then ends it.
    process = subprocess.Popen([*prefix, *map(str, command)], start_new_session=True, **options)
    running.append(process)
    return process


def stop(process, patience=10):
    """Asks it to end, and makes it."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process in running:
        running.remove(process)


@atexit.register
def stop_all():
    """Whatever is left."""
    for process in list(running):
        stop(process, patience=1)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
