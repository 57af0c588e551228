//! Several servers, one chat (chapter 14).
//!
//! ```text
//! connection ──> membership ──> Cluster ──> node ──> log ──> node ──> Chat ──> people, rooms
//!                    ^         (waiting)                              │
//!                    └──────────────────── answer ────────────────────┘
//! ```
//!
//! Whatever others can see of a client goes into the log, and is done when it comes back, by this server as by the others.
//! A client's act that changes something for itself waits for that; its messages do not.
//!
//! | module | what it holds |
//! |---|---|
//! | `chat` | what becomes of them: the state that the servers have in common |
//! | `history` | what was said before, read from the log |
//! | `serving` | the task that turns the node |
//! | `lasting` | what outlives all servers |
//! | `options` | the command line |

mod chat;
mod history;
mod lasting;
pub(crate) mod options;
pub(crate) mod serving;

use std::collections::HashMap;
use std::mem;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chat_cluster::entry::{self, Subject};
use chat_cluster::node::Figures;
use chat_cluster::pass::MAX_PASS;
use chat_protocol::account::AccountError;
use chat_protocol::name::{Name, NameError};
use chat_protocol::options::profile::Label;
use chat_protocol::wording;
use chat_store::line::{Numbered, Position};
use chat_store::session::Token;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::net::transport::Transport;
use crate::people::accounts::Proved;
use crate::people::acts::{Act, Author, Coming, Commanded, Enter, Resume, Said};
use crate::people::commands::Effect;
use crate::people::directory::coming::{Hold, Leaving};
use crate::people::directory::resumption::Back;
use crate::people::directory::{Arrival, Arrived, Directory};
use crate::people::speech::Speaker;
use crate::room::order::Room;
use crate::room::seat::{MemberId, Seat};
pub(crate) use chat_cluster::nats::JetStream as Log;
pub(crate) use history::History;

/// The time for which a client waits for its name, or its session.
const PATIENCE: Duration = Duration::from_secs(5);

/// Numbers of clients without names: these are members of the first room, and nothing else.
const NAMELESS: u64 = 1 << 63;

/// This server's part in the cluster, as its clients see it.
pub(crate) struct Cluster<T> {
    history: Arc<History>,
    inbox: Mutex<Inbox>,
    /// Something was proposed.
    woken: Notify,
    /// Bytes that the node has, and that have not come back.
    in_flight: AtomicUsize,
    /// Something has come back.
    returned: Notify,
    waiting: Mutex<HashMap<u32, Waiting<T>>>,
    next: AtomicU32,
    is_away: AtomicBool,
    figures: Mutex<Figures>,
}

/// What was proposed since the node had its last turn.
#[derive(Default)]
struct Inbox {
    /// The server is part of the cluster.
    is_open: bool,
    acts: Vec<Proposal>,
    bytes: usize,
}

/// An act of the client with this number.
struct Proposal {
    number: u64,
    act: entry::Act,
    subject: Subject,
}

/// A client that waits for its act to come back.
enum Waiting<T> {
    Enter { seat: Box<Seat<T>>, greeting: Option<String>, answer: oneshot::Sender<Entered<T>> },
    Arrive { seat: Box<Seat<T>>, arrival: Arrival, answer: oneshot::Sender<Arrived<T>> },
    Command(oneshot::Sender<Done<T>>),
    Resume(Arc<T>, oneshot::Sender<Resumed>),
    Account(oneshot::Sender<Result<Box<str>, AccountError>>),
}

/// A client has its name, or it has its seat back, if its connection is not to end.
pub(crate) type Entered<T> = Result<(Hold, Arrived<T>), (NameError, Option<Box<Seat<T>>>)>;

/// What a command has changed for its sender, and how many bytes were said and told because of it.
pub(crate) type Done<T> = (Option<Effect<T>>, usize);

/// A client has its session.
pub(crate) type Resumed = Result<(Hold, Name, Back), NameError>;

impl<T: Transport> Cluster<T> {
    /// Before the server is part of it. Its people are those of all servers from now on.
    pub(crate) fn new(history: Arc<History>, directory: &Directory<T>) -> Self {
        directory.shares_its_people();
        Self {
            history,
            inbox: Mutex::default(),
            woken: Notify::new(),
            in_flight: AtomicUsize::new(0),
            returned: Notify::new(),
            waiting: Mutex::default(),
            next: AtomicU32::new(0),
            is_away: AtomicBool::new(false),
            figures: Mutex::default(),
        }
    }

    /// Returns whether it is, and the log can be reached, for all that is known.
    pub(crate) fn is_reached(&self) -> bool {
        self.is_open() && !self.is_away.load(Ordering::Relaxed)
    }

