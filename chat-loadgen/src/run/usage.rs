//! The generator's own use of processors, and its delay of what it received.

use std::time::Duration;

use crate::record::figures::float;
use crate::roles::Part;
use crate::system::machine::ThreadUse;
use crate::traffic::client::{Client, Received};

/// Minimum length of the window, in seconds, for a statement on CPU use: the clocks are read only
/// every few milliseconds.
const SHORT: f64 = 0.05;

/// By how much the median of the means of all receivers but the canary is above the canary's. One
/// slow receiver, or ten, is the server's doing, and no reason to doubt the generator.
pub(super) fn delay(clients: &[Client]) -> Option<f64> {
    let steady = |client: &&Client| client.part == Part::Steady && client.began;
    let mean = |client: &Client| {
        let Received { deliveries, sum, .. } = client.received;
        (deliveries > 0).then(|| float(sum) / float(deliveries))
    };
    let canary = clients.iter().filter(steady).find(|client| client.canary).and_then(mean)?;
    let others = clients.iter().filter(steady).filter(|client| !client.canary);
    let mut means: Vec<f64> = others.filter_map(mean).collect();
    means.sort_by(f64::total_cmp);
    means.get(means.len() / 2).map(|median| median - canary)
}

/// The largest share of a CPU that a thread used; or that all used of all CPUs they may use, if
/// that is more.
pub(super) fn busiest(threads: &[ThreadUse], cpu: Duration, cpus: u32, seconds: f64) -> f64 {
    if seconds < SHORT {
        return 0.0;
    }
    let all = cpu.as_secs_f64() / f64::from(cpus.max(1));
    let most = threads.iter().map(|used| used.cpu.as_secs_f64()).fold(all, f64::max);
    // A thread has one CPU at most; clocks that are read at different moments say more.
    (most / seconds).min(1.0)
}

/// The largest share of the time for which a thread was kept from running by other processes. What
/// its own process's other threads ran meanwhile may have been the reason, and is not counted.
pub(super) fn starved(threads: &[ThreadUse], seconds: f64) -> Option<f64> {
    if seconds < SHORT {
        return None;
    }
    let all: Duration = threads.iter().map(|used| used.cpu).sum();
    let foreign = |used: &ThreadUse| {
        let own = all.saturating_sub(used.cpu);
        Some(used.waited?.saturating_sub(own).as_secs_f64())
    };
    threads
        .iter()
        .filter_map(foreign)
        .max_by(f64::total_cmp)
        .map(|longest| (longest / seconds).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(cpu: u64, waited: u64) -> ThreadUse {
        ThreadUse { cpu: Duration::from_millis(cpu), waited: Some(Duration::from_millis(waited)) }
    }

    #[test]
    fn waiting_for_ones_own_threads_is_not_being_starved() {
        // Two threads that share a CPU and have it to themselves; then with a third party.
        assert_eq!(starved(&[used(600, 400), used(400, 600)], 1.0), Some(0.0));
        assert_eq!(starved(&[used(400, 600), used(100, 300)], 1.0), Some(0.5));
        assert_eq!(starved(&[], 1.0), None);
    }

    #[test]
    fn the_busiest_thread_counts_or_all_of_them_where_they_share_a_cpu() {
        let threads = [used(500, 0), used(400, 0)];
        assert!((busiest(&threads, Duration::from_millis(950), 4, 1.0) - 0.5).abs() < 1e-9);
        assert!((busiest(&threads, Duration::from_millis(950), 1, 1.0) - 0.95).abs() < 1e-9);
        // Clocks of coarse grain do not make more than a CPU of it.
        let most = busiest(&[used(1_100, 0)], Duration::from_millis(1_100), 4, 1.0);
        assert!((most - 1.0).abs() < 1e-9);
        assert_eq!(starved(&[used(0, 1_100)], 1.0), Some(1.0));
    }
}
