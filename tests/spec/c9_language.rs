//! Chapter 9: the language of the texts.

use std::net::TcpListener;

use chat_drive::failure::Result;
use chat_protocol::language::Language;
use chat_tests::binaries;
use chat_tests::chat::{Chat, said_by};
use chat_tests::harness::peer::Peer;
use chat_tests::harness::stage::Stage;

const ENGLISH: [&str; 2] = ["--lang", "en"];
const GREETING: &str = "welcome to the chat! type 'salir' to leave";

fn english(options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[options, &ENGLISH].concat())
}

#[test]
fn r9_1_a_server_talks_english_to_its_clients_and_on_its_console() -> Result {
    let mut chat = english(&["--profile", "grupal"])?;
    let mut ana = chat.stage.connect("ana", chat.address)?;
    ana.expect(GREETING)?;
    ana.expect("nombre del cliente")?;
    ana.send("dos palabras\n")?;
    ana.expect("! the name is not valid: without blanks, and at most 32 characters")?;
    ana.expect("nombre del cliente")?;
    ana.send("Ana\n/who\n")?;
    ana.expect("* you are Ana; in general (1): Ana")?;
    ana.expect("* /help lists the commands")?;
    ana.expect("* in general (1): Ana")?;
    ana.send("/baila\n/msg\n/room\n/nick Servidor\n/privado Bea hola\n")?;
    ana.expect("! there is no command /baila; /help lists the commands")?;
    ana.expect("! usage: /msg NAME TEXT")?;
    ana.expect("! there is no command /room: did you mean /rooms? /help lists the commands")?;
    ana.expect("! the name is reserved")?;
    ana.expect("! there is nobody called Bea")?;
    ana.send("/help\n")?;
    ana.expect("* /msg NAME TEXT: writes to that person only (/privado)")?;
    let address = ana.address();
    chat.server.out.wait_for(&format!("new client connected: {address}"))?;
    drop(ana);
    chat.server.out.wait_for(&format!("client {address} disconnected"))?;
    chat.server.signal(15)?;
    chat.server.out.wait_for("closing the server...")?;
    chat.server.expect_exit(0)
}

#[test]
fn r9_1_a_room_and_its_idle_members_are_told_in_english() -> Result {
    let mut chat = english(&["--profile", "grupal", "--idle-timeout", "1s"])?;
    let mut ana = named(&chat, "Ana")?;
    ana.expect("* in general (1): Ana")?;
    let mut bea = named(&chat, "Bea")?;
    bea.expect("* in general (2): Ana, Bea")?;
    ana.expect("* Bea has joined")?;
    bea.send("/msg ana hi\n/nick Bibi\n")?;
    bea.expect("[private to Ana] hi")?;
    bea.expect("* you are now called Bibi")?;
    ana.expect("[private] Bea > hi")?;
    ana.expect("* Bea is now Bibi")?;
    bea.send("/quit\n")?;
    ana.expect("* Bibi has left")?;
    ana.expect("* connection closed because of inactivity")?;
    chat.server.out.wait_for(&format!("client {} idle", ana.address()))?;
    chat.server.kill()
}

/// A peer that has given its name and asked for the list of its room.
fn named(chat: &Chat, name: &str) -> Result<Peer> {
    let mut peer = chat.stage.connect(name, chat.address)?;
    peer.expect(GREETING)?;
    peer.expect("nombre del cliente")?;
    peer.send(format!("{name}\n/who\n"))?;
    assert!(peer.hear()?.is_some_and(|line| line.starts_with(&format!("* you are {name}; in "))));
    peer.expect("* /help lists the commands")?;
    Ok(peer)
}

#[test]
fn r9_1_why_the_server_cannot_start_is_told_in_english() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut server = assert_cmd::Command::from_std(binaries::server());
    server.args(["--bind", &address]).args(ENGLISH);
    let expected =
        format!("chat-server: cannot listen on {address}: the address is already in use\n");
    server.assert().code(1).stderr(expected);
}

#[test]
fn r9_1_spanish_is_the_language_unless_another_is_given() -> Result {
    for options in [&[][..], &["--lang", "es"]] {
        let chat = Chat::start_with(options)?;
        chat.peer("ana")?;
    }
    Ok(())
}

#[test]
fn r9_1_a_client_talks_english_to_its_user() -> Result {
    let chat = Chat::start()?;
    let mut command = binaries::client();
    command.arg(chat.address.to_string()).args(ENGLISH);
    let mut client = chat.stage.start("client", command)?;
    client.out.expect("connected to the chat server!")?;
    client.out.expect("type your messages:")?;
    drop(chat.server);
    client.err.wait_for("chat-client: the server closed the connection")?;
    client.expect_exit(3)
}

#[test]
fn r9_2_what_programs_read_is_the_same_in_english() -> Result {
    let chat = english(&[])?;
    let mut ana = chat.stage.connect("ana", chat.address)?;
    let mut bea = chat.stage.connect("bea", chat.address)?;
    ana.expect(GREETING)?;
    bea.expect(GREETING)?;
    ana.send("hello\n")?;
    bea.expect(&said_by(&ana, "hello"))?;
    ana.send("Salir\n")?;
    ana.expect_end()
}

/// The greeting has no line ending, so the keyword follows on the same line. A client must know the
/// greeting to find the keyword.
#[test]
fn r9_3_a_client_understands_a_server_of_either_language() -> Result {
    for language in Language::ALL {
        let stage = Stage::new();
        let server = stage.listen("server")?;
        let mut command = binaries::client();
        command.arg(server.address().to_string());
        command.args(["--profile", "sala", "--name", "Ana", "--color", "always"]);
        let client = stage.start("client", command)?;
        let mut link = server.accept()?;
        link.send(format!("{}nombre del cliente", language.greeting()))?;
        link.expect("Ana")?;
        client.out.wait_for(language.greeting())?;
        link.send(format!("{}\n", language.private(&"Bea".parse().expect("a name"), "hola")))?;
        client
            .out
            .find(|line| line.contains("Bea > hola") && line.contains("\x1b[36m"), "colour")?;
    }
    Ok(())
}
