//! Discovery of a server's dialect.

mod entering;
mod leaving;
mod reaction;

use std::time::{Duration, Instant};

use chat_drive::captured::Heard;
use chat_protocol::options::profile::Profile;

use crate::dialect::{Dialect, Framing, Given, Naming, fill};
use crate::discovery::observations;
use crate::discovery::prompts::wanted;
use crate::discovery::{Found, JAVA_OBJECTS, QUIET, Unstarted, Unsure, play, question};
use crate::sandbox::isolation::Isolation;
use crate::sandbox::program::TestedProgram;
use crate::scene::participant::Participant;
use crate::scene::timeouts::Timeouts;
use crate::scene::{ROOM, Scene, Server, begin};
use crate::verdict::{Checked, Halt};
use entering::is_unnamed;

/// Time-out for something that a server need not do, times `slow`.
const WHILE: Duration = Duration::from_millis(700);

/// Limit on the questions that a server asks its operator before it listens.
const MOST_QUESTIONS: usize = 5;

/// Number of clients that a server has to serve at the same time.
const CROWD: usize = 8;

/// Framings to try if lines lead nowhere. With those with a length before each message last,
/// because a server that passes on bytes passes those on as well.
const FRAMINGS: [Framing; 7] = [
    Framing::None,
    Framing::Length2,
    Framing::Length4,
    Framing::Length4Le,
    Framing::Decimal(10),
    Framing::Decimal(64),
    Framing::DecimalLine,
];

/// Number of messages that measure the latency, and show what is the same in all.
const PROBES: usize = 5;

/// Finds out a server's dialect.
///
/// # Errors
///
/// It does not come as far as listening.
pub(crate) fn server(
    tested: &TestedProgram,
    given: &Given,
    profile: Option<Profile>,
    slow: f64,
) -> Result<Found, Unstarted> {
    let mut dialect = Dialect::default();
    if tested.isolation() == Isolation::Shared && tested.takes_port() {
        // Other programs may be checked on this machine at the same time.
        dialect.port = chat_drive::port::free().unwrap_or(dialect.port);
    }
    let given = &given.for_servers();
    given.over(&mut dialect);
    let timeouts = Timeouts::new(None, Duration::ZERO, slow);
    let found = Found { dialect, latency: Duration::ZERO, unsure: None };
    let (a_while, quiet) = (WHILE.mul_f64(slow), QUIET.mul_f64(slow));
    let (greeting, prompts, bare) = (String::new(), false, false);
    let operated = profile == Some(Profile::Practico);
    let mut search =
        Search { tested, timeouts, a_while, quiet, found, greeting, prompts, bare, operated };
    search.first_look()?;
    given.over(&mut search.found.dialect);
    let talks = if operated {
        search.try_it(Search::operator);
        false
    } else {
        search.found.unsure.is_none() && search.talk(given)
    };
    if !talks && !search.prompts {
        // Nothing has shown that the word in the greeting asks for a name.
        search.found.dialect.naming = Naming::None;
    }
    given.over(&mut search.found.dialect);
    if !talks && !operated && !given.states_messages() && search.found.unsure.is_none() {
        search.found.unsure = search.experiment(Search::reaction).unwrap_or_default();
    }
    if talks && given.most_clients.is_none() {
        search.try_it(Search::most_clients);
    }
    given.over(&mut search.found.dialect);
    if given.leave.is_none() && search.found.unsure.is_none() {
        search.found.dialect.leave = None;
        search.try_it(Search::leaving);
    }
    given.over(&mut search.found.dialect);
    Ok(search.found)
}

struct Search<'a> {
    tested: &'a TestedProgram,
    timeouts: Timeouts,
    a_while: Duration,
    /// Silence after which nothing more is expected.
    quiet: Duration,
    found: Found,
    /// What it says to a client that has just connected.
    greeting: String,
    /// True if the greeting ends in a question for the name.
    prompts: bool,
    /// True if it is spoken to without any ends of messages.
    bare: bool,
    /// True if its operator talks with one client at a time.
    operated: bool,
}

