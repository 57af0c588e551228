//! One node of the cluster: it joins, publishes what its people do, applies the log, and is fenced when it is dead.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::entry::{Act, Entry, Incarnation, Notice, Subject};
use crate::follow::{Fenced, Follow, Verdict};
use crate::log::{Arrival, Log, Record};
use crate::members::{Members, Newcomer};
use crate::pass::{Pass, PassError};
use crate::replica::{Applied, Replica};
use crate::state::{Place, RestoreError, State};
use crate::uplink::{ProposeError, Uplink};

/// A node that has published nothing for this time says that it is there, or asks again to be let in.
pub const ALIVE: Duration = Duration::from_secs(1);

/// People are told that the log cannot be reached when a pass has not come back for this time.
pub const AWAY: Duration = Duration::from_secs(2);

/// The settings of a node.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A number that no run of a node has had.
    pub node: Incarnation,
    /// The settings of the chat, which hold if this node opens it. Else its founder's hold.
    pub chat: Box<[u8]>,
    /// The sequence number of the last record of the log; 0 if it has none.
    pub last: u64,
}

/// What can be watched of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The number of nodes, this one among them; 0 before it is part of the cluster.
    pub members: usize,
    /// The number of nodes of which a pass is missing now, in front of a later one.
    pub holes: usize,
    /// Bytes that have not come back from the log.
    pub waiting: usize,
    /// The time for which the pass in flight has been under way; zero if none is.
    pub lag: Duration,
    /// The number of times that it has sent a pass again.
    pub resent: u64,
}

/// A message of a node to its server.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// It is part of the cluster: its server may let people in. The state is as of this position.
    Ready(&'a Replica),
    /// The log cannot be reached, for all that is known. What people do waits.
    Away,
    /// The log is back.
    Back,
    /// The chat of the others cannot be taken over, for this reason. It asks again.
    Refused(RestoreError),
    /// It is not part of the cluster any more: its people are to be let go. Nothing comes after this; a new node may join.
    Fenced(Fenced),
}

/// One node. It has no sockets and no clock: time is given as the time since any fixed moment.
pub struct Node {
    me: Incarnation,
    chat: Box<[u8]>,
    uplink: Uplink,
    follow: Follow,
    phase: Phase,
    past: Past,
    is_subscribed: bool,
    is_away: bool,
    /// The nodes that this one has declared dead, with their last numbers.
    declared: BTreeMap<Incarnation, u64>,
}

/// What outlives a chat, for a node that opens the next.
enum Past {
    /// Nothing does.
    None,
    /// It is still to be read.
    Awaited,
    /// The state has it, as of the last record.
    Known(Box<Replica>),
}

enum Phase {
    Joining(Newcomer),
    Ready(Box<Replica>),
    Fenced,
}

impl Node {
    /// A node that begins to join with its first [turn](Self::turn).
    pub fn new(settings: Settings) -> Self {
        let Settings { node: me, chat, last } = settings;
        let (mut newcomer, mut uplink) = (Newcomer::default(), Uplink::new(me));
        // A notice always fits.
        let _ = uplink.propose(&Entry::Node(newcomer.speak(&chat)), Subject::Public);
        Self {
            me,
            chat,
            uplink,
            follow: Follow::behind(last),
            phase: Phase::Joining(newcomer),
            past: Past::None,
            is_subscribed: false,
            is_away: false,
            declared: BTreeMap::new(),
        }
    }

    /// The same for a node that opens no chat before it [knows](Self::knows_past) what has outlived the last one.
    pub fn with_past(settings: Settings) -> Self {
        Self { past: Past::Awaited, ..Self::new(settings) }
    }

    /// The position as of which the node [is to know](Self::knows_past) what has outlived the last chat. `None`: it need not.
    pub fn asks_for_past(&self) -> Option<u64> {
        match (&self.phase, &self.past) {
            (Phase::Joining(newcomer), Past::Awaited) if newcomer.is_alone() => {
                Some(self.follow.position())
            }
            _ => None,
        }
    }

    /// The state has what has outlived the last chat, as of this replica, which is at the position that was asked for. The
    /// records behind it are applied to both, until the node opens a chat or gets one.
    pub fn knows_past(&mut self, replica: Replica) {
        self.past = Past::Known(Box::new(replica));
    }

    /// Proposes what the person of this number does. It holds when the log gives it back to the state.
    pub fn propose(&mut self, person: u64, act: Act, subject: Subject) -> Result<(), ProposeError> {
        match self.phase {
            Phase::Ready(_) => self.uplink.propose(&Entry::Person(person, act), subject),
            Phase::Joining(_) | Phase::Fenced => Err(ProposeError::NotReady),
        }
    }