    /// Members, holes, waiting bytes and passes that were sent again, and the lag, as of the node's last turn.
    pub(crate) fn figures(&self) -> ([u64; 4], Duration) {
        let Figures { members, holes, waiting, lag, resent } =
            *self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        ([members as u64, holes as u64, waiting as u64, resent], lag)
    }

    /// Returns whether the server is part of the cluster: clients may come.
    pub(crate) fn is_open(&self) -> bool {
        self.inbox().is_open
    }

    /// Waits until the server is part of the cluster. Cancel-safe.
    pub(crate) async fn opened(&self) {
        loop {
            let returned = self.returned.notified();
            if self.is_open() {
                return;
            }
            returned.await;
        }
    }

    /// A client asks for a name. Without an answer within some seconds it is refused.
    pub(crate) async fn enter(
        &self,
        (name, proved): (&Name, Option<Proved>),
        ip: IpAddr,
        seat: Box<Seat<T>>,
        greeting: Option<String>,
    ) -> Entered<T> {
        if self.is_away.load(Ordering::Relaxed) || !self.is_open() {
            return Err((NameError::NotNow, Some(seat)));
        }
        let enter = Enter { name: name.as_str().into(), encoding: seat.encoding(), proved, ip };
        let link = self.link();
        let (answer, mut answered) = oneshot::channel();
        self.wait(link, Waiting::Enter { seat, greeting, answer });
        self.propose(link.into(), &Act::Enter(enter), Subject::Public);
        if let Ok(Ok(entered)) = timeout(PATIENCE, &mut answered).await {
            return entered;
        }
        let waiting = self.take_waiting(link);
        if let Some(Waiting::Enter { seat, .. }) = waiting {
            return Err((NameError::NotNow, Some(seat)));
        }
        // It has come at this moment, or the server is not part of the cluster any more.
        answered.await.unwrap_or(Err((NameError::NotNow, None)))
    }

    /// A client has come to the room to which it was on its way. The receiver fails if it is not to be there any more.
    pub(crate) fn arrive(
        &self,
        hold: Hold,
        seat: Box<Seat<T>>,
        arrival: Arrival,
    ) -> oneshot::Receiver<Arrived<T>> {
        let coming = match &arrival {
            Arrival::From(room) => Coming::From(room.as_str().into()),
            Arrival::Back(back) if !back.is_announced() => Coming::Back,
            Arrival::New(_) | Arrival::Back(_) => Coming::Again,
        };
        let (answer, answered) = oneshot::channel();
        self.wait(hold.link, Waiting::Arrive { seat, arrival, answer });
        self.propose(hold.link.into(), &Act::Arrive(coming), Subject::Public);
        answered
    }

    /// A client commands something that others can see. The receiver fails if another connection has its person.
    pub(crate) fn command(
        &self,
        hold: Hold,
        number: Option<u64>,
        (line, is_private): (&str, bool),
        token: Option<Token>,
    ) -> oneshot::Receiver<Done<T>> {
        let (answer, answered) = oneshot::channel();
        self.wait(hold.link, Waiting::Command(answer));
        let command = Commanded { number, token, line: line.into() };
        let subject = if is_private { Subject::Private } else { Subject::Public };
        self.propose(hold.link.into(), &Act::Command(command), subject);
        answered
    }

    /// Nothing is to be done about the line of this number, which stands behind those before it.
    pub(crate) fn pass_over(&self, hold: Hold, number: u64) {
        let nothing = Commanded { number: Some(number), token: None, line: Box::default() };
        self.propose(hold.link.into(), &Act::Command(nothing), Subject::Public);
    }

