//! The client goes on at another server.

use chat_tests::chat::Chat;

use super::*;

/// Two servers that the test plays, and a client that has a session with the first.
struct Two {
    first: Played,
    second: Played,
    client: Program,
}

impl Two {
    fn open() -> Result<(Self, Peer)> {
        let (first, second) = (Played::open()?, Played::open()?);
        let servers = [&first, &second].map(|played| played.listener.address().to_string());
        let client = start(&first.stage, &servers, "Ana")?;
        let mut link = first.listener.accept()?;
        begin(&mut link)?;
        client.out.wait_for(ES.help_hint())?;
        Ok((Self { first, second, client }, link))
    }
}

fn start(stage: &Stage, servers: &[String], name: &str) -> Result<Program> {
    let mut command = binaries::client();
    command.arg(servers.join(",")).args(["-p", "grupal", "-n", name]);
    stage.start(name, command)
}

/// Checks that no client waits to be accepted here.
fn is_not_tried(played: &Played) -> Result {
    let mut probe = played.stage.connect("probe", played.listener.address())?;
    let mut next = played.listener.accept()?;
    probe.send("probe\n")?;
    next.expect("probe")
}

fn resume(link: &mut Peer) -> Result {
    say(link, r#""resumed","you":"Ana","room":"general","accepted":0,"text":"has vuelto""#)
}

#[test]
fn r11_17_after_a_cut_the_same_server_is_tried_once_then_the_others_in_turn() -> Result {
    let (mut two, link) = Two::open()?;
    drop(link);
    two.client.out.expect(CUT)?;
    // It does not answer.
    drop(two.first.returned("7.2")?);
    two.client.type_in("uno\n")?;
    let mut link = two.second.returned("7.2")?;
    resume(&mut link)?;
    two.client.out.expect("* has vuelto")?;
    link.expect("1 uno")?;
    is_not_tried(&two.first)?;
    // From now on, it is the second that comes first.
    drop(link);
    two.client.out.expect(CUT)?;
    drop(two.second.returned("7.2")?);
    resume(&mut two.first.returned("7.2")?)?;
    two.client.out.expect("* has vuelto")?;
    is_not_tried(&two.second)
}

#[test]
fn r11_17_a_server_that_has_said_that_it_stops_comes_last() -> Result {
    let (two, mut link) = Two::open()?;
    say(&mut link, r#""end","text":"el servidor se cierra""#)?;
    drop(link);
    two.client.out.expect("* el servidor se cierra")?;
    two.client.out.expect(ES.server_stopped())?;
    resume(&mut two.second.returned("7.2")?)?;
    two.client.out.expect("* has vuelto")?;
    is_not_tried(&two.first)
}

#[test]
fn r11_17_a_server_that_ends_for_a_reason_of_its_own_is_left_for_another() -> Result {
    let (two, mut link) = Two::open()?;
    say(&mut link, r#""end","text":"el servidor estuvo aislado""#)?;
    drop(link);
    two.client.out.expect("* el servidor estuvo aislado")?;
    two.client.out.expect(CUT)?;
    drop(two.first.returned("7.2")?);
    two.second.returned("7.2").map(drop)
}

#[test]
fn r11_17_when_the_server_dies_the_client_enters_anew_at_one_that_shares_no_sessions() -> Result {
    let [mut first, second] = [start_chat()?, start_chat()?];
    let servers = [&first, &second].map(|chat| chat.address.to_string());
    let mut client = start(&first.stage, &servers, "Ana")?;
    client.out.wait_for(ES.help_hint())?;
    client.type_in("/sala cocina\n")?;
    client.out.wait_for("* eres Ana; en cocina (1): Ana")?;
    first.server.kill()?;
    client.out.expect(CUT)?;
    client.type_in("sigo aquí\n")?;
    for line in ["! esa sesión ya no existe", ES.session_lost()] {
        client.out.wait_for(line)?;
    }
    client.out.wait_for("* eres Ana; en cocina (1): Ana")?;
    let mut bea = second.member("Bea")?;
    bea.send("/sala cocina\n")?;
    client.out.wait_for("* Bea viene de la sala general")?;
    client.type_in("estoy en la otra\n")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > estoy en la otra") {}
    client.type_in("salir\n")?;
    client.expect_exit(0)
}

#[cfg(unix)]
#[test]
fn r11_17_when_the_server_is_stopped_the_client_goes_on_at_another() -> Result {
    const SIGTERM: i32 = 15;
    let [mut first, second] = [start_chat()?, start_chat()?];
    let servers = [&first, &second].map(|chat| chat.address.to_string());
    let mut client = start(&first.stage, &servers, "Ana")?;
    client.out.wait_for(ES.help_hint())?;
    let mut bea = first.member("Bea")?;
    client.out.wait_for("* Bea se ha unido")?;
    // A line that was heard was said in a session.
    client.type_in("hola\n")?;
    while bea.hear()?.is_some_and(|line| line != "Ana > hola") {}
    first.server.signal(SIGTERM)?;
    client.out.wait_for(ES.server_stopped())?;
    client.out.wait_for(ES.session_lost())?;
    client.out.wait_for(ES.help_hint())?;
    let mut eva = second.member("Eva")?;
    eva.send("hola\n")?;
    client.out.wait_for("Eva > hola")?;
    first.server.expect_exit(0)
}

fn start_chat() -> Result<Chat> {
    Chat::start_with(&["-p", "grupal"])
}
