use chat_protocol::name::Name;
use tokio::task::yield_now;
use tokio::time::advance;

use super::*;
use crate::net::transport::fake::Recorder;
use crate::net::wire::encoding::Encoding;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::sessions::Sessions;
use crate::people::directory::{Arrival, Directory, PersonId, Rules};
use crate::room::fanout::Deliveries;
use crate::room::outbox::OutboxLimits;
use crate::room::seat::Seat;

/// More than three people and two changes a second are a crowd.
const LIMITS: CrowdLimits = CrowdLimits { people: 3, rate: NonZeroU32::new(2).unwrap() };

struct Chat(Directory<Recorder>);

impl Chat {
    fn new(crowd: Option<CrowdLimits>) -> Self {
        let (presence, commands, guests, max_rooms) = (true, true, false, 3);
        let rules = Rules { presence, commands, guests, max_rooms, crowd, language: Language::Es };
        let deliveries = Deliveries::new(OutboxLimits::lenient(), None, None).0;
        Self(Directory::new(deliveries, rules, Sessions::new(SECOND, SECOND)))
    }

    fn come_as(&self, name: &str, encoding: Encoding) -> (PersonId, Arc<Recorder>) {
        let id = self.0.admit(name.parse().unwrap(), encoding, None).unwrap();
        let member = Arc::new(Recorder::eager());
        self.0.arrive(id, Seat::new(Arc::clone(&member)), Arrival::New(None));
        (id, member)
    }

    fn come(&self, name: &str) -> PersonId {
        self.come_as(name, Encoding::Text).0
    }

    fn leave(&self, id: PersonId) {
        self.0.leave(Hold::without_session(id), Leaving::ForGood);
    }

    /// The number of people in general for who asks for it.
    fn number(&self, id: PersonId) -> usize {
        let listed = self.0.lock().members(id);
        let (_, number) = listed.split_once('(').unwrap();
        number.split_once(')').unwrap().0.parse().unwrap()
    }
}

/// The lines that a member has been sent by now, from this one on.
async fn heard_since(first: &str, member: &Recorder) -> String {
    for _ in 0..20 {
        yield_now().await;
    }
    let taken = member.taken();
    taken.split_once(first).map_or(String::new(), |(_, rest)| first.to_owned() + rest)
}

/// Lets the time of one summary pass.
async fn one_second() {
    yield_now().await;
    advance(SECOND).await;
    yield_now().await;
}

#[tokio::test(start_paused = true)]
async fn r5_7_a_crowd_is_told_numbers_once_a_second_and_then_names_again() {
    let chat = Chat::new(Some(LIMITS));
    let (_, ana) = chat.come_as("Ana", Encoding::Text);
    let bea = chat.come("Bea");
    // These do not count: the room is small.
    for name in ["Caro", "Dora", "Eva"] {
        chat.come(name);
    }
    let [fay, gil] = ["Fay", "Gil"].map(|name| chat.come(name));
    chat.leave(gil);
    let new: Name = "Fe".parse().unwrap();
    chat.0.lock().rename(fay, &new, true).unwrap();
    chat.0.first.say(MemberId::OPERATOR, "hola");
    one_second().await;
    chat.leave(bea);
    one_second().await;
    chat.leave(fay);
    let lines = "* Bea se ha unido\n* Caro se ha unido\n* Dora se ha unido\n* Eva se ha unido\nhola\n\
                 * 2 personas se han unido, 1 persona ha salido, 1 persona ha cambiado de nombre; ahora hay 6\n\
                 * 1 persona ha salido; ahora hay 5\n* Fe ha salido\n";
    assert_eq!(heard_since("* Bea", &ana).await, lines);
}

#[tokio::test(start_paused = true)]
async fn r5_7_a_room_that_is_not_larger_or_has_no_limits_hears_of_each() {
    for (limits, people) in [(Some(LIMITS), 3), (None, 9)] {
        let chat = Chat::new(limits);
        let (_, ana) = chat.come_as("Ana", Encoding::Text);
        let names: Vec<String> = (1..people).map(|i| format!("P{i}")).collect();
        let mut due = String::new();
        for _ in 0..5 {
            let ids: Vec<_> = names.iter().map(|name| chat.come(name)).collect();
            for id in ids {
                chat.leave(id);
            }
            due.extend(names.iter().map(|name| format!("* {name} se ha unido\n")));
            due.extend(names.iter().map(|name| format!("* {name} ha salido\n")));
        }
        one_second().await;
        assert_eq!(heard_since("* P1", &ana).await, due);
    }
}

