//! Faults that change what is delivered: a frame is damaged, repeated, or comes behind a stranger's.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use super::Delivery;
use crate::relay::log::Fault;

/// A stranger's line, where lines have no labels.
const STRANGER: &[u8] = b"usuario 0: Hola, soy de fuera\n";
/// A stranger's words, repeated as often as it takes.
const WORDS: &[u8] = b"Hola, soy de fuera. ";

/// Appends the frame with the fault applied. Its length changes only where it is a line.
pub(super) fn alter(
    fault: Fault,
    delivery: &Delivery<'_>,
    out: &mut Vec<u8>,
    chance: &mut Pcg64Mcg,
) {
    let &Delivery { frame, at, text, .. } = delivery;
    match fault {
        Fault::Dup => {
            out.extend_from_slice(frame);
            out.extend_from_slice(frame);
        }
        Fault::Double => {
            let line = without_newline(frame);
            out.extend_from_slice(line);
            out.extend_from_slice(text);
            out.extend_from_slice(&frame[line.len()..]);
        }
        Fault::Stranger => {
            put_stranger(delivery, out);
            out.extend_from_slice(frame);
        }
        Fault::Corrupt => {
            let start = out.len();
            out.extend_from_slice(frame);
            let at = start + at + chance.random_range(0..text.len());
            out[at] = another(out[at], chance);
        }
        // The others leave the frame itself as it is, or are no fault of one frame.
        _ => out.extend_from_slice(frame),
    }
}

/// A line without its LF or CRLF.
pub(super) fn without_newline(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Appends a frame of the same size, whose text is a stranger's.
fn put_stranger(delivery: &Delivery<'_>, out: &mut Vec<u8>) {
    let &Delivery { frame, at, text, .. } = delivery;
    if at == 0 {
        return out.extend_from_slice(STRANGER);
    }
    out.extend_from_slice(&frame[..at]);
    out.extend(WORDS.iter().cycle().take(text.len()));
    out.extend_from_slice(&frame[at + text.len()..]);
}

/// A printable character that is not `byte`.
fn another(byte: u8, chance: &mut Pcg64Mcg) -> u8 {
    let other = chance.random_range(b'!'..b'~');
    if other < byte { other } else { other + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn another_character_is_printable_and_never_the_same() {
        let mut chance = Pcg64Mcg::seed_from_u64(1);
        for byte in (b' '..=b'~').cycle().take(50_000) {
            let other = another(byte, &mut chance);
            assert!(other != byte && other.is_ascii_graphic(), "{byte} {other}");
        }
    }
}
