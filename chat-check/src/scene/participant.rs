//! A participant in a chat: a TCP connection that speaks a dialect, as a client or as a server.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chat_drive::captured::{Captured, End};
use chat_drive::peer::{Connect, Peer};
use chat_drive::role::Role;

use crate::dialect::{Dialect, Framing, fill};
use crate::scene::messages::{message, split};
use crate::text::{Lang, Words, seconds};
use crate::verdict::{Checked, Halt};

/// A scripted participant in the chat. Everything that arrives is gathered in the background, and
/// looked at by the unique words in it. Dropping one resets its connection, which leaves nothing
/// behind; [`close`](Self::close) ends it properly.
pub(crate) struct Participant {
    peer: Peer,
    framing: Framing,
    /// The form of what it says.
    form: String,
    /// The bytes before each message, of a server that sends the speaker's name so.
    before: Vec<u8>,
    patience: Duration,
    captured: Arc<Captured>,
    said: Option<Instant>,
    ends_properly: bool,
    /// Counts as a client of its scene's server.
    _place: Option<Place>,
}

/// A place of the clients of one scene: as many are taken as there are copies.
pub(crate) type Place = Arc<()>;

/// Pause between messages that have no end: longer than any reader needs to read one before the
/// next.
pub(super) const APART: Duration = Duration::from_millis(40);

/// The name with which a scripted server passes on messages, where those have one of their own.
const SPEAKER: &[u8] = b"beto";

/// Bytes kept of what one participant hears: more than any check sends.
const MOST: usize = 64 << 20;

impl Participant {
    pub(crate) fn connect(
        role: Role,
        address: SocketAddr,
        dialect: &Dialect,
        patience: Duration,
        place: Place,
    ) -> io::Result<Self> {
        let peer = Peer::connect(role, address, Connect::patiently(patience))?;
        Ok(Self::of(peer, dialect, patience, Some(place)))
    }

    /// Makes a participant of a connection that exists already.
    pub(crate) fn over(
        role: Role,
        stream: TcpStream,
        dialect: &Dialect,
        patience: Duration,
    ) -> io::Result<Self> {
        let mut participant =
            Self::of(Peer::over(role, stream, patience)?, dialect, patience, None);
        if let Framing::Named(width) = dialect.framing {
            // What a client says is not named.
            participant.framing = Framing::Decimal(width);
            participant.before = participant.framing.encode(SPEAKER);
        }
        Ok(participant)
    }

    fn of(peer: Peer, dialect: &Dialect, patience: Duration, place: Option<Place>) -> Self {
        peer.role().event(format!("is connected: {} → {}", peer.local(), peer.remote()));
        let captured = peer.capture(MOST);
        Self {
            peer,
            framing: dialect.framing,
            form: dialect.message_form.clone(),
            before: Vec::new(),
            patience,
            captured,
            said: None,
            ends_properly: false,
            _place: place,
        }
    }

    /// The same in another framing than its dialect's.
    #[must_use]
    pub(crate) fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    pub(crate) fn name(&self) -> &str {
        self.peer.role().name()
    }

    /// Its own address, by which the program knows it.
    pub(crate) fn local(&self) -> SocketAddr {
        self.peer.local()
    }

    /// The address of the program's end.
    pub(crate) fn remote(&self) -> SocketAddr {
        self.peer.remote()
    }

    /// Sends a message of the dialect.
    ///
    /// # Errors
    ///
    /// The connection does not take it.
    pub(crate) fn say(&mut self, text: &str) -> Checked {
        self.put(&fill(&self.form, text.as_bytes()))
    }

    /// Sends a line that is no message: a name, a command or the word to leave.
    ///
    /// # Errors
    ///
    /// The connection does not take it.
    pub(crate) fn command(&mut self, line: &str) -> Checked {
        self.put(line.as_bytes())
    }

    /// Returns the bytes of the message that says this.
    pub(crate) fn encoded(&self, text: &[u8]) -> Vec<u8> {
        self.framed_bytes(&fill(&self.form, text))
    }

