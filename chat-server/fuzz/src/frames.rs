//! The reader of WebSocket frames: however its bytes are cut, it says what a reader says that sees them all at once.

use chat_protocol::websocket::reader::{End, Reader};

/// Holds for every input. Its first byte is the size of the reads.
///
/// # Panics
///
/// If it does not.
pub fn holds(input: &[u8]) {
    let Some((size, bytes)) = input.split_first() else { return };
    assert_eq!(read(bytes, usize::from(*size).max(1)), read(bytes, usize::MAX));
}

/// The lines that are whole, the payloads of the pings, and the end.
fn read(bytes: &[u8], size: usize) -> (Vec<u8>, Vec<Vec<u8>>, Option<End>) {
    let (mut reader, mut lines, mut pings) = (Reader::default(), Vec::new(), Vec::new());
    for piece in bytes.chunks(size) {
        let mut buffer = [&[0], piece].concat();
        let length = reader.read(&mut buffer, |ping| pings.push(ping.to_vec()));
        assert!(length <= buffer.len(), "more than was read");
        lines.extend_from_slice(&buffer[..length]);
    }
    // An error is met in the middle of a line, or before it.
    lines.truncate(lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
    (lines, pings, reader.end())
}
