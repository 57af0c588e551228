use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chat_protocol::command::Command;
use chat_protocol::refusal::Refusal;
use tokio::task::yield_now;

use super::coming::{Hold, Leaving};
use super::resumption::at_once;
use super::*;
use crate::net::transport::fake::Recorder;
use crate::room::archive::Archive;
use crate::room::memory::Memories;
use crate::room::outbox::OutboxLimits;

const RULES: Rules = Rules {
    presence: true,
    commands: false,
    guests: false,
    max_rooms: 3,
    crowd: None,
    language: Language::Es,
};

fn directory() -> Directory<Recorder> {
    Directory::new(Deliveries::new(OutboxLimits::lenient(), None, None).0, RULES, sessions())
}

fn sessions() -> Sessions {
    Sessions::new(Duration::from_mins(1), Duration::from_secs(10))
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A person in the first room, and the connection that records its lines.
fn come(directory: &Directory<Recorder>, text: &str) -> (PersonId, Arc<Recorder>) {
    let id = directory.admit(name(text), Encoding::Text, None).unwrap();
    let member = Arc::new(Recorder::eager());
    directory.arrive(id, Seat::new(Arc::clone(&member)), Arrival::New(None));
    (id, member)
}

async fn go(directory: &Directory<Recorder>, id: PersonId, room: &str) {
    let (left, _, seat) = directory.lock().leave_for(id, room, None).unwrap();
    directory.arrive(id, seat.await.unwrap(), Arrival::From(left));
}

/// Everything that was said has been delivered when this has.
async fn heard(directory: &Directory<Recorder>, id: PersonId, member: &Recorder) -> String {
    directory.tell_line(id, "fin".to_owned());
    while !member.taken().ends_with("fin\n") {
        yield_now().await;
    }
    member.taken().trim_end_matches("fin\n").to_owned()
}

#[tokio::test]
async fn r5_4_of_two_who_want_a_name_one_gets_it() {
    let directory = directory();
    let ana = directory.admit(name("Ana"), Encoding::Text, None).unwrap();
    assert_eq!(directory.admit(name("ANA"), Encoding::Text, None), Err(NameError::Taken));
    directory.leave(Hold::without_session(ana), Leaving::ForGood);
    assert!(
        directory.admit(name("ANA"), Encoding::Text, None).is_ok(),
        "on the way or not, who leaves frees the name"
    );
}

#[tokio::test]
async fn r5_5_the_operators_name_and_the_chats_own_words_are_reserved() {
    let directory = directory();
    let operator =
        directory.admit_operator(name("Servidor"), Console::new(std::io::sink(), Language::Es));
    for reserved in ["Servidor", "SALIR", "cliente"] {
        assert_eq!(
            directory.admit(name(reserved), Encoding::Text, None),
            Err(NameError::Reserved),
            "{reserved}"
        );
    }
    let (ana, _) = come(&directory, "Ana");
    assert_eq!(directory.lock().rename(ana, &name("salir"), true), Err(NameError::Reserved));
    assert_eq!(directory.lock().rename(operator, &name("Ana"), true), Err(NameError::Taken));
    assert_eq!(directory.lock().rename(operator, &name("Salir"), true), Err(NameError::Reserved));
    assert_eq!(directory.rename_operator(operator, &name("cliente")), Ok(()));
    assert!(directory.lock().rename(operator, &name("Root"), true).is_ok());
    assert_eq!(directory.lock().rename(ana, &name("root"), true), Err(NameError::Reserved));
    assert_eq!(
        directory.admit(name("Servidor"), Encoding::Text, None),
        Err(NameError::Reserved),
        "for ever"
    );
}

#[tokio::test]
async fn r5_4_guests_of_one_port_are_told_apart() {
    let directory = directory();
    let names =
        [1, 2, 1].map(|number| directory.admit_guest(1234, number, Encoding::Text).1.to_string());
    assert_eq!(names, ["usuario-1234", "usuario-1234-2", "usuario-1234-3"]);
}

#[tokio::test]
async fn r5_3_presence_stands_in_the_rooms_order() {
    let directory = directory();
    let (ana, ana_hears) = come(&directory, "Ana");
    let (bea, _) = come(&directory, "Bea");
    let say = |text: &str| directory.first.say(MemberId::OPERATOR, text);
    say("con bea");
    directory.leave(Hold::without_session(bea), Leaving::ForGood);
    say("sin bea");
    let (caro, caro_hears) = come(&directory, "Caro");
    let expected = "* eres Ana; en general (1): Ana\n\
                    * Bea se ha unido\ncon bea\n* Bea ha salido\nsin bea\n* Caro se ha unido\n";
    assert_eq!(heard(&directory, ana, &ana_hears).await, expected);
    directory.leave(Hold::without_session(ana), Leaving::Closing);
    let expected = "* eres Caro; en general (2): Ana, Caro\n";
    assert_eq!(heard(&directory, caro, &caro_hears).await, expected, "the server closes");
}

#[tokio::test]
async fn r6_1_a_private_message_finds_somebody_who_changes_the_room() {
    let directory = directory();
    let (ana, ana_hears) = come(&directory, "Ana");
    let (bea, bea_hears) = come(&directory, "Bea");
    directory.lock().tell_privately(ana, "bea", "antes").unwrap();
    let (left, _, seat) = directory.lock().leave_for(bea, "cocina", None).unwrap();
    directory.lock().tell_privately(ana, "BEA", "mientras").unwrap();
    directory.arrive(bea, seat.await.unwrap(), Arrival::From(left));
    directory.lock().answer(bea, "llegan todos").unwrap();
    let expected = "* eres Bea; en general (2): Ana, Bea\n[privado] Ana > antes\n\
                    * estás en la sala cocina\n* eres Bea; en cocina (1): Bea\n\
                    [privado] Ana > mientras\n[privado a Ana] llegan todos\n";
    assert_eq!(heard(&directory, bea, &bea_hears).await, expected);
    let hears = heard(&directory, ana, &ana_hears).await;
    assert!(hears.ends_with(
        "* Bea pasa a la sala cocina\n[privado a Bea] mientras\n[privado] Bea > llegan todos\n"
    ));
}

#[tokio::test]
async fn r6_1_what_waits_for_somebody_on_the_way_is_bounded() {
    let directory = directory();
    let ((ana, _), (bea, _)) = (come(&directory, "Ana"), come(&directory, "Bea"));
    let _seat = directory.lock().leave_for(bea, "cocina", None).unwrap();
    let text = "x".repeat(1000);
    let told =
        (0..100).take_while(|_| directory.lock().tell_privately(ana, "Bea", &text).is_ok()).count();
    assert!((60..66).contains(&told), "{told}");
}

#[tokio::test]
async fn r6_3_a_rename_while_a_private_message_is_under_way() {
    let directory = directory();
    let (ana, ana_hears) = come(&directory, "Ana");
    let (bea, bea_hears) = come(&directory, "Bea");
    directory.lock().tell_privately(ana, "Bea", "uno").unwrap();
    directory.lock().rename(bea, &name("Beatriz"), true).unwrap();
    directory.lock().tell_privately(ana, "Bea", "dos").err().unwrap();
    directory.lock().tell_privately(ana, "beatriz", "tres").unwrap();
    directory.lock().rename(ana, &name("Anita"), true).unwrap();
    directory.lock().answer(bea, "cuatro").unwrap();
    let hears = heard(&directory, bea, &bea_hears).await;
    let expected = "* eres Bea; en general (2): Ana, Bea\n[privado] Ana > uno\n* ahora te llamas Beatriz\n[privado] Ana > tres\n* Ana ahora es Anita\n[privado a Anita] cuatro\n";
    assert_eq!(hears, expected);
    let hears = heard(&directory, ana, &ana_hears).await;
    assert_eq!(hears.matches("* Bea ahora es Beatriz\n").count(), 1);
    assert_eq!(directory.lock().rename(ana, &name("Anita"), true), Ok(()), "the name that it has");
}

#[tokio::test]
async fn r6_1_a_name_that_only_looks_so_is_nobodys() {
    let directory = directory();
    let ((ana, _), (_ian, _)) = (come(&directory, "Ana"), come(&directory, "Ian"));
    let refusal = directory.lock().tell_privately(ana, "lan", "hola").err().unwrap();
    assert_eq!(refusal, Refusal::NoSuchPerson("lan".to_owned()));
}

#[tokio::test]
async fn r6_2_a_room_is_made_on_first_use_and_gone_with_its_last_member() {
    let directory = directory();
    let ((ana, _), (bea, _)) = (come(&directory, "Ana"), come(&directory, "Bea"));
    go(&directory, ana, "cocina").await;
    go(&directory, bea, "COCINA").await;
    assert_eq!(directory.lock().rooms(Encoding::Text), "* salas: general (0), cocina (2)");
    assert_eq!(directory.lock().members(bea), "* en cocina (2): Ana, Bea");
    go(&directory, ana, "patio").await;
    directory.leave(Hold::without_session(bea), Leaving::ForGood);
    assert_eq!(directory.lock().rooms(Encoding::Text), "* salas: general (0), patio (1)");
    go(&directory, ana, "general").await;
    assert_eq!(directory.lock().rooms(Encoding::Text), "* salas: general (1)");
    let state = directory.lock();
    assert_eq!((state.rooms.len(), state.by_id.len()), (1, 1));
}

#[tokio::test]
async fn r6_2_rooms_that_cannot_be_had() {
    let directory = directory();
    let people = ["Ana", "Bea", "Caro"].map(|name| come(&directory, name).0);
    go(&directory, people[0], "uno").await;
    go(&directory, people[1], "dos").await;
    let refused = |room: &str| directory.lock().leave_for(people[2], room, None).err().unwrap();
    assert_eq!(refused("tres"), Refusal::TooManyRooms(3));
    assert_eq!(refused("genera1"), Refusal::RoomName(NameError::Taken));
    assert_eq!(refused("../.."), Refusal::RoomName(NameError::Character));
    assert_eq!(refused("GENERAL"), Refusal::SameRoom(name("general")));
    assert_eq!(directory.lock().rooms(Encoding::Text), "* salas: general (1), uno (1), dos (1)");
    go(&directory, people[0], "otra").await;
    assert_eq!(
        directory.lock().rooms(Encoding::Text),
        "* salas: general (1), dos (1), otra (1)",
        "in place of its own"
    );
    go(&directory, people[0], "general").await;
    go(&directory, people[2], "tres").await;
}

#[tokio::test]
async fn r6_1_the_operator_is_reached_at_the_console_and_stays_there() {
    let directory = directory();
    let operator =
        directory.admit_operator(name("Root"), Console::new(std::io::sink(), Language::Es));
    let (ana, ana_hears) = come(&directory, "Ana");
    directory.lock().tell_privately(ana, "root", "hola").unwrap();
    directory.lock().answer(operator, "hola, ana").unwrap();
    assert_eq!(
        directory.lock().leave_for(operator, "cocina", None).err().unwrap(),
        Refusal::OperatorStays
    );
    let expected = "* eres Ana; en general (2): Root, Ana\n[privado a Root] hola\n[privado] Root > hola, ana\n";
    assert_eq!(heard(&directory, ana, &ana_hears).await, expected);
}

#[tokio::test]
async fn r2_1_what_a_command_causes_is_counted() {
    let directory = directory();
    let ((ana, _), (bea, _)) = (come(&directory, "Ana"), come(&directory, "Bea"));
    let to_bea = Command::Private { to: "bea".to_owned(), text: "hola".to_owned() };
    let lines = ["[privado] Ana > hola\n", "[privado a Bea] hola\n"];
    let (_, caused) = directory.execute(Hold::without_session(ana), to_bea, None);
    assert_eq!(caused, lines.concat().len());
    let (_, caused) = directory.execute(Hold::without_session(ana), Command::Who, None);
    assert_eq!(caused, "* en general (2): Ana, Bea\n".len(), "and counting begins anew");
    let (left, _, seat) = directory.lock().leave_for(bea, "cocina", None).unwrap();
    let (_, _, caused) = directory.arrive(bea, seat.await.unwrap(), Arrival::From(left));
    assert_eq!(caused, "* Bea viene de la sala general\n".len());
}

/// The number of messages in front of each notice that begins so.
fn messages_before(heard: &str, notice: &str) -> Vec<usize> {
    let lines: Vec<&str> = heard.lines().collect();
    let places = (0..lines.len()).filter(|place| lines[*place].starts_with(notice));
    places
        .map(|place| lines[..place].iter().filter(|line| line.starts_with("linea ")).count())
        .collect()
}

/// Speaks in the first room from another thread while `act` happens many times.
fn while_another_speaks(directory: &Directory<Recorder>, mut act: impl FnMut(usize)) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                directory.first.say(MemberId::OPERATOR, &*format!("linea {n}"));
                if over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        (0..500).for_each(&mut act);
        over.store(true, Ordering::Relaxed);
    });
}

