//! A worker thread: the event loop of some of the clients.

mod commands;
mod dying;
mod leaving;
mod reading;
mod receiving;
mod resuming;
mod slow_readers;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::thread;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Poll, Token};

use self::leaving::Leaving;
use self::receiving::Buffers;
use crate::roles::Part;
use crate::system::machine::ThreadUse;
use crate::traffic::client::{Client, Newcomer, Presence};
use crate::traffic::judge::{Ending, Judge};
use crate::traffic::sending::senders::Senders;
use crate::traffic::shared::Shared;
use crate::traffic::timing::intervals::{INTERVAL, IntervalReport};
use crate::traffic::timing::latency::Completions;
use crate::traffic::timing::standstill::{Meter, Wait, longest_wait};
use crate::wire::dialects::Stage;

pub(crate) use commands::{Command, Finding, Return};
pub(crate) use slow_readers::Fate;

/// Token of the waker, used when there is a new command.
pub(crate) const WAKE: Token = Token(usize::MAX);

/// One worker.
#[derive(Debug)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
    senders: Arc<Senders>,
    index: usize,
    /// True in a closed loop: each completed message is followed by another.
    closed: bool,
    poll: Poll,
    commands: Receiver<Command>,
    reports: SyncSender<IntervalReport>,
    clients: Vec<Option<Box<Client>>>,
    judge: Judge,
    buffers: Buffers,
    answer: Vec<u8>,
    /// Clients that had more to read when their turn was over.
    again: Vec<usize>,
    /// Clients that have been told to leave.
    leaving: Vec<Leaving>,
    /// Slow readers whose connection was seen to end.
    fates: Vec<Fate>,
    /// Clients that took part and lost their connection.
    disconnected: u64,
    interval: Option<u64>,
    began: Option<ThreadUse>,
    used: Option<ThreadUse>,
    /// Timed deliveries when the measuring window closed; nothing before that.
    in_window: Option<u64>,
    /// Time for which its clients do not read, if they read later than others.
    pause: Option<Duration>,
    /// True if the last wait for events brought none, once all clients have joined.
    is_quiet: bool,
    /// Maximum wait for events.
    longest_wait: Duration,
    meter: Meter,
}

impl Worker {
    /// The worker of that index, for a run with `clients` clients in all.
    pub(crate) fn new(
        senders: Arc<Senders>,
        index: usize,
        closed: bool,
        clients: usize,
        rooms: u32,
        pause: Option<Duration>,
        (poll, commands, reports): (Poll, Receiver<Command>, SyncSender<IntervalReport>),
    ) -> Self {
        let shared = Arc::clone(senders.shared());
        let judge = Judge::new(index, rooms, closed, &shared);
        // The canary's thread has the time to watch, but in a closed loop it takes it from the others.
        let watches = !closed && index + 1 == shared.outstanding.len();
        Self {
            shared,
            senders,
            index,
            closed,
            poll,
            commands,
            reports,
            clients: (0..clients).map(|_| None).collect(),
            judge,
            buffers: Buffers::default(),
            answer: Vec::new(),
            again: Vec::new(),
            leaving: Vec::new(),
            fates: Vec::new(),
            disconnected: 0,
            interval: None,
            began: None,
            used: None,
            in_window: None,
            pause,
            is_quiet: false,
            longest_wait: longest_wait(watches),
            meter: Meter::new(watches),
        }
    }

    /// Event loop of the worker: ends when it is told that the run is over, or its commands are
    /// closed.
    pub(crate) fn run(mut self) -> Finding {
        let mut events = Events::with_capacity(1024);
        loop {
            let wait = if self.again.is_empty() { self.longest_wait } else { Duration::ZERO };
            let from = self.shared.clock.now();
            // Interrupted, or failed: the clock below goes on either way.
            if self.poll.poll(&mut events, Some(wait)).is_err() {
                events.clear();
            }
            let idle = self.again.is_empty() && events.iter().all(|event| event.token() == WAKE);
            self.read_later(idle);
            self.check_clock(from, idle);
            for event in &events {
                if event.token() != WAKE {
                    self.handle(event);
                }
            }
            for at in std::mem::take(&mut self.again) {
                if let Some(Some(client)) = self.clients.get_mut(at) {
                    client.again = false;
                    self.read(at, true);
                }
            }
            if !self.handle_commands() {
                return self.finish();
            }
            self.see_off();
            self.publish_progress();
        }
    }

