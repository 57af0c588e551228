//! The command line.

mod checks;
mod fleet;
mod load;
mod outputs;
mod records;
mod values;
mod visits;

use chat_protocol::usage::help::Example;
use chat_protocol::usage::{self, help};
use clap::{Args, Command, CommandFactory, Parser, Subcommand};

pub(crate) use checks::CheckOptions;
pub(crate) use fleet::FleetOptions;
pub(crate) use load::{ClientOptions, LoadOptions, ServerOptions};
pub(crate) use outputs::OutputOptions;
pub(crate) use records::{CompareOptions, MergeOptions};
pub(crate) use visits::VisitOptions;

use crate::exit_status::{COMPARE_STATUSES, EXIT_STATUSES, MERGE_STATUSES, precedence};
use crate::record::validity::BOUNDS;
use crate::relay;

/// Puts a chat server under load, times every delivery and proves what arrived.
///
/// Simulated clients talk in a room. Each delivery is timed from the moment at which its message
/// should have been sent, and is found right, lost, late, duplicated, reordered, echoed to its sender,
/// corrupt or foreign. When the generator itself could not keep up, the run is called INVALID.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, args_override_self = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Other>,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// Subcommands beside a run.
#[derive(Debug, Subcommand)]
pub(crate) enum Other {
    /// A bare relay: passes on lines and does nothing else. The noise floor, or a faulty server
    #[command(after_help = help::examples(&RELAY_EXAMPLES))]
    Relay(Box<relay::RelayOptions>),
    /// Visitors that come and leave at once, beside the clients of another chat-loadgen: prints what became of
    /// them as JSON
    #[command(after_help = help::examples(&VISIT_EXAMPLES))]
    Visit(VisitOptions),
    /// Sums the records (--json) of generators that ran side by side, or interval logs (--hlog)
    #[command(after_help = help::exit_statuses(&MERGE_STATUSES) + "\n" + &help::examples(&MERGE_EXAMPLES))]
    Merge(MergeOptions),
    /// Compares records (--json) with the first of them: figures, ratios and curves
    #[command(after_help = help::exit_statuses(&COMPARE_STATUSES) + "\n" + &help::examples(&COMPARE_EXAMPLES))]
    Compare(CompareOptions),
}

/// Options of a run.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) target: ServerOptions,
    #[command(flatten)]
    pub(crate) clients: ClientOptions,
    #[command(flatten)]
    pub(crate) load: LoadOptions,
    #[command(flatten)]
    pub(crate) checks: CheckOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

const EXAMPLES: [Example; 3] = [
    ("A hundred clients against a server on this machine", "chat-loadgen -c 100 -r 500/s"),
    (
        "Start the server as well, and measure its CPU and memory",
        "chat-loadgen --spawn 'chat-server -b 127.0.0.1:{port}'",
    ),
    (
        "The highest rate that it holds, from 100/s",
        "chat-loadgen -r 100/s --find-max 'p99<20ms && lost==0'",
    ),
];

const RELAY_EXAMPLES: [Example; 3] = [
    ("Lose one delivery in a thousand", "chat-loadgen relay -b 127.0.0.1:9000 --drop 1/1000"),
    ("In another terminal: find it", "chat-loadgen -s 127.0.0.1:9000"),
    (
        "Swap what a real server sends",
        "chat-loadgen relay -b 127.0.0.1:9000 --upstream 127.0.0.1:4222 --dialect nats --swap 1/9",
    ),
];

const VISIT_EXAMPLES: [Example; 1] = [(
    "Five thousand visits a second",
    "chat-loadgen visit --rate 5000/s --from 127.0.0.2 --from 127.0.0.3",
)];

const MERGE_EXAMPLES: [Example; 2] = [
    ("Each generator's record; here, of two", "chat-loadgen --json a.json"),
    ("Sum them", "chat-loadgen merge a.json b.json --html sum.html"),
];

const COMPARE_EXAMPLES: [Example; 2] = [
    ("A record of each server, with the median of 6 runs", "chat-loadgen --runs 6 --json a.json"),
    ("Compare them", "chat-loadgen compare a.json b.json --html both.html"),
];

fn command() -> Command {
    let sections = [
        BOUNDS.to_owned(),
        help::exit_statuses(&EXIT_STATUSES) + &precedence(),
        help::examples(&EXAMPLES),
    ];
    help::arranged(Cli::command().after_help(sections.join("\n\n")))
}

impl Cli {
    /// Parses the process's arguments. Ends the process when they ask for help or are wrong.
    pub(crate) fn parse_or_exit() -> Self {
        usage::parse_or_exit::<Self>(command().arg(usage::no_port("--server"))).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_example_can_be_used() {
        for (_, example) in
            [&EXAMPLES[..], &RELAY_EXAMPLES, &VISIT_EXAMPLES, &MERGE_EXAMPLES, &COMPARE_EXAMPLES]
                .concat()
        {
            command().try_get_matches_from(shell_words::split(example).unwrap()).unwrap();
        }
    }
}
