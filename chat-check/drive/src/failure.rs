//! Failure of a test's step: what went wrong, where, and the whole transcript until then.

use std::error::Error;
use std::fmt;
use std::panic::Location;

use crate::transcript::Transcript;

/// The result of every step on a stage.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// The failure of a step.
///
/// Its `Debug` is its `Display`, because that is what a test that returns it prints.
pub struct Failure(Box<Details>);

struct Details {
    what: String,
    location: &'static Location<'static>,
    transcript: String,
}

impl Failure {
    /// A failure at the caller's line, with the transcript until now.
    #[track_caller]
    pub fn new(what: impl fmt::Display, transcript: &Transcript) -> Self {
        Self(Box::new(Details {
            what: what.to_string(),
            location: Location::caller(),
            transcript: transcript.to_string(),
        }))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { what, location, transcript } = &*self.0;
        write!(f, "{what}\n  at {location}\n\n{transcript}")
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {}
