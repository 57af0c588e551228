//! A relay on a thread, and clients with deadlines.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::Parser;
use memchr::memmem;

use crate::relay::RelayOptions;
use crate::relay::bare::Room;
use crate::relay::hub::Hub;
use crate::relay::log::Totals;

const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, Parser)]
pub(super) struct CommandLine {
    #[command(flatten)]
    pub(super) options: RelayOptions,
}

pub(super) struct Running {
    pub(super) address: SocketAddr,
    log: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Totals>>,
}

impl Running {
    pub(super) fn start(arguments: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique = format!("relay-{}-{}.log", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let log = std::env::temp_dir().join(unique);
        let path = log.to_str().unwrap();
        let all = ["relay", "--bind", "127.0.0.1:0", "--log", path];
        let options = CommandLine::parse_from(all.iter().chain(arguments)).options;
        let relay = Hub::bind(&options, Room::default()).unwrap();
        let (address, stop) = (relay.address(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&stop);
        let thread = Some(thread::spawn(move || relay.serve(&flag).unwrap()));
        Self { address, log, stop, thread }
    }

    /// So many clients, which have come in this order and hear each other.
    pub(super) fn gather(&self, count: usize) -> Vec<Client> {
        let mut clients = vec![Client::connect(self.address)];
        while clients.len() < count {
            let client = Client::connect(self.address);
            let brief = Some(Duration::from_millis(5));
            client.stream.set_read_timeout(brief).unwrap();
            let begun = Instant::now();
            while client.stream.peek(&mut [0]).is_err() {
                assert!(begun.elapsed() < DEADLINE, "nobody is heard");
                clients[0].say("hola\n");
            }
            client.stream.set_read_timeout(Some(DEADLINE)).unwrap();
            clients.push(client);
        }
        clients[0].say("listos\n");
        for client in &mut clients[1..] {
            client.hear("listos\n");
            client.heard.clear();
        }
        clients
    }

    /// The totals and the log.
    pub(super) fn stop(mut self) -> (Totals, String) {
        self.stop.store(true, Relaxed);
        let totals = self.thread.take().unwrap().join().unwrap();
        (totals, fs::read_to_string(&self.log).unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
        drop(fs::remove_file(&self.log));
    }
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) stream: TcpStream,
    /// The text that was waited for, with all that came before it.
    pub(super) heard: String,
    /// The bytes behind that text.
    pub(super) rest: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        Self { stream, heard: String::new(), rest: Vec::new() }
    }

    pub(super) fn port(&self) -> u16 {
        self.stream.local_addr().unwrap().port()
    }

    pub(super) fn say(&mut self, lines: &str) {
        self.stream.write_all(lines.as_bytes()).unwrap();
    }

    /// Hears everything up to these words, which end it.
    pub(super) fn hear(&mut self, words: &str) {
        let mut from = 0;
        let end = loop {
            if let Some(at) = memmem::find(&self.rest[from..], words.as_bytes()) {
                break from + at + words.len();
            }
            from = self.rest.len().saturating_sub(words.len());
            assert!(self.read() > 0, "ended before {words:?} after {:?}", self.heard);
        };
        self.heard += std::str::from_utf8(&self.rest[..end]).unwrap();
        self.rest.drain(..end);
    }

    pub(super) fn hear_bytes(&mut self, count: usize) {
        while self.rest.len() < count {
            assert!(self.read() > 0, "ended");
        }
        self.rest.drain(..count);
    }

    pub(super) fn hear_lines(&mut self, count: usize) -> Vec<String> {
        let heard = self.heard.len();
        for _ in 0..count {
            self.hear("\n");
        }
        self.heard[heard..].split_inclusive('\n').map(str::to_owned).collect()
    }

    /// Reads to the end of the connection and returns the number of bytes.
    pub(super) fn hear_to_the_end(&mut self) -> usize {
        while self.read() > 0 {}
        self.rest.len()
    }

    /// All it has heard, as lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let all = self.heard.clone() + std::str::from_utf8(&self.rest).unwrap();
        all.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn read(&mut self) -> usize {
        let mut bytes = [0; 16 << 10];
        match self.stream.read(&mut bytes) {
            Ok(n) => {
                self.rest.extend_from_slice(&bytes[..n]);
                n
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("{error}, after {:?}", String::from_utf8_lossy(&self.rest)),
        }
    }
}
