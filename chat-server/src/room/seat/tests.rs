//! A member that puts texts into frames, and holds the rest of a frame that its socket took in part.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use tokio::task::yield_now;

use super::*;
use crate::net::transport::fake::Recorder;

struct Stage {
    member: Arc<Recorder>,
    seat: Seat<Recorder>,
    lagging: Lagging,
    limits: OutboxLimits,
}

impl Stage {
    /// A member whose frames have a payload of up to so many bytes. It takes nothing yet.
    fn framing(frame: u8) -> Self {
        let member = Arc::new(Recorder::framing(frame));
        let seat = Seat::new(Arc::clone(&member));
        Self { member, seat, lagging: Lagging::new(), limits: OutboxLimits::lenient() }
    }

    fn deliver(&mut self, text: &str) {
        let now = self.limits.clock.now();
        self.seat.deliver(Text::single(text.as_bytes()), now, &self.lagging, &self.limits);
    }

    async fn part(self) -> Arc<Recorder> {
        self.member.allow(usize::MAX);
        self.seat.part(&self.limits.clock).await;
        self.member
    }
}

#[tokio::test(start_paused = true)]
async fn r1_4_the_rest_of_a_frame_is_sent_though_nothing_more_is_said() {
    let mut stage = Stage::framing(200);
    stage.member.allow("_ho".len());
    stage.deliver("hola\n");
    assert_eq!((stage.member.unframed(), stage.member.holds()), (None, true));
    stage.member.allow("la\n".len());
    while stage.member.holds() {
        yield_now().await;
    }
    assert_eq!(stage.member.unframed().unwrap(), "hola\n");
    stage.member.allow(usize::MAX);
    stage.deliver("y más\n");
    assert_eq!(stage.member.unframed().unwrap(), "hola\ny más\n");
}

#[tokio::test(start_paused = true)]
async fn r1_4_a_member_that_takes_the_rest_of_a_frame_byte_by_byte_is_not_stuck() {
    let mut stage = Stage::framing(200);
    stage.limits.timeout = "1s".parse().unwrap();
    stage.member.allow(1);
    let text = format!("{:x>1$}\n", "", 100);
    stage.deliver(&text);
    while stage.member.holds() {
        tokio::time::sleep(Duration::from_millis(900)).await;
        stage.member.allow(1);
        yield_now().await;
    }
    assert!(!stage.member.hung_up.load(Ordering::Relaxed));
    assert_eq!(stage.member.unframed().unwrap(), text);
}

#[tokio::test(start_paused = true)]
async fn r3_3_a_member_that_never_takes_the_rest_of_a_frame_is_hung_up_on() {
    let mut stage = Stage::framing(200);
    stage.limits.timeout = "1s".parse().unwrap();
    stage.member.allow(2);
    stage.deliver("hola\n");
    let begun = Instant::now();
    while !stage.member.hung_up.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

proptest! {
    /// Members that leave take what is held for them first.
    #[test]
    fn r2_1_frames_are_whole_and_in_order_however_little_the_socket_takes(
        frame in 1..=50_u8,
        steps in prop::collection::vec((prop::collection::vec(1..30_usize, 0..5), 0..60_usize, 0..4_usize), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (member, said) = runtime.unwrap().block_on(async {
            let mut stage = Stage::framing(frame);
            let (mut said, mut number) = (String::new(), 0);
            for (lines, taken, turns) in steps {
                let mut text = String::new();
                for length in lines {
                    number += 1;
                    text.extend([format!("{number:-<length$}"), "\n".to_owned()]);
                }
                stage.member.allow(taken);
                stage.deliver(&text);
                said += &text;
                for _ in 0..turns {
                    yield_now().await;
                }
            }
            (stage.part().await, said)
        });
        prop_assert_eq!(member.unframed(), Some(said));
        prop_assert!(member.parted.load(Ordering::Relaxed));
    }
}
