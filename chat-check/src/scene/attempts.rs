//! Ports to which a program tries to connect, seen on the loopback of a network of its own.

use std::io;

use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, Protocol, RecvFlags, SocketFlags, SocketType, recv, socket_with};

/// All packets of an attempt's network, from here on.
pub(crate) struct Attempts(OwnedFd);

/// All protocols, in network order (`ETH_P_ALL` of `packet(7)`).
const EVERY: u16 = 0x0003_u16.to_be();

/// Bytes of a packet that are looked at: the headers.
const HEADERS: usize = 128;

impl Attempts {
    /// Watches the calling thread's network.
    ///
    /// # Errors
    ///
    /// The system refuses it.
    pub(crate) fn watch() -> io::Result<Self> {
        let every = Protocol::from_raw(u32::from(EVERY).try_into().map_err(io::Error::other)?);
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        Ok(Self(socket_with(AddressFamily::PACKET, SocketType::DGRAM, flags, Some(every))?))
    }

    /// The ports to which connections were begun since the last call, in their order.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        let mut packet = [0; HEADERS];
        while let Ok((length, _)) = recv(&self.0, &mut packet[..], RecvFlags::TRUNC) {
            ports.extend(opened(&packet[..length.min(HEADERS)]));
        }
        // The loopback shows each packet twice: as it leaves, and as it arrives.
        ports.dedup();
        ports
    }
}

/// The port to which this packet opens a connection, if it does.
fn opened(packet: &[u8]) -> Option<u16> {
    const TCP: u8 = 6;
    let (protocol, header) = match packet.first()? >> 4 {
        4 => (packet.get(9)?, usize::from(packet[0] & 0x0f) * 4),
        6 => (packet.get(6)?, 40),
        _ => return None,
    };
    let tcp = packet.get(header..)?;
    // A SYN without an ACK.
    let opens = *protocol == TCP && tcp.get(13)? & 0b1_0010 == 0b10;
    opens.then(|| u16::from_be_bytes([tcp[2], tcp[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_packet_that_opens_a_connection_counts() {
        let mut packet = [0; 40];
        (packet[0], packet[9]) = (0x45, 6);
        packet[22..24].copy_from_slice(&61434_u16.to_be_bytes());
        packet[33] = 0b10;
        assert_eq!(opened(&packet), Some(61434));
        packet[33] = 0b1_0010;
        assert_eq!(opened(&packet), None);
        let six =
            [&[0x60, 0, 0, 0, 0, 20, 6, 64][..], &[0; 32], &[0, 1, 0x30, 0x39], &[0; 9], &[2]]
                .concat();
        assert_eq!(opened(&six), Some(12345));
        assert_eq!(opened(b"E"), None);
    }
}
