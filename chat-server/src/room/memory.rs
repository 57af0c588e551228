//! The last messages of a room, for those who come later or look back (chapter 11).

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use chat_protocol::language::Language;
use chat_protocol::limits::MAX_HISTORY;
use chat_protocol::name::{Name, fold};
use chat_store::line::{Line, Position};
use chat_store::session::{Session, Token};
use tokio::time::timeout;

use crate::net::clock::{milliseconds, since_1970};
use crate::net::wire::encoding::{Encoding, Object};
use crate::room::archive::{Archive, LONGEST_COMMIT, Stored};
use crate::room::event::{MESSAGE, Message, Notice};
use crate::store::Store;

/// Bytes of messages that a room remembers. All of them fit into an outbox of the default size.
const REMEMBERED: usize = 64 * 1024;

/// So many times as much is remembered while somebody comes back: in a cluster, the others hear of it first.
const WHILE_ARRIVING: usize = 16;

/// What the memories of all rooms have in common.
pub(crate) struct Memories {
    epoch: AtomicU32,
    /// The number of the last message. All rooms share it, so that a room that opens again goes on.
    last: AtomicU64,
    /// Number of messages that a member gets when it joins.
    replay: usize,
    language: Language,
    archive: Archive,
}

/// The memory of one room.
pub(crate) struct Memory {
    common: Arc<Memories>,
    room: Arc<str>,
    lines: VecDeque<Arc<Line>>,
    /// No line behind this position is missing in `lines`.
    complete_from: Position,
    /// Bytes of the lines.
    size: usize,
    /// The stored lines of the room have been read.
    is_filled: bool,
    /// They are being read, or have been.
    is_begun: bool,
    /// Some of what has been said since is not remembered any more.
    has_forgotten: bool,
    /// Clones belong to those who come back, and do not read any more from elsewhere.
    arriving: Arc<()>,
}

impl Memories {
    /// No message has been said yet. A member that joins gets the last `replay` messages.
    pub(crate) fn new(replay: usize, language: Language, archive: Archive) -> Self {
        let epoch = archive.store().map_or_else(seconds, |store| store.epoch());
        Self { epoch: epoch.into(), last: AtomicU64::new(0), replay, language, archive }
    }

    /// Gives out a position that no line has.
    pub(crate) fn next(&self) -> Position {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        Position { epoch: self.epoch(), number }
    }

    fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// The last position is this one: several servers give out the same.
    #[cfg(feature = "cluster")]
    pub(crate) fn set_last(&self, Position { epoch, number }: Position) {
        self.epoch.store(epoch, Ordering::Relaxed);
        self.last.store(number, Ordering::Relaxed);
    }

    /// The last position that was given out.
    pub(crate) fn last(&self) -> Position {
        Position { epoch: self.epoch(), number: self.last.load(Ordering::Relaxed) }
    }

    /// Keeps a session as it is now, or not any more.
    pub(crate) fn keep(&self, token: Token, session: Option<Session>) {
        if let Archive::Store(store) = &self.archive {
            store.keep_session(token, session);
        }
    }

    /// What was said before.
    pub(crate) fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The last position of a room's message that was stored, up to this one of an earlier server. Cancel-safe.
    pub(crate) async fn stored_up_to(&self, room: &str, position: Position) -> Option<Position> {
        let store = self.archive.store().filter(|_| position.epoch != self.epoch())?;
        let last = timeout(LONGEST_COMMIT, store.last_up_to(room, position)).await.ok()?;
        Some(last.unwrap_or(Position::START))
    }

    /// Returns whether what was said is delivered only when it is stored.
    pub(crate) fn delay(&self) -> bool {
        self.archive.store().is_some_and(|store| store.comes_first())
    }

    /// Waits until what was said before may be delivered: a disk that stands still holds up nothing for ever. Cancel-safe.
    pub(crate) async fn may_deliver(&self) {
        if let Some(store) = self.archive.store().filter(|store| store.comes_first())
            && timeout(LONGEST_COMMIT, store.written()).await.is_err()
        {
            tracing::error!(
                "the store does not answer: messages are delivered before they are stored"
            );
        }
    }

    /// Waits until what was said before is stored, or lost. Cancel-safe.
    pub(crate) async fn written(&self) {
        if let Archive::Store(store) = &self.archive {
            store.written().await;
        }
    }
}

impl Memory {
    pub(crate) fn new(common: Arc<Memories>, room: &Name) -> Self {
        Self::of(common, fold(room.as_str()).into())
    }

    /// Nothing has been said that is known.
    fn of(common: Arc<Memories>, room: Arc<str>) -> Self {
        let is_filled = matches!(common.archive, Archive::None);
        let complete_from = common.last();
        Self {
            common,
            room,
            lines: VecDeque::new(),
            complete_from,
            is_begun: false,
            has_forgotten: false,
            arriving: Arc::default(),
            size: 0,
            is_filled,
        }
    }

