//! How many descriptors, and so connections, this process may have.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises this process's limit of descriptors as far as it may; what it then is, soft and hard.
/// Nothing where there is no such limit. Processes started later inherit it.
#[cfg(unix)]
pub fn raise() -> Option<[u64; 2]> {
    let before = getrlimit(Resource::Nofile);
    // macOS calls the hard limit infinite and refuses everything above this.
    for current in [before.maximum, Some(10_240)] {
        let raises = rank(current) > rank(before.current);
        if raises && setrlimit(Resource::Nofile, Rlimit { current, ..before }).is_ok() {
            break;
        }
    }
    let now = getrlimit(Resource::Nofile);
    Some([rank(now.current), rank(now.maximum)])
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn raise() -> Option<[u64; 2]> {
    None
}

/// How many this process may have now. `None` where there is no limit.
#[cfg(unix)]
pub fn available() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// There is no limit here.
#[cfg(not(unix))]
pub fn available() -> Option<u64> {
    None
}

/// A limit as a number: none is more than any.
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
