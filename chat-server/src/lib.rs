//! The chat's server: broadcasts every message to all clients but its sender.
//!
//! `run` is the whole story. Below it, in the order of reading:
//!
//! | module | what it holds |
//! |---|---|
//! | `client/entrance` | a client's way in and out: it is served, waits, or is turned away |
//! | `client/lobby` | connections that shake hands, or ask, before they are clients' |
//! | `client/connection` | one client's bytes → lines → actions, and its deadlines |
//! | `client/end` | the reasons for which a conversation ends |
//! | `client/asking` | the question for a name, in lines or in writes of its own |
//! | `client/session` | what a line means, without sockets and clocks |
//! | `client/membership` | a client's membership, from its greeting to its leaving |
//! | `client/rate_limit`, `client/flood_control` | rate limit and backpressure: limits on lines and on bytes |
//! | `people/directory`, `people/names` | the people, their nicknames and their rooms |
//! | `people/commands`, `people/private_messages`, `people/renaming` | what a command does |
//! | `people/moderation`, `people/house` | what moderators do; roles, bans and mutes, the settings of a room |
//! | `people/served` | the clients that the operator can send away |
//! | `people/accounts` | names that belong to people, who prove them by a word |
//! | `people/speech` | a public line: its label, the room, the copy on the console |
//! | `room/order` | the order of what is said: the pending batch |
//! | `room/batch` | the text of a pass, and the members that get a text of their own |
//! | `room/memory` | what was said last in a room |
//! | `room/archive` | what was said before that: in a store, or in the log of several servers |
//! | `room/letter` | private messages on their way, and the bound on them |
//! | `room/fanout` | the broadcast: one pass over the members for each batch, one write each |
//! | `room/seat` | a member's place in a room, which can be taken along to another |
//! | `room/outbox`, `room/backlog` | the bounded queue of a slow consumer, and what it misses |
//! | `net/transport`, `net/tcp` | what a room asks of a connection; a TCP connection |
//! | `net/wire` | frames and TLS records around the lines: a text is framed once for all members of a pass |
//! | `proxy` | proxies in front of the server, and the addresses of their clients |
//! | `web` | HTTP requests, and those that become WebSockets |
//! | `watch`, `counts` | metrics, health, the form of the diagnostics; what is counted |
//! | `cluster` | several servers, one chat: what goes into the log, and what comes back |
//! | `store` | what is said, in a file: its options, and what people are told of it |
//! | `service` | what a service manager is told, and the listeners that it passes |
//! | `exposure` | who can reach the server |
//! | `tls` | the certificate: its options, reading it anew, making one |
//! | `net/listener` | listening and accepting |
//! | `net/admission` | how many are served at a time |
//! | `net/nameless` | the clients that have given no name yet, and make way for others |
//! | `net/per_address`, `net/address_options`, `net/network` | the limits of one address |
//! | `net/clock` | the server's clock: the time for which it stood still does not count |
//! | `net/ports` | the numbers of clients with one source port |
//! | `net/idle` | the idle timeout: the last byte counts, but no ping |
//! | `operator` | the person at the console, as a participant |
//! | `streams` | the standard streams: the console, and the operator's desk |
//! | `console` | lines for people, from a thread of its own |

pub mod cli;
pub mod client;
#[cfg_attr(not(feature = "cluster"), path = "no_cluster.rs")]
mod cluster;
mod config;
mod console;
mod counts;
mod exposure;
mod net;
mod operator;
mod people;
mod proxy;
mod room;
mod service;
#[cfg_attr(not(feature = "store"), path = "no_store.rs")]
mod store;
mod streams;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod watch;
mod web;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_protocol::wording;
use tokio::net::TcpStream;
use tokio::task::JoinError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use client::{entrance, lobby};
use cluster::{Cluster, History, Log};
use config::Config;
use console::Console;
use net::admission::Admission;
use net::clock::Clock;
use net::listener::{Acceptor, Listeners};
use net::nameless::Nameless;
use net::per_address::Limits;
use net::ports::Ports;
use net::tcp::TcpConnection;
use net::wire::Wire;
use people::accounts::Accounts;
use people::directory::Directory;
use people::directory::sessions::Sessions;
use people::house::House;
use people::house::motd::Motd;
use people::served::Served;
use people::speech::Speech;
use proxy::Proxies;
use room::archive::Archive;
use room::fanout::Deliveries;
use room::outbox::OutboxLimits;
use store::{Store, StoredAccounts};
use streams::Desk;
use watch::Watch;

/// What a server shares with others.
struct Shared {
    log: Log,
    /// `None`: it has none.
    accounts: Option<StoredAccounts>,
}

impl Shared {
    fn parts(self) -> (Log, Accounts) {
        (self.log, self.accounts.map_or_else(Accounts::of_others, Accounts::new))
    }
}

