use std::sync::Arc;
use std::time::Duration;

use chat_protocol::command::{Command, Parsed, parse};
use chat_protocol::language::Language;
use chat_protocol::name::{Name, NameError};
use chat_protocol::refusal::Refusal;
use chat_store::session::Token;
use tokio::task::yield_now;

use super::*;
use crate::net::transport::fake::Recorder;
use crate::net::wire::encoding::Encoding;
use crate::people::commands::Effect;
use crate::people::directory::coming::Leaving;
use crate::people::directory::sessions::Sessions;
use crate::people::directory::{Arrival, Directory, Location, Rules};
use crate::people::house::House;
use crate::room::archive::Archive;
use crate::room::fanout::Deliveries;
use crate::room::letter::MAILBOX;
use crate::room::memory::Memories;
use crate::room::outbox::OutboxLimits;
use crate::room::seat::Seat;

const RULES: Rules = Rules {
    presence: true,
    commands: false,
    guests: false,
    max_rooms: 3,
    crowd: None,
    language: Language::Es,
};

/// A chat with Zoe, its administrator, who is connected here, and Eva, who is elsewhere.
struct Chat {
    directory: Directory<Recorder>,
    zoe: PersonId,
    hears: Arc<Recorder>,
    eva: PersonId,
}

impl Chat {
    fn new() -> Self {
        let sessions = Sessions::new(Duration::from_mins(1), Duration::from_secs(10));
        let memories = Memories::new(0, Language::Es, Archive::None);
        let deliveries = Deliveries::new(OutboxLimits::lenient(), None, Some(memories)).0;
        let directory = Directory::new(deliveries, RULES, sessions);
        directory.keep_order(House::of_admin("zoe"));
        let zoe = directory.admit("Zoe".parse().unwrap(), Encoding::Text, None).unwrap();
        let hears = Arc::new(Recorder::eager());
        directory.arrive(zoe, Seat::new(Arc::clone(&hears)), Arrival::New(None));
        directory.set_account(zoe, "zoe".into());
        directory.lock().has_nodes();
        let there = Location::Elsewhere { is_there: false };
        let eva = directory.lock().admit("Eva".parse().unwrap(), Encoding::Text, there, None);
        let eva = eva.unwrap();
        let mut people = directory.lock();
        people.set_address(eva, Some("192.0.2.7".parse().unwrap()));
        assert!(people.arrive_elsewhere(Hold::without_session(eva), None, true));
        drop(people);
        Self { directory, zoe, hears, eva }
    }

    fn does(&self, id: PersonId, line: &str) {
        let Parsed::Command(command) = parse(line) else { panic!("{line}") };
        self.directory.execute(Hold::without_session(id), command, None);
    }

    /// The lines that Zoe has heard behind her introduction.
    async fn heard(&self) -> String {
        self.directory.tell_line(self.zoe, "fin".to_owned());
        while !self.hears.taken().ends_with("fin\n") {
            yield_now().await;
        }
        let heard = self.hears.taken();
        let (_, heard) = heard.split_once('\n').unwrap();
        heard.trim_end_matches("fin\n").to_owned()
    }
}

#[tokio::test]
async fn a_person_elsewhere_is_heard_of_and_writes_and_moves() {
    let chat = Chat::new();
    chat.does(chat.eva, "/nombre Evita");
    chat.does(chat.eva, "/privado Zoe hola");
    chat.does(chat.zoe, "/responder qué tal");
    chat.does(chat.eva, "/sala cocina");
    {
        let (hold, general) = (Hold::without_session(chat.eva), "general".parse().unwrap());
        let mut people = chat.directory.lock();
        people.arrive_elsewhere(hold, Some(&general), true);
        assert_eq!(people.rooms(Encoding::Text), "* salas: general (1), cocina (1)");
        people.leave(hold, Leaving::Cut);
        assert_eq!(people.rooms(Encoding::Text), "* salas: general (1)");
    }
    assert_eq!(
        chat.heard().await,
        "* Eva se ha unido\n* Eva ahora es Evita\n[privado] Evita > hola\n[privado a Evita] qué tal\n\
         * Evita pasa a la sala cocina\n"
    );
}

#[tokio::test]
async fn a_ban_meets_a_person_elsewhere_whose_node_ends_it() {
    let chat = Chat::new();
    chat.does(chat.zoe, "/vetar Eva 1h");
    assert!(chat.directory.farewell(chat.eva).is_some());
    assert!(chat.directory.keeps_out_address("192.0.2.7".parse().unwrap()).is_some());
    assert!(chat.directory.lock().is_here(chat.eva), "until its node says that it has left");
    chat.directory.leave(Hold::without_session(chat.eva), Leaving::Cut);
    assert!(!chat.directory.lock().is_here(chat.eva));
    assert_eq!(chat.directory.lock().nodes.as_ref().unwrap().addresses.len(), 0);
    assert!(chat.heard().await.ends_with("* Eva ha salido\n"));
}

#[tokio::test]
async fn a_person_elsewhere_whose_node_has_told_it_that_it_was_sent_fills_no_mailbox() {
    let chat = Chat::new();
    let fill = "x".repeat(MAILBOX);
    {
        let mut people = chat.directory.lock();
        let letter = people.letter_of(chat.zoe, chat.zoe, &fill).unwrap();
        assert!(people.tell_privately(chat.eva, "Zoe", "hola").is_ok());
        assert_eq!(people.person(chat.zoe).correspondent.as_ref().unwrap().0, chat.eva);
        drop(letter);
    }
    let heard = chat.heard().await;
    assert!(heard.contains("Eva > hola\n"), "{heard}");
}

/// Ten people with this account become absent. Returns what is heard when they leave.
fn become_absent(people: &mut People<Recorder>, account: &str) -> String {
    let mut expected = Vec::new();
    for (number, letter) in ('a'..='j').enumerate() {
        let name: Name = format!("{letter}ma{letter}").parse().unwrap();
        expected.push(format!("* {name} ha salido\n"));
        let there = Location::Elsewhere { is_there: false };
        let id = people.admit(name, Encoding::Text, there, None).unwrap();
        assert!(people.arrive_elsewhere(Hold::without_session(id), None, false));
        assert!(people.begin_session_elsewhere(id, Token(number as u128)).is_some());
        people.set_account(id, account.into());
        people.leave(Hold::without_session(id), Leaving::Cut);
    }
    expected.concat()
}

#[tokio::test]
async fn several_people_leave_in_the_order_of_coming_on_all_nodes() {
    let chat = Chat::new();
    let expected = become_absent(&mut chat.directory.lock(), "zoe");
    chat.directory.end_others(chat.zoe);
    assert!(chat.heard().await.ends_with(&expected));
    let chat = Chat::new();
    let expected = become_absent(&mut chat.directory.lock(), "nadie");
    chat.does(chat.zoe, "/vetar Nadie");
    assert!(chat.heard().await.ends_with(&expected));
}

#[tokio::test]
async fn a_name_that_is_taken_elsewhere_is_taken_here() {
    let chat = Chat::new();
    let taken = chat.directory.admit("EVA".parse().unwrap(), Encoding::Text, None);
    assert_eq!(taken, Err(NameError::Taken));
    let command = Command::Rename("EVA".to_owned());
    let (effect, _) = chat.directory.execute(Hold::without_session(chat.zoe), command, None);
    let is_refused = matches!(effect, Some(Effect::Refused(refusal))
        if *refusal == Refusal::Name(NameError::Taken));
    assert!(is_refused);
}
