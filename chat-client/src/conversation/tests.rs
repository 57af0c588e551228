//! Conversations with a server that the test plays.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use chat_protocol::language::Language;
use chat_protocol::wording::NAME_KEYWORD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::*;
use crate::exit::Exit;
use crate::naming::Naming;
use crate::paint::Painter;

mod waiting;

const GREETING: &str = Language::Es.greeting();
const YOUR_NAME: &str = Language::Es.your_name();

/// A user that enters these inputs. At a terminal it then waits.
struct Typist {
    inputs: VecDeque<Input>,
    /// The answers of a user at a terminal. A pipe has none.
    answers: Option<Vec<&'static str>>,
    questions: Vec<&'static str>,
}

impl Keyboard for Typist {
    async fn next(&mut self) -> Input {
        match self.inputs.pop_front() {
            Some(input) => input,
            None if self.answers.is_none() => Input::End,
            None => std::future::pending().await,
        }
    }

    fn ask(&mut self, question: &'static str) {
        self.questions.push(question);
        let answer = self.answers.as_mut().and_then(Vec::pop);
        self.inputs.extend(answer.map(|answer| Input::Answer(answer.to_owned())));
    }
}

/// A screen that keeps all lines.
struct Paper(String);

impl Screen for Paper {
    async fn show(&mut self, lines: &mut BytesMut) -> io::Result<()> {
        self.0 += &String::from_utf8_lossy(&lines.split());
        Ok(())
    }

    async fn close(self) {}
}

/// The settings of a client that needs no name.
fn settings() -> Settings {
    Settings {
        language: Language::Es,
        idle: None,
        sign: false,
        commands: false,
        reconnect: None,
        send_framing: SendFraming::Line,
        tells_port: false,
        naming: Naming::new(NAME_KEYWORD, None),
        painter: Painter::default(),
        vocabulary: None,
    }
}

/// A client whose user enters these inputs, and its server's end of the connection.
async fn client(
    settings: Settings,
    inputs: &[&str],
    answers: Option<Vec<&'static str>>,
) -> (Conversation<Typist, Paper>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    let inputs = inputs.iter().map(|text| Input::Text((*text).to_owned())).collect();
    let typist = Typist { inputs, answers, questions: vec![] };
    (Conversation::new(Wire::Plain(stream), typist, Paper(String::new()), settings), server)
}

/// A client at a terminal whose user enters these inputs and then waits.
async fn at_terminal(
    settings: Settings,
    inputs: &[&str],
) -> (Conversation<Typist, Paper>, TcpStream) {
    let mut settings = settings;
    settings.naming.person(false);
    client(settings, inputs, Some(vec![])).await
}

/// A client that has to give its name.
async fn sala(
    name: Option<&str>,
    inputs: &[&str],
    answers: Option<Vec<&'static str>>,
) -> (Conversation<Typist, Paper>, TcpStream) {
    let mut naming = Naming::new(NAME_KEYWORD, name.map(|name| name.parse().unwrap()));
    naming.expect(Some(Instant::now() + Duration::from_secs(10)));
    if answers.is_some() {
        naming.person(name.is_none());
    }
    client(Settings { naming, ..settings() }, inputs, answers).await
}

/// The lines that a client has shown, without the two that it begins with.
fn shown(client: &Conversation<Typist, Paper>) -> Vec<&str> {
    client.screen.0.lines().skip(2).collect()
}

/// Reads one line at the server.
async fn line(server: &mut TcpStream) -> String {
    let mut line = String::new();
    while !line.ends_with('\n') {
        line.push(server.read_u8().await.unwrap().into());
    }
    line
}