    /// Forgets all, and what was said before is not known any more.
    #[cfg(feature = "cluster")]
    pub(crate) fn begin_anew(&mut self) {
        let room = mem::take(&mut self.room);
        *self = Self::of(Arc::clone(&self.common), room);
    }

    /// Remembers a message that is said now. Returns its position in the room's order.
    pub(crate) fn remember(&mut self, message: Message<'_>) -> Position {
        let Message { author, text, numbered } = message;
        let position = self.common.next();
        let line = Arc::new(Line {
            room: Arc::clone(&self.room),
            position,
            at: milliseconds(since_1970()),
            author: author.into(),
            text: text.into(),
            numbered,
        });
        match &self.common.archive {
            Archive::None => {}
            Archive::Store(store) => store.give(Arc::clone(&line)),
            Archive::Log(history) => history.note(&self.room, position),
        }
        self.size += line.size();
        self.lines.push_back(line);
        self.forget();
        position
    }

    /// Where what was stored is to be read from, once.
    pub(crate) fn begin_to_fill(&mut self) -> Option<(Arc<Memories>, Arc<str>)> {
        let is_first = !self.is_filled && !mem::replace(&mut self.is_begun, true);
        is_first.then(|| self.place())
    }

    /// Puts what was stored, in order, before what has been said since. `None`: it has not been read yet.
    pub(crate) fn fill(&mut self, stored: Option<Stored>) {
        self.is_filled = true;
        let Some(Stored { lines, complete_from }) = stored else { return };
        let last = lines.last().map_or(Position::START, |line| line.position);
        if self.has_forgotten && last < self.complete_from {
            // Something between is missing.
            return;
        }
        let first = self.lines.front().map(|line| line.position);
        self.complete_from = complete_from;
        for line in lines.into_iter().rev() {
            if first.is_none_or(|first| line.position < first) {
                self.size += line.size();
                self.lines.push_front(Arc::new(line));
            }
        }
        self.forget();
    }

    /// The position of the last message. It is that of none if nothing is remembered.
    pub(crate) fn position(&self) -> Position {
        self.lines.back().map_or(Position::START, |line| line.position)
    }

    /// The position behind which no message is missing.
    pub(crate) fn complete_from(&self) -> Position {
        self.complete_from
    }

    /// More is remembered for as long as this is there: its owner is about to get the rest from here.
    pub(crate) fn remember_more(&self) -> Arc<()> {
        Arc::clone(&self.arriving)
    }

    /// The line for a member that comes back, and has missed messages. `None`: it has not.
    fn missed(&self, behind: Position) -> Option<String> {
        let notice = Notice::new("missed", self.common.language.missed_some(), []);
        (!self.reaches(behind)).then(|| Encoding::Json.encode(&notice))
    }

    /// Returns whether no message behind this position is missing.
    pub(crate) fn reaches(&self, behind: Position) -> bool {
        self.complete_from <= behind
    }

    /// The messages behind this position, each an object, without those of this session. If some are missing, that is the first.
    pub(crate) fn behind(
        &self,
        behind: Position,
        session: Position,
    ) -> impl Iterator<Item = String> {
        let lines = self.lines.iter().filter(move |line| line.position > behind);
        let missed = self.missed(behind).into_iter();
        missed.chain(lines.filter_map(move |line| said(line, session)))
    }

    /// A position behind all that was said in the room by now, and before all that will be.
    pub(crate) fn now(&self) -> Position {
        self.common.last()
    }

    /// Returns whether it is that of the room with this folded name.
    #[cfg(feature = "cluster")]
    pub(crate) fn is_of(&self, name: &str) -> bool {
        *self.room == *name
    }

    /// The memory of all rooms, and what this one is called there.
    pub(crate) fn place(&self) -> (Arc<Memories>, Arc<str>) {
        (Arc::clone(&self.common), Arc::clone(&self.room))
    }

    pub(crate) fn is_filled(&self) -> bool {
        self.is_filled
    }

    /// The lines for a member that joins: that the room is recorded, and its last messages.
    pub(crate) fn welcome(&self, encoding: Encoding) -> impl Iterator<Item = String> {
        let recorded = self.common.archive.store().map(|store| self.recorded(store, encoding));
        recorded.into_iter().chain(self.recall(self.common.replay, encoding))
    }

    fn recorded(&self, store: &Store, encoding: Encoding) -> String {
        let notice = self.common.language.recorded(store.keep());
        match encoding {
            Encoding::Text => notice.to_string(),
            Encoding::Json => Object::new("recorded").unmarked(notice).end(),
        }
    }

