mod returning;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_protocol::language::Language;
use tokio::task::yield_now;

use super::*;
use crate::net::clock::since_1970;
use crate::net::transport::fake::Recorder;
use crate::net::wire::encoding::Encoding;
use crate::people::directory::coming::Hold;
use crate::people::directory::sessions::Sessions;
use crate::people::directory::{Arrival, Directory, Rules};
use crate::people::house::House;
use crate::people::house::sanctions::Subject;
use crate::room::archive::Archive;
use crate::room::fanout::Deliveries;
use crate::room::memory::Memories;
use crate::room::outbox::OutboxLimits;
use crate::room::seat::Seat;

const RULES: Rules = Rules {
    presence: false,
    commands: true,
    guests: false,
    max_rooms: 9,
    crowd: None,
    language: Language::Es,
};

/// A chat whose administrator is called Zoe.
struct Chat(Directory<Recorder>);

impl Chat {
    fn new() -> Self {
        Self::with(RULES)
    }

    fn with(rules: Rules) -> Self {
        let sessions = Sessions::new(Duration::from_mins(1), Duration::from_secs(10));
        let memories = Memories::new(0, Language::Es, Archive::None);
        let deliveries = Deliveries::new(OutboxLimits::lenient(), None, Some(memories)).0;
        let directory = Directory::new(deliveries, rules, sessions);
        directory.keep_order(House::of_admin("zoe"));
        Self(directory)
    }

    fn come(&self, name: &str) -> (PersonId, Arc<Recorder>) {
        let id = self.0.admit(name.parse().unwrap(), Encoding::Text, None).unwrap();
        let member = Arc::new(Recorder::eager());
        self.0.arrive(id, Seat::new(Arc::clone(&member)), Arrival::New(None));
        (id, member)
    }

    fn has_account(&self, id: PersonId, account: &str) {
        self.0.lock().person_mut(id).account = Some(account.into());
    }

    /// Moves to this room.
    async fn go(&self, id: PersonId, room: &str) -> Result<(), Refusal> {
        let (left, _, seat) = self.0.lock().leave_for(id, room, None)?;
        self.0.arrive(id, seat.await.unwrap(), Arrival::From(left));
        Ok(())
    }

    /// Gives a command.
    fn does(&self, id: PersonId, line: &str) -> Result<(), Refusal> {
        let chat_protocol::command::Parsed::Command(command) = chat_protocol::command::parse(line)
        else {
            panic!("{line}")
        };
        self.0.lock().moderate(id, command).map(drop)
    }

    fn role(&self, id: PersonId) -> Role {
        self.0.lock().role(id)
    }

    fn is_sent_away(&self, id: PersonId) -> bool {
        self.0.farewell(id).is_some()
    }
}

fn objection<T>(result: Result<T, Refusal>) -> Option<Objection> {
    match result {
        Err(Refusal::Order(objection)) => Some(objection),
        _ => None,
    }
}

/// One of each role in a room, with Eva as the target.
async fn room() -> (Chat, [PersonId; 5]) {
    let chat = Chat::new();
    let [owner, operator, member, admin, eva] =
        ["Ana", "Bea", "Caro", "Zoe", "Eva"].map(|name| chat.come(name).0);
    chat.has_account(admin, "zoe");
    for id in [owner, operator, member, admin, eva] {
        chat.go(id, "cocina").await.unwrap();
    }
    chat.does(owner, "/op bea").unwrap();
    (chat, [member, operator, owner, admin, eva])
}

#[tokio::test]
async fn r13_1_each_has_the_role_of_its_deeds_or_of_its_account() {
    let (chat, [member, operator, owner, admin, _]) = room().await;
    let roles = [member, operator, owner, admin].map(|id| chat.role(id));
    assert_eq!(roles, [Role::Member, Role::Operator, Role::Owner, Role::Admin]);
    chat.go(owner, "otra").await.unwrap();
    chat.go(owner, "cocina").await.unwrap();
    assert_eq!(chat.role(owner), Role::Member, "without an account it does not come back");
    let (fay, _) = chat.come("Fay");
    chat.has_account(fay, "fay");
    chat.go(fay, "sótano").await.unwrap();
    chat.go(member, "sótano").await.unwrap();
    chat.go(fay, "cocina").await.unwrap();
    assert_eq!(chat.role(fay), Role::Member);
    chat.go(fay, "sótano").await.unwrap();
    assert_eq!(chat.role(fay), Role::Owner);
}

