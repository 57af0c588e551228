//! Transcript of a test: everything that was said, in one order.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Limit on the first entries kept and on the last; the number of those between is kept.
const KEPT: usize = 200;

/// Limit on the bytes kept of an entry.
const SHOWN: usize = 400;

/// Number of NUL characters from which on they are counted instead of shown.
const MANY_NULS: usize = 4;

/// A shared record of a conversation: each entry has its speaker and its time. Bounded: a long one
/// loses its middle.
#[derive(Clone)]
pub struct Transcript {
    begun: Instant,
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    first: Vec<Entry>,
    omitted: usize,
    last: VecDeque<Entry>,
}

/// An entry: something that was said or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Time since the transcript began: in JSON, a number of milliseconds.
    #[serde(with = "millis")]
    pub after: Duration,
    /// The name of the role.
    pub who: String,
    /// The kind of the entry.
    pub how: How,
    /// The text, with unprintable bytes escaped, and cut in the middle if it is long.
    pub what: String,
}

/// The kinds of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// Input: sent or typed to the program, or by the peer.
    In,
    /// Output: standard output, or bytes from a socket.
    Out,
    /// Standard error.
    Err,
    /// An event, such as a start or an end.
    Event,
}

impl Transcript {
    /// An empty record that begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now(), record: Arc::default() }
    }

    /// Adds an entry; bytes that are not printable are escaped.
    pub(crate) fn add(&self, who: &str, how: How, what: impl AsRef<[u8]>) {
        let after = self.begun.elapsed();
        let entry = Entry { after, who: who.to_owned(), how, what: escape(what.as_ref()) };
        let mut record = self.lock();
        if record.first.len() < KEPT {
            record.first.push(entry);
            return;
        }
        record.last.push_back(entry);
        if record.last.len() > KEPT {
            record.last.pop_front();
            record.omitted += 1;
        }
    }

    /// Returns the entries kept, in order, and how many are missing behind how many.
    pub fn entries(&self) -> (Vec<Entry>, Option<(usize, usize)>) {
        let record = self.lock();
        let entries = record.first.iter().chain(&record.last).cloned().collect();
        let omitted = (record.omitted > 0).then_some((record.omitted, record.first.len()));
        (entries, omitted)
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the number of NUL characters in the place of many: buffers are often sent with all that
/// is not used of them.
pub fn with_nuls_counted(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(bytes, &[0; MANY_NULS]).is_none() {
        return Cow::Borrowed(bytes);
    }
    let runs = bytes.chunk_by(|one, next| (*one == 0) == (*next == 0));
    let counted = runs.map(|run| match run {
        [0, ..] if run.len() >= MANY_NULS => format!("({} NUL)", run.len()).into_bytes(),
        _ => run.to_owned(),
    });
    counted.collect::<Vec<Vec<u8>>>().concat().into()
}

/// Escapes what is not printable, and cuts a long text in the middle.
fn escape(bytes: &[u8]) -> String {
    let counted = with_nuls_counted(bytes);
    if counted.len() <= SHOWN {
        return escape_all(&counted);
    }
    let (head, tail) = (&counted[..SHOWN / 2], &counted[counted.len() - SHOWN / 2..]);
    format!("{}… ({} bytes) …{}", escape_all(head), bytes.len(), escape_all(tail))
}

fn escape_all(bytes: &[u8]) -> String {
    let mut escaped = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                escaped.extend(c.escape_default());
            } else {
                escaped.push(c);
            }
        }
        escaped.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    escaped
}

/// Times in files: whole milliseconds, which every language reads.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = self.lock();
        record.first.iter().try_for_each(|entry| writeln!(f, "{entry}"))?;
        if record.omitted > 0 {
            writeln!(f, "           ({} entries left out)", record.omitted)?;
        }
        record.last.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.how {
            How::In => "<-",
            How::Out => "->",
            How::Err => "!>",
            How::Event => "--",
        };
        let millis = self.after.as_millis();
        write!(f, "{millis:>7} ms {:>10} {arrow} {}", self.who, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_who_said_what_in_order_and_escaped() {
        let transcript = Transcript::begin();
        transcript.add("ana", How::In, "¿qué?\r\n");
        transcript.add("server", How::Out, b"\xFF\x1b[2J");
        let shown = transcript.to_string();
        let lines: Vec<&str> = shown.lines().map(|line| &line[11..]).collect();
        assert_eq!(lines, ["       ana <- ¿qué?\\r\\n", "    server -> \\xff\\u{1b}[2J"]);
    }

    #[test]
    fn keeps_the_beginning_and_the_end_of_a_long_one() {
        let transcript = Transcript::begin();
        for i in 0..3 * KEPT {
            transcript.add("ana", How::Out, i.to_string());
        }
        let shown = transcript.to_string();
        assert_eq!(shown.lines().count(), 2 * KEPT + 1);
        assert!(shown.contains(&format!("({KEPT} entries left out)")));
        assert!(shown.ends_with(&format!("-> {}\n", 3 * KEPT - 1)));
    }

    #[test]
    fn keeps_the_beginning_and_the_end_of_a_long_entry() {
        let transcript = Transcript::begin();
        transcript.add("ana", How::Out, ["x".repeat(1 << 19), "y".repeat(1 << 19)].concat());
        let shown = transcript.to_string();
        assert!(shown.contains("xxx… (1048576 bytes) …yyy"), "{shown}");
        assert!(shown.ends_with("yyy\n"));
    }

    #[test]
    fn many_nuls_are_a_number() {
        let transcript = Transcript::begin();
        transcript.add("ana", How::Out, [&b"hola"[..], &[0; 1020], b"\n\0"].concat());
        assert!(transcript.to_string().ends_with("-> hola(1020 NUL)\\n\\u{0}\n"));
    }
}