    /// A client says something to the room of which it is this member.
    pub(crate) fn say(
        &self,
        hold: Option<Hold>,
        (room, member): (&Room<T>, MemberId),
        numbered: Option<Numbered>,
        (speaker, label): (Speaker<'_>, Label),
        text: &str,
    ) {
        let author = match (speaker, label) {
            (Speaker::Operator(name) | Speaker::Client(_, _, Some(name)), Label::Name) => {
                Author::Name(name.as_str().into())
            }
            (_, Label::None) | (Speaker::Operator(_), _) => Author::Nobody,
            (Speaker::Client(address, number, _), Label::Port | Label::Name) => {
                Author::Port(wording::port_label(address, number).to_string().into())
            }
        };
        let room = match room.place() {
            Some((_, name)) => (*name).into(),
            // There are no others.
            None => Name::first_room().as_str().into(),
        };
        let said = Said { room, numbered, author, text: text.into() };
        let number = hold.map_or(NAMELESS | member.number(), |hold| hold.link.into());
        self.propose(number, &Act::Say(said), Subject::Public);
    }

    /// A client comes back to its session on this connection.
    pub(crate) async fn resume(
        &self,
        (token, behind): (Token, Position),
        ip: IpAddr,
        connection: Arc<T>,
    ) -> Resumed {
        if !self.is_open() {
            return Err(NameError::NotNow);
        }
        let link = self.link();
        let (answer, answered) = oneshot::channel();
        self.wait(link, Waiting::Resume(connection, answer));
        self.propose(link.into(), &Act::Resume(Resume { token, behind, ip }), Subject::Public);
        if let Ok(Ok(resumed)) = timeout(PATIENCE, answered).await {
            return resumed;
        }
        self.take_waiting(link);
        Err(NameError::NotNow)
    }

    /// A client makes the account of its name, if it is new, or gives it another word, of this hash. Returns the account.
    pub(crate) async fn keep_word(
        &self,
        hold: Hold,
        is_new: bool,
        hash: &str,
    ) -> Result<Box<str>, AccountError> {
        let (answer, answered) = oneshot::channel();
        self.wait(hold.link, Waiting::Account(answer));
        let act = if is_new { Act::Register(hash.into()) } else { Act::ChangeWord(hash.into()) };
        self.propose(hold.link.into(), &act, Subject::Public);
        answered.await.unwrap_or(Err(AccountError::NotStored))
    }

    /// A client leaves. It hears nothing from here on; the others hear of it when that comes back.
    pub(crate) fn leave(&self, directory: &Directory<T>, hold: Hold, leaving: Leaving) {
        directory.step_out(hold);
        // The chat goes on without this server, and its clients may come back to another.
        let leaving = if leaving == Leaving::Closing { Leaving::Cut } else { leaving };
        self.propose(hold.link.into(), &Act::Leave(leaving), Subject::Public);
    }

    /// Waits until there is space for what a client says next. Cancel-safe.
    pub(crate) async fn has_space(&self) {
        loop {
            let returned = self.returned.notified();
            if self.in_flight.load(Ordering::Relaxed) + self.inbox().bytes < MAX_PASS {
                return;
            }
            returned.await;
        }
    }

    /// A number that no client of this server has had.
    fn link(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn propose(&self, number: u64, act: &Act, subject: Subject) {
        let mut inbox = self.inbox();
        if !inbox.is_open {
            return;
        }
        let act = act.encode();
        inbox.bytes += act.body.len();
        inbox.acts.push(Proposal { number, act, subject });
        let is_first = inbox.acts.len() == 1;
        drop(inbox);
        if is_first {
            self.woken.notify_one();
        }
    }

    fn wait(&self, link: u32, waiting: Waiting<T>) {
        // If the server is not part of the cluster any more, it is dropped with the others.
        self.lock_waiting().insert(link, waiting);
    }

    fn take_waiting(&self, link: u32) -> Option<Waiting<T>> {
        self.lock_waiting().remove(&link)
    }

    fn lock_waiting(&self) -> MutexGuard<'_, HashMap<u32, Waiting<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was proposed since the last time.
    fn take_proposals(&self) -> Vec<Proposal> {
        let mut inbox = self.inbox();
        inbox.bytes = 0;
        mem::take(&mut inbox.acts)
    }

    /// A client has gone while its act was on the way.
    fn give_up(&self, number: u64) {
        self.propose(number, &Act::Leave(Leaving::Cut), Subject::Public);
    }

    fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// Waits until all that was proposed has come back. Cancel-safe.
    pub(crate) async fn drained(&self) {
        loop {
            let returned = self.returned.notified();
            if self.is_drained() {
                return;
            }
            returned.await;
        }
    }

    fn is_drained(&self) -> bool {
        let inbox = self.inbox();
        !inbox.is_open || inbox.acts.is_empty() && self.in_flight.load(Ordering::Relaxed) == 0
    }

    /// The server is part of the cluster from here on, or not any more: then nothing that clients wait for comes.
    fn set_open(&self, is_open: bool) {
        let mut inbox = self.inbox();
        *inbox = Inbox { is_open, ..Inbox::default() };
        drop(inbox);
        self.lock_waiting().clear();
        self.set_away(false);
        self.set_figures(Figures::default());
    }

    /// The node is as these say.
    fn set_figures(&self, figures: Figures) {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner) = figures;
        self.in_flight.store(figures.waiting, Ordering::Relaxed);
        self.returned.notify_waiters();
    }
}
