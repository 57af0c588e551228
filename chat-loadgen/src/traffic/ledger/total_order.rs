//! Total order of a room (`--total-order`): each receiver's order is compared with that of the
//! room's witness, a receiver that hears every sender because it sends nothing itself.
//!
//! The witness numbers what it sees. A receiver's messages must have rising numbers. One that is
//! ahead of the witness keeps what it saw until the numbers are known.

use std::collections::VecDeque;

use crate::traffic::in_flight::InFlight;

/// Maximum number of messages for which a receiver may be ahead of the witness: 8 bytes each.
/// Beyond that they are not compared.
const MAX_AHEAD: usize = 1 << 16;

/// One receiver's order, compared with the room's.
#[derive(Debug, Default)]
pub(crate) struct TotalOrder {
    ahead: VecDeque<(u32, u32)>,
    last: u32,
}

impl TotalOrder {
    /// Records a message that the receiver has seen. Gives those that it saw in another order than
    /// the witness, as far as that is known by now.
    pub(crate) fn received(
        &mut self,
        message: (u32, u32),
        in_flight: &InFlight,
    ) -> Vec<(u32, u32)> {
        self.ahead.push_back(message);
        if self.ahead.len() > MAX_AHEAD {
            self.ahead.pop_front();
        }
        let mut disorder = Vec::new();
        while let Some(&message) = self.ahead.front() {
            match in_flight.ranked(message.0, message.1) {
                Ok(None) => break,
                Ok(Some(rank)) => disorder.extend(self.compare(message, rank)),
                Err(_) => {}
            }
            self.ahead.pop_front();
        }
        disorder
    }

    /// At the end: the same for what the witness has seen since, without waiting for what it never
    /// saw.
    pub(crate) fn finish(&mut self, in_flight: &InFlight) -> Vec<(u32, u32)> {
        let ahead = std::mem::take(&mut self.ahead);
        let known = |message: &(u32, u32)| in_flight.ranked(message.0, message.1).ok().flatten();
        ahead.into_iter().filter_map(|message| self.compare(message, known(&message)?)).collect()
    }

    fn compare(&mut self, message: (u32, u32), rank: u32) -> Option<(u32, u32)> {
        let anomaly = rank <= self.last;
        self.last = self.last.max(rank);
        anomaly.then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_flight() -> InFlight {
        let in_flight = InFlight::new(2, 64);
        for number in 0..3 {
            assert_eq!(in_flight.begin(0, 0, 1), Some(number));
            assert_eq!(in_flight.begin(1, 0, 1), Some(number));
        }
        in_flight
    }

    #[test]
    fn the_same_order_is_no_anomaly_whoever_is_ahead() {
        let in_flight = in_flight();
        let mut total_order = TotalOrder::default();
        for message in [(0, 0), (1, 0), (1, 1)] {
            assert_eq!(total_order.received(message, &in_flight), []);
        }
        // The witness heard (0, 1) as well, which this receiver said itself.
        for (message, rank) in [(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)].into_iter().zip(1..) {
            in_flight.rank(message.0, message.1, rank);
        }
        assert_eq!(total_order.received((1, 2), &in_flight), []);
        assert_eq!(total_order.finish(&in_flight), []);
    }

    #[test]
    fn another_order_is_seen_now_or_at_the_end() {
        let in_flight = in_flight();
        in_flight.rank(0, 0, 1);
        in_flight.rank(1, 0, 2);
        let mut total_order = TotalOrder::default();
        assert_eq!(total_order.received((1, 0), &in_flight), []);
        assert_eq!(total_order.received((0, 0), &in_flight), [(0, 0)]);
        assert_eq!(total_order.received((0, 1), &in_flight), []);
        assert_eq!(total_order.received((1, 1), &in_flight), []);
        in_flight.rank(1, 1, 3);
        in_flight.rank(0, 1, 4);
        assert_eq!(total_order.finish(&in_flight), [(1, 1)]);
    }
}