/// Everything that the connections share.
struct Server {
    config: Config,
    console: Console,
    directory: Directory<TcpConnection>,
    /// Exist only where they are on.
    accounts: Option<Arc<Accounts>>,
    deliveries: Deliveries,
    speech: Speech,
    admission: Admission,
    nameless: Nameless,
    clock: Clock,
    ports: Ports,
    proxies: Proxies,
    /// Exist only where there is an operator, or several servers are one chat.
    served: Option<Served>,
    /// Exists only where several servers are one chat.
    cluster: Option<Arc<Cluster<TcpConnection>>>,
    stopping: CancellationToken,
    /// A token for each client that may still say something. Closed, so it can be waited for.
    speaking: TaskTracker,
}

/// Serves clients until `stop` completes or the operator leaves. Then comes the graceful shutdown: what was
/// accepted is delivered, for four fifths of the time it may take to end ([`Config::drain`]).
///
/// Fails only when a listener has no address. Not cancel-safe: connections go on without it.
///
/// # Panics
///
/// When a fan-out has panicked: a chat that delivers nothing must not go on.
pub(crate) async fn run(
    listeners: Listeners,
    config: Config,
    console: Console,
    operator: Option<(Name, Desk)>,
    (mut store, shared): (Option<Store>, Option<Shared>),
    (motd, watch): (Arc<Motd>, Option<Arc<Watch>>),
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let connections = TaskTracker::new();
    let clock = Clock::start();
    let damage = store.as_mut().and_then(Store::take_damage);
    let (log, accounts) = shared.map(Shared::parts).unzip();
    let kept = kept(&config, store.as_mut(), accounts);
    let sanctions = store.as_mut().map(Store::take_sanctions).unwrap_or_default();
    let store = store.map(Arc::new);
    let counts = watch.as_ref().map(|watch| Arc::clone(watch.counts()));
    let limits = OutboxLimits { counts, ..config.outbox_limits(clock.clone()) };
    let history = log.as_ref().map(History::new);
    let archive =
        history.clone().map_or_else(|| Archive::of(store.clone()), |log| Archive::Log(log));
    let (deliveries, mut failure) =
        Deliveries::new(limits, config.coalesce.duration(), config.memories(archive));
    let addresses = listeners.addresses()?;
    let limits = config.of_address.limits(exposure::is_exposed(&config, &addresses));
    let mut server = Server::new(config, console, deliveries, kept, clock, limits.clone());
    if let Some(history) = history {
        server.shares_its_chat(history);
    }
    let server = Arc::new(server);
    let Server { console, directory, .. } = &*server;
    directory.keep_order(House::new(server.accounts.as_deref(), motd, store, sanctions));
    let operator = operator
        .map(|(name, desk)| (directory.admit_operator(name.clone(), console.clone()), name, desk));
    let mut stop = pin!(stop);
    let mut taking_part = log.and_then(|log| take_part(&server, log));
    tokio::select! {
        () = &mut stop => return Ok(()),
        error = has_failed(&mut taking_part) => pass_on(error)?,
        () = opened(&server) => {}
    }
    watch.inspect(|watch| watch.serves(&server));
    announce_start(&server, &addresses, damage);

    let mut acceptor = listen(&server, listeners, limits, &connections);
    let mut operator = pin!(operator::talk(&server, operator));
    let mut timers = pin!(directory.run_timers());
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(error) = failure.recv() => pass_on(error)?,
            error = has_failed(&mut taking_part) => pass_on(error)?,
            () = &mut operator => break,
            // In a cluster, the log has the time.
            never = &mut timers, if server.cluster.is_none() => match never {},
            (stream, peer) = next(&mut acceptor) => {
                let server = Arc::clone(&server);
                let speaking = server.speaking.token();
                connections.spawn(entrance::serve(server, stream, Wire::default(), peer, speaking));
            }
        }
    }

    drop(acceptor);
    shut_down(&server, connections).await;
    drop(taking_part);
    failure.try_recv().map_or(Ok(()), pass_on)
}

