//! Scripted server: the checker plays the server for a client.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::dialect::{Naming, Typed};
use crate::sandbox::isolation::Isolation;
use crate::scene::Scene;
use crate::scene::client_program::ClientProgram;
use crate::scene::participant::Participant;
use crate::text::Words;
use crate::verdict::{Checked, Halt};

/// The greeting of the scripted server (requirement 1.5).
pub(crate) const GREETING: &str = chat_protocol::language::Language::Es.greeting();

/// Listening sockets for clients.
pub(crate) struct Listeners(Vec<TcpListener>);

impl Listeners {
    /// Listens on these ports, as far as they are free: on all addresses in a network of its own,
    /// otherwise on those of this machine alone.
    pub(crate) fn open(ports: &[u16], isolation: Isolation) -> io::Result<Self> {
        let ipv4 = match isolation {
            Isolation::Own => Ipv4Addr::UNSPECIFIED,
            Isolation::Shared => Ipv4Addr::LOCALHOST,
        };
        let mut sockets = Vec::new();
        let mut refused = None;
        for &port in ports {
            match TcpListener::bind((ipv4, port)) {
                Ok(socket) => {
                    let port = socket.local_addr()?.port();
                    sockets.push(socket);
                    // A system without IPv6 has no clients that use it.
                    sockets.extend(TcpListener::bind((Ipv6Addr::LOCALHOST, port)));
                }
                Err(error) => refused = Some(error),
            }
        }
        for socket in &sockets {
            socket.set_nonblocking(true)?;
        }
        match refused {
            Some(error) if sockets.is_empty() => Err(error),
            _ => Ok(Self(sockets)),
        }
    }

    /// The first port.
    pub(crate) fn port(&self) -> u16 {
        self.0.first().and_then(|socket| socket.local_addr().ok()).map_or(0, |a| a.port())
    }

    /// Accepts a connection, if there is one.
    pub(crate) fn accept(&self) -> Option<TcpStream> {
        let (stream, _) = self.0.iter().find_map(|socket| socket.accept().ok())?;
        stream.set_nonblocking(false).ok()?;
        Some(stream)
    }
}