    /// Waits where clients read later than others: once for all that comes without a gap.
    fn read_later(&mut self, idle: bool) {
        let Some(pause) = self.pause else { return };
        if !idle && self.is_quiet {
            thread::sleep(pause);
        }
        self.is_quiet = idle && self.shared.window.start() != u64::MAX;
    }

    fn handle(&mut self, event: &Event) {
        let Token(at) = event.token();
        let Some(Some(client)) = self.clients.get(at) else { return };
        if event.is_writable() && client.send_half.is_blocked() {
            client.send_half.flush(&self.shared);
        }
        let ended = event.is_read_closed() || event.is_error();
        if ended && client.part == Part::Slow && client.presence == Presence::Away {
            return self.note_fate(at);
        }
        if event.is_readable() || ended {
            self.read(at, ended);
        }
    }

    /// Handles a connection that ended unexpectedly.
    fn connection_lost(&mut self, at: usize) {
        let now = self.shared.clock.now();
        if self.comes_back(at) {
            return;
        }
        let Some(mut client) = self.clients[at].take() else { return };
        if client.until.is_some() {
            self.clients[at] = Some(client);
            return self.has_left(at);
        }
        client.send_half.end();
        self.judge.close_account(&self.shared, &mut client, Ending::CutOff, now);
        self.stop_counting(&client, now);
        client.presence = Presence::Lost;
        let killed = self.note_death(&client);
        // One that no server takes back has lost more than a connection.
        let is_explained = killed && client.session.is_none();
        let unasked = u64::from(client.began && !is_explained);
        self.disconnected += unasked;
        if let Some(server) = self.judge.servers.get_mut(client.server as usize) {
            server.disconnected += unasked;
        }
        let progress = &self.shared.progress;
        progress.connected.fetch_sub(1, Ordering::Relaxed);
        progress.disconnected.fetch_add(u64::from(!is_explained), Ordering::Relaxed);
        if client.stage != Stage::Ready {
            progress.settled.fetch_add(1, Ordering::Relaxed);
        }
        self.clients[at] = Some(client);
    }

    fn stop_counting(&self, client: &Client, now: u64) {
        if let (Part::Steady, Some(room)) = (client.part, client.room())
            && client.presence != Presence::Lost
        {
            self.shared.audience.leave(self.index, room, client.sender, now);
        }
    }

    /// Carries out the queued commands. False when the run is over.
    fn handle_commands(&mut self) -> bool {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Join(newcomer)) => self.join(*newcomer),
                Ok(Command::Leave(index)) => self.leave(index as usize),
                Ok(Command::Return(index, again)) => self.come_back(index as usize, *again),
                Ok(Command::Deafen(index)) => self.deafen(index as usize),
                Ok(Command::Cut(index, how)) => self.cut(index as usize, how),
                Ok(Command::Begin) => self.begin(),
                Ok(Command::Settle) => self.settle(),
                Ok(Command::Finish) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn join(&mut self, newcomer: Newcomer) {
        let at = newcomer.index as usize;
        let mut client = Box::new(Client::new(newcomer, self.is_canary(), &self.shared));
        if let (Part::Steady, Some(room)) = (client.part, client.room()) {
            self.shared.audience.join(self.index, room);
        }
        if let Some(before) = self.clients[at].take() {
            client.received = before.received;
            client.began = before.began;
        }
        if client.stage == Stage::Ready {
            self.shared.progress.settled.fetch_add(1, Ordering::Relaxed);
        }
        self.shared.progress.connected.fetch_add(1, Ordering::Relaxed);
        self.clients[at] = Some(client);
        // What arrived before the client was known here has made its event already.
        self.read(at, true);
    }

    fn begin(&mut self) {
        let now = self.shared.clock.now();
        for client in self.clients.iter_mut().flatten() {
            let hears = client.hears_all(&self.shared);
            client.began = client.presence != Presence::Lost && hears;
            if client.presence == Presence::Lost {
                continue;
            }
            if client.part == Part::Slow {
                self.judge.close_account(&self.shared, client, Ending::Leaving, now);
                client.presence = Presence::Away;
            } else if !hears {
                // Nothing is due to it, so no message has to wait for it.
                client.presence = Presence::Away;
                if let (Part::Steady, Some(room)) = (client.part, client.room()) {
                    self.shared.audience.leave(self.index, room, client.sender, now);
                }
            }
        }
    }

