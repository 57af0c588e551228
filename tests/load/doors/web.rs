//! A chat of WebSocket messages in this process, which hears them as a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use chat_protocol::websocket::frame::text_header;
use chat_protocol::websocket::handshake::Request;
use chat_protocol::websocket::reader::Reader;

/// A member: its address, the room that it has chosen, its connection.
pub(super) struct Member(pub(super) SocketAddr, pub(super) String, TcpStream);

impl Member {
    /// Sends bytes. One that has gone is told nothing.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        let _ = self.2.write_all(bytes);
    }

    /// Sends a text message.
    pub(super) fn say(&mut self, text: &str) {
        self.send(&frame(text));
    }
}

/// The members, in the order in which they came.
#[derive(Default)]
pub(super) struct Members(pub(super) Vec<Member>);

impl Members {
    /// The member with this address.
    pub(super) fn member(&mut self, address: SocketAddr) -> &mut Member {
        self.0.iter_mut().find(|member| member.0 == address).expect("it is there")
    }

    /// The members of a room.
    pub(super) fn room<'a>(&'a mut self, room: &'a str) -> impl Iterator<Item = &'a mut Member> {
        self.0.iter_mut().filter(move |member| member.1 == room)
    }
}

/// A text frame.
pub(super) fn frame(text: &str) -> Vec<u8> {
    let (header, start) = text_header(text.len());
    [&header[start..], text.as_bytes()].concat()
}

/// Starts a chat. `hear` gets each message, with the address of its sender.
pub(super) fn start(
    hear: impl Fn(&str, SocketAddr, &mut Members) + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let shared = Arc::new((Mutex::new(Members::default()), hear));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(peer) = stream.peer_addr() else { continue };
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(stream, peer, &shared.0, &shared.1));
        }
    });
    address
}

/// Serves a client to its end.
fn serve(
    mut stream: TcpStream,
    peer: SocketAddr,
    members: &Mutex<Members>,
    hear: &impl Fn(&str, SocketAddr, &mut Members),
) -> Option<()> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&buffer[..read]);
    }
    let upgrade = Request::parse(&request).ok()??.upgrade(&[]).ok()?;
    stream.write_all(upgrade.response().as_bytes()).ok()?;
    let lock = || members.lock().unwrap_or_else(PoisonError::into_inner);
    lock().0.push(Member(peer, String::new(), stream.try_clone().ok()?));
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    while let Ok(read @ 1..) = stream.read(&mut buffer[1..]) {
        let length = reader.read(&mut buffer[..=read], |_| {});
        said.extend_from_slice(&buffer[..length]);
        while let Some(end) = said.iter().position(|byte| *byte == b'\n') {
            let message: Vec<_> = said.drain(..=end).collect();
            hear(String::from_utf8_lossy(&message[..end]).as_ref(), peer, &mut lock());
        }
    }
    lock().0.retain(|member| member.0 != peer);
    Some(())
}