impl Scene<'_> {
    /// Listens on the port where the client will look for its server.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn listen(&self) -> Checked<Listeners> {
        let isolation = self.tested().isolation();
        let free = isolation == Isolation::Shared && self.tested().takes_port();
        let port = if free { 0 } else { self.dialect.port };
        Listeners::open(&[port], isolation)
            .map_err(|error| Halt::broken(&format!("cannot listen on port {port}"), &error))
    }

    /// Starts the client and waits until it has connected. Its user types the name if that comes
    /// first.
    ///
    /// # Errors
    ///
    /// It does not connect.
    pub(crate) fn connect_client(&mut self) -> Checked<(ClientProgram, Participant)> {
        let listening = self.listen()?;
        let client = self.start_client(listening.port())?;
        let participant = self.welcome(&client, &listening)?;
        Ok((client, participant))
    }

    /// The same for a client with its output in a pipe.
    ///
    /// # Errors
    ///
    /// It does not connect.
    pub(crate) fn connect_piped_client(&mut self) -> Checked<(ClientProgram, Participant)> {
        let listening = self.listen()?;
        let client = self.start_in_a_pipe(listening.port())?;
        let participant = self.welcome(&client, &listening)?;
        Ok((client, participant))
    }

    /// Admits a client that edits no line on its screen: editors break long lines of others, too.
    ///
    /// # Errors
    ///
    /// It does not connect, or does not give its name.
    pub(crate) fn admit_unedited_client(&mut self) -> Checked<(ClientProgram, Participant)> {
        let listening = self.listen()?;
        let client = self.start_unedited_client(listening.port())?;
        let mut participant = self.welcome(&client, &listening)?;
        self.admit(&client, &mut participant)?;
        Ok((client, participant))
    }

    fn welcome(&self, client: &ClientProgram, listening: &Listeners) -> Checked<Participant> {
        client.begins(self.dialect, listening.port());
        let participant = self.accept(listening, || client.program.ended().is_some())?;
        if self.dialect.typed == Typed::Connected {
            client.types(client.name());
        }
        Ok(participant)
    }

    /// Waits until the client has connected, or until it has ended.
    ///
    /// # Errors
    ///
    /// It does not connect.
    pub(crate) fn accept(
        &self,
        listening: &Listeners,
        mut ended: impl FnMut() -> bool,
    ) -> Checked<Participant> {
        let accepted = self.within(self.timeouts.start, || {
            listening.accept().map(Some).or_else(|| ended().then_some(None))
        });
        let stream = accepted.flatten().ok_or_else(|| {
            let port = listening.port();
            Halt::fault(
                Words::new(
                    format!("que el cliente se conecte al puerto {port}"),
                    format!("that the client connects to port {port}"),
                ),
                ["no se conectó", "it did not connect"],
            )
        })?;
        self.participant(stream)
    }

    /// Makes a participant of the server's end of a connection.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn participant(&self, stream: TcpStream) -> Checked<Participant> {
        let (dialect, patience) = (self.dialect, self.timeouts.patience);
        Participant::over(self.role("server"), stream, dialect, patience)
            .map_err(|error| Halt::broken("cannot use a connection", &error))
    }

    /// Starts the client and admits it: greets it, asks for its name if its dialect has that, and
    /// waits for the name.
    ///
    /// # Errors
    ///
    /// It does not connect, or does not give its name.
    pub(crate) fn admit_client(&mut self) -> Checked<(ClientProgram, Participant)> {
        let (client, mut participant) = self.connect_client()?;
        self.admit(&client, &mut participant)?;
        Ok((client, participant))
    }

    /// Greets the client and asks for its name if its dialect has that.
    ///
    /// # Errors
    ///
    /// It does not give its name.
    pub(crate) fn admit(&self, client: &ClientProgram, participant: &mut Participant) -> Checked {
        if self.dialect.greeting {
            self.tell(client, participant, GREETING)?;
            // What comes behind it in one read is for another check.
            self.has_read(client, participant);
        }
        match &self.dialect.naming {
            Naming::None => Ok(()),
            Naming::First => {
                self.named(participant)?;
                self.dialect.welcome.iter().try_for_each(|text| participant.command(text))
            }
            Naming::Asked(keyword) => {
                // Another check tests a keyword behind other words.
                self.has_read(client, participant);
                participant.send(&participant.question(self.dialect, keyword))?;
                self.type_name(client);
                self.named(participant).map(drop)
            }
        }
    }

    /// Types the name, where that comes after the server's question.
    pub(crate) fn type_name(&self, client: &ClientProgram) {
        if self.dialect.typed == Typed::Asked {
            client.types(client.name());
        }
    }

    /// Waits for the first thing that the client sends.
    ///
    /// # Errors
    ///
    /// It sends nothing.
    pub(crate) fn named(&self, participant: &Participant) -> Checked<String> {
        let patience = self.timeouts.patience;
        let sent = participant.captured().wait(patience, |heard| {
            (heard.total > 0).then(|| String::from_utf8_lossy(&heard.bytes).into_owned())
        });
        sent.ok_or_else(|| {
            Halt::fault(
                ["que el cliente envíe su nombre", "that the client sends its name"],
                participant.instead(patience),
            )
        })
    }

    /// Sends a message from the server. Without ends, waits until the one before is read.
    ///
    /// # Errors
    ///
    /// The connection does not take it.
    pub(crate) fn tell(
        &self,
        client: &ClientProgram,
        participant: &mut Participant,
        text: &str,
    ) -> Checked {
        self.has_read(client, participant);
        participant.say(text)
    }

    /// Waits until the client has read all that was sent to it, and returns whether it has.
    pub(crate) fn has_read(&self, client: &ClientProgram, participant: &Participant) -> bool {
        self.has_read_within(self.timeouts.patience, client, participant.remote())
    }

    /// The same for this time, with the address of the client's end.
    pub(crate) fn has_read_within(
        &self,
        time: Duration,
        client: &ClientProgram,
        address: SocketAddr,
    ) -> bool {
        self.within(time, || (unread(client, address) == 0).then_some(())).is_some()
    }

    /// Waits until this has come from the client, with any text around it; in JSON, other letters
    /// than ASCII may be escaped.
    ///
    /// # Errors
    ///
    /// It does not come.
    pub(crate) fn receives(&self, participant: &Participant, token: &str) -> Checked {
        let patience = self.timeouts.patience;
        let escaped = in_json(token);
        let came = participant
            .captured()
            .wait_on(patience, |heard| heard.find(token, 0).or_else(|| heard.find(&escaped, 0)));
        came.map(drop).ok_or_else(|| {
            Halt::fault(
                Words::new(
                    format!("que al servidor le llegue «{token}»"),
                    format!("that \"{token}\" reaches the server"),
                ),
                participant.instead(patience),
            )
        })
    }

    /// Returns the word with which the client's user leaves.
    pub(crate) fn leaving_word(&self) -> &str {
        self.dialect.leave.as_deref().unwrap_or("salir")
    }
}

/// Returns a text as JSON may write it: other letters than ASCII as numbers.
pub(crate) fn in_json(text: &str) -> String {
    let write = |c: char| match u32::from(c) {
        0..0x80 => c.to_string(),
        code => format!("\\u{code:04x}"),
    };
    text.chars().map(write).collect()
}

/// Returns the number of bytes that have arrived at the client's end of a connection and that it
/// has not read.
pub(crate) fn unread(client: &ClientProgram, address: SocketAddr) -> u32 {
    let sockets = client.program.sockets();
    let own = sockets.iter().find(|socket| socket.local.port() == address.port());
    own.map_or(0, |socket| socket.unread)
}
