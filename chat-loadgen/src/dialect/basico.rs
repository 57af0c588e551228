//! This project's chat without names, and any server that passes on lines.

use super::{Dialect, Event, Frame, Stage, Who, line};

/// Lines, nothing asked, nothing answered: `usuario PORT: TEXT`, or the bare text.
#[derive(Debug)]
pub struct Basico;

impl Dialect for Basico {
    fn name(&self) -> &'static str {
        "basico"
    }

    fn longest(&self) -> usize {
        chat_protocol::limits::MAX_LINE
    }

    fn hello(&self, _: &Who, _: &mut Vec<u8>) -> Stage {
        Stage::Ready
    }

    fn read<'a>(
        &self,
        _: &Who,
        _: &mut Stage,
        input: &'a [u8],
        _: &mut Vec<u8>,
    ) -> Option<Frame<'a>> {
        let (text, length) = line(input)?;
        let event = match text {
            [b'!', b' ', ..] => Event::Refused(text),
            [b'u', b's', b'u', b'a', b'r', b'i', b'o', b' ', ..] => Event::Said(text),
            _ => Event::Other(text),
        };
        Some(Frame { length, event })
    }

    fn say(&self, _: &Who, text: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(text);
        out.push(b'\n');
    }

    fn bye(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"salir\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Option<Event<'_>> {
        let who = Who { name: "c-1".into(), room: Some(0) };
        Basico.read(&who, &mut Stage::Ready, input, &mut Vec::new()).map(|frame| frame.event)
    }

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(read(b"usuario 5: {x}\r\nmore"), Some(Event::Said(b"usuario 5: {x}")));
        assert_eq!(read(b"bienvenido\n"), Some(Event::Other(b"bienvenido")));
        assert_eq!(read(b"! servidor lleno\n"), Some(Event::Refused(b"! servidor lleno")));
        assert_eq!(read(b"usuario 5: {x}"), None);
    }
}
