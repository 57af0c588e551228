//! The ledger closes, whatever arrives.

use proptest::prelude::*;

use super::*;

proptest! {
    /// Whatever arrives of two senders, in whatever order, and however the account ends.
    #[test]
    fn the_ledger_closes(
        arrivals in proptest::collection::vec((0..2_u32, 0..12_u32, 0..5_u8), 0..40),
        ending in 0..3_usize,
        comes_back: bool,
        late_from in 0..40_usize,
    ) {
        let mut seen = Seen::new();
        if comes_back {
            for sender in 0..2 {
                text(&seen.shared, sender, 4);
            }
            seen.client = client(&seen.shared, Part::Churner, Some([2, 5].into()));
        }
        for (i, (sender, number, how)) in arrivals.into_iter().enumerate() {
            seen.judge.late = i >= late_from;
            let text = text(&seen.shared, sender, number);
            let line = match how {
                0 => format!("{text}{text}"),
                1 => text[..20].to_owned(),
                2 => text[20..].to_owned(),
                _ => text,
            };
            seen.hear(&line);
        }
        text(&seen.shared, 1, 14);
        let ending = [Ending::Over, Ending::Leaving, Ending::CutOff][ending];
        if ending == Ending::Leaving {
            seen.client.until = Some(seen.client.sent(&seen.shared));
            text(&seen.shared, 0, 16);
        }
        seen.judge.close_account(&seen.shared, &mut seen.client, ending, 1_200);
        if ending == Ending::CutOff {
            seen.client.presence = Presence::Lost;
            text(&seen.shared, 1, 17);
        }
        seen.close(Ending::Over);
    }
}
