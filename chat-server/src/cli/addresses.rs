//! The addresses to listen on.

use std::fmt;
use std::str::FromStr;

use chat_protocol::limits::DEFAULT_WEB_PORT;
use chat_protocol::options::endpoint::{Endpoint, ParseEndpointError};

/// The value of `--bind`. `None`, written `off`, is no listener for lines.
#[derive(Clone, Debug)]
pub(super) struct Bind(pub(super) Option<Endpoint>);

/// The value of `--web`.
pub(super) fn web_endpoint(text: &str) -> Result<Endpoint, ParseEndpointError> {
    Endpoint::of_listener(text, DEFAULT_WEB_PORT)
}

impl Default for Bind {
    fn default() -> Self {
        Self(Some(Endpoint::default()))
    }
}

impl FromStr for Bind {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(endpoint) => endpoint.fmt(f),
            None => f.write_str("off"),
        }
    }
}
