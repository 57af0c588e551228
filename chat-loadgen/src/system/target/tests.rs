//! The server here is this very test program, told by its environment to be one.

use std::env;

use super::*;
use crate::system::machine;

const SOMEWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// Server process for the other tests: uses CPU time in a thread that ends and in the one that goes
/// on, listens, and has a child if it is asked to.
#[test]
#[ignore = "a server for the other tests"]
fn server() {
    let Ok(port) = env::var("SERVER_PORT") else { return };
    let time = |name| Duration::from_millis(env::var(name).map_or(0, |ms| ms.parse().unwrap()));
    thread::spawn(move || burn(time("IN_A_THREAD"))).join().unwrap();
    burn(time("ITSELF"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse().unwrap())).unwrap();
    for stream in listener.incoming() {
        drop(stream);
    }
}

fn burn(time: Duration) {
    let end = machine::thread_cpu().unwrap() + time;
    while machine::thread_cpu().unwrap() < end {}
}

/// The command that starts [`server`].
fn command(environment: &str) -> String {
    let program = env::current_exe().unwrap();
    let program = shell_words::quote(program.to_str().unwrap()).into_owned();
    format!(
        "env SERVER_PORT={{port}} {environment} {program} --ignored --exact system::target::tests::server"
    )
}

fn exists(id: u32) -> bool {
    usage::find(id).is_some_and(|process| !process.has_ended())
}

#[test]
fn a_server_is_there_when_it_was_started_and_gone_when_it_was_dropped() {
    let target = Target::spawn(&command(""), SOMEWHERE).unwrap();
    let address = target.address().unwrap();
    TcpStream::connect(address).unwrap();
    assert_ne!(address, SOMEWHERE);
    let (id, usage) = (target.id(), target.usage().unwrap());
    assert!(usage.resident > 100_000, "{usage:?}");
    drop(target);
    assert!(!exists(id));
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn all_its_cpu_time_is_seen_of_threads_that_have_ended_too() {
    let environment = "IN_A_THREAD=200 ITSELF=200";
    let target = Target::spawn(&command(environment), SOMEWHERE).unwrap();
    let cpu = target.usage().unwrap().cpu;
    // The two ticks by which the time of threads that have ended may be behind.
    assert!((380..1000).contains(&cpu.as_millis()), "{cpu:?}");
}

#[test]
fn descendants_count_and_are_stopped_as_well() {
    let both = format!("{} & wait", command("ITSELF=200"));
    let shell = format!("sh -c {}", shell_words::quote(&both));
    let target = Target::spawn(&shell, SOMEWHERE).unwrap();
    let family = usage::family(target.id());
    let family: Vec<u32> = family.iter().map(|member| member.stat.pid.cast_unsigned()).collect();
    assert!(family.len() >= 2, "{family:?}");
    assert!(target.usage().unwrap().cpu.as_millis() >= 180);
    drop(target);
    assert!(!family.into_iter().any(exists));
}

#[test]
fn who_does_not_listen_to_reason_is_killed() {
    let command = format!("env --ignore-signal=TERM {}", command(""));
    let target = Target::spawn(&command, SOMEWHERE).unwrap();
    let (id, start) = (target.id(), Instant::now());
    target.process().stop(Duration::from_millis(100));
    assert!(start.elapsed() >= Duration::from_millis(100) && !exists(id));
}

#[test]
fn a_server_that_fails_is_quoted() {
    let failed = "sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 alas; do echo \"$i\" >&2; done; exit 3'";
    let error = Target::spawn(failed, SOMEWHERE).unwrap_err().to_string();
    assert!(
        error.ends_with("127.0.0.1:1; its last words:\n3\n4\n5\n6\n7\n8\n9\n10\n11\nalas"),
        "{error}"
    );
}

#[test]
fn a_server_that_never_listens_is_stopped() {
    let start = || {
        let words = ["sh", "-c", "echo hm >&2; exec sleep 1000"].map(str::to_owned);
        Process::start(&words, SOMEWHERE, Duration::from_millis(500))
    };
    let error = start().unwrap_err();
    assert!(
        matches!(&error, TargetError::Silent { words, .. } if words.ends_with("hm")),
        "{error:?}"
    );
}

#[test]
fn an_address_that_is_taken_is_nobodys_success() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || drop(listener.accept()));
    let error = Target::spawn("sleep 1000", address).unwrap_err();
    assert!(matches!(error, TargetError::Taken(taken) if taken == address), "{error:?}");
}

#[test]
fn commands_that_are_none_are_told_apart() {
    let error = |command| Target::spawn(command, SOMEWHERE).unwrap_err();
    assert!(matches!(error("'x"), TargetError::Command(_)));
    assert!(matches!(error(" "), TargetError::Empty));
    assert!(matches!(error("/no/such/program"), TargetError::Start { .. }));
}

#[test]
fn a_process_that_is_watched_goes_on_afterwards() {
    let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
    let target = Target::attach(child.id()).unwrap();
    assert!(target.usage().is_some_and(|usage| usage.resident > 0));
    drop(target);
    assert!(child.try_wait().unwrap().is_none());
    let target = Target::attach(child.id()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(target.usage(), None);
    assert!(matches!(Target::attach(child.id()), Err(TargetError::NoProcess(_))));
}

#[test]
fn a_server_that_was_killed_is_started_again_on_its_port() {
    let target = Target::spawn(&command(""), SOMEWHERE).unwrap();
    let (address, id) = (target.address().unwrap(), target.id());
    target.kill();
    assert!(!exists(id) && TcpStream::connect(address).is_err());
    target.restart().unwrap();
    TcpStream::connect(address).unwrap();
    assert!(target.id() != id && target.address() == Some(address));
}
