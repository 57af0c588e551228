//! The machine and this process's use of it: processor, memory, CPU time, waits.
//!
//! A figure that the system does not give is `None`, never an error.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

#[cfg(target_os = "linux")]
use procfs::{FromRead, process::Schedstat};
#[cfg(unix)]
use rustix::time::{ClockId, clock_gettime};

/// The system, its kernel and its architecture: `Linux 6.18.44 x86_64`.
#[cfg(unix)]
pub(crate) fn system() -> String {
    let name = rustix::system::uname();
    [name.sysname(), name.release(), name.machine()].map(|part| part.to_string_lossy()).join(" ")
}

/// The system and its architecture.
#[cfg(not(unix))]
pub(crate) fn system() -> String {
    [std::env::consts::OS, std::env::consts::ARCH].join(" ")
}

/// The processor's name (Linux).
pub(crate) fn processor() -> Option<String> {
    processor_in(&fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// Number of processors that this process may use: its affinity and its group's quota are
/// considered.
pub(crate) fn cpus() -> u32 {
    available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

/// Resident bytes of this process, pages that it shares with others included (Linux).
pub(crate) fn resident() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return resident_of(&procfs::process::Process::myself().ok()?);
    #[cfg(not(target_os = "linux"))]
    return None;
}

/// Resident bytes of a process, pages that it shares with others included.
///
/// `status` is cheaper, but off by up to megabytes: each processor keeps a remainder of its own. It
/// is used where the exact figure is not permitted.
#[cfg(target_os = "linux")]
pub(crate) fn resident_of(process: &procfs::process::Process) -> Option<u64> {
    let exact = process.smaps_rollup().ok().and_then(|rollup| {
        let all = rollup.memory_map_rollup.into_iter().next()?;
        all.extension.map.get("Rss").copied()
    });
    exact.or_else(|| Some(1024 * process.status().ok()?.vmrss?))
}

/// CPU time of all of this process's threads, those that have ended included.
pub(crate) fn process_cpu() -> Option<Duration> {
    #[cfg(unix)]
    return clock_gettime(ClockId::ProcessCPUTime).try_into().ok();
    #[cfg(not(unix))]
    return None;
}

/// CPU time of the current thread.
pub(crate) fn thread_cpu() -> Option<Duration> {
    #[cfg(unix)]
    return clock_gettime(ClockId::ThreadCPUTime).try_into().ok();
    #[cfg(not(unix))]
    return None;
}

/// Run-queue delay of the current thread: the time for which it was ready to run while other
/// threads had the CPU (Linux).
pub(crate) fn thread_waited() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    return Schedstat::from_file("/proc/thread-self/schedstat")
        .ok()
        .map(|times| Duration::from_nanos(times.run_delay));
    #[cfg(not(target_os = "linux"))]
    return None;
}

/// CPU time and run-queue delay of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadUse {
    /// CPU time.
    pub(crate) cpu: Duration,
    /// See [`thread_waited`].
    pub(crate) waited: Option<Duration>,
}

impl ThreadUse {
    /// CPU time and delay of the current thread so far.
    pub(crate) fn now() -> Option<Self> {
        Some(Self { cpu: thread_cpu()?, waited: thread_waited() })
    }

    /// The part of it since `before`.
    #[must_use]
    pub(crate) fn since(self, before: Self) -> Self {
        let waited = self.waited.zip(before.waited);
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            waited: waited.map(|(now, before)| now.saturating_sub(before)),
        }
    }
}

/// Sets the timer slack of the current thread to the minimum, so that it wakes as soon as its sleep
/// is over (Linux). By default the system lets it sleep 50 µs longer to save wake-ups.
pub(crate) fn wake_on_time() {
    #[cfg(target_os = "linux")]
    // Where it is refused the thread sleeps longer, and the pacing's lateness shows it.
    let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
}

fn processor_in(cpuinfo: &str) -> Option<String> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let named = ["model name", "Model"].contains(&key.trim());
        (named && !value.trim().is_empty()).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processors_name_is_found_where_there_is_one() {
        let x86 = "processor\t: 0\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\n";
        assert_eq!(processor_in(x86).as_deref(), Some("AMD EPYC"));
        let arm = "processor\t: 0\nCPU part\t: 0xd08\n\nModel\t\t: Raspberry Pi 4\n";
        assert_eq!(processor_in(arm).as_deref(), Some("Raspberry Pi 4"));
        assert_eq!(processor_in("model name\t: \nFeatures : x"), None);
    }

    #[test]
    fn the_system_has_a_name_and_a_processor_to_run_on() {
        assert!(system().to_lowercase().contains(std::env::consts::ARCH), "{}", system());
        assert!(cpus() >= 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_threads_time_goes_on_while_it_works_and_is_part_of_the_processs() {
        let before = [process_cpu(), thread_cpu()].map(|time| time.expect("a clock"));
        let mut now = before;
        while now[1] < before[1] + Duration::from_millis(20) {
            now = [process_cpu(), thread_cpu()].map(|time| time.expect("a clock"));
        }
        assert!(now[0] >= before[0] + Duration::from_millis(19), "{before:?} {now:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_used_is_seen() {
        // Other tests use memory and give it back at the same time, but not this.
        let used = vec![1_u8; 64 << 20];
        let resident = resident().expect("a figure");
        assert!(resident >= used.len() as u64, "{resident}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn waiting_adds_up() {
        let before = thread_waited().expect("a figure");
        assert!(thread_waited().expect("a figure") >= before);
    }
}