#[tokio::test(start_paused = true)]
async fn r5_7_who_is_on_the_way_is_in_no_number_yet() {
    let chat = Chat::new(Some(LIMITS));
    let (_, ana) = chat.come_as("Ana", Encoding::Text);
    let on_the_way = chat.0.admit("Zoe".parse().unwrap(), Encoding::Text, None).unwrap();
    for name in ["Bea", "Caro", "Dora", "Eva"] {
        chat.come(name);
    }
    assert_eq!(heard_since("* Eva", &ana).await, "* Eva se ha unido\n");
    let gil = chat.come("Gil");
    one_second().await;
    assert_eq!(heard_since("* 1", &ana).await, "* 1 persona se ha unido; ahora hay 6\n");
    assert_eq!(chat.number(gil), 7);
    let zoe = Seat::new(Arc::new(Recorder::eager()));
    chat.0.arrive(on_the_way, zoe, Arrival::New(None));
    one_second().await;
    assert_eq!(heard_since("* Zoe", &ana).await, "* Zoe se ha unido\n");
}

#[tokio::test(start_paused = true)]
async fn r5_7_what_goes_to_another_room_has_left_and_what_comes_has_joined() {
    let chat = Chat::new(Some(CrowdLimits { people: 0, ..LIMITS }));
    let (_, ana) = chat.come_as("Ana", Encoding::Text);
    let [bea, caro] = ["Bea", "Caro"].map(|name| chat.come(name));
    for id in [bea, caro] {
        let (left, _, seat) = chat.0.lock().leave_for(id, "cocina", None).unwrap();
        chat.0.arrive(id, seat.await.unwrap(), Arrival::From(left));
    }
    let (left, _, seat) = chat.0.lock().leave_for(bea, "general", None).unwrap();
    chat.0.arrive(bea, seat.await.unwrap(), Arrival::From(left));
    one_second().await;
    let lines =
        "* Bea se ha unido\n* 2 personas se han unido, 2 personas han salido; ahora hay 2\n";
    assert_eq!(heard_since("* Bea", &ana).await, lines);
}

#[tokio::test(start_paused = true)]
async fn r10_21_a_crowd_is_an_object_with_numbers() {
    let chat = Chat::new(Some(LIMITS));
    let (_, ana) = chat.come_as("Ana", Encoding::Json);
    for number in 0..20 {
        chat.come(&format!("P{number}"));
    }
    one_second().await;
    let crowd = heard_since(r#"{"kind":"crowd""#, &ana).await;
    let numbers = r#","joined":16,"left":0,"renamed":0,"number":21,"text":"16 personas se han unido; ahora hay 21"}"#;
    assert!(crowd.ends_with(&format!("{numbers}\n")) && crowd.lines().count() == 1, "{crowd}");
}

#[tokio::test(start_paused = true)]
async fn r5_7_at_the_end_a_crowd_is_told_what_it_does_not_know_yet() {
    let chat = Chat::new(Some(LIMITS));
    let (_, ana) = chat.come_as("Ana", Encoding::Text);
    for number in 0..10 {
        chat.come(&format!("P{number}"));
    }
    chat.0.tell_crowds();
    assert_eq!(heard_since("* 6", &ana).await, "* 6 personas se han unido; ahora hay 11\n");
}

/// On two servers, of which the second begins by what the first has written.
#[cfg(feature = "cluster")]
#[tokio::test(start_paused = true)]
async fn r5_7_each_of_several_servers_sums_up_and_counts_the_people_of_all() {
    use crate::people::directory::Location;
    let [one, other] = [Chat::new(Some(LIMITS)), Chat::new(Some(LIMITS))];
    one.0.shares_its_people();
    other.0.shares_its_people();
    let admit = |chat: &Chat, name: &str| {
        let there = Location::Elsewhere { is_there: false };
        chat.0.lock().admit(name.parse().unwrap(), Encoding::Text, there, None).unwrap()
    };
    let arrive = |chat: &Chat, id| {
        assert!(chat.0.lock().arrive_elsewhere(Hold::without_session(id), None, true));
    };
    let (_, ana) = one.come_as("Ana", Encoding::Text);
    for number in 0..9 {
        arrive(&one, admit(&one, &format!("P{number}")));
    }
    // On the way, and in no number.
    admit(&one, "Zoe");
    one_second().await;
    assert_eq!(heard_since("* 5", &ana).await, "* 5 personas se han unido; ahora hay 10\n");
    let mut written = Vec::new();
    one.0.lock().write(&mut written);
    other.0.lock().read(&written).unwrap();
    let (_, eva) = other.come_as("Eva", Encoding::Text);
    (10..14).for_each(|number| arrive(&other, admit(&other, &format!("P{number}"))));
    one_second().await;
    let lines = "* P10 se ha unido\n* 3 personas se han unido; ahora hay 15\n";
    assert_eq!(heard_since("* P10", &eva).await, lines);
}
