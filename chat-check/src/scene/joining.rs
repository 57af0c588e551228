//! Joining a server: participants connect, are greeted, and give their names.

use std::io;
use std::net::SocketAddr;

use crate::dialect::{Framing, Naming};
use crate::scene::non_reader::NonReader;
use crate::scene::participant::{APART, Participant, Place, trouble};
use crate::scene::{Scene, Server};
use crate::text::{Lang, Words};
use crate::verdict::{Checked, Halt};

impl Scene<'_> {
    /// Connects a participant, which says and hears nothing yet.
    ///
    /// # Errors
    ///
    /// The connection is refused, or times out; untestable where the server serves no more.
    pub(crate) fn connect(&self, server: &Server, name: &str) -> Checked<Participant> {
        self.connect_in(server, name, self.dialect.framing)
    }

    /// The same with another framing than the dialect's.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub(crate) fn connect_in(
        &self,
        server: &Server,
        name: &str,
        framing: Framing,
    ) -> Checked<Participant> {
        let place = self.place()?;
        let (address, patience) = (server.address, self.timeouts.patience);
        Participant::connect(self.role(name), address, self.dialect, patience, place)
            .map(|participant| participant.framed(framing))
            .map_err(|error| refused(name, &error))
    }

    /// The same for one more than the server is known to serve.
    ///
    /// # Errors
    ///
    /// The connection is refused, or times out.
    pub(crate) fn connect_beyond(&self, server: &Server, name: &str) -> Checked<Participant> {
        let (dialect, patience) = (self.dialect, self.timeouts.patience);
        Participant::connect(self.role(name), server.address, dialect, patience, Place::default())
            .map_err(|error| refused(name, &error))
    }

    /// Takes a place among the clients of the server.
    fn place(&self) -> Checked<Place> {
        let taken = Place::strong_count(&self.places) - 1;
        match self.dialect.most_clients.filter(|most| taken >= *most) {
            None => Ok(Place::clone(&self.places)),
            Some(most) => Err(too_many(most)),
        }
    }

    /// Connects a participant, which waits for the greeting and gives a name if there are names.
    ///
    /// # Errors
    ///
    /// There is no connection, no greeting or no question for the name.
    pub(crate) fn join(&self, server: &Server, name: &str) -> Checked<Participant> {
        let mut participant = self.connect(server, name)?;
        self.introduce(&mut participant, name)?;
        if self.dialect.has_names() && cfg!(target_os = "linux") {
            // Many servers take for the name what one read returns.
            let empty = || server.socket(participant.local()).is_some_and(|ours| ours.unread == 0);
            self.eventually(|| (empty() || participant.end().is_some()).then_some(()));
        }
        Ok(participant)
    }

    /// Waits for the greeting, and gives this name if there are names.
    ///
    /// # Errors
    ///
    /// There is no greeting or no question for the name.
    pub(crate) fn introduce(&self, participant: &mut Participant, name: &str) -> Checked {
        if self.dialect.greeting {
            let patience = self.timeouts.patience;
            let greeted =
                participant.captured().wait(patience, |heard| (heard.total > 0).then_some(()));
            greeted.ok_or_else(|| {
                let who = participant.name();
                Halt::fault(
                    Words::new(format!("un saludo para {who}"), format!("a greeting for {who}")),
                    participant.instead(patience),
                )
            })?;
        }
        if let Naming::Asked(keyword) = &self.dialect.naming {
            self.asked(participant, keyword)?;
        }
        let lines = self.dialect.introduction(name);
        if !self.dialect.open_name {
            return lines.iter().try_for_each(|line| participant.command(line));
        }
        // What comes together with a name without an end is part of it.
        lines.iter().try_for_each(|line| {
            participant.send(&self.dialect.introduces(line))?;
            self.pause(APART)
        })
    }

    /// Waits until the server asks for a name with this keyword.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts.
    pub(crate) fn asked(&self, participant: &Participant, keyword: &str) -> Checked {
        let patience = self.timeouts.patience;
        let asked = participant.captured().wait(patience, |heard| heard.find(keyword, 0));
        asked.map(drop).ok_or_else(|| {
            let name = participant.name();
            Halt::fault(
                Words::new(
                    format!("que a {name} se le pida el nombre con «{keyword}»"),
                    format!("that {name} is asked for a name with \"{keyword}\""),
                ),
                participant.instead(patience),
            )
        })
    }

    /// Connects a participant that never reads.
    ///
    /// # Errors
    ///
    /// There is no connection or no question for the name.
    pub(crate) fn join_without_reading(&self, server: &Server, name: &str) -> Checked<NonReader> {
        let lines = self.dialect.introduction(name).into_iter();
        let answer: Vec<u8> = lines.flat_map(|line| self.dialect.introduces(&line)).collect();
        let asked = match &self.dialect.naming {
            Naming::None if answer.is_empty() => None,
            Naming::None | Naming::First => Some(("", &answer[..])),
            Naming::Asked(keyword) => Some((keyword.as_str(), &answer[..])),
        };
        let (role, place) = (self.role(name), self.place()?);
        NonReader::connect(role, server.address, self.timeouts.patience, asked, place)
            .map_err(|error| refused(name, &error))
    }

    /// Waits until the server has accepted this connection.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts.
    pub(crate) fn accepted(&self, server: &Server, client: SocketAddr) -> Checked {
        if !cfg!(target_os = "linux") {
            // This system does not show it; a message that comes too early is said again.
            return Ok(());
        }
        let owns = || server.has(client).then_some(());
        self.eventually(owns).ok_or_else(|| {
            Halt::fault(
                Words::new(
                    format!("que el servidor acepte la conexión de {client}"),
                    format!("that the server accepts the connection of {client}"),
                ),
                [
                    "nadie llamó a accept(): su conexión sigue en la cola del sistema",
                    "nothing called accept(): the connection still waits in the system's queue",
                ],
            )
        })
    }

    /// The same for a participant that may have been turned away.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts; with what the server has done instead. Untestable where the
    /// server serves a few only: who left may still have its place.
    pub(crate) fn is_admitted(&self, server: &Server, participant: &Participant) -> Checked {
        self.is_served(server, participant).map_err(|halt| match self.dialect.most_clients {
            Some(most) => too_many(most),
            None => halt,
        })
    }

    /// The same, for as many as a server has to serve.
    ///
    /// # Errors
    ///
    /// It does not while patience lasts; with what the server has done instead.
    pub(crate) fn is_served(&self, server: &Server, participant: &Participant) -> Checked {
        self.accepted(server, participant.local()).map_err(|halt| match halt {
            Halt::Fault { came, .. } => {
                let name = participant.name();
                let expected = Words::new(
                    format!("que el servidor atienda a {name}"),
                    format!("that the server serves {name}"),
                );
                Halt::Fault { expected, came: turned_away(participant).unwrap_or(came) }
            }
            halt => halt,
        })
    }
}

