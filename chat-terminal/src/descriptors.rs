//! The process's limit of file descriptors, and so of connections.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's limit of descriptors as far as possible. Returns the new limit, soft and
/// hard. Returns `None` if there is no such limit. Child processes inherit it.
#[cfg(unix)]
pub fn raise() -> Option<[u64; 2]> {
    let before = getrlimit(Resource::Nofile);
    // macOS reports an infinite hard limit, but refuses every value above this one.
    for current in [before.maximum, Some(10_240)] {
        let raises = rank(current) > rank(before.current);
        if raises && setrlimit(Resource::Nofile, Rlimit { current, ..before }).is_ok() {
            break;
        }
    }
    let now = getrlimit(Resource::Nofile);
    Some([rank(now.current), rank(now.maximum)])
}

/// Returns `None`: this system has no such limit.
#[cfg(not(unix))]
pub fn raise() -> Option<[u64; 2]> {
    None
}

/// The number of descriptors that this process may have now. `None` if there is no limit.
#[cfg(unix)]
pub fn available() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Returns `None`: this system has no such limit.
#[cfg(not(unix))]
pub fn available() -> Option<u64> {
    None
}

/// Converts a limit to a number for comparison. No limit is the largest.
#[cfg(unix)]
fn rank(limit: Option<u64>) -> u64 {
    limit.unwrap_or(u64::MAX)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_and_then_counts() {
        let [soft, hard] = raise().expect("a limit");
        assert!(soft >= 10_240.min(hard), "{soft} {hard}");
        assert_eq!(raise(), Some([soft, hard]));
        assert_eq!(rank(available()), soft);
    }
}
