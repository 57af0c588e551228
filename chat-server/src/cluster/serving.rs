//! The task that turns this server's node: what clients propose goes into the log, and what comes back to people.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use chat_cluster::entry::Incarnation;
use chat_cluster::follow::Fenced;
use chat_cluster::nats::{JetStream, NatsError};
use chat_cluster::node::{Event, Figures, Node, Settings};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Cluster;
use super::chat::Chat;
use super::lasting::{Keeper, recalled};
use crate::Server;
use crate::net::tcp::TcpConnection;
use crate::net::transport::Dismissal;
use crate::people::accounts::Accounts;

/// The time that the clients of a server have to be gone, when it is not part of the cluster any more.
const FAREWELL: Duration = Duration::from_secs(5);

/// The time between two looks whether they are.
const LOOK: Duration = Duration::from_millis(20);

/// The time between two attempts to reach the log.
const AGAIN: Duration = Duration::from_secs(1);

/// The time between two lines of figures, with `--log info`.
const WATCHED: Duration = Duration::from_secs(10);

/// Takes part in the cluster, again and again. Not cancel-safe: what was proposed and has not come back may be lost.
pub(crate) async fn run(
    server: Arc<Server>,
    cluster: Arc<Cluster<TcpConnection>>,
    mut log: JetStream,
) -> Infallible {
    loop {
        let fenced = take_part(&server, &cluster, &mut log).await;
        tracing::error!("this server is not part of the cluster any more: {fenced}");
        cluster.set_open(false);
        let Some(clients) = &server.served else { continue };
        clients.dismiss_all(Dismissal::Isolated);
        let gone = async {
            while !clients.is_empty() {
                sleep(LOOK).await;
            }
        };
        if timeout(FAREWELL, gone).await.is_err() {
            tracing::warn!("some clients have not taken their farewell in time");
        }
        // As the next incarnation, it gets its people from another server, or begins with none.
        server.directory.lock().forget_all();
        sleep(AGAIN).await;
    }
}

/// Takes part as one incarnation, until that is fenced.
async fn take_part(
    server: &Server,
    cluster: &Cluster<TcpConnection>,
    log: &mut JetStream,
) -> Fenced {
    let begun = Instant::now();
    let me = Incarnation(random());
    let (created, last) = joined(log, me).await;
    let mut watch = Watch { trouble: None, told: begun };
    let mut node = Node::with_past(Settings { node: me, chat: Box::default(), last });
    let mut chat = Chat {
        me,
        cluster,
        directory: &server.directory,
        options: server.config.of_all_servers(server.accounts.as_deref().map(Accounts::admins)),
        deliveries: &server.deliveries,
        epoch: u32::try_from(created).unwrap_or(u32::MAX),
        is_recalling: false,
        has_buried: false,
    };
    let history = server.deliveries.memories().map(|_| &cluster.history);
    let epoch = chat.epoch;
    let mut keeper = Keeper::new(log.archive(), created);
    loop {
        propose(cluster, &mut node);
        let mut ended = None;
        node.turn(begun.elapsed(), log, &mut chat, &mut |event| match event {
            Event::Ready(replica) => {
                tracing::info!(position = replica.position(), "part of the cluster");
                if let Some(history) = history {
                    history.begin(epoch, replica);
                }
                cluster.set_open(true);
            }
            Event::Away | Event::Back => set_away(server, cluster, event == Event::Away),
            Event::Refused(why) => {
                tracing::error!("waits for the other servers of this chat: {why}");
            }
            Event::Fenced(fenced) => ended = Some(fenced),
        });
        if let Some(fenced) = ended {
            return fenced;
        }
        if mem::take(&mut chat.has_buried)
            && let (Some(history), Some(replica)) = (history, node.replica())
        {
            history.set_dead(replica);
        }
        cluster.set_figures(node.figures(begun.elapsed()));
        keeper.look(&node, &chat);
        if let Some(position) = node.asks_for_past() {
            node.knows_past(recalled((&log.archive(), created), &mut chat, position).await);
        }
        watch.look(log, &node, begun);
        let due = node.deadline().map(|due| begun + due);
        tokio::select! {
            () = log.arrived() => {}
            () = cluster.woken.notified() => {}
            () = sleep_until(due.unwrap_or(begun)), if due.is_some() => {}
        }
    }
}

/// Gives the node what clients want to do.
fn propose(cluster: &Cluster<TcpConnection>, node: &mut Node) {
    for proposal in cluster.take_proposals() {
        let super::Proposal { number, act, subject } = proposal;
        if let Err(error) = node.propose(number, act, subject) {
            tracing::error!("an act of a client was not taken: {error}");
            // It would wait for ever.
            drop(u32::try_from(number).ok().and_then(|link| cluster.take_waiting(link)));
        }
    }
}

/// What the operator is told of the log and the cluster.
struct Watch {
    /// Why the log could not be used when that was told last.
    trouble: Option<String>,
    /// When figures were told last.
    told: Instant,
}

impl Watch {
    /// Says why the log cannot be used, when that is another reason than before, and from time to time how the node does.
    fn look(&mut self, log: &JetStream, node: &Node, begun: Instant) {
        let trouble = log.trouble().map(ToString::to_string);
        if trouble != self.trouble {
            if let Some(trouble) = &trouble {
                tracing::error!("{trouble}");
            }
            self.trouble = trouble;
        }
        if self.told.elapsed() >= WATCHED {
            self.told = Instant::now();
            let Figures { members, holes, waiting, lag, resent } = node.figures(begun.elapsed());
            tracing::info!(members, holes, waiting, ?lag, resent, "figures of the cluster");
        }
    }
}

/// Takes the log for this incarnation, as soon as it can be reached. Returns the time at which it was made, in seconds since
/// 1970, and the number of its last record.
async fn joined(log: &mut JetStream, me: Incarnation) -> (u64, u64) {
    loop {
        let created = log.archive().created().await;
        let joined = async { Ok::<_, NatsError>((created?, log.join(me).await?)) };
        match joined.await {
            Ok((created, last)) => return (created.unsigned_abs(), last),
            Err(error) => tracing::error!("waits for the log: {}", error),
        }
        sleep(AGAIN).await;
    }
}

/// The log cannot be reached, or can be again: people are told.
fn set_away(server: &Server, cluster: &Cluster<TcpConnection>, is_away: bool) {
    cluster.set_away(is_away);
    let language = server.language();
    let line = if is_away { language.servers_away() } else { language.servers_back() };
    server.console.announce(line);
    server.directory.lock().tell_all(if is_away { "away" } else { "back" }, line);
}

/// A number that no run of a server has had, for all that is likely.
pub(super) fn random() -> u64 {
    getrandom::u64().expect("the system has random numbers")
}
