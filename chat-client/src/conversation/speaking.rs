//! The path of the user's input to the server: name, signature, leaving.

use std::mem;

use chat_protocol::refusal::Refusal;
use chat_protocol::text::{self, LEAVE_WORD};
use chat_protocol::wording::message_by_name;
use chat_terminal::person::{Input, Keyboard, MAX_INPUT, Screen};
use tokio::time::Instant;

use super::{Conversation, MAX_WAITING, Stage};
use crate::naming::Then;

/// Maximum number of inputs that wait for the name: as many as the terminal's own queue holds.
const MAX_HELD: usize = 64;

impl<K: Keyboard, S: Screen> Conversation<K, S> {
    /// Returns whether input may be read now. A pipe has to wait for the name, but a user at a
    /// terminal may want to leave.
    pub(super) fn is_typing(&self) -> bool {
        let naming = &self.settings.naming;
        let room = if naming.has_person() {
            self.held.len() < MAX_HELD
        } else {
            !naming.holds() || naming.wants_line()
        };
        room && self.stage == Stage::Talking && self.outgoing.len() < MAX_WAITING
    }

    pub(super) fn take(&mut self, input: Input) {
        match input {
            Input::Answer(text) => self.answer(&text),
            Input::Text(text) if self.settings.naming.wants_line() => self.answer(&text),
            Input::TooLong => self.refuse(&Refusal::LineTooLong(MAX_INPUT)),
            input if self.has_to_wait(&input) => self.held.push(input),
            Input::Text(text) => {
                // Pasted text can have several lines.
                for line in text.lines().filter(|line| !line.is_empty()) {
                    self.say(line);
                }
            }
            Input::End => self.say_goodbye(),
        }
    }

    /// Returns whether the input has to wait for the name. No line is sent before the name, but a
    /// user may leave without giving one.
    fn has_to_wait(&self, input: &Input) -> bool {
        let leaves = match input {
            Input::Text(text) => text::is_leave(text),
            Input::End => true,
            Input::Answer(_) | Input::TooLong => false,
        };
        let naming = &self.settings.naming;
        naming.holds() && !(leaves && naming.is_due())
    }

    /// Handles the answer to the question for a name.
    fn answer(&mut self, text: &str) {
        if text::is_leave(text) {
            self.keyboard.answered(false);
            return self.say(LEAVE_WORD);
        }
        let answered = self.settings.naming.answer(text, Instant::now());
        if let Some(name) = self.settings.naming.name() {
            self.settings.painter.answer_to(name);
        }
        match answered {
            // The server has not asked yet.
            Ok(None) => self.keyboard.answered(false),
            Ok(then) => self.follow(then),
            Err((error, then)) => {
                self.refuse(&Refusal::Name(error));
                self.follow(Some(then));
            }
        }
    }

    /// Shows the user the reason of a refusal.
    fn refuse(&mut self, refusal: &Refusal) {
        self.show(&self.settings.language.refusal(refusal).to_string());
    }

    pub(super) fn follow(&mut self, then: Option<Then>) {
        match then {
            None => {}
            Some(Then::Give(name)) => self.send_line(name.as_str()),
            Some(Then::Ask) => self.keyboard.ask(self.settings.language.your_name()),
            Some(Then::Talk) => {
                self.keyboard.answered(false);
                for input in mem::take(&mut self.held) {
                    self.take(input);
                }
            }
            Some(Then::Leave(reason)) => {
                self.reason = Some(reason);
                self.say(LEAVE_WORD);
            }
        }
    }

    /// Queues a line to be sent. Nothing is queued after the leaving word.
    pub(super) fn say(&mut self, line: &str) {
        if self.stage != Stage::Talking {
            return;
        }
        if text::is_leave(line) {
            self.send_line(line);
            self.stage = Stage::Leaving;
        } else if let Some(name) = self.settings.naming.name().filter(|_| self.settings.sign) {
            let line = message_by_name(name.as_str(), line).to_string();
            self.send_line(&line);
        } else {
            self.send_line(line);
        }
    }

    fn send_line(&mut self, line: &str) {
        self.outgoing.extend_from_slice(line.as_bytes());
        self.outgoing.extend_from_slice(b"\n");
    }

    /// Leaves for a user that did not type the leaving word (requirement 4.3).
    pub(super) fn say_goodbye(&mut self) {
        if self.stage == Stage::Talking {
            self.show(self.settings.language.leaving());
            self.say(LEAVE_WORD);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::time::Duration;

    use bytes::BytesMut;
    use chat_protocol::language::Language;
    use chat_protocol::wording::NAME_KEYWORD;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::conversation::Settings;
    use crate::exit::Exit;
    use crate::naming::Naming;
    use crate::paint::Painter;

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

    /// A client that has to give its name, and its server's end of the connection.
    async fn sala(
        name: Option<&str>,
        inputs: &[&str],
        answers: Option<Vec<&'static str>>,
    ) -> (Conversation<Typist, Paper>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut naming = Naming::new(NAME_KEYWORD, name.map(|name| name.parse().unwrap()));
        naming.expect(Some(Instant::now() + Duration::from_secs(10)));
        if answers.is_some() {
            naming.person(name.is_none());
        }
        let painter = Painter::default();
        let settings = Settings {
            language: Language::Es,
            idle: None,
            sign: false,
            naming,
            painter,
            vocabulary: None,
        };
        let inputs = inputs.iter().map(|text| Input::Text((*text).to_owned())).collect();
        let typist = Typist { inputs, answers, questions: vec![] };
        (Conversation::new(stream, typist, Paper(String::new()), settings), server)
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
        assert_eq!(client.outgoing, "Ana > hola\nSalir\n".as_bytes());
    }
}