    /// Returns the bytes with which a client is asked for its name with this question.
    pub(crate) fn question(&self, dialect: &Dialect, question: &str) -> Vec<u8> {
        [&self.before[..], &dialect.ask(question)].concat()
    }

    fn framed_bytes(&self, text: &[u8]) -> Vec<u8> {
        [&self.before[..], &self.framing.encode(text)].concat()
    }

    fn put(&mut self, text: &[u8]) -> Checked {
        let message = self.framed_bytes(text);
        if !self.framing.has_ends() {
            let since = self.said.map_or(APART, |said| said.elapsed());
            thread::sleep(APART.saturating_sub(since));
        }
        self.send(&message)?;
        self.said = Some(Instant::now());
        Ok(())
    }

    /// Sends exactly these bytes.
    ///
    /// # Errors
    ///
    /// The connection does not take them.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Checked {
        self.peer.send(bytes).map_err(|error| {
            self.peer.role().event("cannot send");
            Halt::fault(
                [
                    "que la conexión siga abierta y el programa lea lo que llega",
                    "that the connection stays open, and the program reads what comes",
                ],
                Words::new(
                    format!("no tomó lo que se le enviaba: {}", trouble(&error).to(Lang::Es)),
                    format!("it did not take what was sent: {}", trouble(&error).to(Lang::En)),
                ),
            )
        })
    }

    /// Waits for the message that this is part of, and returns it whole.
    ///
    /// # Errors
    ///
    /// It does not come while patience lasts, or the connection ends before.
    pub(crate) fn hears(&mut self, token: &str) -> Checked<String> {
        let found =
            self.captured.wait_on(self.patience, |heard| message(heard, token, self.framing));
        found.ok_or_else(|| self.unheard(token, self.patience))
    }

    /// The same with another time-out, which other arrivals do not extend.
    ///
    /// # Errors
    ///
    /// It does not come within this time, or the connection ends before.
    pub(crate) fn hears_within(&mut self, token: &str, patience: Duration) -> Checked<String> {
        let found = self.captured.wait(patience, |heard| message(heard, token, self.framing));
        found.ok_or_else(|| self.unheard(token, patience))
    }

    fn unheard(&self, token: &str, patience: Duration) -> Halt {
        let name = self.peer.role().name();
        Halt::fault(
            Words::new(
                format!("que a {name} le llegue «{token}»"),
                format!("that \"{token}\" reaches {name}"),
            ),
            self.instead(patience),
        )
    }

    /// Describes what came in place of something that was waited for.
    pub(crate) fn instead(&self, patience: Duration) -> Words {
        let seconds = seconds(patience.as_secs_f64());
        match self.captured.look(|heard| heard.end) {
            Some(End::Closed) => ["su conexión se cerró", "its connection was closed"].into(),
            Some(End::Broken) => ["su conexión se cortó", "its connection was reset"].into(),
            None => Words::new(
                format!("no llegó en {}", seconds.to(Lang::Es)),
                format!("it did not come within {}", seconds.to(Lang::En)),
            ),
        }
    }

    /// Returns whether this arrives within this time.
    pub(crate) fn sends_within(&self, token: &str, time: Duration) -> bool {
        self.captured.wait(time, |heard| heard.find(token, 0)).is_some()
    }

    /// Returns whether more than so many bytes arrive within this time.
    pub(crate) fn sends_more(&self, than: u64, time: Duration) -> bool {
        self.captured.wait(time, |heard| (heard.total > than).then_some(())).is_some()
    }

    /// Reads until nothing has come for this time; for as long as patience lasts.
    pub(crate) fn reads_until_quiet(&self, quiet: Duration) {
        let begun = Instant::now();
        let total = || self.captured.look(|heard| heard.total);
        while self.sends_more(total(), quiet) && begun.elapsed() < self.patience {}
    }

    /// Returns the number of times that this has been heard.
    pub(crate) fn count(&self, token: &str) -> usize {
        self.captured.look(|heard| heard.count(token))
    }

    /// Returns the offset of this in all that was heard, in bytes.
    pub(crate) fn position(&self, token: &str) -> Option<usize> {
        self.captured.look(|heard| heard.find(token, 0))
    }

    /// Returns the message that this is part of, if it is complete.
    pub(crate) fn message(&self, token: &str) -> Option<String> {
        self.captured.look(|heard| message(heard, token, self.framing))
    }

    /// Returns all messages heard; without ends, all reads.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.captured.look(|heard| split(heard, self.framing))
    }

    /// Returns the messages behind the first `mark` that contain this name, in whatever letters.
    pub(crate) fn mentions(&self, mark: usize, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let messages = self.messages().into_iter().skip(mark);
        messages.filter(|message| message.to_lowercase().contains(&name)).collect()
    }

    pub(crate) fn captured(&self) -> &Captured {
        &self.captured
    }

    /// Waits until the program has ended the connection, in any way.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts.
    pub(crate) fn ends(&mut self) -> Checked<End> {
        self.ends_within(self.patience)
    }

    /// The same with other patience.
    ///
    /// # Errors
    ///
    /// It does not end within this time.
    pub(crate) fn ends_within(&mut self, patience: Duration) -> Checked<End> {
        let end = self.captured.wait(patience, |heard| heard.end);
        end.ok_or_else(|| {
            let (name, seconds) = (self.peer.role().name(), seconds(patience.as_secs_f64()));
            Halt::fault(
                Words::new(
                    format!("que se cierre la conexión de {name}"),
                    format!("that {name}'s connection is closed"),
                ),
                Words::new(
                    format!("seguía abierta después de {}", seconds.to(Lang::Es)),
                    format!("it was still open after {}", seconds.to(Lang::En)),
                ),
            )
        })
    }

    /// Returns the end of the connection, once it has ended.
    pub(crate) fn end(&self) -> Option<End> {
        self.captured.look(|heard| heard.end)
    }

    /// Shuts down the sending side, and still listens.
    pub(crate) fn end_sending(&mut self) {
        self.peer.role().event("ends sending");
        // It fails when the connection is gone already.
        let _ = self.peer.end_sending();
    }

    /// Closes the connection in the normal way.
    pub(crate) fn close(mut self) {
        self.peer.role().event("closes the connection");
        self.ends_properly = true;
    }

    /// Ends the connection with a reset.
    pub(crate) fn reset(self) {
        self.peer.role().event("resets the connection");
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        // Unread bytes would turn a normal close into a reset: the reader reads all that has come,
        // and closes the connection.
        if self.ends_properly {
            let _ = self.peer.end_sending();
        } else {
            self.peer.end_with_reset();
        }
        let _ = self.peer.end_receiving();
        self.captured.wait(self.patience, |heard| heard.end);
    }
}

/// Describes an error of a connection: in words where it is a common one.
pub(super) fn trouble(error: &io::Error) -> Words {
    match error.kind() {
        io::ErrorKind::BrokenPipe => {
            ["la conexión ya estaba cerrada", "the connection was closed already"].into()
        }
        io::ErrorKind::ConnectionReset => {
            ["la conexión se cortó", "the connection was reset"].into()
        }
        io::ErrorKind::ConnectionRefused => {
            ["se rechazó la conexión", "the connection was refused"].into()
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            ["no respondió a tiempo", "there was no answer in time"].into()
        }
        _ => Words::new(error, error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_question_has_its_speaker_s_name_before_it_like_all_that_a_server_says() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listening.local_addr().unwrap()).unwrap();
        let dialect = Dialect { framing: Framing::Named(2), ..Dialect::default() };
        let role = Role::new("server", &chat_drive::transcript::Transcript::begin());
        let server = Participant::over(role, stream, &dialect, Duration::from_secs(1)).unwrap();
        assert_eq!(server.question(&dialect, "NICK"), b"4 beto4 NICK");
        assert_eq!(server.encoded(b"NICK"), server.question(&dialect, "NICK"));
    }
}
