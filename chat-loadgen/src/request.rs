//! Makes the command line into a plan, and refuses what is impossible before anything starts.

use std::fmt::Write;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use chat_protocol::endpoint::Endpoint;

use crate::cli::{Clients, Load, Run};
use crate::plan::{Connecting, Pacing, Plan};
use crate::record::figures;
use crate::roles::Numbers;
use crate::wire::dialects::{self, Dialect};
use crate::wire::payload;

/// What was asked for cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is no such host.
    #[error("cannot find {0}")]
    Address(String),
    /// Two options do not fit together.
    #[error("{0}")]
    Usage(String),
}

/// Where the server is.
///
/// # Errors
///
/// When its name means nothing.
pub fn resolve(server: &Endpoint) -> Result<SocketAddr, Impossible> {
    let unknown = |_: io::Error| Impossible::Address(server.to_string());
    let mut found = server.host_and_port().to_socket_addrs().map_err(unknown)?;
    found.next().ok_or_else(|| Impossible::Address(server.to_string()))
}

/// The plan for a run against `address`.
///
/// # Errors
///
/// When two options do not fit together.
pub fn plan(run: &Run, address: SocketAddr) -> Result<Plan, Impossible> {
    let Run { target, clients, load, checks, .. } = run;
    let dialect = dialects::named(&target.dialect)
        .ok_or_else(|| Impossible::Usage(format!("no dialect {}", target.dialect)))?;
    let senders = (clients.clients / 10).max(clients.rooms).clamp(1, clients.clients);
    let senders = clients.senders.unwrap_or(senders);
    let pacing = match load.window {
        Some(window) => Pacing::Closed(window),
        None => Pacing::Open(load.rate.clone(), load.arrivals),
    };
    let plan = Plan {
        address,
        dialect: dialect.name(),
        names: clients.names.clone(),
        numbers: Numbers {
            clients: clients.clients,
            senders: senders.min(clients.clients),
            rooms: clients.rooms,
            slow: clients.slow_readers,
            churners: 0,
            idle: clients.idle_clients,
            threads: clients.threads,
        },
        churn: clients.churn,
        pacing,
        sizes: load.size.clone().seeded(load.seed),
        seed: load.seed,
        warm_up: load.warm_up,
        duration: load.duration,
        drain_timeout: load.drain_timeout,
        connecting: connecting(clients),
        allow_partial: clients.allow_partial,
        verify: checks.verify,
        total_order: checks.total_order,
        witnesses: checks.witnesses,
    };
    match obstacle(&plan, senders, load, &*dialect).or_else(|| no_room_for_checks(run, &plan)) {
        Some(why) => Err(Impossible::Usage(why)),
        None => Ok(plan),
    }
}

fn connecting(clients: &Clients) -> Connecting {
    Connecting {
        rate: clients.connect_rate.filter(|&rate| rate > 0.0),
        concurrency: clients.connect_concurrency,
        timeout: clients.connect_timeout,
        retries: clients.connect_retries,
    }
}

/// Why the plan cannot be carried out.
fn obstacle(plan: &Plan, senders: u32, load: &Load, dialect: &dyn Dialect) -> Option<String> {
    let Numbers { clients, rooms, slow, idle, .. } = plan.numbers;
    let name = dialect.name();
    let special = u64::from(slow) + u64::from(plan.churners());
    // One listener of each room stays as its witness, and the canary.
    let listeners = clients.saturating_sub(senders).saturating_sub(rooms);
    if senders > clients {
        Some(format!("{senders} senders are more than {clients} clients"))
    } else if rooms > clients {
        Some(format!("{rooms} rooms are more than {clients} clients"))
    } else if rooms > 1 && !dialect.has_rooms() {
        Some(format!("there is one room only in {name}: --rooms needs another --dialect"))
    } else if idle > 0 && !dialect.has_idlers() {
        Some(format!(
            "whoever is connected takes part in {name}: --idle-clients needs another --dialect"
        ))
    } else if special > u64::from(listeners) {
        Some(format!(
            "{special} slow readers and churning clients are more than the {listeners} clients that \
             neither send nor are needed as witnesses"
        ))
    } else if load.size.longest() > dialect.longest() {
        Some(format!("a message has at most {} bytes in {name}", dialect.longest()))
    } else if plan.name(clients).len() > dialect.longest_name() {
        Some(format!("a name has at most {} characters in {name}", dialect.longest_name()))
    } else {
        None
    }
}

/// Why what is to be checked cannot be.
fn no_room_for_checks(run: &Run, plan: &Plan) -> Option<String> {
    let Numbers { clients, senders, rooms, .. } = plan.numbers;
    let checks = &run.checks;
    if checks.total_order && clients < senders + rooms {
        Some("--total-order needs a client in each room that does not send".to_owned())
    } else if checks.calibrate && (plan.dialect != "basico" || rooms > 1) {
        Some("the relay of --calibrate speaks basico, with one room".to_owned())
    } else if checks.find_max.is_some() && run.load.rate.constant_rate().is_none() {
        Some("--find-max begins at one --rate, not at several".to_owned())
    } else if !checks.verify && (checks.total_order || clients_come_and_go(plan)) {
        Some("--verify off judges nothing: no --total-order, --churn or --slow-readers".to_owned())
    } else {
        None
    }
}

fn clients_come_and_go(plan: &Plan) -> bool {
    plan.churn > 0.0 || plan.numbers.slow > 0
}

/// Connections that a plan needs at a time.
pub fn connections(plan: &Plan) -> u64 {
    u64::from(plan.numbers.clients) + u64::from(plan.numbers.idle)
}

/// What a plan would do, for `--dry-run`.
pub fn describe(plan: &Plan) -> String {
    let Numbers { clients, senders, rooms, slow, idle, threads, .. } = plan.numbers;
    let echoes = dialects::named(plan.dialect).is_some_and(|dialect| dialect.echoes());
    let receivers = plan.receivers(echoes);
    let mut text = format!(
        "server      {} ({})\n\
         clients     {clients}, of which {senders} send and {slow} stop reading; {idle} idle ones; \
         {} leavings per second\n\
         rooms       {rooms}\n\
         threads     {threads}, and one each for the canary and the schedule\n\
         messages    {}, {} bytes each, seed {}\n\
         phases      connect, barrier, warm-up {:?}, measure {:?}, drain at most {:?}\n\
         receivers   {receivers:.1} for each message\n",
        plan.address,
        plan.dialect,
        plan.churn,
        plan.pacing,
        plan.sizes,
        plan.seed,
        plan.warm_up,
        plan.duration,
        plan.drain_timeout,
    );
    if let Some(messages) = plan.messages() {
        let count = |number: f64| figures::count(figures::whole(number.round()));
        let deliveries = messages * receivers;
        let _ = writeln!(
            text,
            "expected    {} messages, {} deliveries in the measuring window ({}/s)",
            count(messages),
            count(deliveries),
            count(deliveries / plan.duration.as_secs_f64()),
        );
    }
    if !plan.warm_up.is_zero() {
        text += "ledger      holds those of the warm-up as well\n";
    }
    let _ = writeln!(
        text,
        "texts       at least {} bytes; connections needed: {}",
        payload::SHORTEST,
        connections(plan),
    );
    text
}
