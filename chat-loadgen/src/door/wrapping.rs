//! The sending direction: WebSocket frames around a dialect's words, then records of TLS around these.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chat_protocol::websocket::client::frame;
use chat_protocol::websocket::frame::{Code, Opcode};
use memchr::memchr;
use rustls::ClientConnection;

use crate::wire::dialects::Frames;
use crate::wire::random;

/// Most bytes in one record of TLS.
const RECORD: usize = 16 << 10;

/// What is around the words of one connection: nothing, on a plain one.
#[derive(Debug, Default)]
pub(crate) struct Wrapping {
    /// Use of WebSocket messages, where there are any.
    pub(crate) frames: Option<Frames>,
    /// State of an encrypted connection.
    tls: Option<Mutex<Box<ClientConnection>>>,
}

/// Masks of one connection's frames: as good as random, and the same in each run.
#[derive(Debug, Default)]
pub(crate) struct Masks(u64);

impl Masks {
    fn next(&mut self) -> [u8; 4] {
        self.0 += 1;
        let [a, b, c, d, ..] = random::mix(self.0).to_le_bytes();
        [a, b, c, d]
    }
}

impl Wrapping {
    /// A connection's wrapping, after its handshakes.
    pub(crate) fn new(frames: Option<Frames>, tls: Option<Box<ClientConnection>>) -> Self {
        Self { frames, tls: tls.map(Mutex::new) }
    }

    /// The state of an encrypted connection.
    pub(crate) fn tls(&self) -> Option<MutexGuard<'_, Box<ClientConnection>>> {
        let tls = self.tls.as_ref()?;
        Some(tls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns whether the connection is encrypted.
    #[inline]
    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Puts frames around the words behind `start`, which are whole: messages, an answer.
    #[inline]
    pub(crate) fn enframe(&self, out: &mut Vec<u8>, start: usize, masks: &mut Masks) {
        match self.frames {
            None => {}
            _ if out.len() == start => {}
            Some(Frames::Bytes) => frame(out, start, Opcode::Binary, masks.next()),
            Some(Frames::Lines) => {
                let first = memchr(b'\n', &out[start..]).map(|end| start + end + 1);
                let others = first.map(|end| out.split_off(end)).unwrap_or_default();
                enframe_line(out, start, masks);
                for line in others.split_inclusive(|byte| *byte == b'\n') {
                    let start = out.len();
                    out.extend_from_slice(line);
                    enframe_line(out, start, masks);
                }
            }
        }
    }

    /// Appends the last frame, and announces the end of what is encrypted.
    pub(crate) fn close(&self, out: &mut Vec<u8>, masks: &mut Masks) {
        if self.frames.is_some() {
            control(out, Opcode::Close, &(Code::Normal as u16).to_be_bytes(), masks);
        }
        if let Some(mut tls) = self.tls() {
            tls.send_close_notify();
        }
    }

    /// Encrypts all of `plain`, and appends it to `bytes`, together with what TLS itself has to say. `sealed` is told
    /// for each record how much of `plain` is in it and those before, and the length of `bytes` with it.
    pub(crate) fn seal(
        &self,
        plain: &mut Vec<u8>,
        bytes: &mut Vec<u8>,
        mut sealed: impl FnMut(usize, usize),
    ) {
        let Some(mut tls) = self.tls() else { return };
        let mut done = 0;
        for piece in plain.chunks(RECORD) {
            // Memory takes everything, and a record is less than TLS would hold back.
            let _ = tls.writer().write_all(piece);
            put_records(&mut tls, bytes);
            done += piece.len();
            sealed(done, bytes.len());
        }
        put_records(&mut tls, bytes);
        plain.clear();
    }
}

fn put_records(tls: &mut ClientConnection, bytes: &mut Vec<u8>) {
    while tls.wants_write() && tls.write_tls(bytes).is_ok() {}
}

/// Appends a control frame.
pub(crate) fn control(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], masks: &mut Masks) {
    let start = out.len();
    out.extend_from_slice(payload);
    frame(out, start, opcode, masks.next());
}

