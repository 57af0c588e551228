//! Deterministic simulation: three nodes over a log in memory that loses, doubles, delays, reorders and cuts.
//!
//! Each seed is a run of a minute of virtual time. `CHAT_SEED=N` runs one seed; `CHAT_SEEDS=N` runs so many.

mod broker;
pub(crate) mod model;
mod oracle;
mod people;
mod rover;
mod world;

use std::env;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use broker::Faults;
use rover::Manner;
use world::{Plan, World};

/// Runs the seeds that the environment asks for, or so many.
fn for_seeds(usual: u64, run: impl Fn(u64)) {
    let number = |name| env::var(name).ok().map(|text| text.parse().expect("a number"));
    let seeds: Range<u64> = match number("CHAT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHAT_SEEDS").unwrap_or(usual),
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("to repeat it: CHAT_SEED={seed} cargo test -p chat-cluster simulation");
            resume_unwind(panic);
        }
    }
}

/// Seeds of a usual test run, which takes 13 s of a processor.
const SEEDS: u64 = 1000;

/// Each seed has its own kinds of trouble: some have none.
fn plan(seed: u64) -> Plan {
    let mut random = Pcg64Mcg::seed_from_u64(!seed);
    let mut odds = |most: u32| if random.random() { random.random_range(0..=most) } else { 0 };
    let faults = Faults {
        lost: odds(150),
        doubled: odds(150),
        delayed: odds(200),
        forgotten: odds(50),
        missed: odds(20),
        repeated: odds(50),
        unanswered: odds(500),
        kept: 5_000 * u64::from(odds(3)),
    };
    Plan {
        faults,
        every: u64::from(odds(4_000)),
        kills: odds(1) == 1,
        only_outages: false,
        rover: (odds(1) == 1).then_some(Manner::GivesUp),
    }
}

#[test]
fn three_nodes_are_one_chat_whatever_the_log_does() {
    for_seeds(SEEDS, |seed| World::new(seed, plan(seed)).run());
}

#[test]
fn a_log_that_is_away_kills_no_node() {
    for_seeds(SEEDS / 10, |seed| {
        let plan = Plan { every: 5_000, only_outages: true, ..Plan::default() };
        let mut world = World::new(seed, plan);
        world.run();
        assert_eq!((world.oracle.died.len(), world.fenced), (0, 0), "dead or fenced");
    });
}

#[test]
fn a_node_with_several_passes_in_flight_goes_back_to_each_hole() {
    for_seeds(SEEDS / 10, |seed| {
        let faults = Faults { delayed: 300, doubled: 50, missed: 10, ..Faults::default() };
        let manner = if seed % 2 == 0 { Manner::Patient } else { Manner::GivesUp };
        let mut world = World::new(seed, Plan { faults, rover: Some(manner), ..Plan::default() });
        world.run();
        assert!(world.oracle.died.is_empty(), "a hole was not given up");
    });
}

/// Measured from the end of the process to the record, as the first of the others comes to it. Nothing is lost: each pass
/// that has to be sent again takes half a second more.
#[test]
fn names_are_free_7_s_after_a_death() {
    for_seeds(SEEDS / 10, |seed| {
        let faults = Faults { doubled: 20, ..Faults::default() };
        let mut world = World::new(seed, Plan { faults, ..Plan::default() });
        world.run_until(15_000 + seed % 1_000);
        let (killed, had_people) = (world.now, world.people() > 0);
        let dead = world.kill(0).expect("a node");
        world.run_until(killed + 7_000);
        assert!(had_people && world.oracle.died.contains_key(&dead), "not dead after 7 s");
        world.run();
    });
}
