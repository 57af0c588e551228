//! Makes the command line into a plan, and refuses what is impossible before anything starts.

mod impossible;

use std::net::{SocketAddr, ToSocketAddrs};

use chat_protocol::options::server_address::{Door, ServerAddress};
use chat_tls::Trust;

use crate::cli::{CheckOptions, ClientOptions, LoadOptions, RunOptions, ServerOptions};
use crate::door::{Entrance, EntranceError};
use crate::plan::{Connecting, Faults, Pacing, Plan};
use crate::record::Workload;
use crate::record::figures;
use crate::record::threshold::{Condition, Metric};
use crate::roles::Numbers;
use crate::share::{Joined, Share};
use crate::wire::dialects::{DialectName, FileDialect, Login, Protocol};
use crate::wire::{payload, random};

pub(crate) use impossible::Impossible;

/// Resolves the addresses of the servers.
///
/// # Errors
///
/// When a name means nothing, or two mean the same.
pub(crate) fn resolve(servers: &[ServerAddress]) -> Result<Vec<SocketAddr>, Impossible> {
    let mut addresses = Vec::new();
    for server in servers {
        let address = resolve_one(server)?;
        if addresses.contains(&address) {
            return Err(Impossible::SameServer(address));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

fn resolve_one(server: &ServerAddress) -> Result<SocketAddr, Impossible> {
    let unknown = || Impossible::Address(server.endpoint.to_string());
    let found = server.endpoint.host_and_port().to_socket_addrs();
    found.ok().and_then(|mut found| found.next()).ok_or_else(unknown)
}

/// The servers' doors, with what is believed of the certificates behind them.
///
/// # Errors
///
/// When there is nothing to believe.
pub(crate) fn entrances(target: &ServerOptions) -> Result<Vec<Entrance>, EntranceError> {
    let is_encrypted = target.server.iter().any(|server| server.door.is_encrypted());
    let trust = is_encrypted.then(|| match (&target.tls_ca, target.tls_fingerprint) {
        (Some(file), _) => Trust::file(file),
        (None, Some(key)) => Ok(Trust::Key(key)),
        (None, None) if target.insecure => Ok(Trust::Anyone),
        (None, None) => Trust::system(),
    });
    let trust = trust.transpose()?;
    target.server.iter().map(|server| Entrance::new(server, trust.as_ref())).collect()
}

/// The plan for a run against `addresses`, of which there is at least one, through their `entrances`.
///
/// # Errors
///
/// When two options do not fit together.
pub(crate) fn plan(
    run: &RunOptions,
    addresses: &[SocketAddr],
    entrances: Vec<Entrance>,
) -> Result<Plan, Impossible> {
    let RunOptions { target, clients, load, checks, .. } = run;
    let senders = (clients.clients / 10).max(clients.rooms).clamp(1, clients.clients);
    let senders = clients.senders.unwrap_or(senders);
    let pacing = match load.window {
        Some(window) => Pacing::Closed(window),
        None => Pacing::Open(load.rate.clone(), load.arrivals),
    };
    let faults = faults(clients);
    let resumes = faults.reconnect > 0.0
        || faults.kill_every.is_some()
        || faults.are_of_nodes() && target.dialect == DialectName::Grupal;
    // Their addresses are known when they have been started.
    let nodes = target.spawn_nodes.unwrap_or(1) as usize;
    let (addresses, entrances) = (addresses.repeat(nodes), vec![entrances; nodes].concat());
    let servers = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    let plan = Plan {
        addresses,
        entrances,
        dialect: if resumes { sessions(run)? } else { protocol(target)? },
        names: clients.names.clone(),
        numbers: Numbers {
            clients: clients.clients,
            senders: senders.min(clients.clients),
            rooms: clients.rooms,
            slow: clients.slow_readers,
            churners: 0,
            later: later(clients, senders),
            idle: clients.idle_clients,
            threads: clients.threads,
            servers,
        },
        churn: clients.churn,
        faults,
        pacing,
        sizes: load.size.clone().seeded(load.seed),
        seed: load.seed,
        warm_up: load.warm_up,
        duration: load.duration,
        drain_timeout: load.drain_timeout,
        connecting: connecting(clients),
        from: clients.fleet.from.clone(),
        others_after: clients.fleet.others_after,
        allow_partial: clients.allow_partial,
        start_at: load.start_at,
        joined: None,
        verify: checks.verify.is_on(),
        total_order: checks.total_order || resumes,
        abort_if: checks.abort_if.clone(),
        witnesses: checks.witnesses,
    };
    match obstacle(&plan, senders, load).or_else(|| unfit_checks(run, &plan)) {
        Some(why) => Err(why),
        None => load.join.map_or(Ok(plan.clone()), |share| joined(plan, share, load)),
    }
}

fn faults(clients: &ClientOptions) -> Faults {
    let &ClientOptions { reconnect, kill_every, kill_node, cut_node, kill_broker, .. } = clients;
    Faults { reconnect, kill_every, kill_node, cut_node, kill_broker }
}

/// Number of listeners whose deliveries are not timed.
fn later(clients: &ClientOptions, senders: u32) -> u32 {
    let all = clients.clients.saturating_sub(senders);
    clients.fleet.timed.map_or(0, |timed| all.saturating_sub(timed))
}

/// The protocol that the clients speak.
fn protocol(target: &ServerOptions) -> Result<Protocol, Impossible> {
    let login = |file| Login::read(target.user.as_deref(), file);
    let login = target.password_file.as_deref().map(login).transpose()?;
    match &target.dialect_file {
        Some(file) => Ok(Protocol::File(Box::new(FileDialect::read(file, login)?))),
        None if login.is_some() && !target.dialect.takes_login() => {
            Err(Impossible::NoLogin(target.dialect))
        }
        None => Ok(Protocol::BuiltIn(target.dialect, login)),
    }
}

/// The protocol of clients that have sessions.
fn sessions(run: &RunOptions) -> Result<Protocol, Impossible> {
    let RunOptions { target, clients, load, checks, .. } = run;
    let obstacles = [
        (target.dialect_file.is_some(), "--dialect-file"),
        (target.dialect != DialectName::Grupal, "a --dialect other than grupal"),
        (target.password_file.is_some(), "--password-file"),
        (clients.churn > 0.0, "--churn"),
        (clients.slow_readers > 0, "--slow-readers"),
        (clients.idle_clients > 0, "--idle-clients"),
        (load.window.is_some(), "--window"),
        (load.join.is_some(), "--join"),
        (checks.find_max.is_some(), "--find-max"),
        (checks.calibrate, "--calibrate"),
    ];
    match obstacles.iter().find(|(is_given, _)| *is_given) {
        Some((_, option)) => Err(Impossible::Sessions(option)),
        None => Ok(Protocol::Sessions),
    }
}

/// The plan of one generator's share.
fn joined(plan: Plan, share: Share, load: &LoadOptions) -> Result<Plan, Impossible> {
    let whole = plan.numbers;
    let too_small = |share: Share| {
        let Numbers { clients, senders, rooms, .. } = share.numbers(whole);
        senders == 0 || clients < rooms || clients < senders
    };
    if share.all().any(too_small) {
        return Err(Impossible::Generators(share.numbered().1));
    }
    let joined = Joined { share, whole, mark: mark(&plan, share, load) };
    Ok(Plan { numbers: share.numbers(whole), joined: Some(joined), ..plan })
}

/// The mark of a run of several generators: each makes it from the options that they have in common.
fn mark(plan: &Plan, share: Share, load: &LoadOptions) -> u32 {
    let workload = Workload { threads: 0, ..plan.workload() };
    let run = (&plan.names, share.numbered().1, &load.run_id, workload);
    let common = format!("{run:?}");
    let stir = |sum, byte: u8| random::mix(sum ^ u64::from(byte));
    let mark = common.bytes().fold(0, stir) & MARK;
    u32::try_from(mark).unwrap_or_default()
}

/// Bits of a mark.
const MARK: u64 = 0xff_ffff;

fn connecting(clients: &ClientOptions) -> Connecting {
    Connecting {
        rate: clients.connect_rate.filter(|&rate| rate > 0.0),
        concurrency: clients.connect_concurrency,
        timeout: clients.connect_timeout,
        retries: clients.connect_retries,
    }
}

/// Reason for which the plan cannot be carried out, if there is one.
fn obstacle(plan: &Plan, senders: u32, load: &LoadOptions) -> Option<Impossible> {
    let Numbers { clients, rooms, slow, idle, .. } = plan.numbers;
    let (name, dialect) = (plan.dialect.to_string(), plan.dialect.dialect());
    let special = u64::from(slow) + u64::from(plan.churners());
    // One listener of each room stays as its witness, and the canary.
    let listeners = clients.saturating_sub(senders).saturating_sub(rooms);
    let (longest, longest_name) = (dialect.longest(), dialect.longest_name());
    if senders > clients {
        Some(Impossible::Senders(senders, clients))
    } else if rooms > clients {
        Some(Impossible::Rooms(rooms, clients))
    } else if rooms > 1 && !dialect.has_rooms() {
        Some(Impossible::OneRoom(name))
    } else if idle > 0 && !dialect.has_idlers() {
        Some(Impossible::NoIdlers(name))
    } else if special > u64::from(listeners) {
        Some(Impossible::Listeners(special, listeners))
    } else if load.size.longest() > longest {
        Some(Impossible::Message(longest, name))
    } else if plan.name(clients).len() > longest_name {
        Some(Impossible::Name(longest_name, name))
    } else {
        None
    }
}

/// Reason for which a check is impossible in a run of this plan, if there is one.
fn unfit_checks(run: &RunOptions, plan: &Plan) -> Option<Impossible> {
    let Numbers { clients, senders, rooms, .. } = plan.numbers;
    let checks = &run.checks;
    let ServerOptions { tls_ca, tls_fingerprint, insecure, .. } = &run.target;
    let trusts = tls_ca.is_some() || tls_fingerprint.is_some() || *insecure;
    let is_any = |has: fn(Door) -> bool| plan.entrances.iter().any(|it| has(it.door));
    if trusts && !is_any(Door::is_encrypted) {
        Some(Impossible::NothingToTrust)
    } else if is_any(Door::has_frames) && plan.dialect.dialect().web().is_none() {
        Some(Impossible::NoFrames(plan.dialect.to_string()))
    } else if run.target.spawn.is_some() && run.target.server.len() > 1 {
        Some(Impossible::SpawnSeveral)
    } else if plan.numbers.later > 0 && plan.addresses.len() > 1 {
        Some(Impossible::TimedSeveral)
    } else if plan.numbers.later > 0 && plan.others_after >= plan.drain_timeout {
        Some(Impossible::TimedLate)
    } else if let Some(lacking) = lacking_placeholder(&run.target) {
        Some(Impossible::NoPlaceholder(lacking))
    } else if plan.faults.cut_node.is_some_and(|time| time >= plan.duration) {
        Some(Impossible::LongCut)
    } else if plan.total_order && clients < senders + rooms {
        Some(Impossible::NoWitness)
    } else if checks.calibrate && (!plan.dialect.is(DialectName::Basico) || rooms > 1) {
        Some(Impossible::Relay)
    } else if checks.find_max.is_some() && run.load.rate.constant_rate().is_none() {
        Some(Impossible::SeveralRates)
    } else if let Some(long) = plan.abort_if.iter().find(|abort| abort.hold >= plan.duration) {
        Some(Impossible::NeverEnds(long.to_string(), plan.duration))
    } else if !checks.verify.is_on() && (checks.total_order || clients_come_and_go(plan)) {
        Some(Impossible::NotJudged)
    } else if !checks.verify.is_on() {
        let unknown = conditions(checks).find(|metric| metric.is_judged());
        unknown.map(|metric| Impossible::UnknownMetric(metric.to_string()))
    } else {
        None
    }
}

/// The placeholder that the command of several nodes lacks, if it lacks one.
fn lacking_placeholder(target: &ServerOptions) -> Option<&'static str> {
    let (command, _) = target.spawn.as_deref().zip(target.spawn_nodes)?;
    let needed = [Some("{port}"), target.spawn_broker.as_ref().map(|_| "{broker}")];
    needed.into_iter().flatten().find(|placeholder| !command.contains(placeholder))
}

/// Metrics of all conditions.
fn conditions(checks: &CheckOptions) -> impl Iterator<Item = Metric> {
    let aborts = checks.abort_if.iter().map(|abort| &abort.condition);
    let conditions = checks.fail_if.iter().chain(&checks.find_max).chain(aborts);
    conditions.flat_map(Condition::metrics)
}

fn clients_come_and_go(plan: &Plan) -> bool {
    plan.churn > 0.0 || plan.numbers.slow > 0
}

/// Connections that a plan needs at a time.
pub(crate) fn connections(plan: &Plan) -> u64 {
    u64::from(plan.numbers.clients) + u64::from(plan.numbers.idle)
}

/// Description of a plan, for `--dry-run`.
pub(crate) fn describe(plan: &Plan) -> String {
    let Numbers { clients, senders, rooms, slow, later, idle, threads, .. } = plan.numbers;
    let echoes = plan.dialect.dialect().echoes();
    let receivers = plan.receivers(echoes);
    let addresses = plan.addresses.iter().zip(&plan.entrances);
    let addresses: Vec<_> =
        addresses.map(|(at, it)| format!("{}://{at}", it.door.scheme())).collect();
    let (warm_up, window, drain) = (plan.warm_up, plan.duration, plan.drain_timeout);
    let mut rows = vec![
        ("server", format!("{} ({})", addresses.join(" "), plan.dialect)),
        (
            "clients",
            format!(
                "{clients}, of which {senders} send and {slow} stop reading; {idle} idle ones; {} \
                 leavings per second",
                plan.churn
            ),
        ),
        ("rooms", rooms.to_string()),
        ("threads", format!("{threads}, and one each for the canary and the schedule")),
        ("timed", format!("all clients but {later}")),
        ("messages", format!("{}, {} bytes each, seed {}", plan.pacing, plan.sizes, plan.seed)),
        (
            "phases",
            format!(
                "connect, barrier, warm-up {warm_up:?}, measure {window:?}, drain at most {drain:?}"
            ),
        ),
        ("receivers", format!("{receivers:.1} for each message")),
    ];
    if let Some(joined) = &plan.joined {
        let (number, of) = joined.share.numbered();
        let (first, last) = (plan.name(0), plan.name(clients - 1));
        let all = plan.planned_in_all();
        let share = format!("{number} of {of}: clients {first} to {last}; all make {all} messages");
        rows.push(("generator", share));
    } else if let Some(messages) = plan.messages() {
        let count = |number: f64| figures::count(figures::whole(number.round()));
        let deliveries = messages * receivers;
        let expected = format!(
            "{} messages, {} deliveries in the measuring window ({}/s)",
            count(messages),
            count(deliveries),
            count(deliveries / window.as_secs_f64()),
        );
        rows.push(("expected", expected));
    }
    if !warm_up.is_zero() {
        rows.push(("ledger", "holds those of the warm-up as well".to_owned()));
    }
    let (shortest, needed) = (payload::SHORTEST, connections(plan));
    let texts = format!("at least {shortest} bytes; connections needed: {needed}");
    rows.push(("texts", texts));
    rows.iter().map(|(label, value)| format!("{label:12}{value}\n")).collect::<Vec<_>>().concat()
}
