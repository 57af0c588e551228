//! Visitors: clients that come, are let in and leave at once, at a rate, beside the clients of another generator.
//!
//! A visit is over when the server ends the connection of a visitor that has said goodbye: so each one that counts has
//! been accepted, let in and let out. Nothing is judged.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use chat_terminal::descriptors;
use hdrhistogram::Histogram;
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::Serialize;
use socket2::{Domain, Socket, Type};

use crate::cli::VisitOptions;
use crate::record::Summary;
use crate::traffic::clock::{Clock, nanoseconds};
use crate::traffic::timing::histograms::{enter, histogram};
use crate::wire::dialects::{Dialect, Stage, Who};

/// What became of the visits, in JSON.
#[derive(Debug, Serialize)]
struct Findings {
    /// Visits that were due.
    due: u64,
    /// Those that ended as they should.
    done: u64,
    /// Those that the server or the system refused, or ended too early.
    failed: u64,
    /// Those that were not over in time, or had no room to begin.
    unfinished: u64,
    /// Visits that ended well, per second, until the last of them ended.
    rate: f64,
    /// Nanoseconds from when a visit was due until it ended well.
    took: Summary,
}

/// Maximum number of visitors at a time.
const AT_A_TIME: usize = 4096;
/// Maximum number of visits that begin before others go on.
const AT_ONCE: usize = 64;
/// Maximum wait for events.
const TICK: Duration = Duration::from_millis(1);

/// One visitor.
#[derive(Debug)]
struct Visitor {
    stream: TcpStream,
    who: Who,
    stage: Stage,
    /// Time at which its visit was due.
    due: u64,
    /// What it has not said yet; nothing once it is connected.
    hello: Option<Vec<u8>>,
    /// Bytes of an incomplete frame.
    rest: Vec<u8>,
    /// True if it has said goodbye.
    leaves: bool,
}

/// All visitors.
struct Visits<'a> {
    options: &'a VisitOptions,
    address: SocketAddr,
    dialect: &'a dyn Dialect,
    clock: Clock,
    poll: Poll,
    visitors: Vec<Option<Visitor>>,
    free: Vec<usize>,
    /// The number of visits that have begun.
    begun: u64,
    failed: u64,
    took: Histogram<u64>,
    last: u64,
}

/// Lets visitors come, and prints what became of them.
///
/// # Errors
///
/// When the system gives no event queue, there is no such server, or the findings cannot be written.
pub(crate) fn run(options: &VisitOptions) -> io::Result<()> {
    descriptors::raise();
    let address = options.server.host_and_port().to_socket_addrs()?.next();
    let address = address.ok_or(ErrorKind::NotFound)?;
    let dialect = options.dialect.dialect();
    let mut visits = Visits {
        options,
        address,
        dialect: &*dialect,
        clock: Clock::start(),
        poll: Poll::new()?,
        visitors: (0..AT_A_TIME).map(|_| None).collect(),
        free: (0..AT_A_TIME).collect(),
        begun: 0,
        failed: 0,
        took: histogram(),
        last: 0,
    };
    let findings = visits.all()?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&findings)?)
}

