//! Chapter 1.4: a client that does not read, and others that go on talking.

use std::time::Instant;

use crate::checks::check::{Check, MANY, Side};
use crate::scene::non_reader::NonReader;
use crate::scene::participant::Participant;
use crate::scene::{Scene, Server};
use crate::text::Text;
use crate::verdict::{Checked, Halt, Level};

pub(crate) const CHECKS: &[&Check] = &[&JOIN_WHILE_STUCK, &SLOW_READER];

const JOIN_WHILE_STUCK: Check = Check {
    id: "1.4-join-while-stuck",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["2.8-two-in-one", "3.3-adjacent-resets"],
    title: Text {
        es: "mientras uno no lee, otros pueden entrar",
        en: "while somebody does not read, others can join",
    },
    explanation: Text {
        es: "`sendall` a un cliente que no lee se queda esperando. Si en ese momento hay un \
             cerrojo tomado, o es el mismo hilo que acepta conexiones, nadie más puede entrar. \
             Copia la lista con el cerrojo tomado y envía después de soltarlo, con una cola y un \
             hilo por cliente o con sockets no bloqueantes.",
        en: "`sendall` to a client that does not read waits. When a lock is held at that moment, \
             or it is the thread that accepts connections, nobody else can join. Copy the list \
             with the lock held and send after it is released, with a queue and a thread for each \
             client or with non-blocking sockets.",
    },
    body: join_while_stuck,
};

/// The second newcomer shows that the server has gone on after the first.
fn join_while_stuck(scene: &mut Scene) -> Checked {
    let mut room = stuck(scene)?;
    while !room.is_full() && room.flood(scene) {}
    for name in ["fabio", "gina"] {
        let newcomer = scene.join(&room.server, name)?;
        scene.is_admitted(&room.server, &newcomer)?;
    }
    Ok(())
}

const SLOW_READER: Check = Check {
    id: "1.4-slow-reader",
    side: Side::Server,
    level: Level::Must,
    profiles: MANY,
    needs: &["1.4-join-while-stuck"],
    title: Text {
        es: "uno que no lee no demora los mensajes de los demás",
        en: "somebody who does not read does not delay the others' messages",
    },
    explanation: Text {
        es: "`sendall` a un cliente que no lee se queda esperando, y con él quien envía: el resto \
             no recibe nada más. Dale a cada cliente una cola y un hilo que la envía, o usa \
             sockets no bloqueantes, o un plazo que vale solo para enviar (`SO_SNDTIMEO`), y \
             desconecta a quien no lo cumple. `settimeout` no sirve: vale también para `recv`, y \
             desconecta a quien solo calla.",
        en: "`sendall` to a client that does not read waits, and the sender with it: the rest get \
             nothing more. Give each client a queue and a thread that sends from it, or use \
             non-blocking sockets, or a time-out for sending only (`SO_SNDTIMEO`), and disconnect \
             whoever is over it. `settimeout` is no help: it holds for `recv` as well, and \
             disconnects who is only silent.",
    },
    body: slow_reader,
};

fn slow_reader(scene: &mut Scene) -> Checked {
    let mut room = stuck(scene)?;
    while !room.is_full() {
        if !room.flood(scene) {
            return Err(Halt::fault(
                ["que carla reciba lo que dice ana", "that carla receives what ana says"],
                [
                    "dejó de recibir desde que otro cliente no lee",
                    "she stopped receiving when another client did not read",
                ],
            ));
        }
    }
    Ok(())
}

/// A room with members before and behind a client that does not read.
struct Stuck {
    server: Server,
    ana: Participant,
    beto: Participant,
    carla: Participant,
    non_reader: NonReader,
    /// The bytes of a line.
    line: usize,
    /// Bytes that the system held for the client that does not read, after each batch.
    held: Vec<u32>,
}

/// The bytes of a line: under the limit of 2.9, or of almost any server.
const LINES: [usize; 2] = [4000, 200];

/// Bytes sent before a look at whether they arrive.
const BATCH: usize = 64_000;

/// Limit on the batches: 8 MB in all. The system holds at most 4 for a socket, and usually 2.5.
const BATCHES: usize = 128;

/// Number of batches after which the non-reader's socket is taken for full, if the system has taken
/// nothing more in the meantime.
const FULL: usize = 12;

/// Gathers a room with a client that does not read, in which much can be said.
fn stuck(scene: &mut Scene) -> Checked<Stuck> {
    for line in LINES {
        let mut room = with_non_reader(scene, line)?;
        // No socket is full after so little. A rate limit may let some of it pass at once.
        let begun = Instant::now();
        if (0..4).all(|_| room.flood(scene)) && begun.elapsed() < scene.timeouts.patience {
            return Ok(room);
        }
    }
    Err(Halt::Untestable(
        ["no deja hablar tan rápido", "it does not let anybody talk so fast"].into(),
    ))
}

/// Gathers a room with a client that does not read, in which lines have this length.
fn with_non_reader(scene: &mut Scene, line: usize) -> Checked<Stuck> {
    let (server, [ana, beto]) = scene.room(["ana", "beto"])?;
    let non_reader = scene.join_without_reading(&server, "dora")?;
    scene.accepted(&server, non_reader.local())?;
    let carla = scene.join(&server, "carla")?;
    scene.is_admitted(&server, &carla)?;
    let mut room = Stuck { server, ana, beto, carla, non_reader, line, held: Vec::new() };
    scene.probe(&mut room.ana, &mut room.carla)?;
    Ok(room)
}

impl Stuck {
    /// Returns whether so much was sent that a server that waits for the non-reader is blocked by
    /// now.
    fn is_full(&self) -> bool {
        let last = &self.held[self.held.len().saturating_sub(FULL)..];
        let same = last.iter().all(|held| *held > 0 && Some(held) == last.first());
        self.held.len() >= BATCHES || (last.len() == FULL && same)
    }

    /// Ana says many lines. Returns whether the others hear all of them while patience lasts.
    fn flood(&mut self, scene: &Scene) -> bool {
        let lines = scene.dialect.encode(&vec![b'x'; self.line]).repeat(BATCH / self.line);
        let listeners = [&self.beto, &self.carla];
        let before =
            listeners.map(|participant| participant.captured().look(|heard| heard.bytes.len()));
        if self.ana.send(&lines).is_err() {
            return false;
        }
        let hears_all = |(participant, before): (&Participant, usize)| {
            participant.captured().wait_on(scene.timeouts.patience, |heard| {
                let letters = memchr::memchr_iter(b'x', &heard.bytes[before..]).count();
                (letters >= BATCH).then_some(())
            })
        };
        let heard = listeners.into_iter().zip(before).all(|pair| hears_all(pair).is_some());
        let socket = self.server.socket(self.non_reader.local());
        self.held.push(socket.map_or(0, |socket| socket.unsent));
        heard
    }
}
