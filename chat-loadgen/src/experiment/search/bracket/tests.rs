//! Simulated searches: servers that hold a rate with some probability.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::*;

/// Number of searches of each kind.
const SEARCHES: u32 = 1000;

/// Searches from `first`; `run` gives the evidence of a run at a rate.
fn search(first: f64, mut run: impl FnMut(f64) -> Evidence) -> (SearchResult, u32) {
    let mut bracket = Bracket::new(first, 1.0);
    while let Some(rate) = bracket.next() {
        let evidence = run(rate);
        bracket.add(rate, evidence);
    }
    (bracket.result(), bracket.runs)
}

fn evidence(holds: bool) -> Evidence {
    if holds { Evidence::Holds } else { Evidence::Fails }
}

/// A server whose probability of holding falls from 0.95 to 0.05 while the rate grows by the factor
/// `width`, with a half at `limit`.
#[derive(Clone, Copy)]
struct Soft {
    limit: f64,
    width: f64,
}

impl Soft {
    fn holds(self, rate: f64) -> f64 {
        let steepness = 2.0 * 19_f64.ln() / self.width.ln();
        1.0 / (1.0 + (steepness * (rate / self.limit).ln()).exp())
    }
}

/// Results of many searches for limits all over a decade, on a machine where the generator spoils
/// that share of the runs.
fn searches(width: f64, spoilt: f64) -> Vec<(Soft, SearchResult, u32)> {
    let mut random = Pcg64Mcg::seed_from_u64(16);
    let mut one = |_| {
        let server = Soft { limit: 300.0 * 10_f64.powf(random.random::<f64>()), width };
        let (result, runs) = search(500.0, |rate| {
            if random.random::<f64>() < spoilt {
                return Evidence::Nothing("noise".to_owned());
            }
            evidence(random.random::<f64>() < server.holds(rate))
        });
        (server, result, runs)
    };
    (0..SEARCHES).map(&mut one).collect()
}

fn share(all: &[(Soft, SearchResult, u32)], is: impl Fn(Soft, &SearchResult) -> bool) -> f64 {
    let number = all.iter().filter(|(server, result, _)| is(*server, result)).count();
    figures::float(number as u64) / f64::from(SEARCHES)
}

fn rates(result: &SearchResult) -> (f64, f64) {
    (result.holds.map_or(0.0, |end| end.rate), result.fails.map_or(f64::INFINITY, |end| end.rate))
}

/// Where the limit is softer than that, an end of the bracket lies within the fall more often, and
/// there either answer is right: the next test. The shares of the README, less two standard errors.
#[test]
fn the_bracket_contains_a_limit_within_half_the_precision_in_the_stated_share_of_searches() {
    for (width, stated) in [(CLOSE.sqrt(), 1.0 - 2.0 * ERROR), (CLOSE, 0.88), (1.2, 0.65)] {
        for spoilt in [0.0, 0.2] {
            let all = searches(width, spoilt);
            let contains = share(&all, |server, result| {
                let (holds, fails) = rates(result);
                holds <= server.limit && server.limit <= fails
            });
            let runs = all.iter().map(|(_, _, runs)| f64::from(*runs)).sum::<f64>();
            let runs = runs / f64::from(SEARCHES);
            println!("fall by {width:.3}, {spoilt} spoilt: {contains} contain it, {runs} runs");
            assert!(contains >= stated, "{contains} with {spoilt} spoilt");
        }
    }
}

#[test]
fn each_end_is_wrong_in_the_stated_share_of_searches_however_soft_the_limit_is() {
    for width in [1.01, 1.05, 1.2, 1.5, 2.0] {
        let all = searches(width, 0.1);
        let holds_is_wrong = share(&all, |server, result| {
            result.holds.is_some_and(|end| server.holds(end.rate) <= FAILS)
        });
        let fails_is_wrong = share(&all, |server, result| {
            result.fails.is_some_and(|end| server.holds(end.rate) >= HOLDS)
        });
        let found = share(&all, |_, result| result.state == SearchState::Found);
        let most = all.iter().map(|(_, _, runs)| runs).max().unwrap();
        println!("{width}: {holds_is_wrong} {fails_is_wrong} wrong, {found} found, {most} runs");
        assert!(holds_is_wrong <= ERROR && fails_is_wrong <= ERROR, "{width}");
    }
}

/// The same as before runs were repeated: one run a rate.
fn runs_without_repeating(first: f64, limit: f64) -> u32 {
    let (mut holds, mut fails, mut runs) = (None, None, 0);
    loop {
        let next = match (holds, fails) {
            (None, None) => Some(first),
            (Some(holds), None) => Some(holds * 2.0),
            (None, Some(fails)) => Some(fails / 2.0).filter(|&rate: &f64| rate >= 1.0),
            (Some(holds), Some(fails)) => middle(holds, fails),
        };
        let Some(rate) = next else { return runs };
        *(if rate <= limit { &mut holds } else { &mut fails }) = Some(rate);
        runs += 1;
    }
}