impl Visits<'_> {
    fn all(&mut self) -> io::Result<Findings> {
        let mut events = Events::with_capacity(1024);
        let end = nanoseconds(self.options.duration.as_secs_f64());
        let patience = end + nanoseconds(self.options.timeout.as_secs_f64());
        let mut buffer = vec![0; 64 * 1024];
        while self.clock.now() < patience && (self.clock.now() < end || self.free.len() < AT_A_TIME)
        {
            self.begin_those_due(end);
            match self.poll.poll(&mut events, Some(TICK)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                self.go_on(event, &mut buffer);
            }
        }
        let done = self.took.len();
        let seconds = Duration::from_nanos(self.last.max(1)).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = done as f64 / seconds;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of visits"
        )]
        let due = (self.options.rate * self.options.duration.as_secs_f64()).ceil() as u64;
        let unfinished = due - done - self.failed;
        let took = Summary::of(&self.took);
        Ok(Findings { due, done, failed: self.failed, unfinished, rate, took })
    }

    /// Begins the visits that are due, as far as there is room for them. Those that have to wait stay due.
    fn begin_those_due(&mut self, end: u64) {
        for _ in 0..AT_ONCE {
            #[expect(clippy::cast_precision_loss, reason = "a number of visits")]
            let due = nanoseconds(self.begun as f64 / self.options.rate.max(1e-9));
            if due >= end || due > self.clock.now() {
                return;
            }
            let Some(at) = self.free.pop() else { return };
            self.begun += 1;
            match self.begin(at, due) {
                Ok(visitor) => self.visitors[at] = Some(visitor),
                Err(_) => self.fail(at),
            }
        }
    }

    fn begin(&mut self, at: usize, due: u64) -> io::Result<Visitor> {
        let socket = Socket::new(Domain::for_address(self.address), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        let from = &self.options.from;
        #[expect(clippy::cast_possible_truncation, reason = "a place in a list")]
        if let Some(&from) = from.get(self.begun as usize % from.len().max(1)) {
            socket.bind(&SocketAddr::new(from, 0).into())?;
        }
        // It does not wait; what becomes of it is said by the first event.
        let _ = socket.connect(&self.address.into());
        let mut stream = TcpStream::from_std(socket.into());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(at), interest)?;
        let who = Who { name: format!("{}-{}", self.options.names, self.begun), room: Some(0) };
        let mut hello = Vec::new();
        let stage = self.dialect.hello(&who, &mut hello);
        let (rest, leaves) = (Vec::new(), false);
        Ok(Visitor { stream, who, stage, due, hello: Some(hello), rest, leaves })
    }

    fn go_on(&mut self, event: &Event, buffer: &mut [u8]) {
        let Token(at) = event.token();
        let Some(visitor) = &mut self.visitors[at] else { return };
        match visitor.go_on(event, self.dialect, buffer) {
            Ok(false) => {}
            Ok(true) if visitor.leaves => {
                self.last = self.clock.now();
                enter(&mut self.took, self.last.saturating_sub(visitor.due), 1);
                self.end(at);
            }
            Ok(true) | Err(_) => self.fail(at),
        }
    }

    fn fail(&mut self, at: usize) {
        self.failed += 1;
        self.end(at);
    }

    fn end(&mut self, at: usize) {
        self.visitors[at] = None;
        self.free.push(at);
    }
}

impl Visitor {
    /// Does what can be done. Returns whether the connection has ended.
    fn go_on(
        &mut self,
        event: &Event,
        dialect: &dyn Dialect,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        if event.is_writable()
            && let Some(hello) = self.hello.take()
        {
            if let Some(error) = self.stream.take_error()? {
                return Err(error);
            }
            self.stream.write_all(&hello)?;
            self.leave_when_ready(dialect)?;
        }
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Ok(true),
                Ok(length) => self.hear(&buffer[..length], dialect)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Answers what the server asks until it has let the visitor in. What comes later is of no interest.
    fn hear(&mut self, bytes: &[u8], dialect: &dyn Dialect) -> io::Result<()> {
        if self.leaves {
            return Ok(());
        }
        self.rest.extend_from_slice(bytes);
        let (mut used, mut answer) = (0, Vec::new());
        while self.stage != Stage::Ready
            && let Some(frame) =
                dialect.read(&self.who, &mut self.stage, &self.rest[used..], &mut answer)
        {
            used += frame.length;
        }
        self.rest.drain(..used);
        self.stream.write_all(&answer)?;
        self.leave_when_ready(dialect)
    }

    fn leave_when_ready(&mut self, dialect: &dyn Dialect) -> io::Result<()> {
        if self.stage != Stage::Ready || self.leaves {
            return Ok(());
        }
        self.leaves = true;
        let mut goodbye = Vec::new();
        dialect.bye(&mut goodbye);
        self.stream.write_all(&goodbye)?;
        self.stream.shutdown(Shutdown::Write)
    }
}
