//! A text on its way to members. It is framed once for all of them: in front of it is space for the header of a
//! WebSocket frame, so that each member takes text or frame in one write.

use std::fmt;

use chat_protocol::websocket::frame::{MAX_HEADER, MAX_PAYLOAD, text_header};

/// The space in front of a text, in bytes: a header, and what keeps the text as aligned as its memory.
const SPACE: usize = MAX_HEADER.next_multiple_of(16);

/// A text with space in front for a header.
#[derive(Default)]
pub(crate) struct Framed(Vec<u8>);

/// A text that is offered to a member.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The text itself.
    pub(crate) bytes: &'a [u8],
    /// The frame that it ends, if it is short enough for one.
    pub(crate) frame: Option<&'a [u8]>,
}

impl Framed {
    /// In bytes, without the header.
    pub(crate) fn len(&self) -> usize {
        self.bytes().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.get(SPACE..).unwrap_or_default()
    }

    pub(crate) fn extend_from_slice(&mut self, bytes: &[u8]) {
        if self.0.is_empty() && !bytes.is_empty() {
            self.0.extend_from_slice(&[0; SPACE]);
        }
        self.0.extend_from_slice(bytes);
    }

    /// The text as it is offered, with its header in front.
    pub(crate) fn text(&mut self) -> Text<'_> {
        let length = self.len();
        let mut begin = None;
        if let Some(space) = self.0.first_chunk_mut::<SPACE>()
            && length <= MAX_PAYLOAD
        {
            let (header, start) = text_header(length);
            space[SPACE - MAX_HEADER..].copy_from_slice(&header);
            begin = Some(SPACE - MAX_HEADER + start);
        }
        Text { bytes: self.bytes(), frame: begin.map(|start| &self.0[start..]) }
    }
}

impl fmt::Write for Framed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<'a> Text<'a> {
    /// A text for one member alone, which has no header.
    pub(crate) fn single(bytes: &'a [u8]) -> Self {
        Self { bytes, frame: None }
    }

    /// The text behind its first `n` bytes.
    pub(crate) fn behind(self, n: usize) -> &'a [u8] {
        &self.bytes[n..]
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn r10_3_a_text_is_framed_without_being_moved() {
        let mut framed = Framed::default();
        assert!(framed.is_empty() && framed.text().bytes.is_empty());
        assert_eq!(framed.capacity(), 0);
        write!(framed, "ho").unwrap();
        framed.extend_from_slice(b"la\n");
        let text = framed.text();
        assert_eq!((text.bytes, text.frame), (&b"hola\n"[..], Some(&b"\x81\x05hola\n"[..])));
        assert!(std::ptr::eq(&raw const text.bytes[0], &raw const text.frame.unwrap()[2]));
        framed.extend_from_slice(&[b'x'; 200]);
        assert_eq!(framed.text().frame.unwrap()[..6], *b"\x81\x7e\x00\xcdho");
        framed.extend_from_slice(&[b'x'; MAX_PAYLOAD]);
        assert_eq!((framed.text().bytes.len(), framed.text().frame), (205 + MAX_PAYLOAD, None));
        framed.clear();
        assert!(framed.is_empty());
    }
}
