//! A client's way in and out: it is served, waits for its place, or is turned away.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use chat_protocol::options::profile::WhenFull;
use chat_protocol::refusal::Refusal;
use chat_protocol::websocket::frame::Code;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::Server;
use crate::client::connection::Conversation;
use crate::client::end::End;
use crate::client::membership::{Membership, journal};
use crate::counts;
use crate::net::admission::Entry;
use crate::net::tcp::{Asked, READ, Received, TcpConnection};
use crate::net::transport::{Dismissal, Fault, Transport};
use crate::net::wire::Wire;
use crate::net::wire::text::Text;
use crate::room::event::Notice;

/// Serves one client from its greeting to its end. Cancelling it makes the client leave.
pub(crate) fn serve(
    server: Arc<Server>,
    stream: TcpStream,
    wire: Wire,
    peer: SocketAddr,
    speaking: TaskTrackerToken,
) -> impl Future<Output = ()> {
    let (entry, origin) = server.admission.enter(peer.ip(), || server.nameless.displace_one());
    let (shares, clock) = (server.admission.shares(origin), server.clock.clone());
    let connection = Arc::new(TcpConnection::new(stream, wire, peer, shares, clock));
    // Boxed, because an argument has its space in the future for as long as the client is there.
    serve_admitted(server, connection, Box::new(entry), speaking)
}

async fn serve_admitted(
    server: Arc<Server>,
    connection: Arc<TcpConnection>,
    entry: Box<Entry>,
    speaking: TaskTrackerToken,
) {
    // Here, and not as it comes: the end of one that comes back from the same port has its turn before.
    connection.set_number(server.ports.take(connection.peer().port()));
    server.console.print(server.language().client_connected(connection.peer()));
    server.deliveries.counts().inspect(|counts| counts.connected(connection.door()));
    // Behind everything else that ends with the conversation.
    let _disconnected = OnDrop(|| {
        let language = server.language();
        if let Some(served) = &server.served {
            served.remove(&connection);
        }
        server.console.print(language.client_disconnected(connection.peer()));
        server.ports.release(connection.peer().port());
        server.deliveries.counts().inspect(|counts| counts.disconnected(connection.door()));
    });
    let admitted = admit(&server, &connection, entry).await;
    let Some(unheard) = admitted.filter(|_| is_let_in(&server, &connection)) else {
        drop(speaking);
        return turn_away(&server, &connection).await;
    };
    if let Some(served) = &server.served {
        served.add(&connection);
    }
    let membership = Membership::begin(&server, &connection);
    let mut conversation = Conversation::begin(&server, &connection, membership, speaking, unheard);
    let end = conversation.run().await;
    tracing::debug!(peer = %connection.peer(), ?end, "conversation over");
    let language = server.language();
    match end {
        End::Left | End::Dismissed(Dismissal::Fault) => {}
        End::Silent => connection.hang_up(Fault::Silent),
        // All have been heard by now: it stands behind everything that was accepted.
        End::Stopped => conversation.end(Code::Restart, language.server_closing()),
        End::Dismissed(Dismissal::Removed) => {
            let farewell = conversation.membership.farewell();
            let farewell = farewell.as_deref().unwrap_or(language.removed_by_operator());
            conversation.end(Code::Removed, farewell);
        }
        End::Dismissed(Dismissal::Isolated) => {
            conversation.end(Code::Restart, language.was_isolated());
        }
        End::Dismissed(Dismissal::Displaced) => {
            conversation.membership.note_refusal(&Refusal::ServerFull);
            conversation.end(Code::Full, language.refusal(&Refusal::ServerFull));
        }
        End::Nameless => {
            conversation.membership.note_refusal(&Refusal::NameTooLate);
            conversation.end(Code::NoName, language.refusal(&Refusal::NameTooLate));
        }
        End::Idle => {
            conversation.end(Code::Idle, language.idle_notice());
            server.console.print(language.client_idle(connection.peer()));
        }
    }
}

