//! Containment of misbehaving programs: they are ended, leave nothing behind, and the report has
//! the reason.
//!
//! Each fixture has a bound of its own, so that a containment that fails does no harm.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "in a test, whatever goes wrong is to end it")]

mod case;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use case::{CHECKER, Case, eventually, marked, signal};

/// A correct server, on the port in its arguments.
const SERVER: &str = r"
import os, signal, socket, sys, threading, time
clientes, cerrojo = [], threading.Lock()
def atender(c):
    try:
        while True:
            datos = c.recv(4096)
            if not datos or datos.strip() == b'salir': break
            with cerrojo: otros = [o for o in clientes if o is not c]
            for o in otros:
                try: o.sendall(datos)
                except OSError: pass
    except OSError: pass
    with cerrojo: clientes.remove(c)
    c.close()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()
while True:
    c, _ = s.accept()
    c.sendall(b'bienvenido\n')
    with cerrojo: clientes.append(c)
    threading.Thread(target=atender, args=(c,), daemon=True).start()
";

/// Starts a daemon that does all it can to stay: in a session of its own, with no parent, without
/// an environment, deaf to signals.
const DAEMON: &str = r"
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)
        for d in (0, 1, 2): os.close(d)
        os.chdir('/')
        os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(90)', sys.argv[2]], {})
    os._exit(0)
";

/// A fork bomb: at most a thousand processes, for half a minute.
const BOMB: &str = r"
import os, time
for _ in range(10): os.fork()
time.sleep(30)
";

/// The reason why the server could not be checked.
#[track_caller]
fn why(report: &Value) -> &str {
    report["parts"][0]["not_started"]["why"].as_str().unwrap_or_else(|| panic!("{report:#}"))
}

#[track_caller]
fn assert_passes((output, report): &(Output, Value)) {
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_ne!(report["parts"][0]["results"].as_array().unwrap().len(), 0);
}

const MODES: [&[&str]; 2] = [&[], &["--shared-network"]];

#[test]
fn a_fork_bomb() {
    for mode in MODES {
        let case = Case::of(&[BOMB]);
        let options: Vec<&str> = mode.iter().copied().chain(["--slow", "10"]).collect();
        let (output, report) = case.run(&options);
        assert_eq!(output.status.code(), Some(3));
        assert!(why(&report).contains("more than 128 processes"), "{}", why(&report));
    }
}

#[test]
fn somebody_who_got_away() {
    for mode in MODES {
        assert_passes(&Case::of(&[DAEMON, SERVER]).run(mode));
    }
}

#[test]
fn a_program_that_is_deaf_to_signals() {
    const DEAF: &str = "import signal\n\
        for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n";
    for mode in MODES {
        assert_passes(&Case::of(&[DEAF, SERVER]).run(mode));
    }
}

#[test]
fn minus_one_is_status_255() {
    let (_, report) = Case::of(&["import os\nos._exit(-1)\n"]).run(&[]);
    assert!(why(&report).contains("ended with status 255"), "{}", why(&report));
}

#[test]
fn endless_output_takes_little_memory_and_disturbs_no_check() {
    const FLOOD: &str = r"
import os, threading, time
def inundar(d):
    fin = time.monotonic() + 60
    while time.monotonic() < fin: os.write(d, b'ruido sin fin\n' * 4000)
for d in (1, 2): threading.Thread(target=inundar, args=(d,), daemon=True).start()
";
    let case = Case::of(&[FLOOD, SERVER]);
    let mut checker = case.start(&[], 3);
    let mut peak = 0;
    while checker.try_wait().unwrap().is_none() {
        let status =
            fs::read_to_string(format!("/proc/{}/status", checker.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0));
        thread::sleep(Duration::from_millis(20));
    }
    let output = checker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert!((1_000..200_000).contains(&peak), "{peak} kB");
    case.assert_nothing_left();
}

