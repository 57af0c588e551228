//! Rooms whose passes are made by hand.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use super::*;
use crate::net::transport::fake::Recorder;
use crate::net::wire::encoding::Encoding;
use crate::room::order::Past;
use crate::room::seat::MemberId;

/// A room and its fan-out.
struct Stage {
    room: Arc<Room<Recorder>>,
    fanout: Fanout<Recorder>,
}

impl Stage {
    fn new() -> Self {
        let room = Arc::new(Room::new(None));
        Self {
            fanout: Fanout {
                room: Arc::clone(&room),
                deliveries: Deliveries::new(OutboxLimits::lenient(), None, None).0,
            },
            room,
        }
    }

    fn join(&self, member: Recorder) -> (MemberId, Arc<Recorder>) {
        let member = Arc::new(member);
        let seat = Seat::new(Arc::clone(&member));
        (self.room.join(seat, Encoding::Text, ["welcome"], Past::Last).0, member)
    }

    fn members(&self) -> MutexGuard<'_, Members<Recorder>> {
        self.room.members().unwrap()
    }

    async fn pass(&self) {
        let members = self.room.next().await.unwrap();
        self.fanout.pass(members).await;
    }
}

#[tokio::test]
async fn r2_2_a_batch_is_one_write_to_each_and_none_to_its_only_speaker() {
    let stage = Stage::new();
    let (ana, ana_hears) = stage.join(Recorder::eager());
    let (_, bea_hears) = stage.join(Recorder::eager());
    stage.pass().await;
    for text in ["uno", "dos", "tres"] {
        stage.room.say(ana, text);
    }
    stage.pass().await;
    assert_eq!(bea_hears.taken(), "welcome\nuno\ndos\ntres\n");
    assert_eq!(bea_hears.offers(), 2);
    assert_eq!(ana_hears.taken(), "welcome\n");
    assert_eq!(ana_hears.offers(), 1);
}

#[tokio::test]
async fn r2_3_joining_speaking_and_leaving_in_one_batch() {
    let stage = Stage::new();
    let (ana, ana_hears) = stage.join(Recorder::eager());
    stage.pass().await;
    stage.room.say(ana, "antes");
    let (bea, bea_hears) = stage.join(Recorder::eager());
    let (caro, caro_hears) = stage.join(Recorder::eager());
    stage.room.say(bea, "de bea");
    stage.room.tell(caro, "! no");
    stage.room.leave(bea);
    stage.room.say(caro, "de caro");
    stage.pass().await;
    assert_eq!(ana_hears.taken(), "welcome\nde bea\nde caro\n");
    assert_eq!(bea_hears.taken(), "welcome\n");
    assert_eq!(caro_hears.taken(), "welcome\nde bea\n! no\n");
    stage.room.say(ana, "fin");
    stage.pass().await;
    assert_eq!(bea_hears.offers(), 1, "who has left is offered nothing");
    assert_eq!(stage.members().seats().len(), 2);
}

#[tokio::test]
async fn r2_2_exceptions_of_those_who_are_gone_hide_nobody_elses() {
    let stage = Stage::new();
    let (ana, _) = stage.join(Recorder::eager());
    let (bea, bea_hears) = stage.join(Recorder::eager());
    stage.room.leave(ana);
    stage.pass().await;
    stage.room.tell(ana, "too late");
    stage.room.say(bea, "mine");
    stage.pass().await;
    assert_eq!(bea_hears.taken(), "welcome\n");
}

#[tokio::test]
async fn r1_4_a_member_that_takes_half_gets_the_rest_later_and_delays_nobody() {
    let stage = Stage::new();
    let (ana, _) = stage.join(Recorder::eager());
    let (_, slow) = stage.join(Recorder::with_room("welcome\nu".len()));
    let (_, quick) = stage.join(Recorder::eager());
    for text in ["uno", "dos"] {
        stage.room.say(ana, text);
        stage.pass().await;
    }
    assert_eq!(quick.taken(), "welcome\nuno\ndos\n");
    assert_eq!(slow.taken(), "welcome\nu");
    slow.allow(usize::MAX);
    while slow.taken() != "welcome\nuno\ndos\n" {
        tokio::task::yield_now().await;
    }
    stage.room.say(ana, "tres");
    stage.pass().await;
    assert_eq!(slow.taken(), "welcome\nuno\ndos\ntres\n");
}