/// Makes a line a message: without its end.
#[inline]
fn enframe_line(out: &mut Vec<u8>, start: usize, masks: &mut Masks) {
    for end in [b'\n', b'\r'] {
        out.pop_if(|last| *last == end);
    }
    frame(out, start, Opcode::Text, masks.next());
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_protocol::websocket::reader::Reader;
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ServerConfig, ServerConnection};
    use std::io::Read;
    use std::sync::Arc;

    fn framed(frames: Frames, words: &[u8]) -> (usize, String) {
        let wrapping = Wrapping::new(Some(frames), None);
        let mut out = [b"\0", words].concat();
        wrapping.enframe(&mut out, 1, &mut Masks::default());
        let length = out.len() - 1;
        let read = Reader::default().read(&mut out, |_| {});
        (length - words.len(), String::from_utf8_lossy(&out[..read]).into_owned())
    }

    #[test]
    fn each_line_is_a_message_without_its_end() {
        assert_eq!(framed(Frames::Lines, b"hola\n"), (6 - 1, "hola\n".to_owned()));
        assert_eq!(framed(Frames::Lines, b"a\r\nb\nc"), (3 * 6 - 3, "a\nb\nc\n".to_owned()));
        assert_eq!(framed(Frames::Lines, b""), (0, String::new()));
    }

    #[test]
    fn bytes_that_are_no_lines_are_one_message() {
        assert_eq!(framed(Frames::Bytes, b"\x10\n\x01"), (6, "\x10\n\x01\n".to_owned()));
    }

    /// Both ends of an encrypted connection, after their handshake.
    fn encrypted() -> (Wrapping, ServerConnection) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(chat_tls::provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a configuration");
        let mut server = ServerConnection::new(Arc::new(config)).expect("a server");
        let config = Arc::new(chat_tls::Trust::Anyone.client_config().expect("a configuration"));
        let name = ServerName::try_from("localhost").expect("a name");
        let mut client = Box::new(ClientConnection::new(config, name).expect("a client"));
        while client.is_handshaking() || server.is_handshaking() {
            let mut bytes = Vec::new();
            put_records(&mut client, &mut bytes);
            take(&mut server, &bytes);
            bytes.clear();
            while server.wants_write() {
                server.write_tls(&mut bytes).expect("memory");
            }
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                client.read_tls(&mut rest).expect("memory");
                client.process_new_packets().expect("right records");
            }
        }
        (Wrapping::new(None, Some(client)), server)
    }

    fn take(server: &mut ServerConnection, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            server.read_tls(&mut bytes).expect("memory");
            server.process_new_packets().expect("right records");
        }
    }

    #[test]
    fn what_a_server_can_read_of_what_was_taken_is_known() {
        let (wrapping, mut server) = encrypted();
        let (mut plain, mut bytes, mut sealed) = (vec![b'x'; 40_000], Vec::new(), Vec::new());
        wrapping.seal(&mut plain, &mut bytes, |done, length| sealed.push((done, length)));
        assert!(plain.is_empty());
        assert_eq!(
            sealed.iter().map(|(done, _)| *done).collect::<Vec<_>>(),
            [16_384, 32_768, 40_000]
        );
        assert_eq!(sealed[2].1, bytes.len());
        let (mut read, mut from, mut buffer) = (0, 0, vec![0; 40_000]);
        for (done, length) in sealed {
            // A byte less is nothing of the record.
            take(&mut server, &bytes[from..length - 1]);
            assert!(server.reader().read(&mut buffer).is_err());
            take(&mut server, &bytes[length - 1..length]);
            while let Ok(more) = server.reader().read(&mut buffer) {
                read += more;
            }
            assert_eq!(read, done);
            from = length;
        }
    }
}