#[test]
fn too_much_memory() {
    const HOG: &str = r"
import time
lleno = []
for _ in range(60):
    lleno.append(bytearray(b'x' * 10_000_000)); time.sleep(0.01)
time.sleep(30)
";
    let (output, report) = Case::of(&[HOG]).run(&["--memory", "200MiB", "--slow", "10"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(why(&report).contains("more than 200 MiB"), "{}", why(&report));
}

#[test]
fn memory_that_processes_share_counts_once() {
    // Sixteen processes that share 40 megabytes each.
    const SHARES: &str = r"
import os
comun = bytearray(b'x' * 40_000_000)
padre = os.getpid()
for _ in range(15):
    if os.fork() == 0:
        import time
        time.sleep(60); os._exit(0)
";
    assert_passes(&Case::of(&[SHARES, SERVER]).run(&["--memory", "300MiB"]));
}

#[test]
fn too_much_processor_time_in_all_its_processes_together() {
    const BUSY: &str = r"
import os, time
fin = time.monotonic() + 40
while time.monotonic() < fin:
    hijo = os.fork()
    if hijo == 0:
        pronto = time.process_time() + 0.2
        while time.process_time() < pronto: pass
        os._exit(0)
    os.waitpid(hijo, 0)
";
    // It never listens, so only this limit ends it before patience does.
    let (output, report) = Case::of(&[BUSY]).run(&["--cpu", "1s", "--slow", "20"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(why(&report).contains("more than 1 s of processor time"), "{}", why(&report));
}

#[test]
fn too_long_a_file() {
    const WRITER: &str = r"
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
with open('grande', 'wb') as f:
    for _ in range(100): f.write(b'x' * 1_000_000)
";
    let (output, report) = Case::of(&[WRITER]).run(&["--slow", "10"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(why(&report).contains("too long a file"), "{}", why(&report));
}

#[test]
fn what_it_does_to_its_folder_it_does_to_a_copy() {
    const VANDAL: &str = r"
import os, shutil
os.makedirs('nuevo/dentro'); os.chmod('nuevo/dentro', 0); os.chmod('nuevo', 0)
for f in os.listdir('.'):
    if f != 'nuevo': os.remove(f) if os.path.isfile(f) else shutil.rmtree(f)
";
    let case = Case::of(&[VANDAL, SERVER]);
    fs::create_dir(case.folder.path().join("datos")).unwrap();
    fs::write(case.folder.path().join("datos/notas.txt"), "valiosas").unwrap();
    let before = listing(case.folder.path());
    assert_passes(&case.run(&[]));
    assert_eq!(listing(case.folder.path()), before);
}

/// All files, with what is in them.
fn listing(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(listing(&path));
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn nothing_is_left_when_the_checker_is_killed() {
    for mode in MODES {
        let case = Case::of(&[DAEMON, SERVER]);
        // The checker, a keeper, the program and the process that got away.
        let mut checker = case.start(mode, 4);
        signal(&checker, Signal::KILL);
        checker.wait().unwrap();
        eventually(|| marked(&case.marker).is_empty() && case.temporary_folders().is_empty());
    }
}

#[test]
fn ctrl_c_leaves_a_report_and_nothing_else() {
    // It sends no greeting and passes nothing on, so that there is much to wait for.
    const MUTE: &str = "import socket, sys, time\ns = socket.socket()\n\
        s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\ntime.sleep(90)\n";
    for mode in MODES {
        let case = Case::of(&[MUTE]);
        let options: Vec<&str> = mode.iter().copied().chain(["--slow", "20"]).collect();
        let mut checker = case.start(&options, 3);
        signal(&checker, Signal::INT);
        let status = checker.wait().unwrap();
        case.assert_nothing_left();
        let report = fs::read_to_string(case.json()).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!((status.code(), &report["interrupted"]), (Some(130), &Value::Bool(true)));
        assert_eq!(report["parts"][0]["not_started"], Value::Null);
    }
}

#[test]
fn ctrl_c_ends_a_long_silence() {
    /// Running time of a program after which a check is waiting for it.
    const STILL: Duration = Duration::from_secs(5);
    for mode in MODES {
        let case = Case::of(&[SERVER]);
        // Far longer than any wait here.
        let idle = ["--idle", "10m", "--only", "8.3-listener"];
        let options: Vec<&str> = mode.iter().chain(&idle).copied().collect();
        let mut checker = case.start(&options, 3);
        let (mut same, mut since) = (marked(&case.marker), Instant::now());
        eventually(|| {
            let now = marked(&case.marker);
            if now != same {
                (same, since) = (now, Instant::now());
            }
            since.elapsed() > STILL
        });
        signal(&checker, Signal::INT);
        eventually(|| checker.try_wait().unwrap().is_some());
        case.assert_nothing_left();
        let report: Value =
            serde_json::from_str(&fs::read_to_string(case.json()).unwrap()).unwrap();
        assert_eq!(report["interrupted"], true);
    }
}

#[test]
fn a_port_of_somebody_else_is_no_verdict() {
    let case = Case::of(&[SERVER]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    fs::write(case.folder.path().join("dialecto.toml"), format!("port = {port}\n")).unwrap();
    let (output, report) = case.run(&["--shared-network"]);
    assert_eq!(output.status.code(), Some(3));
    let why = why(&report);
    assert!(why.contains(&port.to_string()) && why.contains("another program"), "{why}");
}

#[test]
fn who_is_told_a_port_shares_the_network_with_others() {
    let case = Case::of(&[SERVER]);
    fs::write(case.folder.path().join("dialecto.toml"), "").unwrap();
    let ran = case.run(&["--shared-network", "--only", "2.1-relay"]);
    assert_passes(&ran);
    let dialect = &ran.1["parts"][0]["dialect"];
    assert!(dialect["port"].is_u64() && dialect["port"] != 12345, "{dialect}");
    assert_eq!(dialect["given"], serde_json::json!([]));
}

/// Runs the checker behind other words, with a checker that every user may start.
fn run_behind(case: &Case, words: &[&str]) -> (Output, Value) {
    let checker = case.temporary.path().join("checker");
    fs::copy(CHECKER, &checker).unwrap();
    let words: Vec<&str> = words.iter().copied().chain([checker.to_str().unwrap()]).collect();
    let output = case.command(&words, &[]).output().unwrap();
    case.assert_nothing_left();
    let report = fs::read_to_string(case.json()).unwrap_or_default();
    (output, serde_json::from_str(&report).unwrap_or_default())
}

fn works(command: &[&str]) -> bool {
    let status = Command::new(command[0]).args(&command[1..]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The words that run a command as a user with no rights.
const NOBODY: [&str; 6] = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

#[test]
fn whoever_is_not_root_has_networks_of_their_own_too() {
    let python = "/usr/bin/python3";
    let tried = [&NOBODY[..], &["unshare", "-Urn", python, "-c", ""]].concat();
    if !works(&tried) {
        chat_drive::skip(format_args!("needs root, setpriv, user namespaces and {python}"));
        return;
    }
    let case = Case::of(&[DAEMON, SERVER]);
    let path = [&NOBODY[..], &["env", "PATH=/usr/bin:/bin"]].concat();
    let ran = run_behind(&case, &path);
    assert_passes(&ran);
    assert_eq!(ran.1["parts"][0]["remarks"], serde_json::json!([]));
}

#[test]
fn where_networks_are_refused_checks_are_made_one_after_the_other() {
    let refused = [
        "unshare",
        "-Ur",
        "sh",
        "-c",
        "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"",
        "sh",
    ];
    if !works(&[&refused[..], &["true"]].concat()) {
        chat_drive::skip("needs user namespaces");
        return;
    }
    let ran = run_behind(&Case::of(&[DAEMON, SERVER]), &refused);
    assert_passes(&ran);
    let remarks = ran.1["parts"][0]["remarks"].to_string();
    assert!(remarks.contains("one after the other"), "{remarks}");
}
