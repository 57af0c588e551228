//! The options that limit what one address can take (requirement 1.9).

use std::num::NonZeroU32;

use chat_protocol::limits::{
    MAX_CONNECTS_PER_ADDRESS, MAX_PER_ADDRESS, MAX_RATE_PER_ADDRESS, MAX_ROOMS_PER_ADDRESS,
};
use clap::Args;

use crate::net::network::Network;
use crate::net::per_address::Limits;

/// The limits of one address, as they are given.
#[derive(Args, Clone, Debug)]
pub(crate) struct AddressOptions {
    /// Maximum number of connections of one address (IPv6: of one /64) at a time, or off; one more
    /// is refused. auto: 250 where the server listens on more than loopback
    #[arg(help_heading = "Limits of one address", long, value_name = "NUMBER",
        default_value = "auto", value_parser = number)]
    max_per_ip: Setting,

    /// New connections of one address a second over a longer time, those of five seconds at once, or
    /// off; one more is refused. auto: 50/s where the server listens on more than loopback
    #[arg(help_heading = "Limits of one address", long, value_name = "NUMBER/s",
        default_value = "auto", value_parser = rate)]
    max_connects_per_ip: Setting,

    /// Lines a second that all clients of one address may send together over a longer time, or off.
    /// Those over it are not read from. auto: 1000/s where the server listens on more than loopback
    #[arg(help_heading = "Limits of one address", long, value_name = "NUMBER/s",
        default_value = "auto", value_parser = rate)]
    max_rate_per_ip: Setting,

    /// Maximum number of rooms at a time that clients of one address have opened, or off. auto: 50
    /// where the server listens on more than loopback
    #[arg(help_heading = "Limits of one address", long, value_name = "NUMBER",
        default_value = "auto", value_parser = number)]
    max_rooms_per_ip: Setting,

    /// Networks and addresses without these limits: 10.0.0.0/8,192.0.2.7
    #[arg(
        help_heading = "Limits of one address",
        long,
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    limit_exempt: Vec<Network>,
}

/// A limit as it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    /// Its default, unless the server can be reached from this machine alone.
    Auto,
    Off,
    Limit(NonZeroU32),
}

impl AddressOptions {
    /// The limits that hold for a server; `exposed` says that others than this machine can reach it.
    pub(crate) fn limits(&self, exposed: bool) -> Limits {
        let limit = |setting, default| match setting {
            Setting::Auto => exposed.then_some(default),
            Setting::Off => None,
            Setting::Limit(number) => Some(number),
        };
        Limits {
            connections: limit(self.max_per_ip, MAX_PER_ADDRESS),
            connects: limit(self.max_connects_per_ip, MAX_CONNECTS_PER_ADDRESS),
            lines: limit(self.max_rate_per_ip, MAX_RATE_PER_ADDRESS),
            rooms: limit(self.max_rooms_per_ip, MAX_ROOMS_PER_ADDRESS),
            exempt: self.limit_exempt.clone(),
        }
    }
}

fn number(text: &str) -> Result<Setting, &'static str> {
    setting(text).ok_or("expected a number from 1, auto or off")
}

fn rate(text: &str) -> Result<Setting, &'static str> {
    setting(text.strip_suffix("/s").unwrap_or(text))
        .ok_or("expected a rate such as 50/s, auto or off")
}

fn setting(text: &str) -> Option<Setting> {
    match text {
        "auto" => Some(Setting::Auto),
        "off" => Some(Setting::Off),
        number => number.parse().ok().map(Setting::Limit),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: AddressOptions,
    }

    fn limits(arguments: &str, exposed: bool) -> [Option<u32>; 4] {
        let arguments = arguments.split_whitespace();
        let line = Line::try_parse_from(["x"].into_iter().chain(arguments)).unwrap();
        let limits = line.options.limits(exposed);
        [limits.connections, limits.connects, limits.lines, limits.rooms]
            .map(|limit| limit.map(NonZeroU32::get))
    }

    #[test]
    fn r1_9_the_limits_are_on_where_others_can_connect_unless_given() {
        let on = [250, 50, 1000, 50].map(Some);
        assert_eq!(limits("", true), on);
        assert_eq!(limits("", false), [None; 4]);
        let given = "--max-per-ip 1 --max-connects-per-ip 2/s --max-rate-per-ip 3";
        assert_eq!(limits(given, false), [Some(1), Some(2), Some(3), None]);
        let given = "--max-per-ip off --max-connects-per-ip auto --max-rooms-per-ip 7";
        assert_eq!(limits(given, true), [None, Some(50), Some(1000), Some(7)]);
    }
}
