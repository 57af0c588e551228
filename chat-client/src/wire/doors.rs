//! The doors: TLS, WebSocket, or one inside of the other.

use std::time::Duration;

use tokio::time::timeout;

use super::connecting::connect;
use super::error::{ConnectError, DoorError, Protocol};
use super::frames::Frames;
use super::link::Link;
use super::trust::Judge;
use super::{Destination, Wire};

/// Time for a handshake. The server has as long for its half.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Connects through the address's door. Returns the round-trip time as well. Cancel-safe.
pub(super) async fn open(
    destination: &Destination,
    asks: bool,
) -> Result<(Wire, Duration), ConnectError> {
    let address = &destination.address;
    let (link, round_trip) = if address.door.is_encrypted() {
        encrypted(destination, asks).await?
    } else {
        let (tcp, round_trip) = connect(&address.endpoint, destination.typed).await?;
        (Link::plain(tcp), round_trip)
    };
    if !address.door.has_frames() {
        return Ok((Wire::Tls(Box::new(link)), round_trip));
    }
    let frames = in_time(Protocol::WebSocket, Frames::open(link, address)).await?;
    Ok((Wire::WebSocket(Box::new(frames)), round_trip))
}

/// Connects by TLS to a server that is believed. While the user is asked, there is no connection, so that no deadline
/// of the server runs.
async fn encrypted(
    destination: &Destination,
    asks: bool,
) -> Result<(Link, Duration), ConnectError> {
    let Destination { address, options, language, typed } = destination;
    let judge = Judge::new(address, options)?;
    loop {
        let (tcp, round_trip) = connect(&address.endpoint, *typed).await?;
        let handshake = Link::encrypted(tcp, judge.config()?, judge.name());
        let mut link = in_time(Protocol::Tls, handshake).await?;
        match judge.stranger(link.certificates())? {
            None => return Ok((link, round_trip)),
            Some(stranger) => {
                link.end();
                drop(link);
                stranger.introduce(asks, *language).await?;
            }
        }
    }
}

/// Limits the time for a handshake.
async fn in_time<T>(
    protocol: Protocol,
    handshake: impl Future<Output = Result<T, DoorError>>,
) -> Result<T, DoorError> {
    timeout(HANDSHAKE, handshake).await.unwrap_or(Err(DoorError::Slow(protocol)))
}

#[cfg(test)]
mod tests {
    use chat_protocol::language::Language;
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;
    use crate::wire::options::Options;

    #[tokio::test(start_paused = true)]
    async fn r10_13_a_handshake_has_ten_seconds() {
        for (scheme, late) in
            [("tls", Protocol::Tls), ("ws", Protocol::WebSocket), ("wss", Protocol::Tls)]
        {
            // It accepts, and says nothing.
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("{scheme}://{}", listener.local_addr().unwrap());
            let destination = Destination {
                address: address.parse().unwrap(),
                options: Options::default(),
                language: Language::Es,
                typed: false,
            };
            let began = Instant::now();
            let opened = open(&destination, true).await;
            let Err(ConnectError::Door(error)) = opened else { panic!("{scheme} is open") };
            assert!(matches!(*error, DoorError::Slow(protocol) if protocol == late), "{error:?}");
            assert_eq!(began.elapsed().as_secs(), 10);
        }
    }
}