#[tokio::test]
async fn r6_2_who_changes_the_room_loses_nothing_and_nothing_is_torn() {
    let (from, to) = (Stage::new(), Stage::new());
    let (ana, ana_hears) = from.join(Recorder::with_room("welcome\nan".len()));
    let (bea, _) = from.join(Recorder::eager());
    let (caro, _) = to.join(Recorder::eager());
    from.room.say(bea, "antes");
    let seat = from.room.hand_over(ana).0;
    from.room.say(bea, "sin ana");
    from.pass().await;
    to.room.say(caro, "antes de ana");
    to.room.join(seat.await.unwrap(), Encoding::Text, ["en la otra"], Past::Last);
    to.room.say(caro, "con ana");
    to.pass().await;
    assert_eq!(ana_hears.taken(), "welcome\nan");
    ana_hears.allow(usize::MAX);
    let expected = "welcome\nantes\nen la otra\ncon ana\n";
    while ana_hears.taken().len() < expected.len() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ana_hears.taken(), expected);
    assert!(!ana_hears.parted.load(Ordering::Relaxed));
}

#[tokio::test]
async fn r6_2_who_changes_the_room_takes_the_rest_of_a_begun_frame_along() {
    let (from, to) = (Stage::new(), Stage::new());
    let (ana, ana_hears) = from.join(Recorder::framing(200));
    ana_hears.allow("_wel".len());
    let seat = from.room.hand_over(ana).0;
    from.pass().await;
    assert!(ana_hears.holds());
    to.room.join(seat.await.unwrap(), Encoding::Text, ["en la otra"], Past::Last);
    to.pass().await;
    ana_hears.allow(usize::MAX);
    while ana_hears.unframed().is_none_or(|heard| heard != "welcome\nen la otra\n") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn r6_2_a_seat_that_nobody_takes_is_parted_from() {
    let stage = Stage::new();
    let (ana, ana_hears) = stage.join(Recorder::eager());
    drop(stage.room.hand_over(ana));
    stage.pass().await;
    stage.fanout.deliveries.partings.close();
    stage.fanout.deliveries.partings.wait().await;
    assert!(ana_hears.parted.load(Ordering::Relaxed));
}

#[tokio::test]
async fn r6_1_what_one_member_is_told_is_no_pass_over_the_others() {
    let stage = Stage::new();
    let (_, ana_hears) = stage.join(Recorder::eager());
    let (bea, bea_hears) = stage.join(Recorder::eager());
    stage.pass().await;
    stage.room.tell(bea, "uno");
    stage.room.tell(bea, "dos");
    stage.pass().await;
    assert_eq!((ana_hears.offers(), bea_hears.offers()), (1, 2));
    assert_eq!(bea_hears.taken(), "welcome\nuno\ndos\n");
}

#[tokio::test]
async fn r1_6_who_leaves_with_something_waiting_gets_it_before_the_end() {
    let stage = Stage::new();
    let (slow, slow_hears) = stage.join(Recorder::default());
    stage.room.leave(slow);
    stage.pass().await;
    tokio::task::yield_now().await;
    assert!(!slow_hears.parted.load(Ordering::Relaxed));
    slow_hears.allow(usize::MAX);
    stage.fanout.deliveries.partings.close();
    stage.fanout.deliveries.partings.wait().await;
    assert_eq!(slow_hears.taken(), "welcome\n");
    assert!(slow_hears.parted.load(Ordering::Relaxed));
}

/// One text for each encoding, formatted once, and the exceptions of each member in its own.
#[tokio::test]
async fn r10_22_a_pass_has_a_text_for_each_encoding_and_json_only_if_somebody_takes_it() {
    let stage = Stage::new();
    let (ana, ana_hears) = stage.join(Recorder::eager());
    stage.room.say(ana, "antes");
    let members = stage.room.next().await.unwrap();
    let batch = &members.batch;
    assert!(!batch.text.is_empty() && batch.json.is_empty(), "nobody takes it");
    stage.fanout.pass(members).await;
    let bea_hears = Arc::new(Recorder::eager());
    let bea = stage
        .room
        .join(Seat::new(Arc::clone(&bea_hears)), Encoding::Json, ["{welcome}"], Past::Last)
        .0;
    let (_, caro_hears) = stage.join(Recorder::eager());
    stage.room.say(ana, "a1");
    stage.room.say(bea, "b1");
    stage.room.tell(bea, "{told}");
    stage.room.say(MemberId::OPERATOR, "o1");
    stage.pass().await;
    stage.room.leave(bea);
    stage.room.say(ana, "a2");
    let members = stage.room.next().await.unwrap();
    assert!(members.batch.json.is_empty(), "nobody takes it any more");
    stage.fanout.pass(members).await;
    assert_eq!(ana_hears.taken(), "welcome\nb1\no1\n");
    assert_eq!(caro_hears.taken(), "welcome\na1\nb1\no1\na2\n");
    let objects = bea_hears.taken();
    let texts: Vec<&str> = objects
        .lines()
        .map(|line| line.rsplit_once(r#""text":""#).map_or(line, |(_, text)| text))
        .collect();
    assert_eq!(texts, ["{welcome}", "a1\"}", "{told}", "o1\"}"]);
    assert_eq!(bea_hears.offers(), 1);
}

#[tokio::test]
async fn r11_10_what_was_missed_is_told_in_the_encoding_of_its_place() {
    let mut stage = Stage::new();
    stage.fanout.deliveries.limits.capacity = 64;
    let (ana, hears) = stage.join(Recorder::default());
    stage.pass().await;
    let too_long = "x".repeat(80);
    stage.room.say(MemberId::OPERATOR, too_long.as_str());
    stage.pass().await;
    stage.room.switch(ana, Encoding::Json, |_| "the first object".to_owned());
    stage.pass().await;
    stage.room.say(MemberId::OPERATOR, too_long.as_str());
    stage.pass().await;
    hears.allow(usize::MAX);
    while stage.members().seats()[0].1.is_behind() {
        tokio::task::yield_now().await;
    }
    let taken = hears.taken();
    let (text, objects) = taken.split_once("the first object\n").unwrap();
    assert_eq!(text, "welcome\n* te has perdido 1 mensaje\n");
    assert!(objects.starts_with("{\"kind\":\"missed\""), "{objects}");
}

/// Members enough for several turns, and several shares of each, on a runtime of two threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_3_a_large_room_has_one_order_however_many_threads_share_a_pass() {
    const MEMBERS: usize = 5000;
    let mut stage = Stage::new();
    // However many processors this machine has.
    stage.fanout.deliveries.threads = NonZeroUsize::new(2).unwrap();
    let members: Vec<_> = (0..MEMBERS).map(|_| stage.join(Recorder::eager())).collect();
    stage.pass().await;
    // One that speaks in each share, and in the last; one that leaves; one with a line of its own.
    let speakers: Vec<_> = (0..MEMBERS).step_by(50).chain([MEMBERS - 1]).collect();
    for &speaker in &speakers {
        stage.room.say(members[speaker].0, &*speaker.to_string());
    }
    stage.room.tell(members[1234].0, "suyo");
    stage.room.leave(members[2345].0);
    stage.room.say(members[0].0, "fin");
    stage.pass().await;
    for (place, (_, hears)) in members.iter().enumerate() {
        let mut expected = "welcome\n".to_owned();
        for speaker in speakers.iter().filter(|speaker| **speaker != place) {
            writeln!(expected, "{speaker}").unwrap();
        }
        match place {
            1234 => expected += "suyo\nfin\n",
            0 | 2345 => {}
            _ => expected += "fin\n",
        }
        assert_eq!(hears.taken(), expected, "{place}");
        assert_eq!(hears.offers(), 2, "{place}");
    }
    assert_eq!(stage.members().seats().len(), MEMBERS - 1);
}

#[tokio::test]
async fn r1_4_a_pass_over_a_large_room_lets_other_tasks_have_their_turns() {
    let stage = Stage::new();
    let members: Vec<_> = (0..3000).map(|_| stage.join(Recorder::eager())).collect();
    stage.pass().await;
    stage.room.say(MemberId::OPERATOR, "uno");
    let heard = || members.iter().filter(|(_, hears)| hears.offers() == 2).count();
    let mut seen = Vec::new();
    let passing = async {
        stage.pass().await;
        heard()
    };
    let mut passing = std::pin::pin!(passing);
    loop {
        tokio::select! {
            biased;
            all = &mut passing => break assert_eq!(all, 3000),
            () = std::future::ready(()) => seen.push(heard()),
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(seen, [1024, 2048]);
}

#[tokio::test]
async fn r2_2_two_who_are_alone_are_served_by_the_one_who_speaks() {
    let stage = Stage::new();
    let deliver = || stage.fanout.deliveries.deliver(&stage.room);
    let (ana, ana_hears) = stage.join(Recorder::eager());
    let (_, bea_hears) = stage.join(Recorder::eager());
    stage.pass().await;
    stage.room.put(ana, "uno");
    stage.room.put(ana, "dos");
    deliver();
    assert_eq!(bea_hears.taken(), "welcome\nuno\ndos\n");
    assert_eq!((ana_hears.offers(), bea_hears.offers()), (1, 2));
    let (_, caro_hears) = stage.join(Recorder::eager());
    stage.pass().await;
    stage.room.put(ana, "tres");
    deliver();
    assert_eq!(caro_hears.offers(), 1, "with three the room's task delivers");
    stage.pass().await;
    assert_eq!(caro_hears.taken(), "welcome\ntres\n");
}
