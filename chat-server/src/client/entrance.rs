//! Admission of a client that has come: it is served, waits for its place, or is turned away.

use std::fmt::Display;

use chat_protocol::refusal::Refusal;

use crate::Server;
use crate::net::admission::Entry;
use crate::net::tcp::TcpConnection;
use crate::net::transport::Transport;

/// Waits for a place, if need be. Returns whether there is one for this client.
pub(super) async fn admit(server: &Server, connection: &TcpConnection, entry: Box<Entry>) -> bool {
    let (console, language) = (&server.console, server.language());
    match *entry {
        Entry::Served(permit) => {
            connection.take_place(permit);
            true
        }
        Entry::Refused(refusal) => {
            if let Refusal::Address(limit) = refusal {
                console.print(language.client_limited(connection.peer(), limit));
            }
            tell_the_reason(server, connection, language.refusal(&refusal));
            false
        }
        Entry::Waits(turn) => {
            console.print(language.client_waits(connection.peer()));
            let permit = tokio::select! {
                biased;
                () = server.stopping.cancelled() => {
                    tell_the_reason(server, connection, language.server_closing());
                    return false;
                }
                () = connection.gone() => return false,
                permit = turn.wait() => permit,
            };
            console.print(language.client_served(connection.peer()));
            connection.activity().touch_now();
            connection.take_place(permit);
            true
        }
    }
}

/// Tells a client that is not served why. An empty socket takes one line; and if not, then the client learns
/// it from the end.
fn tell_the_reason(server: &Server, connection: &TcpConnection, reason: impl Display) {
    let _ = connection.offer(format!("{reason}\n").as_bytes(), server.clock.now());
}

/// Ends the connection of a client that was not served: politely, unless that is being done for many
/// others already. A server that stops has the time.
pub(super) async fn turn_away(server: &Server, connection: &TcpConnection) {
    let farewell = server.admission.farewell();
    if farewell.is_some() || server.stopping.is_cancelled() {
        connection.part().await;
    }
}
