//! CPU time and memory of a process and its descendants (Linux: `/proc`).

use std::fs;
use std::time::Duration;

use crate::system::machine::resident_of;

/// What a server has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// CPU time. It can fall by some 20 ms when a thread or a process ends.
    pub cpu: Duration,
    /// Resident bytes. Pages shared by several of its processes count for each.
    pub resident: u64,
}

/// A process's line in `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    parent: u32,
    group: u32,
    /// Whether it has ended and only waits for its parent to ask how.
    pub(super) ended: bool,
    /// When it began: of two with one number, which of them it is.
    pub(super) started: u64,
    /// Its threads' CPU time, those that have ended included, in [`TICK`]s.
    own: u32,
    /// CPU time of its children that have ended and were waited for, and of theirs.
    waited_for: u32,
}

/// What the system counts CPU time in where it does not count nanoseconds: 100 in a second on every
/// architecture that Rust runs on.
const TICK: Duration = Duration::from_millis(10);

impl Process {
    pub(super) fn find(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// This process's descendants and the members of its group, and itself.
    pub(super) fn family(id: u32) -> Vec<Self> {
        let mut strangers: Vec<Self> = everybody().collect();
        let mut family = Vec::new();
        loop {
            let belongs =
                |other: &mut Self| other.id == id || other.group == id || is_child(other, &family);
            let found: Vec<Self> = strangers.extract_if(.., belongs).collect();
            if found.is_empty() {
                return family;
            }
            family.extend(found);
        }
    }

    /// CPU time that it has used.
    ///
    /// Two things are known, neither of them too much: the nanoseconds of each thread that is
    /// there, and the ticks of all threads that ever were. While no thread ends, the first is
    /// exact; the second is never more than two ticks behind. So the larger one counts.
    fn cpu(&self) -> Duration {
        let exact = self.threads().unwrap_or_default();
        exact.max(TICK * self.own) + TICK * self.waited_for
    }

    fn threads(&self) -> Option<Duration> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.id)).ok()?;
        let time = |thread: fs::DirEntry| {
            let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            schedstat.split(' ').next()?.parse::<u64>().ok()
        };
        Some(Duration::from_nanos(threads.flatten().filter_map(time).sum()))
    }

    /// The name stands in brackets and can contain anything, brackets included.
    fn parse(stat: &str) -> Option<Self> {
        let (id, rest) = stat.split_once(" (")?;
        let fields: Vec<&str> = rest.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
        let field = |i: usize| fields.get(i)?.parse().ok();
        Some(Self {
            id: id.parse().ok()?,
            parent: field(1)?,
            group: field(2)?,
            ended: ["Z", "X"].contains(fields.first()?),
            started: fields.get(19)?.parse().ok()?,
            own: field(11)? + field(12)?,
            waited_for: field(13)? + field(14)?,
        })
    }
}

fn is_child(process: &Process, family: &[Process]) -> bool {
    family.iter().any(|member| member.id == process.parent)
}

/// Every process there is.
fn everybody() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Process::find(entry.file_name().to_str()?.parse().ok()?))
}

/// What a process and its descendants have used, those that have ended included where their parent
/// has waited for them.
pub(super) fn usage(id: u32) -> Option<Usage> {
    let family = Process::family(id);
    let resident = |process: &Process| resident_of(&process.id.to_string());
    (!family.is_empty()).then(|| Usage {
        cpu: family.iter().map(Process::cpu).sum(),
        resident: family.iter().filter_map(resident).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_process_is_called() {
        let line = "7633 (a) b (c) S 7625 7620 32170 0 -1 4194304 99 0 0 0 11 12 13 14 20 0 1 0 \
                    2312482 3133440 382 18446744073709551615";
        let expected = Process {
            id: 7633,
            parent: 7625,
            group: 7620,
            ended: false,
            started: 2_312_482,
            own: 23,
            waited_for: 27,
        };
        assert_eq!(Process::parse(line), Some(expected));
        assert!(Process::parse(&line.replace(") S", ") Z")).is_some_and(|process| process.ended));
        for wrong in ["", "7633", "7633 (x) S 1 2", "x (x) S 1"] {
            assert_eq!(Process::parse(wrong), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_of_its_own_family() {
        let id = std::process::id();
        assert!(Process::family(id).iter().any(|process| process.id == id));
        let before = usage(id).expect("a figure");
        assert!(before.resident > 4096 && before.cpu > Duration::ZERO);
    }
}
