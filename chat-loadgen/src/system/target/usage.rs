//! CPU time and memory of a process and its descendants, from `/proc`.

use std::time::Duration;

use procfs::process::{Process, Stat, all_processes};

use super::Usage;
use crate::system::machine::resident_of;

/// Clock tick of the system, its unit for CPU time where it does not count nanoseconds: 100 in a
/// second on every architecture that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

/// A process that was found under `/proc`.
pub(super) struct Found {
    process: Process,
    pub(super) stat: Stat,
}

impl Found {
    fn new(process: Process) -> Option<Self> {
        Some(Self { stat: process.stat().ok()?, process })
    }

    /// Returns whether the process has ended: a zombie that its parent has not reaped, or dead.
    pub(super) fn has_ended(&self) -> bool {
        ['Z', 'X'].contains(&self.stat.state)
    }

    /// CPU time that the process has used.
    ///
    /// Two lower bounds are known: the nanoseconds of each thread that is alive, and the ticks of
    /// all threads that ever were. While no thread ends, the first is exact; the second is never
    /// more than two ticks behind. So the larger one counts. The time of its descendants that have
    /// ended and were waited for is added.
    fn cpu(&self) -> Duration {
        let Stat { utime, stime, cutime, cstime, .. } = self.stat;
        let exact = self.threads().unwrap_or_default();
        exact.max(ticks(utime + stime)) + ticks((cutime + cstime).unsigned_abs())
    }

    fn threads(&self) -> Option<Duration> {
        let threads = self.process.tasks().ok()?.flatten();
        let time = |thread: procfs::process::Task| Some(thread.schedstat().ok()?.sum_exec_runtime);
        Some(Duration::from_nanos(threads.filter_map(time).sum()))
    }
}

fn ticks(number: u64) -> Duration {
    TICK * u32::try_from(number).unwrap_or(u32::MAX)
}

/// The process of that number.
pub(super) fn find(id: u32) -> Option<Found> {
    Found::new(Process::new(id.cast_signed()).ok()?)
}

/// Start time of a process, in ticks since the system started. Tells two processes with the same
/// number apart.
pub(super) fn started(id: u32) -> Option<u64> {
    find(id).map(|found| found.stat.starttime)
}

/// The process of that number, its descendants, and the members of its group.
pub(super) fn family(id: u32) -> Vec<Found> {
    let id = id.cast_signed();
    let processes = all_processes().into_iter().flatten().flatten();
    // A process that is held takes a descriptor, and a run may have none to spare.
    let mut strangers: Vec<Stat> = processes.filter_map(|process| process.stat().ok()).collect();
    let mut family: Vec<Stat> = Vec::new();
    loop {
        let belongs = |stat: &mut Stat| {
            let is_child = family.iter().any(|member| member.pid == stat.ppid);
            stat.pid == id || stat.pgrp == id || is_child
        };
        let found: Vec<Stat> = strangers.extract_if(.., belongs).collect();
        if found.is_empty() {
            break;
        }
        family.extend(found);
    }
    let still = |stat: Stat| {
        let found = find(stat.pid.unsigned_abs())?;
        (found.stat.starttime == stat.starttime).then_some(found)
    };
    family.into_iter().filter_map(still).collect()
}

/// Returns whether a process of the family is alive.
pub(super) fn is_family_alive(id: u32) -> bool {
    family(id).iter().any(|member| !member.has_ended())
}

/// CPU time and memory of a process and its descendants. Descendants that have ended are included
/// where their parent has waited for them.
pub(super) fn usage(id: u32) -> Option<Usage> {
    let family = family(id);
    (!family.is_empty()).then(|| Usage {
        cpu: family.iter().map(Found::cpu).sum(),
        resident: family.iter().filter_map(|member| resident_of(&member.process)).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_of_its_own_family() {
        let id = std::process::id();
        assert!(family(id).iter().any(|member| member.stat.pid == id.cast_signed()));
        let before = usage(id).expect("a figure");
        assert!(before.resident > 4096 && before.cpu > Duration::ZERO);
    }
}
