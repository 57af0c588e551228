//! The server under a service manager, which is the test itself.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use chat_tests::chat::said_by;
use chat_tests::service::passing;
use tempfile::TempDir;

use super::*;

const SIGHUP: i32 = 1;
const SIGTERM: i32 = 15;

/// What a service manager hears.
struct Manager {
    folder: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = UnixDatagram::bind(folder.path().join("notify"))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { folder, socket })
    }

    /// The server, told where the manager listens.
    fn server(&self) -> Command {
        let mut command = binaries::server();
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command.args(["--bind", "127.0.0.1:0"]);
        command
    }

    /// The next thing that the server says.
    #[track_caller]
    fn hears(&self) -> String {
        let mut text = [0; 1024];
        let length = self.socket.recv(&mut text).expect("something is said");
        String::from_utf8_lossy(&text[..length]).trim_end().to_owned()
    }
}

/// Microseconds of the monotonic clock.
fn now() -> i128 {
    let uptime = std::fs::read_to_string("/proc/uptime").expect("the time since the start");
    let seconds: f64 = uptime.split(' ').next().expect("a number").parse().expect("a number");
    #[expect(clippy::cast_possible_truncation, reason = "a machine does not run for so long")]
    let microseconds = (seconds * 1e6) as i128;
    microseconds
}

#[test]
fn r16_1_the_manager_is_told_when_it_is_ready_reads_anew_and_stops() -> Result {
    let manager = Manager::new().expect("a socket");
    let motd = manager.folder.path().join("motd");
    std::fs::write(&motd, "uno\n").expect("a file");
    let mut command = manager.server();
    command.arg("--motd").arg(&motd);
    let mut chat = Chat::start_command(command)?;
    assert_eq!(manager.hears(), "READY=1");
    std::fs::write(&motd, "dos\n").expect("a file");
    let before = now();
    chat.server.signal(SIGHUP)?;
    let reloading = manager.hears();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading);
    let time: i128 = time.parse().expect("a number");
    assert!((before - 20_000..=now() + 20_000).contains(&time), "{time}, {before}");
    assert_eq!(manager.hears(), "READY=1");
    chat.peer("ana")?.expect("* dos")?;
    chat.server.signal(SIGTERM)?;
    assert_eq!(manager.hears(), "STOPPING=1");
    chat.server.expect_exit(0)
}

#[test]
fn r16_2_a_manager_that_asks_for_signs_of_life_gets_them() -> Result {
    let manager = Manager::new().expect("a socket");
    let mut command = manager.server();
    command.env("WATCHDOG_USEC", "100000");
    let _chat = Chat::start_command(command)?;
    let mut heard = [(); 6].map(|()| manager.hears());
    heard.sort();
    assert_eq!(heard[0], "READY=1");
    assert!(heard[1..].iter().all(|word| word == "WATCHDOG=1"), "{heard:?}");
    Ok(())
}

/// A socket that is bound to a free port.
fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn server_with(passed: &impl AsFd, bind: &SocketAddr) -> Command {
    let mut server = binaries::server();
    server.args(["--bind", &bind.to_string()]);
    passing(passed, &server)
}

#[test]
fn r16_3_a_listener_that_is_passed_outlives_servers() -> Result {
    let (passed, address) = listener();
    let mut old = Chat::start_command(server_with(&passed, &address))?;
    assert_eq!(old.address, address);
    let (mut ana, mut bea) = (old.peer("ana")?, old.peer("bea")?);
    ana.send("con la vieja\n")?;
    bea.expect(&said_by(&ana, "con la vieja"))?;
    old.server.signal(SIGTERM)?;
    old.server.expect_exit(0)?;
    // Connects where no server is.
    let mut early = old.stage.connect("carla", address)?;
    let new = Chat::start_command(server_with(&passed, &address))?;
    early.expect(ES.greeting())?;
    let mut late = new.peer("dani")?;
    early.send("con la nueva\n")?;
    late.expect(&said_by(&early, "con la nueva"))
}

/// The diagnostics of a server that does not start.
#[track_caller]
fn refusal(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn r16_3_what_is_passed_and_of_no_use_is_refused() {
    let (passed, address) = listener();
    let (_, other) = listener();
    assert_eq!(
        refusal(server_with(&passed, &other)),
        format!(
            "chat-server: el gestor de servicios ha dado {address}: \
             falta --bind, --tls-bind o --web con esa dirección\n"
        )
    );
    let datagrams = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let words = refusal(server_with(&datagrams, &other));
    let expected = "chat-server: no se puede escuchar con lo que ha dado el gestor de servicios: ";
    assert!(words.starts_with(expected) && words.lines().count() == 1, "{words}");
}

#[test]
fn r16_3_what_is_passed_to_another_process_is_none() -> Result {
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]).env("LISTEN_FDS", "1").env("LISTEN_PID", "1");
    Chat::start_command(command)?.peer("ana")?;
    Ok(())
}
