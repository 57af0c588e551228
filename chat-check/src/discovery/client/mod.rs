//! Discovery of a client's dialect.

mod asking;
mod form;
mod hearing;
mod lengths;
mod welcome;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use chat_protocol::options::profile::Profile;

use self::hearing::asks_once_more;
use crate::checks::check::NAMED;
use crate::dialect::{Dialect, Framing, Given, NAME, Naming, PORT, Typed};
use crate::discovery::conventions::PORTS;
use crate::discovery::observations;
use crate::discovery::prompts::wanted;
use crate::discovery::{Found, JAVA_OBJECTS, Printed, QUIET, Unstarted, Unsure, play, question};
use crate::sandbox::end::how;
use crate::sandbox::program::TestedProgram;
use crate::scene::Scene;
#[cfg(target_os = "linux")]
use crate::scene::attempts::Attempts;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::scene::scripted_server::{GREETING, Listeners};
use crate::scene::timeouts::Timeouts;
use crate::text::{Lang, Words};
use crate::verdict::{Checked, Halt};

/// Finds out a client's dialect.
///
/// # Errors
///
/// It does not come as far as connecting.
pub(crate) fn client(
    tested: &TestedProgram,
    given: &Given,
    profile: Option<Profile>,
    slow: f64,
) -> Result<Found, Unstarted> {
    let mut dialect = Dialect { greeting: true, ..Dialect::default() };
    given.over(&mut dialect);
    let timeouts = Timeouts::new(None, Duration::ZERO, slow);
    let found = Found { dialect, latency: Duration::ZERO, unsure: None };
    let (tried, asks_again, wrap) = (Vec::new(), false, None);
    let mut search =
        Search { tested, profile, given, timeouts, slow, found, tried, asks_again, wrap };
    let first = search.first_look();
    if first.is_err() && !search.tried.is_empty() {
        search.found.dialect.before.clear();
        given.over(&mut search.found.dialect);
        search.first_look()?;
    } else {
        first?;
    }
    search.talk();
    if let Some(wrap) = search.wrap.take().filter(|_| !given.states_messages()) {
        search.understands(&wrap);
    }
    if search.found.unsure.is_none() {
        search.try_it(Search::hearing);
    }
    if given.leave.is_none() && search.found.unsure.is_none() {
        search.try_it(Search::leaving);
    }
    Ok(search.found)
}

/// Limit on the questions that a client asks its user before it connects.
const MOST_QUESTIONS: usize = 5;

/// Time-out for something that a client need not do, times `slow`.
const WHILE: Duration = Duration::from_secs(1);

struct Search<'a> {
    tested: &'a TestedProgram,
    profile: Option<Profile>,
    given: &'a Given,
    timeouts: Timeouts,
    slow: f64,
    found: Found,
    /// Unusual ports to which it tried to connect.
    tried: Vec<u16>,
    /// True if it asks its user for the name once more when that was given.
    asks_again: bool,
    /// The text around what it says, if that is more than a name.
    wrap: Option<String>,
}

/// The first thing that a client does.
enum Next {
    Comes(TcpStream),
    /// It asks its user a question, behind which this is printed.
    Asks(String, Printed),
}