    /// Bytes that have not come back from the log.
    pub fn waiting(&self) -> usize {
        self.uplink.waiting()
    }

    /// What can be watched of it.
    pub fn figures(&self, now: Duration) -> Figures {
        let members = self.replica().map(Replica::members);
        let since = self.uplink.in_flight_since();
        Figures {
            members: members.map_or(0, |members| members.nodes().len()),
            holes: members.map_or(0, Members::holes),
            waiting: self.waiting(),
            lag: since.map_or(Duration::ZERO, |since| now.saturating_sub(since)),
            resent: self.uplink.resent(),
        }
    }

    /// Returns whether the log cannot be reached, for all that is known.
    pub fn is_away(&self) -> bool {
        self.is_away
    }

    /// Returns whether this node is the one that keeps what is to outlive all of them: the first that has the chat.
    pub fn is_keeper(&self) -> bool {
        self.replica().is_some_and(|replica| replica.members().answerer(0) == Some(self.me))
    }

    /// The position and the members, if this node is part of the cluster.
    pub fn replica(&self) -> Option<&Replica> {
        match &self.phase {
            Phase::Ready(replica) => Some(replica),
            Phase::Joining(_) | Phase::Fenced => None,
        }
    }

    /// Takes all that has arrived, and publishes what is due. To be called when something arrives or was proposed, and at the
    /// [deadline](Self::deadline).
    pub fn turn(
        &mut self,
        now: Duration,
        log: &mut impl Log,
        state: &mut impl State,
        tell: &mut impl FnMut(Event<'_>),
    ) {
        if !self.is_subscribed {
            self.is_subscribed = true;
            self.subscribe(now, log);
        }
        while !matches!(self.phase, Phase::Fenced)
            && let Some(arrival) = log.next()
        {
            if let Err(fenced) = self.arrived((now, arrival), log, state, tell) {
                self.phase = Phase::Fenced;
                tell(Event::Fenced(fenced));
            }
        }
        if matches!(self.phase, Phase::Fenced) {
            return;
        }
        self.declare_dead();
        self.speak(now);
        if let Some((subject, message)) = self.uplink.transmit(now) {
            log.publish(subject, message);
        }
        self.watch(now, log, tell);
    }

    /// The time for the next [turn](Self::turn). `None`: there is no more.
    pub fn deadline(&self) -> Option<Duration> {
        if matches!(self.phase, Phase::Fenced) {
            return None;
        }
        if !self.is_subscribed {
            return Some(Duration::ZERO);
        }
        let alive = self.uplink.idle_since().map(|since| since + ALIVE);
        let flight = self.uplink.in_flight_since();
        let watchdog = flight.map(|since| self.follow.watchdog(since));
        let away = flight.filter(|_| !self.is_away).map(|since| since + AWAY);
        [self.uplink.deadline(), alive, watchdog, away].into_iter().flatten().min()
    }

    fn subscribe(&mut self, now: Duration, log: &mut impl Log) {
        let (subscription, behind) = self.follow.subscribe(now);
        log.subscribe(subscription, behind);
    }

    fn arrived(
        &mut self,
        (now, arrival): (Duration, Arrival),
        log: &mut impl Log,
        state: &mut impl State,
        tell: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Fenced> {
        match arrival {
            Arrival::Record(record) => match self.follow.check(&record) {
                Verdict::Take => return self.take(&record, log, state, tell),
                Verdict::Old => {}
                Verdict::Lost => self.subscribe(now, log),
                Verdict::Gone => return Err(Fenced::Behind),
            },
            Arrival::Subscribed { subscription, created, last } => {
                self.follow.check_log(subscription, created, last)?;
            }
            Arrival::Snapshot(snapshot) => self.restore((now, &snapshot), log, state, tell),
            Arrival::Cut => self.subscribe(now, log),
            Arrival::Acknowledged => {}
        }
        Ok(())
    }

    /// Takes the next record.
    fn take(
        &mut self,
        record: &Record,
        log: &mut impl Log,
        state: &mut impl State,
        tell: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Fenced> {
        let pass = match Pass::decode(&record.message) {
            Ok(pass) => Some(pass),
            Err(PassError::Malformed) => None,
            Err(PassError::Version(version)) => return Err(Fenced::Version(version)),
        };
        match &mut self.phase {
            Phase::Joining(newcomer) => {
                newcomer.clock.tick(record.time);
                if let Past::Known(replica) = &mut self.past {
                    replica.replay(record, state)?;
                }
                if let Some(pass) = pass {
                    return self.look_on(record, pass, state, tell);
                }
            }
            Phase::Ready(replica) => {
                let own = pass.as_ref().filter(|pass| pass.node == self.me).map(|pass| pass.n);
                let from = pass.as_ref().map(|pass| pass.node);
                let place = (record.sequence, record.time);
                let Applied { is_taken, hello, fenced } =
                    replica.apply(self.me, place, pass, state);
                if let Some(n) = own
                    && is_taken
                {
                    self.uplink.returned(n);
                }
                if let (Some(newcomer), Some(attempt)) = (from, hello)
                    && replica.members().answerer(attempt) == Some(self.me)
                {
                    log.send_snapshot(newcomer, replica.snapshot(state));
                }
                return fenced.map_or(Ok(()), Err);
            }
            Phase::Fenced => {}
        }
        Ok(())
    }

    /// A newcomer sees a pass: its own, or one that tells whether there is a chat.
    fn look_on(
        &mut self,
        record: &Record,
        pass: Pass,
        state: &mut impl State,
        tell: &mut impl FnMut(Event<'_>),
    ) -> Result<(), Fenced> {
        let Phase::Joining(newcomer) = &mut self.phase else { return Ok(()) };
        if pass.node != self.me {
            let is_hello = |entry: &Entry| matches!(entry, Entry::Node(Notice::Hello { .. }));
            newcomer.hear(pass.entries.iter().all(is_hello));
            let is_me = |entry: &Entry| matches!(entry, Entry::Node(Notice::Dead(node, _)) if *node == self.me);
            return if pass.entries.iter().any(is_me) { Err(Fenced::Dead) } else { Ok(()) };
        }
        if !self.uplink.returned(pass.n) {
            return Ok(());
        }
        for (entry, number) in pass.entries.into_iter().zip(0..) {
            if let Entry::Node(Notice::Found(settings)) = entry {
                newcomer.is_founding = false;
                if newcomer.is_alone() {
                    let clock = newcomer.clock.clone();
                    let Record { sequence, time, .. } = *record;
                    let replica = Replica::founded(clock, self.me, (sequence, pass.n));
                    state.found(Place { sequence, entry: number, time }, &settings);
                    tell(Event::Ready(&replica));
                    self.phase = Phase::Ready(Box::new(replica));
                    break;
                }
            }
        }
        Ok(())
    }

    /// A newcomer gets a snapshot: it goes on from its position. One that it cannot read does not count: it asks again.
    fn restore(
        &mut self,
        (now, snapshot): (Duration, &[u8]),
        log: &mut impl Log,
        state: &mut impl State,
        tell: &mut impl FnMut(Event<'_>),
    ) {
        let Phase::Joining(newcomer) = &self.phase else { return };
        if newcomer.is_founding {
            return;
        }
        let replica = match Replica::restore(snapshot, Some(self.me), state) {
            Ok(replica) => replica,
            Err(error) => return tell(Event::Refused(error)),
        };
        // The hello that it answers is not seen any more if it has not come back before.
        self.uplink.returned(replica.members().last(self.me).unwrap_or_default());
        self.follow.go_to(replica.position());
        self.subscribe(now, log);
        tell(Event::Ready(&replica));
        self.phase = Phase::Ready(Box::new(replica));
        // The others know from this that it has the chat.
        let _ = self.uplink.propose(&Entry::Node(Notice::Alive), Subject::Public);
    }

    fn declare_dead(&mut self) {
        let Phase::Ready(replica) = &self.phase else { return };
        self.declared.retain(|node, _| replica.members().last(*node).is_some());
        for (node, last) in replica.members().silent(self.me) {
            if self.declared.insert(node, last) != Some(last) {
                let dead = Entry::Node(Notice::Dead(node, last));
                let _ = self.uplink.propose(&dead, Subject::Public);
            }
        }
    }

    /// Publishes something each second, so that time passes in the log, and the others know that this node is there.
    fn speak(&mut self, now: Duration) {
        let idle = self.uplink.idle_since();
        if idle.is_none_or(|since| now < since + ALIVE) {
            return;
        }
        let notice = match &mut self.phase {
            Phase::Joining(newcomer) if matches!(self.past, Past::Awaited) => newcomer.ask(),
            Phase::Joining(newcomer) => newcomer.speak(&self.chat),
            Phase::Ready(_) => Notice::Alive,
            Phase::Fenced => return,
        };
        let _ = self.uplink.propose(&Entry::Node(notice), Subject::Public);
    }

    fn watch(&mut self, now: Duration, log: &mut impl Log, tell: &mut impl FnMut(Event<'_>)) {
        let flight = self.uplink.in_flight_since();
        if flight.is_some_and(|since| now >= self.follow.watchdog(since)) {
            self.subscribe(now, log);
        }
        let is_away = flight.is_some_and(|since| now >= since + AWAY);
        if is_away != self.is_away {
            self.is_away = is_away;
            tell(if is_away { Event::Away } else { Event::Back });
        }
    }
}

#[cfg(test)]
mod tests;
