//! Proxies in front of the server: they say from where their clients come (requirements 10.17 and 10.18).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use chat_protocol::websocket::handshake::Request;
use clap::{Args, ValueEnum};
use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

use crate::net::network::Network;

/// The time for a PROXY header: proxies send it as soon as they are connected.
const HEADER_TIME: Duration = Duration::from_secs(5);

/// The part of a header that has its length.
const FIXED: usize = 16;

/// The longest rest of a header, in bytes. Proxies keep it within the 536 of a smallest TCP segment, unless they add
/// a certificate's names.
const LONGEST: usize = 4096;

/// The proxies that are believed, as they are given.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProxyOptions {
    /// The way in which a proxy says from where its clients come
    #[arg(
        help_heading = "Behind a proxy",
        long,
        value_name = "WAY",
        value_enum,
        default_value_t,
        requires_if("forwarded", "web")
    )]
    proxy: Way,

    /// Networks and addresses of the proxies that are believed: 127.0.0.1,10.0.0.0/8
    #[arg(help_heading = "Behind a proxy", long, value_name = "NETWORKS", value_delimiter = ',',
        required_if_eq_any([("proxy", "v2"), ("proxy", "forwarded")]))]
    proxy_from: Vec<Network>,
}

/// The value of `--proxy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Way {
    /// No proxy is believed
    #[default]
    Off,
    /// A header of the PROXY protocol, version 2, in front of each connection
    V2,
    /// `X-Forwarded-For` in each request to `--web`
    Forwarded,
}

/// The proxies that are believed.
pub(crate) struct Proxies {
    options: ProxyOptions,
    /// The numbers that were given to clients without a port.
    given: AtomicU16,
}

impl ProxyOptions {
    /// Returns whether clients come through a proxy, from everywhere.
    pub(crate) fn is_on(&self) -> bool {
        self.proxy != Way::Off
    }

    /// Returns whether they are announced in front of each connection of a proxy.
    pub(crate) fn is_announced(&self) -> bool {
        self.proxy == Way::V2
    }
}

impl Proxies {
    pub(crate) fn new(options: ProxyOptions) -> Self {
        Self { options, given: AtomicU16::new(0) }
    }

    /// Returns whether this is a proxy, whose connections are those of many clients.
    pub(crate) fn has(&self, peer: IpAddr) -> bool {
        self.options.is_on() && self.is_listed(peer)
    }

    /// Returns the address of a connection's client, which is the peer unless that is a proxy: then its header is
    /// read, and nothing behind it. `None` if there is no header. Not cancel-safe.
    pub(crate) async fn client(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        peer: SocketAddr,
    ) -> Option<SocketAddr> {
        if !self.options.is_announced() || !self.is_listed(peer.ip()) {
            return Some(peer);
        }
        let header = timeout(HEADER_TIME, read_header(stream)).await;
        match header.map_err(io::Error::from).flatten() {
            Ok(client) => Some(client.unwrap_or(peer)),
            // To see whether the server is there, a proxy connects and says nothing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => {
                tracing::warn!(proxy = %peer, %error, "no header of the PROXY protocol, version 2");
                None
            }
        }
    }

    /// The address of a request's client: the last in `X-Forwarded-For` that is no proxy's, or the first if all are.
    /// It has no port, so it gets a number instead. `None` if there is something else than addresses.
    pub(crate) fn forwarded(&self, peer: SocketAddr, request: &Request<'_>) -> Option<SocketAddr> {
        if self.options.proxy != Way::Forwarded || !self.is_listed(peer.ip()) {
            return Some(peer);
        }
        let mut client = None;
        for element in request.forwarded_for().iter().rev() {
            let address = address(element.trim())?.to_canonical();
            client = Some(address);
            if !self.is_listed(address) {
                break;
            }
        }
        Some(client.map_or(peer, |address| (address, self.number()).into()))
    }

    /// Returns whether a proxy that is believed says that the request was encrypted on its way there.
    pub(crate) fn says_https(&self, peer: SocketAddr, request: &Request<'_>) -> bool {
        let is_believed = self.options.proxy == Way::Forwarded && self.is_listed(peer.ip());
        is_believed && request.is_forwarded_https()
    }

    fn is_listed(&self, address: IpAddr) -> bool {
        self.options.proxy_from.iter().any(|network| network.contains(address))
    }

    /// From 1 to 65535, and again.
    fn number(&self) -> u16 {
        self.given.fetch_add(1, Ordering::Relaxed) % u16::MAX + 1
    }
}

/// Some proxies add the port.
fn address(element: &str) -> Option<IpAddr> {
    let with_port = || element.parse().ok().map(|address: SocketAddr| address.ip());
    let in_brackets = || element.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    element.parse().ok().or_else(with_port).or_else(in_brackets)
}

/// `None`: the proxy speaks for itself, or for a client without an IP address.
async fn read_header(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    const VERSION_2: ParseConfig =
        ParseConfig { include_tlvs: false, allow_v1: false, allow_v2: true };
    let mut header = vec![0; FIXED];
    stream.read_exact(&mut header).await?;
    let begun = ProxyHeader::parse(&header, VERSION_2);
    if begun.is_err_and(|error| !matches!(error, proxy_header::Error::BufferTooShort)) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = usize::from(u16::from_be_bytes([header[FIXED - 2], header[FIXED - 1]]));
    header.resize(FIXED + length.min(LONGEST), 0);
    stream.read_exact(&mut header[FIXED..]).await?;
    let (header, _) =
        ProxyHeader::parse(&header, VERSION_2).map_err(|_| io::ErrorKind::InvalidData)?;
    let client = header.proxied_address().map(|address| address.source);
    Ok(client.map(|client| (client.ip().to_canonical(), client.port()).into()))
}

#[cfg(test)]
mod tests;
