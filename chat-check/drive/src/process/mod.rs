//! Process information of the system (Linux: `/proc`): threads, memory, descriptors, children.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use procfs::ProcResult;
use procfs::process::Process;
use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process, kill_process_group};

/// Returns the number of descriptors that a process has open.
pub fn descriptors(id: u32) -> io::Result<usize> {
    found(process(id)?.fd_count())
}

/// Returns the number of threads of a process.
pub fn threads(id: u32) -> io::Result<usize> {
    Ok(found(process(id)?.tasks())?.count())
}

/// Returns the state of each thread of a process: the letters of `/proc`, such as `S` for one that
/// waits.
pub fn states(id: u32) -> io::Result<Vec<char>> {
    let tasks = found(process(id)?.tasks())?;
    Ok(tasks.flatten().filter_map(|task| task.stat().ok()).map(|stat| stat.state).collect())
}

/// Returns the resident memory of a process, in bytes.
pub fn resident(id: u32) -> io::Result<u64> {
    let kibibytes = found(process(id)?.status())?.vmrss.ok_or_else(missing)?;
    Ok(kibibytes * 1024)
}

/// Returns the proportional memory of a process, in bytes: memory that several processes share
/// counts for each in part. It is far slower to measure.
pub fn proportional(id: u32) -> io::Result<u64> {
    let rollup = found(process(id)?.smaps_rollup())?.memory_map_rollup;
    let sizes = rollup.0.first().ok_or_else(missing)?;
    sizes.extension.map.get("Pss").copied().ok_or_else(missing)
}

/// A process by its id.
pub(crate) fn process(id: u32) -> io::Result<Process> {
    found(Process::new(id.cast_signed()))
}

/// Converts a result of `procfs`: the process may be gone.
pub(crate) fn found<T>(result: ProcResult<T>) -> io::Result<T> {
    result.map_err(io::Error::other)
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no such line")
}

/// A process's descendants and itself, parents before children. Gone ones are left out.
pub fn tree(id: u32) -> Vec<u32> {
    let mut tree = vec![id];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        next += 1;
        tree.extend(children(parent));
    }
    tree
}

/// Returns the children of a process, of all its threads.
fn children(id: u32) -> Vec<u32> {
    let tasks = process(id).and_then(|process| found(process.tasks()));
    let lists = tasks.into_iter().flatten().flatten().filter_map(|task| task.children().ok());
    lists.flatten().collect()
}

/// Returns the processor time that a process has used, without its ended children's.
pub fn cpu(id: u32) -> io::Result<Duration> {
    let stat = found(process(id)?.stat())?;
    Ok(time(stat.utime + stat.stime))
}

/// Returns the processor time that a process has used, with its ended children's.
pub fn cpu_with_ended(id: u32) -> io::Result<Duration> {
    let stat = found(process(id)?.stat())?;
    let ended = stat.cutime.unsigned_abs() + stat.cstime.unsigned_abs();
    Ok(time(stat.utime + stat.stime + ended))
}

fn time(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / procfs::ticks_per_second())
}

/// Kills all that a process has started, however much it starts meanwhile, and waits until they are
/// gone. The process itself must be waiting for them.
pub fn kill_descendants(id: u32) {
    let deadline = Instant::now() + DYING;
    let mut stopped = Vec::new();
    while Instant::now() < deadline {
        let tree = tree(id).split_off(1);
        if tree.is_empty() {
            return;
        }
        // All are stopped before any is killed. A process that is just starting another may be
        // overlooked once, but not while it lives.
        let new: Vec<u32> = tree.iter().copied().filter(|id| !stopped.contains(id)).collect();
        if new.is_empty() {
            for id in tree {
                send(id, Signal::KILL);
            }
            thread::sleep(Duration::from_millis(1));
        }
        for id in &new {
            stop(*id);
        }
        stopped.extend(new);
    }
}

/// Time-out for killed processes to go: a busy system needs a while for thousands.
const DYING: Duration = Duration::from_secs(20);

/// Stops a process with its group at once: a process that is stopped alone may start more in the
/// meantime.
fn stop(id: u32) {
    let group = Pid::from_raw(id.cast_signed()).and_then(|id| getpgid(Some(id)).ok());
    if let Some(group) = group.filter(|group| *group != getpgrp()) {
        let _ = kill_process_group(group, Signal::STOP);
    }
    send(id, Signal::STOP);
}

/// Sends a signal to a process, which may be gone already.
pub fn send(id: u32, signal: Signal) {
    if let Some(id) = Pid::from_raw(id.cast_signed()) {
        let _ = kill_process(id, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_open_files() {
        let files: Vec<_> =
            (0..50).map(|_| std::fs::File::open("/proc/self/status").unwrap()).collect();
        assert!(descriptors(std::process::id()).unwrap() >= files.len());
    }

    #[test]
    fn a_tree_has_children_and_theirs() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sh -c 'sleep 1000; true' & echo; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut family = tree(shell.id());
        while family.len() < 3 {
            family = tree(shell.id());
        }
        assert_eq!((family.len(), family[0]), (3, shell.id()));
        for id in &family[1..] {
            let pid = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
        shell.wait().unwrap();
    }

    #[test]
    fn who_works_uses_its_processor() {
        let before = cpu(std::process::id()).unwrap();
        while cpu(std::process::id()).unwrap() < before + Duration::from_millis(20) {}
    }

    #[test]
    fn sees_what_threads_do() {
        assert!(states(std::process::id()).unwrap().contains(&'R'));
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let becomes = |state| {
            while states(child.id()).unwrap() != [state] && Instant::now() < deadline {
                thread::yield_now();
            }
            assert_eq!(states(child.id()).unwrap(), [state]);
            send(child.id(), Signal::STOP);
        };
        becomes('S');
        becomes('T');
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn sees_threads() {
        let before = threads(std::process::id()).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let waiting = std::thread::spawn(move || receiver.recv());
        assert!(before >= 1 && threads(std::process::id()).unwrap() >= 2);
        drop(sender);
        assert!(waiting.join().unwrap().is_err());
    }

    #[test]
    fn a_process_has_memory() {
        assert!(resident(std::process::id()).unwrap() > 4096);
    }
}