#[tokio::test]
async fn r6_3_no_message_comes_between_the_two_notices_of_a_rename() {
    let directory = directory();
    let ((ana, ana_hears), (bea, bea_hears)) = (come(&directory, "Ana"), come(&directory, "Bea"));
    while_another_speaks(&directory, |n| {
        let name = ["Anita", "Ana"][n % 2].to_owned();
        assert!(
            directory.execute(Hold::without_session(ana), Command::Rename(name), None).0.is_some()
        );
    });
    let told = heard(&directory, ana, &ana_hears).await;
    let said = heard(&directory, bea, &bea_hears).await;
    let told = messages_before(&told, "* ahora te llamas");
    assert_eq!(told.len(), 500);
    assert_eq!(told, messages_before(&said, "* An"));
}

#[tokio::test]
async fn r6_1_a_private_message_and_its_receipt_stand_at_one_place_of_the_room() {
    let directory = directory();
    let ((ana, ana_hears), (bea, bea_hears)) = (come(&directory, "Ana"), come(&directory, "Bea"));
    while_another_speaks(&directory, |_| {
        assert!(directory.lock().tell_privately(ana, "Bea", "hola").is_ok());
    });
    let receipts = heard(&directory, ana, &ana_hears).await;
    let letters = heard(&directory, bea, &bea_hears).await;
    let receipts = messages_before(&receipts, "[privado a Bea] ");
    assert_eq!(receipts.len(), 500);
    assert_eq!(receipts, messages_before(&letters, "[privado] Ana > "));
}