/// People are let in from now on.
fn announce_start(
    server: &Server,
    addresses: &[(&'static str, SocketAddr)],
    damage: impl IntoIterator<Item = String>,
) {
    let Server { config, console, accounts, .. } = server;
    let started = [wording::started(addresses).to_string(), wording::WAITING.to_owned()];
    let exposed = exposure::warning(config, addresses, accounts.is_some());
    started.into_iter().chain(damage).chain(exposed).for_each(|line| console.announce(line));
    service::started();
}

/// Begins to take part in the cluster.
fn take_part(server: &Arc<Server>, log: Log) -> Option<AbortOnDropHandle<Infallible>> {
    let cluster = Arc::clone(server.cluster.as_ref()?);
    let taking_part = cluster::serving::run(Arc::clone(server), cluster, log);
    Some(AbortOnDropHandle::new(tokio::spawn(taking_part)))
}

/// Waits until people can be let in: the server is part of its cluster, or has read what was said. Cancel-safe.
async fn opened(server: &Server) {
    match &server.cluster {
        Some(cluster) => cluster.opened().await,
        None => server.directory.first.filled().await,
    }
}

/// Completes when a server cannot take part in its cluster any more, because something panicked. Cancel-safe.
async fn has_failed(taking_part: &mut Option<AbortOnDropHandle<Infallible>>) -> JoinError {
    match taking_part {
        Some(taking_part) => match taking_part.await {
            Ok(never) => match never {},
            Err(error) => error,
        },
        None => pending().await,
    }
}

/// Lets the clients go: what was accepted is delivered and stored, as far as there is time.
async fn shut_down(server: &Server, connections: TaskTracker) {
    let Server { config, console, directory, deliveries, .. } = server;
    console.announce(config.common.lang.closing());
    service::stopping();
    directory.tell_crowds();
    server.stopping.cancel();
    let drained = timeout(config.drain() / 5 * 4, async {
        connections.close();
        connections.wait().await;
        if let Some(cluster) = &server.cluster {
            cluster.drained().await;
        }
        directory.close();
        deliveries.finish().await;
    });
    if drained.await.is_err() {
        tracing::warn!("some clients did not take everything in time");
    }
    if timeout(config.drain() / 10, deliveries.written()).await.is_err() {
        tracing::warn!("the store did not take everything in time");
    }
}

impl Server {
    /// The language of everything that people read.
    fn language(&self) -> Language {
        self.config.common.lang
    }

    fn new(
        config: Config,
        console: Console,
        deliveries: Deliveries,
        (sessions, accounts): Kept,
        clock: Clock,
        of_address: Limits,
    ) -> Self {
        let speaking = TaskTracker::new();
        speaking.close();
        Self {
            directory: Directory::new(deliveries.clone(), config.directory_rules(), sessions)
                .with_accounts(accounts.clone()),
            accounts: accounts.filter(|accounts| accounts.are_on()),
            speech: config.speech(&console),
            admission: Admission::new(config.max_clients, config.when_full, of_address),
            nameless: Nameless::default(),
            ports: Ports::default(),
            proxies: Proxies::new(config.proxy.clone()),
            served: config.operator.0.as_ref().map(|_| Served::default()),
            cluster: None,
            stopping: CancellationToken::new(),
            speaking,
            config,
            console,
            deliveries,
            clock,
        }
    }
}

impl Server {
    /// It is one of several that are one chat.
    fn shares_its_chat(&mut self, history: Arc<History>) {
        self.served = Some(Served::default());
        self.cluster = Some(Arc::new(Cluster::new(history, &self.directory)));
    }
}

/// What an earlier server has left: sessions, and accounts. Several servers have theirs in the log.
type Kept = (Sessions, Option<Arc<Accounts>>);

fn kept(config: &Config, store: Option<&mut Store>, shared: Option<Accounts>) -> Kept {
    let mut sessions = config.sessions();
    let Some(store) = store else { return (sessions, shared.map(Arc::new)) };
    sessions.restore(store.take_sessions());
    let accounts = shared.or_else(|| store.take_accounts().map(Accounts::new));
    (sessions, accounts.map(Arc::new))
}

/// Listens at each door, with a task for each but that of lines, whose acceptor is returned.
fn listen(
    server: &Arc<Server>,
    listeners: Listeners,
    limits: Limits,
    connections: &TaskTracker,
) -> Option<Acceptor> {
    if let Some((listener, tls)) = listeners.tls {
        let open = move |_, tcp, peer| lobby::shake_hands(tcp, peer, tls.clone());
        let (server, tracker) = (Arc::clone(server), connections.clone());
        connections.spawn(lobby::listen(server, listener, limits.clone(), tracker, open, |_| None));
    }
    if let Some((listener, tls)) = listeners.web {
        let turned_away = web::turned_away(tls.is_some());
        let open = move |server, tcp, peer| web::open(server, tcp, peer, tls.clone());
        let (server, tracker) = (Arc::clone(server), connections.clone());
        connections.spawn(lobby::listen(server, listener, limits, tracker, open, turned_away));
    }
    let plain = listeners.plain?;
    if !server.config.proxy.is_announced() {
        return Some(Acceptor::new(plain));
    }
    // What a proxy says comes before the lines.
    let (server, tracker) = (Arc::clone(server), connections.clone());
    let none = Limits::default();
    connections.spawn(lobby::listen(server, plain, none, tracker, lobby::plain, |_| None));
    None
}

/// The next connection, if there is a listener. Cancel-safe.
async fn next(acceptor: &mut Option<Acceptor>) -> (TcpStream, SocketAddr) {
    match acceptor {
        Some(acceptor) => acceptor.accept().await,
        None => pending().await,
    }
}

/// A task that panicked panics here as well; tasks are never cancelled.
fn pass_on(error: JoinError) -> io::Result<()> {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => Err(io::Error::other(cancelled)),
    }
}
