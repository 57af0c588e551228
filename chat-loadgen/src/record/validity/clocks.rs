//! Clocks of the machines on which several generators make one run (`--join`).
//!
//! Each begins its schedule by its own clock, so what one sends comes at another when it is due there, if
//! their clocks agree. No time is compared over machines, so a difference changes no latency. It changes
//! when the generators send; and one that ends before another does not see that one's last messages.

use crate::record::Record;
use crate::record::figures;

/// Maximum time by which a message of another generator may come before it is due, or later than all of
/// the generator's own took, in nanoseconds: half a second. Clocks that are set by NTP differ by less than
/// a tenth of that.
const BOUND: u64 = 500_000_000;

/// A clock that is ahead of this machine's: nothing comes before it is sent.
pub(super) fn disagreement(record: &Record) -> Option<String> {
    let arrival = record.share.as_ref()?.first_elsewhere?;
    let early = arrival.min(0).unsigned_abs();
    (early > BOUND).then(|| {
        format!(
            "the machines' clocks differ: a message of another generator came {} before it was due \
             here (bound: {}), so the generators did not send together",
            figures::time(early),
            figures::time(BOUND),
        )
    })
}

/// A clock that may be behind, if the server was not slow.
pub(super) fn remark(record: &Record) -> Option<String> {
    let Some(arrival) = record.share.as_ref()?.first_elsewhere else {
        return Some("no message of another generator came: its clock may be behind".to_owned());
    };
    let late = arrival.max(0).unsigned_abs();
    (late > BOUND + record.latency.response.max).then(|| {
        format!(
            "the first message of another generator came {} after it was due here: its clock may be \
             behind, and its last messages may count as late or lost",
            figures::time(late),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn what_comes_before_it_is_sent_shows_a_clock_and_what_comes_late_may() {
        let mut record = sample::full();
        record.latency.response.max = 20_000_000;
        let mut says = |first_elsewhere| {
            record.share.as_mut().expect("a share").first_elsewhere = first_elsewhere;
            [disagreement(&record), remark(&record)].map(|words| words.is_some())
        };
        assert_eq!(says(Some(-500_000_000)), [false, false]);
        assert_eq!(says(Some(-500_000_001)), [true, false]);
        assert_eq!(says(Some(520_000_000)), [false, false]);
        assert_eq!(says(Some(520_000_001)), [false, true]);
        assert_eq!(says(None), [false, true]);
        assert_eq!([disagreement, remark].map(|of| of(&sample::record())), [None, None]);
    }
}
