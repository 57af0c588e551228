//! CPU quota of this process's control group: the time for which it kept threads waiting.

use std::time::Duration;

/// Mount point of the control groups.
#[cfg(target_os = "linux")]
const GROUPS: &str = "/sys/fs/cgroup";

/// Time for which the threads of this process's control group, or of one around it, have waited
/// because its CPU quota was used up (Linux).
pub(crate) fn throttled() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    return throttled_in(&std::fs::read_to_string("/proc/self/cgroup").ok()?, |path| {
        std::fs::read_to_string(format!("{GROUPS}/{path}/cpu.stat")).ok()
    });
    #[cfg(not(target_os = "linux"))]
    return None;
}

/// The same from the text of `/proc/self/cgroup`: a line `hierarchy:controllers:path` for each
/// hierarchy. That of version 2 has no controllers.
#[cfg(any(target_os = "linux", test))]
fn throttled_in(groups: &str, read: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let mut throttled = None;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let has_cpu = controllers.split(',').any(|controller| controller == "cpu");
        if !has_cpu && !controllers.is_empty() {
            continue;
        }
        // In a container, its own group is the root.
        let around = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
        for group in around.filter(|group| *group != "/") {
            let stat = read(&format!("{controllers}{group}"));
            let time = stat.and_then(|stat| throttled_of(&stat));
            throttled = throttled.max(time);
        }
    }
    throttled
}

/// The time in a group's `cpu.stat`: microseconds in version 2, nanoseconds in version 1.
#[cfg(any(target_os = "linux", test))]
fn throttled_of(stat: &str) -> Option<Duration> {
    stat.lines().find_map(|line| match line.split_once(' ')? {
        ("throttled_usec", time) => time.parse().ok().map(Duration::from_micros),
        ("throttled_time", time) => time.parse().ok().map(Duration::from_nanos),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files as kernels write them: of version 2 with and without a quota (`max 100000` in `cpu.max`), and of
    /// version 1.
    #[test]
    fn both_versions_of_control_groups_are_read() {
        let version_2 = "usage_usec 7203\nuser_usec 5000\nsystem_usec 2203\nnr_periods 40\n\
                         nr_throttled 12\nthrottled_usec 830412\nnr_bursts 0\nburst_usec 0\n";
        assert_eq!(throttled_of(version_2), Some(Duration::from_micros(830_412)));
        let without_quota = "usage_usec 7203\nuser_usec 5000\nsystem_usec 2203\nnr_periods 0\n\
                             nr_throttled 0\nthrottled_usec 0\n";
        assert_eq!(throttled_of(without_quota), Some(Duration::ZERO));
        let version_1 = "nr_periods 40\nnr_throttled 12\nthrottled_time 830412345\n";
        assert_eq!(throttled_of(version_1), Some(Duration::from_nanos(830_412_345)));
        // The root group of version 2 has no controller of its own.
        assert_eq!(throttled_of("usage_usec 7203\nuser_usec 5000\nsystem_usec 2203\n"), None);
    }

    #[test]
    fn in_a_container_of_version_1_the_group_is_the_root() {
        // The path is that of the machine; in the container only the root can be read.
        let groups = "12:cpuset:/docker/8a6c\n4:cpu,cpuacct:/docker/8a6c\n0::/docker/8a6c\n";
        let read = |path: &str| {
            let stat = "nr_periods 9\nnr_throttled 3\nthrottled_time 5000000\n";
            (path == "cpu,cpuacct").then(|| stat.to_owned())
        };
        assert_eq!(throttled_in(groups, read), Some(Duration::from_millis(5)));
    }

    #[test]
    fn the_longest_time_of_the_group_and_those_around_it_is_told() {
        let read = |path: &str| match path {
            "" => Some("usage_usec 17\n".to_owned()),
            "/a" => Some("nr_periods 9\nnr_throttled 3\nthrottled_usec 1500\n".to_owned()),
            "/a/b" => Some("nr_throttled 0\nthrottled_usec 0\n".to_owned()),
            "cpu,cpuacct/x" => Some("nr_throttled 1\nthrottled_time 2500000\n".to_owned()),
            _ => None,
        };
        let of = |groups| throttled_in(groups, read);
        assert_eq!(of("0::/a/b\n"), Some(Duration::from_micros(1500)));
        let first = "4:memory:/a\n1:cpu,cpuacct:/x\n0::/a\n";
        assert_eq!(of(first), Some(Duration::from_micros(2500)));
        assert_eq!(of("0::/\n"), None);
        assert_eq!(of("3:cpuset:/a\n\n"), None);
    }
}