    /// The last messages, at most so many, in this encoding, each on a line. `None` if there is none.
    pub(crate) fn recall(&self, count: usize, encoding: Encoding) -> Option<String> {
        let (now, language) = (since_1970(), self.common.language);
        let keep = self.common.archive.store().and_then(|store| store.keep().duration());
        let oldest = keep.map_or(0, |keep| now.saturating_sub(keep).as_millis());
        let count = count.min(MAX_HISTORY);
        let lines = self.lines.iter().skip(self.lines.len().saturating_sub(count));
        let lines = lines.filter(|line| u128::from(line.at.unsigned_abs()) >= oldest);
        let told = lines.map(|line| match encoding {
            Encoding::Text => {
                let at = Duration::from_millis(line.at.unsigned_abs());
                language.past(now.saturating_sub(at), &line.author, &line.text).to_string()
            }
            Encoding::Json => object("past", line).text("text", &line.text).end(),
        });
        let told = told.collect::<Vec<_>>().join("\n");
        Some(told).filter(|told| !told.is_empty())
    }

    /// Keeps what it may hold.
    fn forget(&mut self) {
        let more = if Arc::strong_count(&self.arriving) > 1 { WHILE_ARRIVING } else { 1 };
        while self.size > more * REMEMBERED || self.lines.len() > more * MAX_HISTORY {
            let Some(line) = self.lines.pop_front() else { return };
            self.size -= line.size();
            self.complete_from = line.position;
            self.has_forgotten = true;
        }
    }
}

/// A message of a room, as it was said, unless it belongs to this session: its author has it already.
pub(crate) fn said(line: &Line, session: Position) -> Option<String> {
    let mut said = object(MESSAGE, line);
    if let Some(numbered) = line.numbered {
        if numbered.session == session {
            return None;
        }
        said = said.text("line", numbered);
    }
    Some(said.text("text", &line.text).end())
}

/// The beginning of a message's object: all but its text.
fn object(kind: &str, line: &Line) -> Object {
    let object = Object::at(kind, line.at).position(line.position);
    if line.author.is_empty() { object } else { object.text("who", &line.author) }
}

fn seconds() -> u32 {
    u32::try_from(since_1970().as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(replay: usize) -> Memory {
        let common = Memories::new(replay, Language::Es, Archive::None);
        Memory::new(Arc::new(common), &"cocina".parse().unwrap())
    }

    fn say(memory: &mut Memory, author: &str, text: &str) -> Position {
        memory.remember(Message { author: author.to_owned(), text, numbered: None })
    }

    fn recalled(memory: &Memory, count: usize) -> Vec<String> {
        let lines = memory.recall(count, Encoding::Text).unwrap_or_default();
        lines.lines().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
    }

    #[test]
    fn r11_1_the_last_messages_are_remembered_in_order() {
        let mut memory = memory(0);
        assert_eq!(memory.recall(9, Encoding::Text), None);
        for text in ["uno", "dos", "tres"] {
            say(&mut memory, "Ana", text);
        }
        assert_eq!(recalled(&memory, 2), ["Ana > dos", "Ana > tres"]);
        assert_eq!(recalled(&memory, 9).len(), 3);
        assert_eq!(memory.welcome(Encoding::Text).count(), 0);
    }

    #[test]
    fn r11_1_a_room_remembers_so_many_bytes_and_no_more() {
        let mut memory = memory(0);
        for n in 0..1000 {
            say(&mut memory, "Ana", &n.to_string());
        }
        assert_eq!(recalled(&memory, usize::MAX).len(), MAX_HISTORY);
        for _ in 0..100 {
            say(&mut memory, "Ana", &"x".repeat(4096));
        }
        let all = memory.recall(usize::MAX, Encoding::Text).unwrap();
        assert!((REMEMBERED / 2..=REMEMBERED + 4096).contains(&all.len()), "{}", all.len());
    }

    #[test]
    fn r11_4_what_was_stored_comes_before_what_was_said_since() {
        let mut memory = memory(9);
        let position = say(&mut memory, "Bea", "ahora");
        let old = |number, text: &str| Line {
            room: "cocina".into(),
            position: Position { epoch: 1, number },
            at: 0,
            author: "Ana".into(),
            text: text.into(),
            numbered: None,
        };
        // It was read from the store as well.
        let now = Line { position, ..old(0, "ahora") };
        let lines = vec![old(1, "uno"), old(2, "dos"), now];
        memory.fill(Some(Stored { lines, complete_from: Position::START }));
        assert_eq!(recalled(&memory, 9), ["Ana > uno", "Ana > dos", "Bea > ahora"]);
        assert_eq!(memory.welcome(Encoding::Text).count(), 1);
    }
}