impl Search<'_> {
    /// Runs an experiment in a network of its own.
    fn experiment<T: Send>(
        &mut self,
        experiment: impl FnOnce(&mut Self, &mut Scene) -> Checked<T> + Send,
    ) -> Result<T, Unstarted> {
        let (tested, dialect, timeouts) =
            (self.tested, self.found.dialect.clone(), self.timeouts.clone());
        play(tested, &dialect, &timeouts, |scene| experiment(self, scene))
    }

    /// Runs an experiment that may fail: a failure shows nothing.
    fn try_it(&mut self, experiment: fn(&mut Self, &mut Scene) -> Checked) -> bool {
        self.experiment(experiment).is_ok()
    }

    /// Finds the server's port and its greeting.
    fn first_look(&mut self) -> Result<(), Unstarted> {
        self.experiment(|search, scene| {
            let server = search.start(scene)?;
            search.found.dialect.port = server.address.port();
            // A server that accepts no client is still a server.
            if let Ok(first) = scene.connect(&server, "ana") {
                let greeting = search.greeting(&first);
                let dialect = &mut search.found.dialect;
                dialect.greeting = !greeting.is_empty();
                let objects = greeting.starts_with(&JAVA_OBJECTS);
                search.found.unsure = objects.then(Unsure::java_objects);
                let text = String::from_utf8_lossy(&greeting);
                search.greeting = text.clone().into_owned();
                dialect.naming = observations::keyword(&text).unwrap_or_default();
                dialect.question = observations::question(&text).map(str::to_owned);
                dialect.open_question = dialect.question.is_some() && !text.ends_with('\n');
                search.prompts = observations::prompts(&text);
                let without_end = if greeting.is_empty() { Framing::Lf } else { Framing::None };
                dialect.framing =
                    observations::framing_of_greeting(&greeting).unwrap_or(without_end);
            }
            Ok(())
        })
    }

    /// Starts the server, and answers its questions to the operator until it listens.
    fn start(&mut self, scene: &mut Scene) -> Checked<Server> {
        scene.wait_for_port()?;
        let (program, port) = (scene.start_program("server")?, scene.dialect.port);
        let mut read = [0, 0];
        while self.found.dialect.before.len() < MOST_QUESTIONS {
            let begun = Instant::now();
            let question = scene.within(scene.timeouts.start, || {
                if program.listens(port).is_some() || program.ended().is_some() {
                    return Some(None);
                }
                let waits = begun.elapsed() > self.a_while && program.is_waiting();
                question(&program, read).filter(|_| waits).map(Some)
            });
            let Some((question, end)) = question.flatten() else { break };
            let before = vec![wanted(&question).to_owned()];
            let line = Dialect { before, ..Dialect::default() };
            begin(&program, &line, ROOM, port);
            self.found.dialect.before.extend(line.before);
            read = end;
        }
        scene.listening(program)
    }

    /// Two clients talk: first in lines, as most do; then in messages that have no end; then with a
    /// length before each.
    /// Returns whether one leads somewhere.
    fn talk(&mut self, given: &Given) -> bool {
        if self.try_it(Self::conversation) {
            return true;
        }
        if self.found.dialect.open_name && self.try_it(Self::conversation) {
            return true;
        }
        self.found.dialect.open_name = false;
        if given.framing.is_some() {
            return false;
        }
        let before = self.found.dialect.framing;
        for framing in FRAMINGS {
            self.found.dialect.framing = framing;
            self.bare = framing == Framing::None;
            if self.try_it(Self::conversation) {
                return true;
            }
        }
        self.bare = false;
        self.found.dialect.framing = before;
        false
    }

    /// Finds out how messages end, their labels, and whether they come back to their sender.
    fn conversation(&mut self, scene: &mut Scene) -> Checked {
        // Most servers that take what one read returns understand lines as well.
        let mut spoken = self.found.dialect.clone();
        if spoken.framing == Framing::None && !self.bare {
            spoken.framing = Framing::Lf;
        }
        let server = scene.start()?;
        let (beto, ana) = (scene.name("beto"), scene.name("ana"));
        let first = if is_unnamed(&spoken) { scene.token() } else { ana };
        let (mut listener, mut speaker, waits) =
            self.enter_both(scene, &server, [&beto, &first], &spoken)?;
        let (mut later, mut parted) = (Vec::new(), false);
        let mut latency = Duration::MAX;
        for _ in 0..PROBES {
            let (token, begun) = (scene.token(), Instant::now());
            let before = listener.captured().look(|heard| heard.bytes.len());
            speak(&mut speaker, &token, &spoken)?;
            let mut message = self.hears(scene, &server, &mut listener, &token)?;
            latency = latency.min(begun.elapsed());
            if spoken.framing.has_length() {
                // The name may be a message of its own, before.
                let bytes = listener.captured().look(|heard| heard.bytes[before..].to_vec());
                let frames = spoken.framing.frames(&bytes).map(|frame| &bytes[frame]);
                let parts: Vec<_> = frames.map(String::from_utf8_lossy).collect();
                parted = parts.len() == 2 && parts[1] == token;
                message = parts.join(" ");
            }
            // Some send all of a buffer; NULs are no part of a message.
            later.push((token, message.replace('\0', "")));
        }
        let heard = listener.message(&first).map(|heard| heard.replace('\0', ""));
        let named = observations::first_is_name(&first, heard.as_deref(), &later);
        let named = named.unwrap_or(self.prompts || waits);
        let (last, message) = later.pop().unwrap_or_default();
        if listener.position(&format!("{first}\n{message}")).is_some() {
            self.names_have_no_end(&spoken)?;
        }
        let framing = self.endings(scene, &mut speaker, &mut listener, &spoken, &last)?;
        let third = scene.token();
        speak(&mut listener, &third, &spoken)?;
        self.hears(scene, &server, &mut speaker, &third)?;
        scene.pause(scene.timeouts.grace)?;

        self.found.latency = latency;
        let dialect = &mut self.found.dialect;
        dialect.framing = match framing {
            Framing::Decimal(width) if parted && named => Framing::Named(width),
            framing => framing,
        };
        dialect.label =
            observations::label(&message, named.then_some(&first), speaker.local().port());
        dialect.echo = speaker.count(&last) > 0;
        self.asks_for_names(named, spoken.naming);
        Ok(())
    }

    /// Takes the way in which names are asked for, given whether clients turned out to have any.
    fn asks_for_names(&mut self, named: bool, spoken: Naming) {
        let unknown = observations::whole_question(&self.greeting);
        let dialect = &mut self.found.dialect;
        dialect.naming = match (named, spoken) {
            (true, Naming::None) => unknown.map_or(Naming::First, |question| {
                dialect.question = Some(question.to_owned());
                dialect.open_question = !self.greeting.ends_with('\n');
                Naming::Asked(question.trim().to_owned())
            }),
            (true, asked) => asked,
            (false, _) => Naming::None,
        };
    }

    /// The end of its line has become part of a name: fails if names were sent with one.
    fn names_have_no_end(&mut self, spoken: &Dialect) -> Checked {
        if !spoken.framing.is_lines() || spoken.open_name {
            return Ok(());
        }
        let dialect = &mut self.found.dialect;
        dialect.open_name = true;
        if dialect.naming == Naming::None {
            dialect.naming = Naming::First;
        }
        Err(Halt::fault(["", ""], ["", ""]))
    }

    /// Finds out whether a message without an end is passed on, and how what is passed on ends.
    fn endings(
        &self,
        scene: &Scene,
        speaker: &mut Participant,
        listener: &mut Participant,
        spoken: &Dialect,
        line: &str,
    ) -> Checked<Framing> {
        if spoken.framing.has_length() {
            return Ok(spoken.framing);
        }
        let bare = scene.token();
        speaker.send(&fill(&spoken.message_form, bare.as_bytes()))?;
        let passed_on = listener.captured().wait(self.a_while, |heard| heard.find(&bare, 0));
        // The message that was begun is ended, for servers that wait for its end.
        let ending = self.ending(listener, if passed_on.is_some() { &bare } else { line });
        speaker.send(b"\r\n")?;
        Ok(ending.unwrap_or(Framing::None))
    }

    /// Returns the end of the message that this is part of. An end that follows in a write of its own
    /// is waited for.
    fn ending(&self, listener: &Participant, token: &str) -> Option<Framing> {
        listener.captured().wait(self.quiet, |heard| {
            let behind = &heard.bytes[heard.find(token, 0)? + token.len()..];
            let at = memchr::memchr(b'\n', behind)?;
            Some(if behind[..at].ends_with(b"\r") { Framing::Crlf } else { Framing::Lf })
        })
    }

    /// Finds out the framing from a line that the operator types. A server that takes turns sends it
    /// when its client has said something: without an end first, because a server that waits for
    /// one shows nothing before it.
    fn operator(&mut self, scene: &mut Scene) -> Checked {
        let server = scene.start()?;
        let mut client = scene.connect(&server, "ana")?;
        self.greeting(&client);
        let token = scene.token();
        server.program.type_in(&format!("{token}\n"));
        let bare = scene.token();
        for (said, understood) in [("", None), (&*bare, None), ("\n", Some(Framing::Lf))] {
            client.send(said.as_bytes())?;
            if client.captured().wait(self.a_while, |heard| heard.find(&token, 0)).is_some() {
                let ended = self.ending(&client, &token).or(understood);
                self.found.dialect.framing = ended.unwrap_or(Framing::None);
                break;
            }
        }
        Ok(())
    }

    /// Finds out how many clients it serves at the same time, if these are fewer than asked for.
    fn most_clients(&mut self, scene: &mut Scene) -> Checked {
        let server = scene.start()?;
        let mut crowd = Vec::new();
        for _ in 0..CROWD {
            let mut participant = scene.connect_beyond(&server, &scene.name("caro"))?;
            let greeted = |heard: &Heard| (heard.total > 0 || heard.end.is_some()).then_some(());
            if scene.dialect.greeting {
                participant.captured().wait(self.a_while, greeted);
            }
            for line in scene.dialect.introduction(participant.name()) {
                // It may have been turned away.
                let _ = participant.command(&line);
            }
            crowd.push(participant);
        }
        scene.settle(&server.program)?;
        let stays = |one: &&Participant| one.end().is_none() && server.has(one.local());
        let all = || (crowd.iter().filter(stays).count() == CROWD).then_some(());
        if scene.within(self.a_while, all).is_none() && server.program.ended().is_none() {
            let most = crowd.iter().filter(stays).count();
            self.found.dialect.most_clients = Some(most).filter(|most| *most > 1);
        }
        Ok(())
    }

    /// Waits for a message from a server that may not pass messages on at all: when it has nothing
    /// left to do, there is nothing to wait for.
    fn hears(
        &self,
        scene: &Scene,
        server: &Server,
        participant: &mut Participant,
        token: &str,
    ) -> Checked<String> {
        participant.hears_within(token, self.a_while).or_else(|_| {
            scene.settle(&server.program)?;
            participant.hears_within(token, Duration::ZERO)
        })
    }
}

fn speak(participant: &mut Participant, text: &str, dialect: &Dialect) -> Checked {
    participant.send(&dialect.encode(text.as_bytes()))
}