/// Untestable: it takes more clients than this.
fn too_many(most: usize) -> Halt {
    Halt::Untestable(Words::new(
        format!("hacen falta más clientes a la vez que los {most} que atiende"),
        format!("it takes more clients at the same time than the {most} that it serves"),
    ))
}

fn refused(name: &str, error: &io::Error) -> Halt {
    Halt::fault(
        Words::new(format!("que {name} pueda conectarse"), format!("that {name} can connect")),
        Words::new(
            format!("no puede: {}", trouble(error).to(Lang::Es)),
            format!("it cannot: {}", trouble(error).to(Lang::En)),
        ),
    )
}

/// Returns the evidence that a server knows of a connection, but does not serve it.
pub(crate) fn turned_away(participant: &Participant) -> Option<Words> {
    let said = participant.captured().text().split_whitespace().collect::<Vec<_>>().join(" ");
    match (participant.end(), &said[..]) {
        (None, "") => None,
        (None, said) => Some(Words::new(format!("dijo «{said}»"), format!("it said \"{said}\""))),
        (Some(_), "") => Some(["cerró la conexión", "it closed the connection"].into()),
        (Some(_), said) => Some(Words::new(
            format!("cerró la conexión, después de decir «{said}»"),
            format!("it closed the connection, after it had said \"{said}\""),
        )),
    }
}
