//! An address in a line that is made for every message.

use std::fmt;
use std::net::SocketAddr;

/// An address, displayed as a [`SocketAddr`] is. That takes some 300 ns, which is a part of what a message costs; this
/// takes a fifth.
#[derive(Clone, Copy)]
pub struct Address(pub SocketAddr);

/// A number, displayed in the same way.
pub(crate) struct Number(pub(crate) u16);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SocketAddr::V4(address) = self.0 else { return self.0.fmt(f) };
        let mut text = [0; "255.255.255.255:65535".len()];
        let (mut digits, mut length) = (itoa::Buffer::new(), 0);
        let mut append = |number: &str| {
            text[length..length + number.len()].copy_from_slice(number.as_bytes());
            length += number.len();
        };
        for (octet, separator) in address.ip().octets().into_iter().zip([".", ".", ".", ":"]) {
            append(digits.format(octet));
            append(separator);
        }
        append(digits.format(address.port()));
        // Digits, points and a colon.
        f.write_str(str::from_utf8(&text[..length]).unwrap_or_default())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(itoa::Buffer::new().format(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_5_an_address_is_written_as_everywhere() {
        for address in ["127.0.0.1:65310", "0.10.255.100:0", "[::1]:80", "[fe80::1%3]:7"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(Address(address).to_string(), address.to_string());
            assert_eq!(Number(address.port()).to_string(), address.port().to_string());
        }
    }
}
