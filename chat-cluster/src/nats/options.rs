//! Connecting to NATS.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use thiserror::Error;
use tokio::sync::mpsc;

use super::error::NatsError;
use crate::pass::MAX_PASS;

/// The longest name of a chat, in letters.
const MAX_NAME: usize = 32;

/// The shortest `max_payload` of a server, in bytes: a pass and its headers.
pub(super) const MIN_PAYLOAD: usize = MAX_PASS + 1024;

/// The longest pause before a server is tried again. An outage of a second costs less than two.
const MAX_PAUSE: Duration = Duration::from_millis(250);

/// A server must have greeted within this time, TLS included.
const GREETING: Duration = Duration::from_secs(2);

/// A connection on which nothing arrives is asked for a sign of life this often, and given up at the third time: less than
/// the 5 s after which a silent node is dead.
const PING: Duration = Duration::from_secs(1);

/// The way to the log.
#[derive(Clone, Debug)]
pub struct Options {
    /// `HOST:PORT`, `nats://HOST:PORT` or `tls://HOST:PORT`. The other servers of a cluster are learnt from the first one
    /// that answers.
    pub servers: Vec<String>,
    /// The name of the chat.
    pub name: ChatName,
    /// User and password.
    pub user: Option<(String, String)>,
    /// A file of credentials, as `nsc` writes it.
    pub credentials: Option<PathBuf>,
    /// A file of certificates of authorities, in place of the system's.
    pub authorities: Option<PathBuf>,
    /// Refuses connections without TLS.
    pub requires_tls: bool,
}

/// The name of a chat (`--cluster-name`): 1 to 32 letters, digits, `-` and `_` of ASCII. Chats with different names share
/// servers, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChatName(Box<str>);

/// A text is not the name of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it must be 1 to {MAX_NAME} letters without accents, digits, - or _")]
pub struct NoChatName;

impl FromStr for ChatName {
    type Err = NoChatName;

    fn from_str(text: &str) -> Result<Self, NoChatName> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_name = (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_allowed);
        if is_name { Ok(Self(text.into())) } else { Err(NoChatName) }
    }
}

impl fmt::Display for ChatName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Connects to one of the servers, and checks it. What happens to the connection is sent to `events`; what does not fit is
/// dropped.
pub(super) async fn connect(
    options: &Options,
    events: Option<mpsc::Sender<Event>>,
) -> Result<Client, NatsError> {
    let address = |text: &String| text.parse().map_err(|_| NatsError::Address(text.clone()));
    let servers = options.servers.iter().map(address).collect::<Result<Vec<ServerAddr>, _>>()?;
    let mut settings = ConnectOptions::new()
        .name(format!("chat {}", options.name))
        .require_tls(options.requires_tls)
        .connection_timeout(GREETING)
        .ping_interval(PING)
        .reconnect_delay_callback(pause);
    if let Some((user, password)) = options.user.clone() {
        settings = settings.user_and_password(user, password);
    }
    if let Some(file) = &options.credentials {
        let read = settings.credentials_file(file).await;
        settings = read.map_err(|error| NatsError::File(file.clone(), error))?;
    }
    if let Some(file) = &options.authorities {
        // The library does not say which file it cannot read.
        std::fs::File::open(file).map_err(|error| NatsError::File(file.clone(), error))?;
        settings = settings.add_root_certificates(file.clone());
    }
    if let Some(events) = events {
        settings = settings.event_callback(move |event| {
            let _ = events.try_send(event);
            std::future::ready(())
        });
    }
    let client =
        settings.connect(servers).await.map_err(|error| NatsError::of_connecting(&error))?;
    check_server(&client)?;
    Ok(client)
}

/// Checks the server that is connected now.
pub(super) fn check_server(client: &Client) -> Result<(), NatsError> {
    if !client.is_server_compatible(2, 11, 0) {
        return Err(NatsError::TooOld(client.server_info().version));
    }
    let found = client.max_payload();
    if found < MIN_PAYLOAD {
        return Err(NatsError::SmallPayload { found, needed: MIN_PAYLOAD });
    }
    Ok(())
}

/// The pause before this attempt, from 1.
fn pause(attempt: usize) -> Duration {
    let attempts = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    Duration::from_millis(25).saturating_mul(attempts).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_of_plain_letters() {
        for name in ["a", "school-2_B", &"x".repeat(32)] {
            assert_eq!(name.parse::<ChatName>().map(|name| name.to_string()), Ok(name.to_owned()));
        }
        for text in ["", "a b", "a.b", "añ", "*", ">", &"x".repeat(33)] {
            assert_eq!(text.parse::<ChatName>(), Err(NoChatName), "{text}");
        }
    }

    #[test]
    fn the_first_attempt_is_at_once_and_no_pause_is_long() {
        assert_eq!(pause(1), Duration::ZERO);
        assert!((2..9).all(|attempt| pause(attempt) < pause(attempt + 1)));
        assert_eq!(pause(usize::MAX), MAX_PAUSE);
    }
}
