//! Values of options.

use std::error::Error;
use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::{Arg, Command};
use jiff::Timestamp;

use crate::record::threshold;

/// A time of at most a day.
pub(super) fn time(text: &str) -> Result<Duration, &'static str> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= Duration::from_hours(24) => Ok(time),
        _ => Err("expected a time like 10s, 1m30s or 500ms, a day at most"),
    }
}

/// A time of at least a millisecond.
pub(super) fn some_time(text: &str) -> Result<Duration, &'static str> {
    match time(text)? {
        time if time < Duration::from_millis(1) => Err("expected a millisecond or more"),
        time => Ok(time),
    }
}

/// A moment: RFC 3339, or a time from now, `+10s`.
pub(super) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let moment = match text.strip_prefix('+') {
        Some(ahead) => Timestamp::now().checked_add(time(ahead)?).ok(),
        None => text.parse().ok(),
    };
    moment.ok_or("expected a moment like 2026-03-14T15:09:26Z, or +10s")
}

/// A number per second: `5/s`.
pub(super) fn rate(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    match f64::from_str(number) {
        Ok(rate) if (0.0..=1e6).contains(&rate) => Ok(rate),
        _ => Err("expected a number per second like 5/s"),
    }
}

/// Parser of conditions. Instead of one, `help` asks for the list of metrics.
#[derive(Clone)]
pub(super) struct ConditionParser<T>(PhantomData<T>);

/// A parser of conditions of that type.
pub(super) fn condition<T>() -> ConditionParser<T> {
    ConditionParser(PhantomData)
}

impl<T> TypedValueParser for ConditionParser<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        if value == "help" {
            let list = Command::new("metrics").override_help(threshold::help());
            list.try_get_matches_from(["metrics", "--help"])?;
        }
        T::from_str.parse_ref(command, arg, value)
    }
}

/// A prefix of names.
pub(super) fn prefix(text: &str) -> Result<String, &'static str> {
    let fits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if fits && begins_well {
        Ok(text.to_owned())
    } else {
        Err("expected a letter, and up to 7 letters and digits more")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them() {
        assert_eq!(rate("5/s"), Ok(5.0));
        assert_eq!(rate("0.5"), Ok(0.5));
        assert!(rate("-1").is_err() && rate("NaN").is_err() && rate("x/s").is_err());
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert!(time("2days").is_err() && time("x").is_err());
        assert_eq!(moment("2026-03-14T16:09:26+01:00"), moment("2026-03-14T15:09:26Z"));
        let before = Timestamp::now();
        assert!(moment("+10s").is_ok_and(|at| at >= before + Duration::from_secs(10)));
        assert!(moment("10s").is_err() && moment("+x").is_err() && moment("15:09").is_err());
        assert_eq!(prefix("carga"), Ok("carga".to_owned()));
        assert!(prefix("").is_err() && prefix("a b").is_err() && prefix("9").is_err());
    }
}
