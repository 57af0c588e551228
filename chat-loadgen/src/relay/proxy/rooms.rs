//! The room that a client asks for, as its first words show it.

use memchr::memmem;

/// What each dialect calls its rooms, before a separator and their number.
const ROOM: &[u8] = b"carga";
const SEPARATORS: &[u8] = b"-./";

/// The room that these words name last, if they name one: `carga-3`, `carga.3`, `carga/3`. What an
/// MQTT client calls itself before looks like one.
pub(super) fn room_in(said: &[u8]) -> Option<u32> {
    memmem::rfind_iter(said, ROOM).find_map(|at| {
        let (separator, rest) = said[at + ROOM.len()..].split_first()?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        SEPARATORS.contains(separator).then_some(number)
    })
}

#[cfg(test)]
mod tests {
    use crate::wire::dialects::{DialectName, Stage, Who};
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn a_room_is_known_by_what_each_dialect_says() {
        for name in DialectName::value_variants() {
            let dialect = name.dialect();
            if !dialect.has_rooms() {
                continue;
            }
            let who = Who { name: "carga".into(), room: Some(31) };
            let mut said = Vec::new();
            dialect.hello(&who, &mut said);
            dialect.say(&who, b"{0000m}", &mut said);
            if *name == DialectName::Grupal {
                dialect.read(&who, &mut Stage::Greeted, b"nombre del cliente\n", &mut said);
            }
            assert_eq!(room_in(&said), Some(31), "{name}: {}", said.escape_ascii());
        }
        assert_eq!(room_in(b"USER carga 0 * :carga\r\ncarga-x"), None);
    }
}