#[tokio::test]
async fn r2_1_no_message_of_a_room_falls_to_private_ones_from_others() {
    const CAPACITY: usize = 1000;
    // Fewer than it holds, because it holds the introduction as well.
    const LINES: usize = CAPACITY / 20;
    let limits = OutboxLimits { capacity: CAPACITY, ..OutboxLimits::lenient() };
    let directory = Directory::new(Deliveries::new(limits, None, None).0, RULES, sessions());
    let (bea, bea_hears) = come(&directory, "Bea");
    go(&directory, bea, "otra").await;
    let ana = directory.admit(name("Ana"), Encoding::Text, None).unwrap();
    let ana_hears = Arc::new(Recorder::default());
    directory.arrive(ana, Seat::new(Arc::clone(&ana_hears)), Arrival::New(None));
    let text = "x".repeat(4000);
    let write = async || {
        let written = directory.lock().tell_privately(bea, "Ana", &text).map(drop);
        // Each is a pass of its own.
        yield_now().await;
        written
    };
    let mut letters = 0;
    while write().await.is_ok() {
        letters += 1;
    }
    assert!((15..=17).contains(&letters), "{letters}");
    for n in 0..LINES {
        directory.first.say(MemberId::OPERATOR, &*format!("linea {n:>3}"));
        yield_now().await;
        assert_eq!(write().await, Err(Refusal::CannotHearNow(name("Ana"))));
    }
    ana_hears.allow(usize::MAX);
    let heard_by_ana = heard(&directory, ana, &ana_hears).await;
    assert!(!heard_by_ana.contains("te has perdido"));
    assert_eq!(messages_before(&(heard_by_ana + "fin"), "fin"), [LINES]);
    assert_eq!(write().await, Ok(()), "it can hear again");
    let receipts = heard(&directory, bea, &bea_hears).await;
    assert_eq!(receipts.matches("[privado a Ana]").count(), letters + 1, "none that was refused");
}

