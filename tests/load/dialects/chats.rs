//! Chats with protocols that no built-in dialect speaks: length-prefixed messages with rooms, and JSON
//! lines.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

/// The members of a chat: their rooms, and their connections.
#[derive(Clone, Default)]
struct Members(Arc<Mutex<HashMap<SocketAddr, (String, TcpStream)>>>);

impl Members {
    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, (String, TcpStream)>> {
        self.0.lock().expect("no thread panics")
    }

    /// Sends bytes to all that are in the room of this member, to itself if there is an `echo`.
    fn send(&self, from: SocketAddr, bytes: &[u8], echo: bool) {
        let mut members = self.lock();
        let Some((room, _)) = members.get(&from) else { return };
        let room = room.clone();
        let others =
            members.iter_mut().filter(|(to, (its, _))| *its == room && (echo || **to != from));
        for (_, (_, stream)) in others {
            // Its own thread finds out that a member has gone.
            let _ = stream.write_all(bytes);
        }
    }
}

/// Starts a chat in which `serve` serves each client.
fn start(serve: fn(&TcpStream, SocketAddr, &Members) -> Result<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let members = Members::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let members = members.clone();
            thread::spawn(move || {
                let peer = stream.peer_addr().expect("an address");
                // An error is the end of a client.
                let _ = serve(&stream, peer, &members);
                members.lock().remove(&peer);
            });
        }
    });
    address
}

/// Starts the chat of `length.toml`.
pub(super) fn length() -> SocketAddr {
    fn framed(text: &str) -> Vec<u8> {
        let length = u32::try_from(text.len()).expect("it is short");
        [&length.to_be_bytes(), text.as_bytes()].concat()
    }
    start(|mut stream, peer, members| {
        let mut name = String::new();
        loop {
            let mut length = [0; 4];
            stream.read_exact(&mut length)?;
            let mut text = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut text)?;
            let text = String::from_utf8_lossy(&text);
            match text.split_once(' ') {
                Some(("JOIN", who)) => {
                    let (its, room) = who.split_once(' ').unwrap_or((who, ""));
                    its.clone_into(&mut name);
                    let mut all = members.lock();
                    all.insert(peer, (room.to_owned(), stream.try_clone()?));
                    stream.write_all(&framed(&format!("OK {room}")))?;
                    drop(all);
                    members.send(peer, &framed(&format!("CAME {name}")), false);
                }
                Some(("SAY", text)) => {
                    members.send(peer, &framed(&format!("MSG {name} {text}")), false);
                }
                _ => return Ok(()),
            }
        }
    })
}

/// Starts the chat of `json.toml`. It wants a pong before it lets a client in, and escapes `<` and `>`,
/// which it would not have to.
pub(super) fn json() -> SocketAddr {
    start(|mut stream, peer, members| {
        let mut name = Value::Null;
        for text in BufReader::new(stream).lines() {
            let said: Value = serde_json::from_str(&text?)?;
            match said["type"].as_str() {
                Some("join") => {
                    name = said["name"].clone();
                    stream.write_all(b"{\"type\":\"ping\",\"id\":17}\n")?;
                }
                Some("pong") if said["id"] == 17 => {
                    let mut all = members.lock();
                    all.insert(peer, (String::new(), stream.try_clone()?));
                    stream.write_all(b"{\"type\":\"welcome\"}\n")?;
                }
                Some("say") => {
                    let text = json!({"from": name, "text": said["text"]}).to_string();
                    let said = text.replacen('{', r#"{"type":"message","#, 1);
                    let said = said.replace('<', r"\u003c").replace('>', r"\u003e");
                    members.send(peer, (said + "\n").as_bytes(), true);
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    })
}
