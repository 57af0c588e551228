//! Whether all receivers of a room saw one order: each is compared with the room's witness, a
//! receiver that hears everybody because it says nothing itself.
//!
//! The witness numbers what it sees. A receiver's messages must have rising numbers. One that is
//! ahead of the witness keeps what it saw until the numbers are known.

use std::collections::VecDeque;

use crate::traffic::in_flight::Flight;

/// Most messages that one receiver is compared with the witness later: 8 bytes each. One that is
/// further ahead is not compared for those.
const MAX_AHEAD: usize = 1 << 16;

/// What one receiver saw, compared with the room's order.
#[derive(Debug, Default)]
pub struct Order {
    ahead: VecDeque<(u32, u32)>,
    last: u32,
}

impl Order {
    /// The receiver has seen a message. Gives what it saw in another order than the witness, as far
    /// as that is known by now.
    pub fn saw(&mut self, message: (u32, u32), flight: &Flight) -> Vec<(u32, u32)> {
        self.ahead.push_back(message);
        if self.ahead.len() > MAX_AHEAD {
            self.ahead.pop_front();
        }
        let mut disorder = Vec::new();
        while let Some(&message) = self.ahead.front() {
            match flight.ranked(message.0, message.1) {
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
    pub fn finish(&mut self, flight: &Flight) -> Vec<(u32, u32)> {
        let ahead = std::mem::take(&mut self.ahead);
        let known = |message: &(u32, u32)| flight.ranked(message.0, message.1).ok().flatten();
        ahead.into_iter().filter_map(|message| self.compare(message, known(&message)?)).collect()
    }

    fn compare(&mut self, message: (u32, u32), rank: u32) -> Option<(u32, u32)> {
        let fault = rank <= self.last;
        self.last = self.last.max(rank);
        fault.then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight() -> Flight {
        let flight = Flight::new(2, 64);
        for number in 0..3 {
            assert_eq!(flight.begin(0, 0, 1), Some(number));
            assert_eq!(flight.begin(1, 0, 1), Some(number));
        }
        flight
    }

    #[test]
    fn the_same_order_is_no_fault_whoever_is_ahead() {
        let flight = flight();
        let mut order = Order::default();
        for message in [(0, 0), (1, 0), (1, 1)] {
            assert_eq!(order.saw(message, &flight), []);
        }
        // The witness heard (0, 1) as well, which this receiver said itself.
        for (message, rank) in [(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)].into_iter().zip(1..) {
            flight.rank(message.0, message.1, rank);
        }
        assert_eq!(order.saw((1, 2), &flight), []);
        assert_eq!(order.finish(&flight), []);
    }

    #[test]
    fn another_order_is_seen_now_or_at_the_end() {
        let flight = flight();
        flight.rank(0, 0, 1);
        flight.rank(1, 0, 2);
        let mut order = Order::default();
        assert_eq!(order.saw((1, 0), &flight), []);
        assert_eq!(order.saw((0, 0), &flight), [(0, 0)]);
        assert_eq!(order.saw((0, 1), &flight), []);
        assert_eq!(order.saw((1, 1), &flight), []);
        flight.rank(1, 1, 3);
        flight.rank(0, 1, 4);
        assert_eq!(order.finish(&flight), [(1, 1)]);
    }
}
