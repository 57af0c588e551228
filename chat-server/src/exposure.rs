//! Who can reach the server, and what it should be given when other machines can (requirement 16.4).

use std::net::SocketAddr;

use chat_protocol::options::rate::MaxRate;

use crate::config::Config;

/// Returns whether other machines may reach the server.
pub(crate) fn is_exposed(config: &Config, addresses: &[(&str, SocketAddr)]) -> bool {
    config.proxy.is_on() || addresses.iter().any(|(_, address)| is_open(*address))
}

/// One line that names the options that are missing for an open network, if any are. A proxy in front of the server
/// is taken to encrypt what comes through it.
pub(crate) fn warning(
    config: &Config,
    addresses: &[(&str, SocketAddr)],
    has_accounts: bool,
) -> Option<String> {
    let listens = |scheme: &str| {
        let mut open = addresses.iter().filter(|(_, address)| is_open(*address));
        !config.proxy.is_on() && open.any(|(own, _)| *own == scheme)
    };
    let missing = [
        (listens(""), "--bind off --tls-bind"),
        (listens("http://"), "--web-tls"),
        (!has_accounts, "--accounts"),
        (config.max_rate == MaxRate::OFF, "--max-rate"),
    ];
    let options: Vec<_> = missing
        .into_iter()
        .filter_map(|(is_missing, option)| is_missing.then_some(option))
        .collect();
    let warns = is_exposed(config, addresses) && !options.is_empty();
    warns.then(|| config.common.lang.exposed(&options.join(", ")).to_string())
}

fn is_open(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}