#[tokio::test]
async fn r11_12_who_comes_back_is_told_who_came_meanwhile() {
    let memories = Memories::new(0, Language::Es, Archive::None);
    let (deliveries, _failure) = Deliveries::new(OutboxLimits::lenient(), None, Some(memories));
    let directory = Directory::new(deliveries.clone(), RULES, sessions());
    let (ana, before) = come(&directory, "Ana");
    directory.execute(Hold::without_session(ana), Command::Begin, None);
    let session = heard(&directory, ana, &before).await;
    let (_, token) = session.split_once("\"token\":\"").unwrap();
    let (token, _) = token.split_once('"').unwrap();
    for comes in [true, false] {
        let member = Arc::new(Recorder::eager());
        let arguments = format!("{token} 0.0");
        let from = (Ipv4Addr::LOCALHOST.into(), None);
        let (hold, _, mut back) = directory.resume(&arguments, &member, from).unwrap();
        let mut transfer = at_once(Seat::new(Arc::clone(&member)));
        let room = directory.destination(hold).unwrap();
        back.catch_up((&directory, hold), &deliveries, &room, &mut transfer).await;
        if comes {
            come(&directory, "Eva");
        }
        let seat = transfer.await.unwrap();
        directory.arrive_at(hold, seat, Arrival::Back(Box::new(back))).unwrap();
        let told = heard(&directory, ana, &member).await;
        let lists: Vec<_> = told.lines().filter(|line| line.contains("\"people\":[")).collect();
        assert!(lists[0].starts_with("{\"kind\":\"resumed\""), "{told}");
        assert_eq!(lists.len(), if comes { 2 } else { 1 }, "{told}");
        let last = lists.last().unwrap();
        assert!(last.contains("\"people\":[\"Ana\",\"Eva\"]"), "{told}");
        assert_eq!(last.starts_with("{\"kind\":\"people\""), comes, "{told}");
    }
}
