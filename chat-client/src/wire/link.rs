//! TCP, or TLS on top of it, without blocking. It reads and writes like a socket: `WouldBlock` means not now.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection};
use tokio::net::TcpStream;

use super::error::{DoorError, Protocol};

/// Most bytes that one write seals. The rest of a record that the socket does not take is held.
const RECORD: usize = 16 * 1024;

/// Reads from the socket in one turn. It bounds the work for a server that sends without end what is no text: pings,
/// empty messages, empty records.
const TURN: usize = 4;

/// A stream of bytes: the socket's own, or one inside of TLS.
pub(crate) struct Link {
    tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// Number of reads from the socket that are left in this turn. Without one, a read would block.
    reads: usize,
}

/// A socket that never blocks, for code that knows no runtime.
struct Socket<'a>(&'a TcpStream);

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Link {
    /// The socket's own stream.
    pub(super) fn plain(tcp: TcpStream) -> Self {
        Self { tcp, tls: None, reads: TURN }
    }

    /// Shakes hands with a server of this name. Its certificate is checked by the caller, before anything is sent.
    /// Cancel-safe: the connection is dropped.
    pub(super) async fn encrypted(
        tcp: TcpStream,
        config: ClientConfig,
        name: ServerName<'static>,
    ) -> Result<Self, DoorError> {
        let mut tls = ClientConnection::new(Arc::new(config), name)?;
        loop {
            while tls.wants_write() {
                tcp.writable().await?;
                unless_blocked(tls.write_tls(&mut Socket(&tcp)))?;
            }
            if !tls.is_handshaking() {
                return Ok(Self { tcp, tls: Some(tls), reads: TURN });
            }
            tcp.readable().await?;
            if unless_blocked(tls.read_tls(&mut Socket(&tcp)))? == Some(0) {
                return Err(DoorError::Cut(Protocol::Tls));
            }
            if let Err(error) = tls.process_new_packets() {
                // The alert says why to the server, if it can be sent.
                let _ = tls.write_tls(&mut Socket(&tcp));
                return Err(error.into());
            }
        }
    }

    /// The certificates that the server has shown, its own one first.
    pub(super) fn certificates(&self) -> &[CertificateDer<'static>] {
        self.tls.as_ref().and_then(|tls| tls.peer_certificates()).unwrap_or_default()
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// Allows the next reads.
    pub(super) fn begin_turn(&mut self) {
        self.reads = TURN;
    }

    /// Returns whether it holds a part of a record.
    pub(super) fn holds(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Ends this side with the alert `close_notify`, where there is TLS. The other side can still be read.
    pub(super) fn end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // It fails if the server has already closed the connection.
            let _ = self.flush();
        }
    }
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            count(&mut self.reads)?;
            return self.tcp.try_read(buffer);
        };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            count(&mut self.reads)?;
            tls.read_tls(&mut Socket(&self.tcp))?;
            let processed = tls.process_new_packets();
            // Alerts and keys in return; what the socket does not take goes out with the next write.
            if tls.wants_write() {
                unless_blocked(tls.write_tls(&mut Socket(&self.tcp)))?;
            }
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // One record at most is held.
        self.flush()?;
        let Some(tls) = &mut self.tls else { return self.tcp.try_write(bytes) };
        let taken = tls.writer().write(&bytes[..bytes.len().min(RECORD)])?;
        unless_blocked(self.flush())?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut Socket(&self.tcp))?;
        }
        Ok(())
    }
}

/// Counts a read from the socket.
fn count(reads: &mut usize) -> io::Result<()> {
    *reads = reads.checked_sub(1).ok_or(io::ErrorKind::WouldBlock)?;
    Ok(())
}

/// The result, or `None` if there was nothing to be done now.
pub(super) fn unless_blocked<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        done => done.map(Some),
    }
}