#[tokio::test]
async fn r5_2_nothing_overtakes_the_name() {
    let (mut client, mut server) = sala(None, &["Ana", "hola"], None).await;
    let scene = async {
        server.write_all(format!("{GREETING}\n{NAME_KEYWORD}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut server).await, "Ana\n");
        server.write_all(b"* Bea se ha unido\n").await.unwrap();
        assert_eq!(line(&mut server).await, "hola\n");
        assert_eq!(line(&mut server).await, "salir\n");
        drop(server);
    };
    let (exit, ()) = tokio::join!(client.talk(), scene);
    assert_eq!(exit, Exit::Left);
    assert!(!client.screen.0.contains(NAME_KEYWORD), "{}", client.screen.0);
}

#[tokio::test]
async fn r5_2_what_was_entered_at_a_terminal_waits_for_a_name_that_is_taken() {
    let answers = Some(vec!["Bea", "dos palabras"]);
    let (mut client, mut server) = sala(Some("Ana"), &["hola"], answers).await;
    let scene = async {
        server.write_all(format!("{NAME_KEYWORD}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut server).await, "Ana\n");
        server.write_all(format!("! no\n{NAME_KEYWORD}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut server).await, "Bea\n");
        server.write_all(b"Zoe > hola\n").await.unwrap();
        assert_eq!(line(&mut server).await, "hola\n");
        drop(server);
    };
    let (exit, ()) = tokio::join!(client.talk(), scene);
    assert_eq!(exit, Exit::ServerClosed);
    assert_eq!(client.keyboard.questions, [YOUR_NAME; 2]);
    assert!(client.screen.0.contains("! no\n"), "{}", client.screen.0);
}

#[tokio::test]
async fn r5_2_a_pipe_leaves_a_server_that_refuses_its_name() {
    let (mut client, mut server) = sala(Some("Ana"), &["hola"], None).await;
    let scene = async {
        server.write_all(format!("{NAME_KEYWORD}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut server).await, "Ana\n");
        server.write_all(format!("! no\n{NAME_KEYWORD}\n").as_bytes()).await.unwrap();
        assert_eq!(line(&mut server).await, "salir\n");
        drop(server);
    };
    let (exit, ()) = tokio::join!(client.talk(), scene);
    assert_eq!(exit, Exit::NameRefused);
}

#[tokio::test(start_paused = true)]
async fn r5_2_a_server_that_does_not_ask_in_time_is_left() {
    let (mut client, mut server) = sala(Some("Ana"), &["hola"], None).await;
    assert_eq!(client.talk().await, Exit::NotAsked);
    assert_eq!(line(&mut server).await, "salir\n");
}

#[tokio::test]
async fn r5_2_who_is_asked_for_a_name_can_leave() {
    let (mut client, mut server) = sala(None, &[], Some(vec![])).await;
    client.keyboard.inputs.push_back(Input::Answer("Salir".to_owned()));
    let scene = async {
        assert_eq!(line(&mut server).await, "salir\n");
        drop(server);
    };
    let (exit, ()) = tokio::join!(client.talk(), scene);
    assert_eq!(exit, Exit::Left);
}

#[tokio::test]
async fn r7_4_each_line_is_signed_but_the_leaving_word() {
    let (mut client, _server) = sala(Some("Ana"), &[], None).await;
    client.settings.sign = true;
    client.say("hola");
    client.say("Salir");
    assert_eq!(client.outgoing.next_write(), "Ana > hola\nSalir\n".as_bytes());
}

#[tokio::test]
async fn r4_3_leaving_before_everything_was_sent_is_not_called_leaving() {
    let (mut client, _never_read) = at_terminal(settings(), &[]).await;
    // More than the sockets hold.
    client.say(&"x".repeat(1 << 25));
    assert_eq!(client.leave_now().await, Exit::Unsent);
}

#[tokio::test]
async fn r4_3_nothing_is_sent_behind_what_leaves() {
    for (word, commands) in [(" salir", false), ("/salir", true), ("/QUIT", true)] {
        let (mut client, _server) = at_terminal(Settings { commands, ..settings() }, &[]).await;
        client.take(Input::Text(format!("uno\n\n{word}\ndos")));
        client.take(Input::End);
        assert_eq!(client.outgoing.next_write(), format!("uno\n{word}\n").as_bytes());
    }
}

#[tokio::test]
async fn r4_3_a_command_to_leave_that_only_the_server_knows_is_leaving_too() {
    for (inputs, exit) in [(&["/quit"][..], Exit::Left), (&["/quit", "x"], Exit::ServerClosed)] {
        let (mut client, mut server) = at_terminal(settings(), inputs).await;
        let scene = async {
            for input in inputs {
                assert_eq!(line(&mut server).await, format!("{input}\n"));
            }
            drop(server);
        };
        let (ended, ()) = tokio::join!(client.talk(), scene);
        assert_eq!(ended, exit);
    }
}

#[tokio::test]
async fn r4_4_the_reason_in_the_last_line_is_the_reason_of_the_end() {
    for language in Language::ALL {
        for (last, exit) in [
            (language.idle_notice(), Exit::Dismissed(Dismissal::Idle)),
            (language.server_closing(), Exit::Dismissed(Dismissal::ServerClosing)),
            ("hola", Exit::ServerClosed),
        ] {
            let (mut client, mut server) = at_terminal(settings(), &[]).await;
            let text = format!("{}\n{last}\n", language.removed_by_operator());
            server.write_all(text.as_bytes()).await.unwrap();
            drop(server);
            assert_eq!(client.talk().await, exit);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn r4_9_a_text_without_its_end_is_shown_once_the_server_pauses() {
    let (mut client, mut server) = at_terminal(settings(), &[]).await;
    let scene = async {
        server.write_all(b"Bienvenido!\nIngre").await.unwrap();
        sleep(Duration::from_millis(200)).await;
        server.write_all(b"sa tu nombre: ").await.unwrap();
        sleep(Duration::from_millis(400)).await;
        server.write_all(b"gracias\n").await.unwrap();
        drop(server);
    };
    tokio::join!(client.talk(), scene);
    assert_eq!(shown(&client), ["Bienvenido!", "Ingresa tu nombre: ", "gracias"]);
}

#[tokio::test(start_paused = true)]
async fn r7_1_who_waits_is_told_so_once() {
    let began = Instant::now();
    let (mut client, mut server) = at_terminal(settings(), &[]).await;
    let scene = async {
        sleep(Duration::from_secs(10)).await;
        server.write_all(b"hola\n").await.unwrap();
        sleep(Duration::from_secs(10)).await;
        drop(server);
    };
    tokio::join!(client.talk(), scene);
    assert_eq!(shown(&client), [Language::Es.no_answer_yet(), "hola"]);
    assert!(began.elapsed() >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn r8_4_the_user_is_warned_before_the_limit_and_traffic_takes_it_back() {
    for (limit, warns_at, text) in [(60, 50_000, "10"), (5, 2_500, "2.5")] {
        let idle = Some(Duration::from_secs(limit));
        let (mut client, mut server) = at_terminal(Settings { idle, ..settings() }, &[]).await;
        let began = Instant::now();
        let scene = async {
            // Before a warning, and after one.
            for wait in [warns_at - 100, warns_at + 100] {
                sleep(Duration::from_millis(wait)).await;
                server.write_all(b"x\n").await.unwrap();
            }
        };
        let (exit, ()) = tokio::join!(client.talk(), scene);
        assert_eq!(exit, Exit::Idle);
        let warning = format!("* sin actividad: la conexión se cierra en {text} s");
        let lines: Vec<&str> = shown(&client)
            .into_iter()
            .filter(|line| *line != Language::Es.no_answer_yet())
            .collect();
        assert_eq!(lines, ["x", &warning, "x", &warning]);
        let lasted = began.elapsed().as_millis();
        assert_eq!(lasted / 100, u128::from(2 * warns_at + 1000 * limit) / 100);
    }
}

#[tokio::test]
async fn r2_4_a_user_is_told_its_port_unless_the_server_asks_for_a_name() {
    let greeted = format!("{GREETING}\n");
    let asked = format!("{GREETING}\n{NAME_KEYWORD}\n");
    for (text, tells_port, told) in
        [(&greeted, true, true), (&greeted, false, false), (&asked, true, false)]
    {
        let (mut client, mut server) =
            at_terminal(Settings { tells_port, ..settings() }, &[]).await;
        let port = client.wire.known_port().unwrap();
        server.write_all(text.as_bytes()).await.unwrap();
        drop(server);
        client.talk().await;
        let line = format!("* para los demás eres 'usuario {port}'");
        assert_eq!(shown(&client).contains(&line.as_str()), told);
    }
}

#[tokio::test]
async fn r5_2_a_server_that_another_profile_fits_is_told_once() {
    let ana = || Naming::new(NAME_KEYWORD, Some("Ana".parse().unwrap()));
    let asked = format!("{GREETING}\n{NAME_KEYWORD}\n");
    let wanted = Language::Es.hint_name_wanted();
    let known = Language::Es.hint_names_are_known();
    let commands = Language::Es.hint_has_commands();
    for (given, text, hints) in [
        (settings(), asked.clone(), vec![wanted]),
        (settings(), format!("{asked}! nombre ocupado\n{NAME_KEYWORD}\n"), vec![wanted]),
        (Settings { sign: true, naming: ana(), ..settings() }, asked.clone(), vec![known]),
        (Settings { naming: ana(), ..settings() }, asked.clone(), vec![]),
        (settings(), format!("Ana > hola\n{NAME_KEYWORD}\n"), vec![]),
        (settings(), "* /ayuda\n* /ayuda\nAna > /ayuda\n".to_owned(), vec![commands]),
        (Settings { commands: true, ..settings() }, "* /ayuda\n".to_owned(), vec![]),
    ] {
        let (mut client, mut server) = at_terminal(given, &[]).await;
        server.write_all(text.as_bytes()).await.unwrap();
        drop(server);
        client.talk().await;
        let all = [wanted, known, commands];
        let given: Vec<&str> =
            shown(&client).into_iter().filter(|line| all.contains(line)).collect();
        assert_eq!(given, hints, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn r6_4_a_server_that_does_not_answer_commands_is_told() {
    for (input, answer, told) in [
        ("/quien", "Bea > hola\n", true),
        ("/quien", "* en general (1): Ana\n", false),
        ("/msg Bea hola", "[privado a Bea] hola\n", false),
        ("//quien", "Bea > hola\n", false),
    ] {
        let commands = Settings { commands: true, ..settings() };
        let (mut client, mut server) = at_terminal(commands, &[]).await;
        server.write_all(b"hola\n").await.unwrap();
        client.wire.readable().await;
        client.receive();
        client.say(input);
        let scene = async {
            sleep(Duration::from_secs(1)).await;
            server.write_all(answer.as_bytes()).await.unwrap();
            sleep(Duration::from_secs(5)).await;
            drop(server);
        };
        tokio::join!(client.talk(), scene);
        let hint = Language::Es.hint_no_commands();
        assert_eq!(shown(&client).contains(&hint), told, "{input} {answer}");
    }
}
