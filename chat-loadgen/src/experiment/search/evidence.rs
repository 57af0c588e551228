//! The evidence of a run: it holds, it does not hold, or it says nothing about the server.

use crate::record::figures;
use crate::record::threshold::Condition;
use crate::record::{Record, Status, validity};

/// Maximum number of messages that the server may leave untaken at a rate that holds, as a share of
/// those it took.
const UNSENT: f64 = 0.01;

/// Evidence of one run on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The condition holds.
    Holds,
    /// The condition does not hold.
    Fails,
    /// The run says nothing about the server, for this reason.
    Nothing(String),
}

/// The evidence of a run on a condition: the one place where a run is classed.
pub(super) fn of(record: &Record, condition: &Condition) -> Evidence {
    if let Some(fault) = generators_fault(record) {
        return Evidence::Nothing(fault);
    }
    match condition.holds(record) {
        _ if !is_sound(record) => Evidence::Fails,
        _ if !condition.is_certain(record) => {
            Evidence::Nothing(format!("this is the generator's own: {}", condition.actual(record)))
        }
        Ok(true) => Evidence::Holds,
        Ok(false) => Evidence::Fails,
        Err(_) if record.traffic.deliveries == 0 => Evidence::Fails,
        Err(unknown) => Evidence::Nothing(unknown.to_string()),
    }
}

/// Reason for which the run says nothing: the first for which it is INVALID, unless a server that is
/// late enough brings it about as well. That deliveries came when their times or gaps had been
/// forgotten, or that no message was sent because none was taken, is the server's doing where
/// nothing else is wrong with the generator.
fn generators_fault(record: &Record) -> Option<String> {
    if record.verdict.status != Status::Invalid {
        return None;
    }
    let mut on_time = record.clone();
    on_time.generator.untimed = 0;
    on_time.generator.forgotten_gaps = 0;
    on_time.traffic.messages += record.traffic.unsent;
    let verdict = validity::of(&on_time, false);
    (verdict.status == Status::Invalid).then(|| verdict.reasons.into_iter().next()).flatten()
}

/// Returns whether a run's figures hold for all its messages and clients. A client that the server
/// disconnects for lag is missing from the figures, and so are messages that the server does not
/// take, and deliveries whose times had been forgotten.
fn is_sound(record: &Record) -> bool {
    let Record { verdict, ledger, traffic, .. } = record;
    let taken = figures::float(traffic.unsent) <= UNSENT * figures::float(traffic.messages);
    verdict.status != Status::Invalid && ledger.disconnected == 0 && taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn evidence(change: impl FnOnce(&mut Record)) -> Evidence {
        let mut record = sample::record();
        change(&mut record);
        record.verdict = validity::of(&record, false);
        of(&record, &"messages>1 && p99<1s".parse().unwrap())
    }

    #[test]
    fn a_run_that_the_generator_spoilt_says_nothing_about_the_server() {
        assert_eq!(evidence(|_| {}), Evidence::Holds);
        assert_eq!(evidence(|record| record.latency.response.p99 = 2_000_000_000), Evidence::Fails);
        let spoilt: [fn(&mut Record); 3] = [
            |record| record.generator.busiest_thread = 0.99,
            |record| record.generator.pacing.p99 = 900_000_000,
            // The server looks slow as well, but the generator was late itself.
            |record| {
                record.latency.response.p99 = 2_000_000_000;
                record.generator.starved = Some(0.5);
            },
        ];
        for change in spoilt {
            assert!(matches!(evidence(change), Evidence::Nothing(why) if !why.is_empty()));
        }
    }

    #[test]
    fn a_server_that_is_too_late_or_takes_nothing_does_not_hold() {
        let overloaded: [fn(&mut Record); 4] = [
            |record| record.generator.untimed = 1,
            |record| record.generator.forgotten_gaps = 1,
            |record| record.traffic.unsent = record.traffic.messages,
            |record| {
                (record.traffic.unsent, record.traffic.messages) = (500, 0);
                record.traffic.deliveries = 0;
                record.latency.response.count = 0;
            },
        ];
        for change in overloaded {
            assert_eq!(evidence(change), Evidence::Fails);
        }
        assert_eq!(evidence(|record| record.ledger.disconnected = 1), Evidence::Fails);
    }

    #[test]
    fn a_figure_that_was_not_measured_is_no_evidence() {
        let condition = "cpu_per_delivery<5us".parse().unwrap();
        assert!(matches!(of(&sample::record(), &condition), Evidence::Nothing(_)));
    }
}