/// Does something when it goes, however that comes: a task can be cancelled at each await.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Waits for a place, if need be. If there is one for this client, returns what has been read of it meanwhile.
async fn admit(server: &Server, connection: &TcpConnection, entry: Box<Entry>) -> Option<BytesMut> {
    let (console, language) = (&server.console, server.language());
    match *entry {
        Entry::Served(permit) => {
            connection.take_place(permit);
            Some(BytesMut::new())
        }
        Entry::Refused(refusal) => {
            if let Refusal::Address(limit) = refusal {
                console.print(language.client_limited(connection.peer(), limit));
            }
            journal::refused(server, connection.peer(), counts::reason(&refusal));
            let code = if refusal == Refusal::ServerFull { Code::Full } else { Code::Address };
            tell_the_reason(server, connection, code, language.refusal(&refusal));
            None
        }
        Entry::Waits(turn) => {
            console.print(language.client_waits(connection.peer()));
            let mut unheard = BytesMut::new();
            // Who is to have the place of another has it at once, and may have ended its side.
            let may_leave = server.config.when_full == WhenFull::Wait;
            let permit = tokio::select! {
                biased;
                () = server.stopping.cancelled() => {
                    tell_the_reason(server, connection, Code::Restart, language.server_closing());
                    return None;
                }
                () = connection.gone(), if may_leave => return None,
                () = Box::pin(overhear(connection, &mut unheard)), if may_leave => return None,
                never = Box::pin(keep_alive(server, connection)) => match never {},
                permit = turn.wait() => permit,
            };
            console.print(language.client_served(connection.peer()));
            connection.activity().touch_now();
            connection.take_place(permit);
            Some(unheard)
        }
    }
}

/// Reads from a client that waits, where the wire has more than lines, so that its pings are answered and its end is
/// seen: then it completes. The lines are `unheard`, and it is not read from while these are many. Of a plain connection,
/// the system keeps them. Cancel-safe.
async fn overhear(connection: &TcpConnection, unheard: &mut BytesMut) {
    while !connection.is_plain() && unheard.len() < READ {
        let _ = connection.readable().await;
        let ended = connection.read(Asked::Runtime, |received| match received {
            Received::Some { bytes, .. } => {
                unheard.extend_from_slice(bytes);
                false
            }
            Received::End => true,
        });
        // A fault is the end as well.
        if ended.unwrap_or_else(|error| error.kind() != io::ErrorKind::WouldBlock) {
            return;
        }
        yield_now().await;
    }
    pending::<()>().await;
}

/// Sends pings to a client that waits, whose answers may not be read: proxies forget silent connections. Never
/// completes. Cancel-safe.
async fn keep_alive(server: &Server, connection: &TcpConnection) -> Infallible {
    while let Some(due) = connection.beat_due() {
        server.clock.sleep_until(due).await;
        connection.beat(true, server.clock.now());
    }
    pending().await
}

/// Returns whether no ban keeps the address of a client out, and the server is part of its cluster. Otherwise it is told the reason.
fn is_let_in(server: &Server, connection: &TcpConnection) -> bool {
    if server.cluster.as_ref().is_some_and(|cluster| !cluster.is_open()) {
        journal::refused(server, connection.peer(), "cluster");
        tell_the_reason(server, connection, Code::Restart, server.language().was_isolated());
        return false;
    }
    let refusal = server.directory.keeps_out_address(connection.peer().ip());
    if let Some(refusal) = &refusal {
        journal::refused(server, connection.peer(), counts::reason(refusal));
        tell_the_reason(server, connection, Code::Removed, server.language().refusal(refusal));
    }
    refusal.is_none()
}

/// Tells a client that is not served why. An empty socket takes one line; and if not, then the client learns
/// it from the end.
fn tell_the_reason(server: &Server, connection: &TcpConnection, code: Code, reason: impl Display) {
    let reason = reason.to_string();
    let line = connection.encoding().encode(&Notice::new("end", &reason, [])) + "\n";
    let _ = connection.offer(Text::single(line.as_bytes()), server.clock.now());
    connection.close_with(code, &reason);
}

/// Ends the connection of a client that was not served: politely, unless that is being done for many
/// others already. A server that stops has the time.
async fn turn_away(server: &Server, connection: &TcpConnection) {
    let farewell = server.admission.farewell();
    if farewell.is_some() || server.stopping.is_cancelled() {
        connection.part().await;
    } else {
        connection.close_wire();
    }
}
