//! Time limits and their syntax (requirement 8.6).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::limits::LONGEST_TIME;

/// A duration of up to [`LONGEST_TIME`], or `off`.
///
/// ```
/// # use chat_protocol::options::time_limit::TimeLimit;
/// # use std::time::Duration;
/// assert_eq!("1m30s".parse::<TimeLimit>()?.duration(), Some(Duration::from_secs(90)));
/// assert_eq!("off".parse::<TimeLimit>()?.duration(), None);
/// # Ok::<(), chat_protocol::options::time_limit::ParseTimeLimitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(Option<Duration>);

impl TimeLimit {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// A limit of this duration.
    pub const fn of(duration: Duration) -> Self {
        Self(Some(duration))
    }

    /// The limit, or `None` when it is off.
    pub const fn duration(self) -> Option<Duration> {
        self.0
    }
}

impl FromStr for TimeLimit {
    type Err = ParseTimeLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        match humantime::parse_duration(text) {
            Ok(duration) if !duration.is_zero() && duration <= LONGEST_TIME => {
                Ok(Self::of(duration))
            }
            _ => Err(ParseTimeLimitError),
        }
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(duration) => humantime::format_duration(duration).fmt(f),
        }
    }
}

/// The text was neither a time nor `off`, or the time was zero or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a time such as 60s, 1m30s or 500ms, or off")]
pub struct ParseTimeLimitError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_6_reads_times_as_people_write_them() {
        for (text, millis) in
            [("60s", 60_000), ("1m30s", 90_000), ("500ms", 500), ("1h", 3_600_000)]
        {
            let limit = text.parse::<TimeLimit>().unwrap();
            assert_eq!(limit, TimeLimit::of(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!("off".parse(), Ok(TimeLimit::OFF));
    }

    #[test]
    fn r8_6_refuses_what_is_no_time() {
        for text in
            ["", "0s", "60", "-1s", "soon", "OFF", "1 parsec", "366days", "18446744073709551615s"]
        {
            assert_eq!(text.parse::<TimeLimit>(), Err(ParseTimeLimitError), "{text:?}");
        }
    }

    #[test]
    fn r8_6_writes_what_it_can_read() {
        for text in ["1m", "1m 30s", "500ms", "off"] {
            assert_eq!(text.parse::<TimeLimit>().unwrap().to_string(), text);
        }
    }
}
