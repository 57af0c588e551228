//! Incremental reader of frames: unmasks in place, and gathers nothing but control frames.

use super::frame::{Code, MAX_CONTROL, Opcode};
use super::utf8::Carry;

/// Longest header of a frame: two bytes, a length of eight, a mask of four.
const MAX_HEADER: usize = 14;

/// Lengths from here on are refused. No frame is gathered, so it is enough that they are absurd.
const TOO_LONG: u64 = 1 << 31;

/// The reader of one peer's frames: a client's, unless it is made for those of a [server](Self::of_server).
///
/// Text and binary messages are read alike, but only texts must be UTF-8.
#[derive(Debug, Default)]
pub struct Reader {
    header: [u8; MAX_HEADER],
    /// Bytes of the header that have been read.
    begun: u8,
    /// True if the frames are a server's, which are not masked.
    is_server: bool,
    /// True if the payloads are one stream of bytes, in which the end of a message means nothing.
    is_stream: bool,
    /// The frame whose payload is being read.
    frame: Option<Frame>,
    message: Option<Message>,
    carry: Carry,
    /// The payload of a control frame.
    gathered: Vec<u8>,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    is_final: bool,
    mask: [u8; 4],
    /// Bytes of the payload that are still to come.
    rest: u64,
}

/// A message that has been begun.
#[derive(Clone, Copy, Debug)]
struct Message {
    is_text: bool,
    /// Its last byte so far is a newline.
    ends_line: bool,
}

/// The end of what a peer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has sent a Close frame, with this code if any.
    Closed(Option<u16>),
    /// It has broken the rules, and its connection is to be closed with this code.
    Failed(Code),
}

impl Reader {
    /// A reader of a client's frames. In a stream, nothing stands for the end of a message.
    pub fn of_client(is_stream: bool) -> Self {
        Self { is_stream, ..Self::default() }
    }

    /// A reader of a server's frames, which are not masked.
    pub fn of_server(is_stream: bool) -> Self {
        Self { is_server: true, is_stream, ..Self::default() }
    }

    /// Reads bytes, all but the first of the buffer, which is spare. Puts the payload of messages at the beginning
    /// of the buffer, and a newline behind each message that does not end in one. Returns its length.
    ///
    /// `ping` gets the payload of each ping. What stands behind the [end](Self::end) is not read.
    pub fn read(&mut self, buffer: &mut [u8], mut ping: impl FnMut(&[u8])) -> usize {
        // The payload never overtakes: a header has two bytes or more, and a message ends with one newline.
        let (mut from, mut to) = (1, 0);
        while from < buffer.len() && self.end.is_none() {
            let Some(frame) = &mut self.frame else {
                self.read_header(buffer[from]);
                from += 1;
                self.finish(buffer, &mut to, &mut ping);
                continue;
            };
            let left = usize::try_from(frame.rest).unwrap_or(usize::MAX);
            let piece = from..buffer.len().min(from.saturating_add(left));
            if !self.is_server {
                unmask(&mut buffer[piece.clone()], &mut frame.mask);
            }
            frame.rest -= piece.len() as u64;
            if frame.opcode.is_control() {
                self.gathered.extend_from_slice(&buffer[piece.clone()]);
            } else {
                let length = self.check(&buffer[piece.clone()]);
                buffer.copy_within(from..from + length, to);
                to += length;
            }
            from = piece.end;
            self.finish(buffer, &mut to, &mut ping);
        }
        to
    }

    /// The end, once it has been read.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    fn fail(&mut self, code: Code) {
        self.end = Some(End::Failed(code));
    }

    fn read_header(&mut self, byte: u8) {
        self.header[usize::from(self.begun)] = byte;
        self.begun += 1;
        if self.begun == 2 && !self.is_allowed() {
            return self.fail(Code::Protocol);
        }
        let extended = match self.header[1] & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masks = if self.is_server { 0 } else { 4 };
        if usize::from(self.begun) < 2 + extended + masks {
            return;
        }
        let (lengths, mask) = self.header[2..].split_at(extended);
        let rest = match extended {
            0 => u64::from(self.header[1] & 0x7F),
            _ => lengths.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let mask = [mask[0], mask[1], mask[2], mask[3]];
        self.begun = 0;
        if rest >= TOO_LONG {
            return self.fail(Code::TooLong);
        }
        let Some(opcode) = Opcode::of(self.header[0]) else { return };
        if matches!(opcode, Opcode::Text | Opcode::Binary) {
            self.message = Some(Message { is_text: opcode == Opcode::Text, ends_line: false });
        }
        let is_final = self.header[0] & 0x80 != 0;
        self.frame = Some(Frame { opcode, is_final, mask, rest });
    }

    /// Returns whether a frame may begin with the first two bytes of the header.
    fn is_allowed(&self) -> bool {
        let [first, second, ..] = self.header;
        let (reserved, masked) = (first & 0x70 != 0, second & 0x80 != 0);
        masked != self.is_server
            && !reserved
            && Opcode::of(first).is_some_and(|opcode| match opcode {
                Opcode::Continuation => self.message.is_some(),
                Opcode::Text | Opcode::Binary => self.message.is_none(),
                _ => first & 0x80 != 0 && usize::from(second & 0x7F) <= MAX_CONTROL,
            })
    }

    /// A piece of a message has come. Returns how much of it is right.
    fn check(&mut self, piece: &[u8]) -> usize {
        let Some(message) = &mut self.message else { return 0 };
        message.ends_line = piece.last().map_or(message.ends_line, |last| *last == b'\n');
        let checked = if message.is_text { self.carry.check(piece) } else { Ok(()) };
        checked.map_or_else(
            |right| {
                self.fail(Code::NotText);
                right
            },
            |()| piece.len(),
        )
    }

    /// Ends the frame, if its payload is whole.
    fn finish(&mut self, buffer: &mut [u8], to: &mut usize, ping: &mut impl FnMut(&[u8])) {
        let Some(frame) = self.frame.take_if(|frame| frame.rest == 0) else { return };
        if self.end.is_some() {
            return;
        }
        match frame.opcode {
            Opcode::Ping => ping(&self.gathered),
            Opcode::Pong => {}
            Opcode::Close => self.end = Some(closed(&self.gathered)),
            _ if !frame.is_final => return,
            _ => {
                let ends_line = self.message.take().is_some_and(|message| message.ends_line);
                if !self.carry.end() {
                    return self.fail(Code::NotText);
                }
                if !ends_line && !self.is_stream {
                    buffer[*to] = b'\n';
                    *to += 1;
                }
                return;
            }
        }
        // An idle connection holds no buffer.
        self.gathered = Vec::new();
    }
}

/// Undoes the mask, and turns it to where the next piece begins.
fn unmask(piece: &mut [u8], mask: &mut [u8; 4]) {
    for four in piece.chunks_mut(4) {
        for (byte, mask) in four.iter_mut().zip(*mask) {
            *byte ^= mask;
        }
    }
    mask.rotate_left(piece.len() % 4);
}

/// The end that a Close frame with this payload is (RFC 6455, 7.4).
fn closed(payload: &[u8]) -> End {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { End::Closed(None) } else { End::Failed(Code::Protocol) };
    };
    match u16::from_be_bytes(*code) {
        code @ (1000..=1003 | 1007..=1013 | 3000..=4999) if str::from_utf8(reason).is_ok() => {
            End::Closed(Some(code))
        }
        1000..=1003 | 1007..=1013 | 3000..=4999 => End::Failed(Code::NotText),
        _ => End::Failed(Code::Protocol),
    }
}

#[cfg(test)]
mod tests;