impl Search<'_> {
    /// Runs an experiment. The given parts of the dialect stay, whatever it shows.
    fn experiment<T: Send>(
        &mut self,
        experiment: impl FnOnce(&mut Self, &mut Scene) -> Checked<T> + Send,
    ) -> Result<T, Unstarted> {
        let (tested, dialect, timeouts) =
            (self.tested, self.found.dialect.clone(), self.timeouts.clone());
        let result = play(tested, &dialect, &timeouts, |scene| experiment(self, scene));
        self.given.over(&mut self.found.dialect);
        result
    }

    /// Runs an experiment that may fail: a failure shows nothing.
    fn try_it(&mut self, experiment: impl FnOnce(&mut Self, &mut Scene) -> Checked + Send) -> bool {
        self.experiment(experiment).is_ok()
    }

    fn quiet(&self) -> Duration {
        QUIET.mul_f64(self.slow)
    }

    fn a_while(&self) -> Duration {
        WHILE.mul_f64(self.slow)
    }

    /// Finds out where the client looks for its server, and whether a name has to be typed before.
    fn first_look(&mut self) -> Result<(), Unstarted> {
        self.experiment(|search, scene| {
            let listening = search.listen(scene)?;
            #[cfg(target_os = "linux")]
            let attempts = Attempts::watch();
            let client = scene.start_client(listening.port())?;
            // The given lines are typed, whether it asks for them or not.
            client.begins(scene.dialect, listening.port());
            let mut read = [0, 0];
            let stream = loop {
                match search.next(scene, &client, &listening, read) {
                    Some(Next::Comes(stream)) => break stream,
                    Some(Next::Asks(question, end))
                        if search.given.before.is_none()
                            && search.found.dialect.before.len() < MOST_QUESTIONS =>
                    {
                        search.answer(&client, listening.port(), &question);
                        read = end;
                    }
                    _ => {
                        #[cfg(target_os = "linux")]
                        search.tried.extend(attempts.into_iter().flat_map(|seen| seen.ports()));
                        return Err(nowhere(&client));
                    }
                }
            };
            let local = stream.local_addr().map_err(|e| Halt::broken("no address", &e))?;
            // The port in its command does not show the port that it would take.
            if !scene.tested().takes_port() {
                search.found.dialect.port = local.port();
            }
            Ok(())
        })
    }

    /// Waits until it connects, or asks its user a question behind this.
    fn next(
        &self,
        scene: &Scene,
        client: &ClientProgram,
        listening: &Listeners,
        read: Printed,
    ) -> Option<Next> {
        let begun = Instant::now();
        let next = scene.within(scene.timeouts.start, || {
            if let Some(stream) = listening.accept() {
                return Some(Some(Next::Comes(stream)));
            }
            if client.program.ended().is_some() {
                return Some(None);
            }
            let waits = begun.elapsed() > self.a_while() && client.program.is_waiting();
            let asks = question(&client.program, read).filter(|_| waits);
            asks.map(|(question, end)| Some(Next::Asks(question, end)))
        });
        next.flatten()
    }

    /// Types the answer to this question.
    fn answer(&mut self, client: &ClientProgram, port: u16, question: &str) {
        let answer = wanted(question);
        let dialect = &mut self.found.dialect;
        if answer == NAME {
            dialect.typed = Typed::First;
        }
        let line = Dialect { before: vec![answer.to_owned()], ..Dialect::default() };
        client.begins(&line, port);
        dialect.before.push(answer.to_owned());
    }

    fn listen(&self, scene: &Scene) -> Checked<Listeners> {
        let isolation = scene.tested().isolation();
        let told = self.given.port.is_some() || scene.tested().takes_port();
        if told || isolation == crate::sandbox::isolation::Isolation::Shared {
            return scene.listen();
        }
        let usual = std::iter::once(PORT).chain(PORTS);
        let ports: Vec<u16> = usual.chain(self.tried.iter().copied()).collect();
        Listeners::open(&ports, isolation).map_err(|e| Halt::broken("cannot listen", &e))
    }

    /// Finds out what the client sends, and when. A client that says nothing to a server that
    /// speaks in lines may understand a length before each message.
    fn talk(&mut self) {
        let before = self.found.clone();
        let talked = self.try_it(Self::conversation);
        if self.talk_with_lengths(&before, talked) || talked || self.given.framing.is_some() {
            return;
        }
        if self.asks_again {
            return self.welcomed();
        }
        if self.found.unsure.is_some() {
            return;
        }
        let before = self.found.clone();
        self.found.dialect.framing = Framing::Length2;
        if self.try_it(Self::conversation) {
            return;
        }
        self.found = before;
        let keywords = self.keywords();
        self.found.dialect.greeting = false;
        let asked = |search: &mut Self, keyword: &str| {
            search.try_it(|search, scene| search.asked_at_once(scene, keyword))
        };
        if !keywords.iter().any(|keyword| asked(self, keyword)) {
            self.found.dialect.greeting = true;
        }
        self.given.over(&mut self.found.dialect);
    }

    /// Returns whether the client will be asked for a name.
    fn is_asked(&self) -> bool {
        let many = self.profile.is_some_and(|profile| NAMED.contains(&profile));
        let given = matches!(self.given.naming, Some(Naming::Asked(_)));
        many || given || matches!(self.found.dialect.typed, Typed::First | Typed::Connected)
    }

    /// A conversation with a client that is greeted, and does not leave for that.
    fn conversation(&mut self, scene: &mut Scene) -> Checked {
        let (client, mut participant) = scene.connect_client()?;
        self.hears_no_length(&participant)?;
        if scene.dialect.greeting {
            participant.say(GREETING)?;
            scene.has_read(&client, &participant);
        }
        let prompt = self.name_by_itself(scene, &client);
        // A name that it gives by itself comes at once.
        let by_itself = participant.sends_more(0, self.quiet() * 2);
        if by_itself {
            self.hears_no_length(&participant)?;
            self.found.dialect.naming = Naming::First;
            if participant.captured().look(|heard| heard.bytes.starts_with(&JAVA_OBJECTS)) {
                self.found.unsure = Some(Unsure::java_objects());
                return Err(silent(&participant));
            }
            if let Some(prompt) = prompt {
                self.is_welcome(scene, &client, &mut participant, &prompt)?;
            }
        }
        let (before, token) = (participant.captured().look(|heard| heard.total), scene.token());
        let trace = client.program.trace();
        let printed = [&trace.out, &trace.err].map(|all| all.look(|heard| heard.bytes.len()));
        let begun = Instant::now();
        client.types(&token);
        if participant.sends_within(&token, self.a_while()) {
            self.found.latency = begun.elapsed();
            self.form(&client, &mut participant, &token, before)?;
            if !by_itself && self.is_asked() {
                let naming = self.ask(scene, &client, &mut participant, true)?;
                let dialect = &mut self.found.dialect;
                if naming.is_none() && dialect.typed == Typed::Never {
                    // It passes on the question, and then its user's answer like any other line.
                    dialect.typed = Typed::Asked;
                }
                dialect.naming = naming.unwrap_or_default();
            }
            return Ok(());
        }
        let once_more = asks_once_more(&client, printed);
        let naming = self.ask(scene, &client, &mut participant, false)?;
        self.found.unsure = once_more.filter(|_| naming.is_none());
        self.found.dialect.naming = naming.ok_or_else(|| silent(&participant))?;
        // The line typed before the question is the name, or waits until the name is given.
        let came = participant.sends_within(&token, self.a_while());
        let first = participant.position(&token).is_some_and(|at| at <= 2);
        if came && first && self.found.dialect.typed == Typed::Never {
            self.found.dialect.typed = Typed::Asked;
        }
        self.say_something(scene, &client, &mut participant)
    }

    /// Types the name, if the client asks its user for it once it is connected. Returns the line
    /// with which it does.
    fn name_by_itself(&mut self, scene: &Scene, client: &ClientProgram) -> Option<String> {
        if !matches!(self.found.dialect.typed, Typed::Never | Typed::Connected) {
            return None;
        }
        let asks = || {
            let (question, _) = question(&client.program, [0, 0])?;
            let asks = client.program.is_waiting() && observations::prompts(&question);
            asks.then(|| question.lines().next_back().unwrap_or_default().to_owned())
        };
        let prompt = scene.within(self.quiet() * 2, asks)?;
        client.types(client.name());
        self.found.dialect.typed = Typed::Connected;
        Some(prompt)
    }

    /// Types a line after the name, which shows the end of messages.
    fn say_something(
        &mut self,
        scene: &Scene,
        client: &ClientProgram,
        participant: &mut Participant,
    ) -> Checked {
        let (before, token) = (participant.captured().look(|heard| heard.total), scene.token());
        let begun = Instant::now();
        client.types(&token);
        if participant.sends_within(&token, scene.timeouts.patience) {
            self.found.latency = begun.elapsed();
            self.form(client, participant, &token, before)?;
        }
        Ok(())
    }
}

fn silent(participant: &Participant) -> Halt {
    let why = Words::new("el cliente no envía nada", "the client sends nothing");
    Halt::fault(why, participant.instead(Duration::ZERO))
}

fn nowhere(client: &ClientProgram) -> Halt {
    let came = match client.program.ended() {
        Some(status) => Words::new(
            format!("{} sin conectarse", how(status).to(Lang::Es)),
            format!("{} without connecting", how(status).to(Lang::En)),
        ),
        None => Words::new(
            "no se conectó a 127.0.0.1:12345 ni a otro puerto usual; --dialect puede dar el puerto",
            "it connected neither to 127.0.0.1:12345 nor to another usual port; --dialect can give \
             the port",
        ),
    };
    Halt::fault(["que el cliente se conecte", "that the client connects"], came)
}
