//! A server of several that dies: what died with it, and what is lost.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use chat_drive::failure::Result;

use crate::running::{Relay, run};

/// Messages that a server passes on, and those that it still takes before it dies.
const PASSED: usize = 20;
const TAKEN: usize = 5;

/// A server of a chat whose centre is a relay: it passes lines on, both ways.
#[derive(Default)]
struct Node {
    /// True if it dies when its clients have sent enough.
    dies: bool,
    sent: Mutex<usize>,
    /// The connections of its clients.
    clients: Mutex<Vec<TcpStream>>,
    /// A line that its first client does not get.
    withheld: Arc<Mutex<Option<String>>>,
    /// True if it exchanges messages of different senders.
    swaps: bool,
}

impl Node {
    /// Begins to serve. Gives its address.
    fn serve(self, centre: SocketAddr) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let node = Arc::new(self);
        thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let upstream = TcpStream::connect(centre).expect("a connection");
                let (from, to) = (clone(&upstream), clone(&client));
                node.clients.lock().expect("no panic").push(clone(&client));
                let (up, down) = (Arc::clone(&node), Arc::clone(&node));
                thread::spawn(move || up.pass_up(client, upstream));
                thread::spawn(move || down.pass_down(from, to, number == 0));
            }
        });
        address.to_string()
    }

    /// Passes on what a client says, until the server dies.
    fn pass_up(&self, client: TcpStream, mut upstream: TcpStream) {
        for line in BufReader::new(client).lines().map_while(io::Result::ok) {
            let mut sent = self.sent.lock().expect("no panic");
            *sent += usize::from(self.dies && is_message(&line));
            if *sent == PASSED {
                *self.withheld.lock().expect("no panic") = Some(line.clone());
            }
            if *sent > PASSED + TAKEN {
                return self.die();
            }
            if *sent <= PASSED && writeln!(upstream, "{line}").is_err() {
                return;
            }
        }
        let _ = upstream.shutdown(Shutdown::Both);
    }

    /// Passes on what the centre says.
    fn pass_down(&self, upstream: TcpStream, mut client: TcpStream, is_first: bool) {
        let mut lines = BufReader::new(upstream).lines().map_while(io::Result::ok);
        let mut swaps = self.swaps;
        while let Some(mut line) = lines.next() {
            let is_withheld = || self.withheld.lock().expect("no panic").as_ref() == Some(&line);
            if is_first && !self.dies && is_withheld() {
                continue;
            }
            if swaps && is_message(&line) {
                swaps = false;
                let next = lines.next().unwrap_or_default();
                let pair = if sender(&next) == sender(&line) { [line, next] } else { [next, line] };
                line = pair.join("\n");
            }
            if writeln!(client, "{line}").is_err() {
                return;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn die(&self) {
        for client in &*self.clients.lock().expect("no panic") {
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.set_nodelay(true).expect("no delay");
    stream.try_clone().expect("a second handle")
}

/// Whether a line is a message of the run, and no probe of the barrier.
fn is_message(line: &str) -> bool {
    line.as_bytes().get(5) == Some(&b'm')
}

/// The sender of a message, which stands behind its kind.
fn sender(line: &str) -> Option<&str> {
    line.get(6..9)
}

const LOAD: [&str; 8] =
    ["--clients", "9", "--senders", "2", "--rate", "100/s", "--drain-timeout", "1s"];

#[test]
fn what_no_survivor_heard_of_a_dead_server_died_with_it_and_is_not_lost() -> Result {
    let centre = Relay::start(&[])?;
    let dying = Node { dies: true, ..Node::default() }.serve(centre.address);
    let other = Node::default().serve(centre.address);
    let ended = run(&[&LOAD[..], &["--server", &dying, "--server", &other]].concat());
    let ledger = ended.value("/ledger");
    let survivors = ended.number("/addresses/1/connected");
    let died = ended.number("/ledger/died_with_node");
    assert_eq!(died % survivors, 0, "{ledger}");
    assert!(died / survivors >= TAKEN as u64, "{ledger}");
    assert_eq!(ended.number("/ledger/lost"), 0, "{ledger}");
    // What is due to the clients of the dead server is cut off.
    assert!(ended.number("/ledger/cut_off") > 0, "{ledger}");
    let dead = ended.number("/addresses/0/connected");
    assert_eq!(ended.number("/addresses/0/disconnected"), dead);
    assert_eq!(ended.number("/addresses/1/disconnected"), 0);
    assert!(ended.words.contains("died with node"), "{}", ended.words);
    Ok(())
}

#[test]
fn what_one_survivor_heard_of_a_dead_server_is_lost_to_the_others() -> Result {
    let centre = Relay::start(&[])?;
    let dying = Node { dies: true, ..Node::default() };
    let other = Node { withheld: Arc::clone(&dying.withheld), ..Node::default() };
    let (dying, other) = (dying.serve(centre.address), other.serve(centre.address));
    let ended = run(&[&LOAD[..], &["--server", &dying, "--server", &other]].concat());
    let ledger = ended.value("/ledger");
    assert_eq!(ended.number("/ledger/lost"), 1, "{ledger}");
    let survivors = ended.number("/addresses/1/connected");
    assert_eq!(ended.number("/ledger/died_with_node") % survivors, 0, "{ledger}");
    assert!(ended.number("/ledger/died_with_node") > 0, "{ledger}");
    assert_eq!(ended.status, Some(3), "{}", ended.words);
    Ok(())
}

#[test]
fn one_order_holds_over_all_servers_and_a_server_that_has_another_is_found() -> Result {
    let centre = Relay::start(&[])?;
    for swaps in [false, true] {
        let other = Node { swaps, ..Node::default() }.serve(centre.address);
        let one = Node::default().serve(centre.address);
        let options = ["--total-order", "--server", &one, "--server", &other];
        let ended = run(&[&LOAD[..], &options].concat());
        let ledger = ended.value("/ledger");
        assert_eq!(ended.number("/ledger/lost") + ended.number("/ledger/reordered"), 0, "{ledger}");
        assert_eq!(ended.number("/ledger/disorder") > 0, swaps, "{ledger}");
        assert_eq!(ended.status, Some(if swaps { 3 } else { 0 }), "{}", ended.words);
    }
    Ok(())
}

#[test]
fn servers_that_form_no_chat_are_no_run() -> Result {
    let (one, other) = (Relay::start(&[])?, Relay::start(&[])?);
    let [one, other] = [&one, &other].map(|relay| relay.address.to_string());
    let options = [&LOAD[..], &["--server", &one, "--server", &other, "--total-order"]].concat();
    let output = crate::running::load(&options).output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("could not be shown to hear each other"), "{words}");
    Ok(())
}
