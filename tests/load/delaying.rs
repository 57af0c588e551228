//! A server that delivers each message as often, as late and with such words around it as a test wants.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Starts a server that delivers each message to the nth client that came (counted from 0) after each
/// of the delays that `delays` gives for it.
pub(crate) fn delaying(delays: fn(usize) -> Vec<Duration>) -> SocketAddr {
    serving(delays, str::to_owned)
}

/// Starts a server that delivers each message as this makes it.
pub(crate) fn altering(alter: fn(&str) -> String) -> SocketAddr {
    serving(|_| vec![Duration::ZERO], alter)
}

fn serving(delays: fn(usize) -> Vec<Duration>, alter: fn(&str) -> String) -> SocketAddr {
    type Lines = Sender<(Instant, String)>;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let members: Arc<Mutex<Vec<(usize, Lines)>>> = Arc::default();
    thread::spawn(move || {
        for (id, stream) in listener.incoming().flatten().enumerate() {
            let (lines, due) = channel::<(Instant, String)>();
            members.lock().expect("nobody panics").push((id, lines));
            let mut out = stream.try_clone().expect("a second handle");
            thread::spawn(move || {
                for (time, line) in due {
                    // This server is late on purpose.
                    thread::sleep(time.saturating_duration_since(Instant::now()));
                    if out.write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            });
            let members = Arc::clone(&members);
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(std::result::Result::ok) {
                    let altered = alter(&line) + "\n";
                    for (other, lines) in members.lock().expect("nobody panics").iter() {
                        for delay in delays(*other) {
                            if *other != id && line != "salir" {
                                let _ = lines.send((Instant::now() + delay, altered.clone()));
                            }
                        }
                    }
                }
            });
        }
    });
    address
}