#[test]
fn without_noise_only_the_ends_are_repeated() {
    for (first, limit) in [(500.0, 1234.0), (500.0, 7.0), (1.0, 40_000.0), (500.0, 0.2)] {
        let (result, runs) = search(first, |rate| evidence(rate <= limit));
        let (holds, fails) = rates(&result);
        assert!(holds <= limit && limit < fails, "{result:?}");
        assert!(runs <= runs_without_repeating(first, limit) + 4, "{runs}");
        if limit < 1.0 {
            assert_eq!((result.state, result.holds), (SearchState::None, None));
        } else {
            assert_eq!(result.state, SearchState::Found);
            assert!(fails / holds <= CLOSE, "{result:?}");
            assert!(result.holds.unwrap().clear && result.fails.unwrap().clear);
        }
        assert_eq!(result.remarks, [""; 0]);
    }
}

#[test]
fn one_run_that_misleads_is_found_out() {
    for misleading in 0..12 {
        let mut runs = 0;
        let (result, _) = search(500.0, |rate| {
            runs += 1;
            evidence((rate <= 1234.0) != (runs == misleading))
        });
        let (holds, fails) = rates(&result);
        assert_eq!(result.state, SearchState::Found, "{misleading}");
        assert!(holds <= 1234.0 && 1234.0 < fails && fails / holds <= CLOSE, "{result:?}");
    }
}

#[test]
fn a_rate_that_stays_undecided_is_named_and_the_bracket_lies_around_it() {
    let mut even = false;
    let (result, runs) = search(1000.0, |rate| {
        let wavering = rate > 990.0 && rate < 1010.0;
        even ^= wavering;
        evidence(if wavering { even } else { rate < 1000.0 })
    });
    let (holds, fails) = rates(&result);
    assert_eq!(result.state, SearchState::Undecided, "{result:?}");
    assert!(holds < 1000.0 && 1000.0 < fails && fails / holds < CLOSE.powi(4), "{result:?}");
    let named = "1,000/s: undecided after 19 runs, of which 10 held: too noisy to tell";
    assert!(result.remarks.iter().any(|remark| remark == named), "{result:?}");
    assert!(runs < MAX_RUNS);
}

#[test]
fn noise_alone_ends_after_a_stated_number_of_runs() {
    let mut random = Pcg64Mcg::seed_from_u64(16);
    for _ in 0..SEARCHES {
        let (result, runs) = search(500.0, |_| evidence(random.random()));
        assert!(runs <= MAX_RUNS);
        assert!(runs < MAX_RUNS || result.state == SearchState::Undecided);
    }
}

#[test]
fn the_generators_limit_is_not_the_servers() {
    let limit = 3000.0;
    for first in [500.0, 5_000.0] {
        let (result, runs) = search(first, |rate| {
            if rate > limit { Evidence::Nothing("too busy".to_owned()) } else { Evidence::Holds }
        });
        let (holds, fails) = rates(&result);
        assert_eq!((result.state, fails), (SearchState::Undecided, f64::INFINITY));
        assert!(holds <= limit && holds * CLOSE >= limit, "a lower bound: {result:?}");
        assert!(result.holds.unwrap().clear);
        assert!(
            result.remarks[0].ends_with("3 runs in a row are no evidence on the server: too busy")
        );
        let least = format!("not the server's, which holds at least {}/s", figures::rate(holds));
        assert!(result.remarks.last().unwrap().ends_with(&least), "{result:?}");
        assert!(runs < 40, "{runs}");
    }
}

#[test]
fn a_generator_that_can_measure_nothing_says_so_after_two_rates() {
    let (result, runs) = search(500.0, |_| Evidence::Nothing("too busy".to_owned()));
    assert_eq!((result.state, result.holds, result.fails), (SearchState::Undecided, None, None));
    assert_eq!((runs, result.remarks.len()), (UNHEARD + 1, 2));
    let last = result.remarks.last().unwrap();
    assert_eq!(
        last,
        "no evidence at 2 rates: the machine is too noisy to tell, or --rate too high"
    );
    // Also below a rate that does not hold.
    let (result, runs) = search(500.0, |rate| {
        if rate < 500.0 { Evidence::Nothing("noise".to_owned()) } else { Evidence::Fails }
    });
    assert_eq!((result.state, runs, result.remarks.len()), (SearchState::Undecided, 7, 3));
}
