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