    /// Publishes the worker's progress after each sweep, and in a closed loop sends a new message
    /// for each completed one.
    fn publish_progress(&mut self) {
        self.judge.publish_words(&self.shared);
        let progress = &self.shared.progress;
        if progress.all_sent.load(Ordering::Relaxed) {
            let clients = self.clients.iter().flatten();
            let all = self.closed || self.shared.in_flight.has_others();
            let waiting =
                clients.filter(|client| all || matches!(client.part, Part::Churner | Part::Later));
            let outstanding = waiting.map(|client| client.outstanding(&self.shared)).sum();
            self.shared.outstanding[self.index].store(outstanding, Ordering::Relaxed);
        }
        self.judge.publish(progress);
        let Completions { all, awaited } = self.judge.latency.take_completed();
        if all > 0 {
            progress.completed.fetch_add(all, Ordering::Relaxed);
            progress.open.fetch_sub(i64::try_from(all).unwrap_or(i64::MAX), Ordering::Relaxed);
            if self.closed {
                self.senders.refill(awaited);
            }
        }
    }

    /// Looks for a standstill, ends intervals, and closes the measuring window.
    fn check_clock(&mut self, from: u64, idle: bool) {
        let now = self.shared.clock.now();
        // A closed loop has its threads wait for each other all the time.
        let counts = !self.closed && self.in_window.is_none() && now >= self.shared.window.start();
        // A pause is no standstill, and disturbs nothing that is timed.
        if self.pause.is_none() {
            let found = self.meter.waited(Wait { from, to: now, idle }, counts);
            self.judge.latency.disturbance.go_on(found, now, &self.shared.standstill);
        }
        let start = self.shared.window.start();
        let Some(since) = now.checked_sub(start) else { return };
        let interval = since / INTERVAL;
        if let Some(before) = self.interval.replace(interval)
            && before != interval
        {
            self.end_interval(before);
        }
        if self.began.is_none() {
            self.began = ThreadUse::now();
        }
        if self.in_window.is_none() && now >= self.shared.window.end() {
            self.close_window();
        }
    }

    /// Returns whether this is the last worker, which serves one client only: the canary.
    fn is_canary(&self) -> bool {
        self.index + 1 == self.shared.outstanding.len()
    }

    /// Notes what the thread used within the measuring window, and what had come by its end.
    fn close_window(&mut self) {
        self.in_window = Some(self.judge.latency.timed() + self.judge.later);
        if let (Some(began), Some(now)) = (self.began, ThreadUse::now()) {
            self.used = Some(now.since(began));
        }
    }

    fn end_interval(&mut self, index: u64) {
        let slice = self.judge.latency.take_slice();
        // A closed channel means that the run is being given up.
        let _ = self.reports.send(IntervalReport { worker: self.index, index, slice });
    }

    fn finish(mut self) -> Finding {
        let now = self.shared.clock.now();
        let mut clients: Vec<Client> =
            self.clients.drain(..).flatten().map(|client| *client).collect();
        let fates = self.fates_of(&mut clients);
        for client in &mut clients {
            let unfinished = std::mem::take(&mut client.rest);
            if client.presence == Presence::Here && !unfinished.is_empty() {
                self.judge.garbage(&self.shared, client, &unfinished, now);
            }
            self.judge.close_account(&self.shared, client, Ending::Over, now);
            self.judge.close_cut_account(&self.shared, client, now);
        }
        self.judge.publish(&self.shared.progress);
        self.end_interval(self.interval.unwrap_or(0));
        if self.in_window.is_none() {
            self.close_window();
        }
        let Judge { latency, anomalies, ok, servers, later, .. } = self.judge;
        let (messages, disturbance, untimed) = latency.finish(&self.shared);
        let (disconnected, used) = (self.disconnected, self.used);
        let in_window = self.in_window.unwrap_or(0);
        let waits = self.meter.queued;
        Finding {
            messages,
            disturbance,
            untimed,
            later,
            in_window,
            anomalies,
            ok,
            disconnected,
            waits,
            clients,
            servers,
            fates,
            used,
        }
    }
}
