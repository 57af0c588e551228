//! The figures of the process, as Prometheus' own libraries name them. Linux has them in files; elsewhere there are none.

use std::fs;

/// The parts of a second in which Linux counts processor time for programs (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What the system says of this process.
pub(super) struct Process {
    /// Processor time, in seconds.
    pub(super) cpu: f64,
    /// Memory that it has in RAM, in bytes.
    pub(super) resident: u64,
    pub(super) descriptors: u64,
    /// The number of descriptors that it may have. `None`: there is no limit.
    pub(super) most_descriptors: Option<u64>,
}

impl Process {
    /// `None`: the system does not say it.
    pub(super) fn now() -> Option<Self> {
        let read = |file: &str| fs::read_to_string(format!("/proc/self/{file}")).ok();
        let (stat, status, limits) = (read("stat")?, read("status")?, read("limits")?);
        let descriptors = descriptors()?;
        Some(Self {
            cpu: ticks(&stat)? / TICKS,
            resident: field(&status, "VmRSS:")?.parse::<u64>().ok()? * 1024,
            descriptors,
            most_descriptors: field(&limits, "Max open files")?.parse().ok(),
        })
    }
}

/// The number of descriptors. Since Linux 6.2 it is the size of their folder: reading that takes milliseconds where there
/// are thousands, for which the chat would wait.
fn descriptors() -> Option<u64> {
    let folder = "/proc/self/fd";
    match fs::metadata(folder).ok()?.len() {
        // One of them is that of this look.
        0 => Some(fs::read_dir(folder).ok()?.count().saturating_sub(1) as u64),
        number => Some(number),
    }
}

/// User and system time. The name of the program stands in brackets, and may have blanks.
fn ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

/// The first word behind a name at the beginning of a line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r15_2_times_stand_behind_a_name_with_blanks_and_brackets() {
        let stat = "17 (a) b) S 1 17 17 0 -1 4194560 150 0 0 0 31 12 0 0 20 0 1 0 1234 1 2";
        assert_eq!(ticks(stat), Some(43.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn r15_2_the_system_says_what_this_process_takes() {
        let Process { cpu, resident, descriptors, .. } = Process::now().unwrap();
        assert!(cpu >= 0.0 && resident > 100_000 && descriptors >= 3);
    }
}