#[tokio::test]
async fn r13_2_each_command_is_for_the_roles_of_the_table() {
    let commands = [
        (Verb::Kick, "/echar Eva"),
        (Verb::Ban, "/vetar Eva 1h"),
        (Verb::Pardon, "/perdonar Eva"),
        (Verb::Bans, "/vetados"),
        (Verb::Mute, "/callar Eva 1h"),
        (Verb::Topic, "/tema pan"),
        (Verb::Slow, "/lento 1h"),
        (Verb::Lock, "/cerrar"),
        (Verb::Invite, "/invitar Fay"),
        (Verb::Op, "/op Eva"),
        (Verb::Deop, "/noop Bea"),
    ];
    for (verb, line) in commands {
        for place in 0..4 {
            let (chat, ids) = room().await;
            let _fay = chat.come("Fay");
            if verb == Verb::Pardon {
                chat.does(ids[1], "/vetar Eva").unwrap();
            }
            let by = ids[place];
            let done = chat.does(by, line);
            if chat.role(by).may(verb) {
                assert_eq!(done, Ok(()), "{line} by {:?}", chat.role(by));
            } else {
                assert_eq!(done, Err(Objection::Role.into()), "{line} by {:?}", chat.role(by));
            }
        }
    }
}

#[tokio::test]
async fn r13_2_nobody_acts_on_a_higher_role_or_in_another_room() {
    let (chat, [member, operator, owner, admin, eva]) = room().await;
    for line in ["/echar Ana", "/vetar Ana", "/callar Ana"] {
        assert!(matches!(objection(chat.does(operator, line)), Some(Objection::HigherRole(_))));
    }
    for line in ["/echar Zoe", "/vetar Zoe 1h", "/callar Zoe"] {
        assert!(matches!(objection(chat.does(owner, line)), Some(Objection::HigherRole(_))));
    }
    chat.0.leave(Hold::without_session(admin), Leaving::ForGood);
    assert!(
        matches!(objection(chat.does(owner, "/vetar zoe")), Some(Objection::HigherRole(_))),
        "not here, but known"
    );
    chat.go(eva, "otra").await.unwrap();
    for line in ["/echar Eva", "/op Eva"] {
        assert!(matches!(objection(chat.does(owner, line)), Some(Objection::NotInRoom(_))));
    }
    assert!(!chat.is_sent_away(eva) && !chat.is_sent_away(member));
    let (admin, _) = chat.come("Zoe");
    chat.has_account(admin, "zoe");
    chat.does(admin, "/echar Eva fuera").unwrap();
    assert!(chat.is_sent_away(eva));
    for line in ["/op Zoe", "/cerrar", "/invitar Eva"] {
        assert_eq!(objection(chat.does(admin, line)), Some(Objection::FirstRoom), "{line}");
    }
}

#[tokio::test]
async fn r13_2_a_name_that_looks_like_that_of_a_higher_role_does_not_mean_it() {
    let (chat, [_, operator, owner, admin, _]) = room().await;
    chat.0.set_account(owner, "ana".into());
    // In Greek letters and in Cyrillic ones.
    for (by, what) in [(operator, "ΑΝΑ"), (operator, "ΖΟΕ"), (owner, "ВЕА")] {
        for verb in ["callar", "vetar"] {
            chat.does(by, &format!("/{verb} {what}")).unwrap();
        }
    }
    let ids = [owner, admin, operator];
    assert_eq!(ids.map(|id| chat.is_sent_away(id)), [false, false, true]);
    assert_eq!(ids.map(|id| chat.0.may_speak(id).is_ok()), [true, true, false]);
    for (id, comes_back) in ids.into_iter().zip([true, true, false]) {
        chat.go(id, "otra").await.unwrap();
        assert_eq!(chat.go(id, "cocina").await.is_ok(), comes_back);
    }
}

