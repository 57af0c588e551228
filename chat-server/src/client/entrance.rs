//! Admission of a client that has come: it is served, waits for its place, or is turned away.

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
            // An empty socket takes one line; and if not, then the client learns it from the end.
            let line = format!("{}\n", language.refusal(&refusal));
            let _ = connection.offer(line.as_bytes(), server.clock.now());
            false
        }
        Entry::Waits(turn) => {
            console.print(language.client_waits(connection.peer()));
            let permit = tokio::select! {
                permit = turn.wait() => permit,
                () = connection.gone() => return false,
                () = server.stopping.cancelled() => return false,
            };
            console.print(language.client_served(connection.peer()));
            connection.activity().touch_now();
            connection.take_place(permit);
            true
        }
    }
}

/// Ends the connection of a client that was not served: politely, unless that is being done for many
/// others already. A server that stops has the time.
pub(super) async fn turn_away(server: &Server, connection: &TcpConnection) {
    let farewell = server.admission.farewell();
    if farewell.is_some() || server.stopping.is_cancelled() {
        connection.part().await;
    }
}
