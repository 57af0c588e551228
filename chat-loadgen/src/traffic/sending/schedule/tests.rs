//! Every shape against its own integral.
#![expect(clippy::cast_precision_loss, reason = "small numbers")]

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn shape(text: &str) -> Shape {
    text.parse().unwrap()
}

fn times(shape: &str, arrivals: &str, seed: u64, seconds: u64) -> Vec<u64> {
    let arrivals = arrivals.parse().unwrap();
    let length = Duration::from_secs(seconds);
    Schedule::new(&self::shape(shape), arrivals, seed, 0, length).collect()
}

fn between(times: &[u64], from: u64, to: u64) -> usize {
    times.iter().filter(|time| (from..to).contains(time)).count()
}

#[test]
fn what_is_written_is_what_was_read() {
    for (text, written) in [
        ("500/s", "500/s"),
        ("500", "500/s"),
        ("1k/s", "1000/s"),
        ("2.5k", "2500/s"),
        ("0.3/s", "0.3/s"),
        ("1.5M/s", "1500000/s"),
        ("100:1k/s", "100:1000/s"),
        ("0:10", "0:10/s"),
        ("100,200,0,400/s", "100,200,0,400/s"),
    ] {
        assert_eq!(shape(text).to_string(), written);
        assert_eq!(shape(written), shape(text));
    }
    for text in ["even", "poisson", "burst:50"] {
        assert_eq!(text.parse::<Arrivals>().unwrap().to_string(), text);
    }
}

#[test]
fn what_is_wrong_is_said() {
    for text in ["", "/s", "k", "-1/s", "inf", "nan", "1e3", "1:2:3", "1,,2", "5/min", "5 /s"] {
        assert_eq!(text.parse::<Shape>(), Err(ParseShapeError::Form), "{text:?}");
    }
    for text in ["0", "0:0/s", "0,0,0"] {
        assert_eq!(text.parse::<Shape>(), Err(ParseShapeError::Nothing), "{text:?}");
    }
    assert_eq!("1001M".parse::<Shape>(), Err(ParseShapeError::Range));
    for text in ["", "burst", "burst:", "burst:0", "Even", "uniform"] {
        assert_eq!(text.parse::<Arrivals>(), Err(ParseArrivalsError), "{text:?}");
    }
}

#[test]
fn a_constant_rate_is_exact_after_millions() {
    let times = times("50k/s", "even", 0, 100);
    assert_eq!(times.len(), 5_000_000);
    assert!(times.iter().zip(0..).all(|(&time, k)| time == k * 20_000));
}

#[test]
fn a_window_begins_where_it_is_told_to() {
    let window = Duration::from_millis(10);
    let schedule = Schedule::new(&shape("300/s"), Arrivals::Even, 0, 5 * SECOND, window);
    assert!((schedule.expected - 3.0).abs() < 1e-9);
    let times: Vec<_> = schedule.map(|time| time - 5 * SECOND).collect();
    assert_eq!(times, [0, 3_333_333, 6_666_667]);
}

#[test]
fn a_ramp_has_its_quarter_where_its_integral_says() {
    // Λ(t) = 100t + 45t²: 5,500 in all, 1,625 of them in the first half.
    let rising = times("100:1000/s", "even", 0, 10);
    assert_eq!((rising.len(), between(&rising, 0, 5 * SECOND)), (5500, 1625));
    // 100t + 45t² = 580 at t = (-100 + √(10000 + 104400)) / 90.
    let t = ((114_400_f64.sqrt() - 100.0) / 90.0 * NANOS).round();
    assert!((rising[580] as f64 - t).abs() <= 1.0);
    let falling = times("1000:100/s", "even", 0, 10);
    assert_eq!((falling.len(), between(&falling, 0, 5 * SECOND)), (5500, 3875));
    assert_eq!(times("300:300/s", "even", 0, 10), times("300/s", "even", 0, 10));
    assert_eq!(times("0:2/s", "even", 0, 1), [0]);
}

#[test]
fn steps_change_at_equal_shares_of_the_window() {
    let steps = times("100,200,0,400/s", "even", 0, 8);
    let counts = [0, 2, 4, 6].map(|t| between(&steps, t * SECOND, (t + 2) * SECOND));
    assert_eq!(counts, [200, 400, 0, 800]);
    assert_eq!((steps[199], steps[200], steps[201]), (1_990_000_000, 2 * SECOND, 2_005_000_000));
    assert_eq!((steps[600], steps[1399]), (6 * SECOND, 7_997_500_000));
}

#[test]
fn a_burst_is_said_at_once_and_keeps_the_rate() {
    let bursts = times("500/s", "burst:50", 0, 2);
    assert_eq!(bursts.len(), 1000);
    assert!(bursts.iter().zip(0..).all(|(&time, k)| time == k / 50 * SECOND / 10));
}

#[test]
fn poisson_counts_have_their_mean_for_variance() {
    let poisson = times("1000/s", "poisson", 7, 1000);
    let mut counts = vec![0.0; 10_000];
    for time in &poisson {
        counts[usize::try_from(time / (SECOND / 10)).unwrap()] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / 1e4;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 1e4;
    // Ten thousand windows: the variance's own deviation is 1.4 %.
    assert!((mean - 100.0).abs() < 0.4 && (variance - 100.0).abs() < 5.0, "{mean} {variance}");
}

#[test]
fn a_seed_gives_the_same_times_again() {
    let draw = |seed| times("100:1000/s", "poisson", seed, 5);
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let rate = || 0.1..3000.0_f64;
    prop_oneof![
        rate().prop_map(Form::Constant),
        (rate(), rate()).prop_map(|(from, to)| Form::Ramp(from, to)),
        prop::collection::vec(rate(), 2..6).prop_map(Form::Steps),
    ]
    .prop_map(Shape)
}

proptest! {
    #[test]
    fn times_never_fall_and_are_as_many_as_the_integral_says(
        shape in any_shape(), burst in 1..60_u32, millis in 1..20_000_u64,
    ) {
        let length = Duration::from_millis(millis);
        let arrivals = Arrivals::Burst(NonZeroU32::new(burst).unwrap());
        let schedule = Schedule::new(&shape, arrivals, 0, 0, length);
        let expected = schedule.expected;
        let times: Vec<_> = schedule.collect();
        prop_assert!(times.is_sorted());
        prop_assert!(times.iter().all(|&time| time < millis * 1_000_000));
        prop_assert!((times.len() as f64 - expected).abs() <= f64::from(burst), "{expected}");
    }

    #[test]
    fn poisson_times_never_fall_and_stay_in_the_window(shape in any_shape(), seed: u64) {
        let length = Duration::from_secs(3);
        let times: Vec<_> = Schedule::new(&shape, Arrivals::Poisson, seed, 0, length).collect();
        prop_assert!(times.is_sorted());
        prop_assert!(times.iter().all(|&time| time < 3 * SECOND));
        let expected = shape.expected(length);
        prop_assert!((times.len() as f64 - expected).abs() <= 8.0 * expected.sqrt() + 12.0);
    }

    #[test]
    fn shapes_are_read_as_they_are_written(shape in any_shape()) {
        prop_assert_eq!(shape.to_string().parse(), Ok(shape));
    }
}