#[tokio::test]
async fn r13_4_a_ban_of_an_owner_keeps_out_of_the_room_and_an_admins_out_of_the_chat() {
    let (chat, [member, _, owner, admin, eva]) = room().await;
    let ip = "192.0.2.1".parse().unwrap();
    let eva_is_kept_out = || chat.0.keeps_out(&"E-va".parse().unwrap(), ip).is_some();
    chat.does(owner, "/vetar Eva 1h grita").unwrap();
    assert!(chat.is_sent_away(eva) && !eva_is_kept_out());
    chat.go(eva, "otra").await.unwrap();
    let refused = chat.go(eva, "COCINA").await;
    let Some(Objection::BannedFrom(room, sentence)) = objection(refused) else { panic!() };
    assert_eq!((room.as_str(), &*sentence.by, &*sentence.reason), ("cocina", "Ana", "grita"));
    chat.does(owner, "/perdonar eva").unwrap();
    chat.go(eva, "cocina").await.unwrap();
    chat.does(admin, "/vetar Eva").unwrap();
    assert!(eva_is_kept_out());
    assert!(objection(chat.0.lock().forbids_renaming(member, "EVA")).is_some());
    assert_eq!(chat.0.lock().forbids_renaming(member, "Eve"), Ok(()));
    let nothing = chat.does(owner, "/perdonar eva");
    assert!(matches!(objection(nothing), Some(Objection::NoSanction(_))), "it is not of the room");
    chat.does(admin, "/perdonar eva").unwrap();
    assert!(!eva_is_kept_out());
    chat.does(admin, "/vetar 192.0.2.0/24").unwrap();
    assert!(chat.0.keeps_out_address(ip).is_some());
    assert!(chat.0.keeps_out_address("192.0.3.1".parse().unwrap()).is_none());
}

#[tokio::test]
async fn r13_4_a_ban_of_a_room_ends_with_it_and_names_no_network() {
    let (chat, [member, operator, owner, admin, eva]) = room().await;
    for line in ["/vetar 0.0.0.0/0", "/vetar 192.0.2.0/24 1h"] {
        assert_eq!(objection(chat.does(owner, line)), Some(Objection::Role), "{line}");
    }
    chat.does(owner, "/vetar Eva").unwrap();
    for id in [member, operator, owner, admin, eva] {
        chat.go(id, "otra").await.unwrap();
    }
    chat.go(eva, "cocina").await.unwrap();
    assert_eq!(chat.role(eva), Role::Owner, "it is another room of that name");
}

#[tokio::test]
async fn r13_5_pardons_and_lists_are_for_the_own_room_and_for_an_admin_also_for_everywhere() {
    let (chat, [_, _, owner, admin, eva]) = room().await;
    chat.does(owner, "/callar Eva").unwrap();
    chat.does(admin, "/callar Eva").unwrap();
    let nothing =
        |id| matches!(objection(chat.does(id, "/perdonar Eva")), Some(Objection::NoSanction(_)));
    let is_muted = || objection(chat.0.may_speak(eva)).is_some();
    chat.does(owner, "/perdonar Eva").unwrap();
    assert!(nothing(owner) && is_muted(), "the other one holds everywhere");
    chat.does(owner, "/callar Eva").unwrap();
    chat.does(admin, "/perdonar Eva").unwrap();
    assert!(nothing(owner) && !is_muted(), "both are gone");
    chat.does(owner, "/callar Eva").unwrap();
    chat.go(admin, "otra").await.unwrap();
    assert!(nothing(admin) && is_muted(), "it is of another room");
}

#[tokio::test]
async fn r13_6_a_muted_person_says_nothing_where_it_is_muted() {
    let (chat, [member, operator, _, admin, eva]) = room().await;
    chat.does(operator, "/callar Eva 1h").unwrap();
    let is_muted = |id| objection(chat.0.may_speak(id)).is_some();
    assert!(is_muted(eva) && !is_muted(member));
    assert!(chat.0.lock().may_write(eva).is_err());
    assert!(chat.0.lock().forbids_renaming(eva, "Eve").is_err());
    chat.go(eva, "otra").await.unwrap();
    assert!(!is_muted(eva));
    chat.does(admin, "/callar Eva").unwrap();
    assert!(is_muted(eva));
    chat.does(admin, "/perdonar Eva").unwrap();
    assert!(!is_muted(eva));
}

#[tokio::test]
async fn r13_6_a_muted_moderator_acts_and_says_nothing() {
    let (chat, [member, operator, owner, ..]) = room().await;
    chat.does(owner, "/callar Bea").unwrap();
    for line in
        ["/tema pan", "/tema -", "/invitar Eva", "/echar Eva por esto", "/vetar Eva 1h por esto"]
    {
        assert!(
            matches!(objection(chat.does(operator, line)), Some(Objection::Muted(_))),
            "{line}"
        );
    }
    for line in ["/tema", "/vetados", "/vetar Eva 1h", "/perdonar Eva", "/echar Caro"] {
        assert_eq!(chat.does(operator, line), Ok(()), "{line}");
    }
    assert!(chat.is_sent_away(member));
}

#[tokio::test]
async fn r13_7_only_members_are_slowed_down() {
    let (chat, [member, operator, owner, ..]) = room().await;
    chat.does(owner, "/lento 1h").unwrap();
    let speaks = |id| chat.0.may_speak(id);
    assert_eq!(speaks(member), Ok(()));
    let Some(Objection::Slow(left)) = objection(speaks(member)) else { panic!() };
    assert!(left <= Duration::from_hours(1));
    assert_eq!([speaks(operator), speaks(operator)], [Ok(()), Ok(())]);
    chat.does(operator, "/lento no").unwrap();
    assert_eq!(speaks(member), Ok(()));
}

#[tokio::test]
async fn r13_8_a_closed_room_lets_in_whom_it_knows_or_has_invited() {
    let (chat, [member, operator, owner, admin, _]) = room().await;
    let (fay, _) = chat.come("Fay");
    chat.has_account(owner, "ana");
    chat.does(owner, "/cerrar").unwrap();
    assert!(matches!(objection(chat.go(fay, "cocina").await), Some(Objection::Locked(_))));
    chat.does(operator, "/invitar Fay").unwrap();
    chat.go(fay, "cocina").await.unwrap();
    for id in [member, admin] {
        chat.go(id, "otra").await.unwrap();
    }
    assert!(chat.go(member, "cocina").await.is_err());
    chat.go(admin, "cocina").await.unwrap();
    chat.does(owner, "/cerrar").unwrap();
    chat.go(member, "cocina").await.unwrap();
}

#[tokio::test]
async fn r13_2_the_room_hears_what_was_done() {
    let (chat, [_, _, owner, ..]) = room().await;
    let (fay, heard) = chat.come("Fay");
    chat.go(fay, "cocina").await.unwrap();
    for line in ["/tema pan", "/callar Eva 30m", "/vetar Caro", "/echar Bea porque sí"] {
        chat.does(owner, line).unwrap();
    }
    chat.0.tell_line(fay, "fin".to_owned());
    while !heard.taken().ends_with("fin\n") {
        yield_now().await;
    }
    let heard = heard.taken();
    for line in [
        "* Ana pone el tema: pan",
        "* Ana ha callado a Eva durante 30 min",
        "* Ana ha vetado a Caro para siempre",
        "* Ana ha echado a Bea: porque sí",
    ] {
        assert_eq!(heard.lines().filter(|heard| *heard == line).count(), 1, "{line} in {heard}");
    }
}

#[tokio::test]
async fn r13_4_an_admin_bans_a_network_though_a_person_has_its_name() {
    let (chat, [_, _, _, admin, _]) = room().await;
    chat.come("192.0.2.7");
    chat.does(admin, "/vetar 192.0.2.7").unwrap();
    assert!(chat.0.keeps_out_address("192.0.2.7".parse().unwrap()).is_some());
}

#[tokio::test]
async fn r13_6_who_takes_the_name_of_a_mute_asks_before_it_speaks() {
    let (chat, [.., admin, eva]) = room().await;
    let connection = Arc::clone(chat.0.lock().person(eva).connection.as_ref().unwrap());
    let restrained = || connection.restrained.load(Ordering::Relaxed);
    chat.does(admin, "/callar Nadie 1h").unwrap();
    assert!(!restrained());
    chat.0.lock().rename(eva, &"Nadie".parse().unwrap(), true).unwrap();
    assert!(restrained() && chat.0.may_speak(eva).is_err());
}

#[tokio::test]
async fn r13_5_what_a_higher_role_has_imposed_is_not_lifted_or_replaced() {
    let (chat, [member, operator, owner, ..]) = room().await;
    chat.does(owner, "/callar Bea 1h").unwrap();
    let refused = chat.does(operator, "/perdonar Bea");
    assert!(matches!(objection(refused), Some(Objection::NoSanction(_))));
    assert!(chat.0.may_speak(operator).is_err());
    chat.does(owner, "/vetar Malo 1h").unwrap();
    chat.does(operator, "/vetar Malo 1ms").unwrap();
    let malo = "Malo".parse().unwrap();
    let subject = Subject { name: Some(&malo), account: None, ip: None };
    let people = chat.0.lock();
    let ban = people.settings(member).sanctions.find(since_1970(), true, Role::Member, subject);
    assert!(ban.unwrap().left > Some(Duration::from_mins(59)));
}
