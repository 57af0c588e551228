//! What was said before a room was opened: in a store, or in the log of several servers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chat_protocol::limits::MAX_HISTORY;
use chat_store::line::{Line, Position};
use tokio::time::timeout;

use crate::store::Store;

/// Most messages that are read from the store at once for a client that comes back.
const PORTION: usize = 500;

/// The time for which a delivery waits for the store.
pub(crate) const LONGEST_COMMIT: Duration = Duration::from_secs(5);

/// What was said before a room was opened.
pub(crate) enum Archive {
    /// Nobody knows.
    None,
    Store(Arc<Store>),
    /// Several servers share a log, which has it.
    Log(Arc<dyn History>),
}

/// All that was said, in the log of several servers.
pub(crate) trait History: Send + Sync {
    /// A message was said in this room.
    fn note(&self, room: &Arc<str>, at: Position);

    /// The last messages of a room. `None`: they cannot be read. Cancel-safe.
    fn last<'a>(&'a self, room: &'a Arc<str>) -> Answer<'a, Option<Stored>>;

    /// What was said in a room behind a position.
    fn past(self: Arc<Self>, room: Arc<str>, behind: Position) -> Box<dyn Reading>;
}

/// What was said in a room behind a position, as a [`History`] has it.
pub(crate) trait Reading: Send {
    /// The first messages behind this position, which is never before that of an earlier call, up to `now`; and a position
    /// up to which there are no others. Cancel-safe.
    fn next(&mut self, behind: Position, now: Position) -> Answer<'_, (&[Line], Position)>;
}

/// An answer that is to come.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The last messages of a room in an archive.
pub(crate) struct Stored {
    pub(crate) lines: Vec<Line>,
    /// No line behind this position is missing in `lines`.
    pub(crate) complete_from: Position,
}

/// What was said in a room behind a position, to be read in portions.
pub(crate) enum Past {
    None,
    Store(Arc<Store>, Arc<str>, Vec<Line>),
    Log(Box<dyn Reading>),
}

impl Archive {
    /// That of a server which is alone.
    pub(crate) fn of(store: Option<Arc<Store>>) -> Self {
        store.map_or(Self::None, Self::Store)
    }

    pub(crate) fn store(&self) -> Option<&Arc<Store>> {
        match self {
            Self::Store(store) => Some(store),
            Self::None | Self::Log(_) => None,
        }
    }

    /// Several servers share what is said: a room is filled when somebody goes there on this one.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Log(_))
    }

    /// What the archive has of a room behind a position, by the look of the room's name.
    pub(crate) fn past(&self, room: Arc<str>, behind: Position) -> Past {
        match self {
            Self::None => Past::None,
            Self::Store(store) => Past::Store(Arc::clone(store), room, Vec::new()),
            Self::Log(history) => Past::Log(Arc::clone(history).past(room, behind)),
        }
    }

    /// The last messages that the archive has of a room. `None`: they cannot be read. Cancel-safe.
    pub(crate) async fn stored(&self, room: &Arc<str>) -> Option<Stored> {
        Some(match self {
            Self::None => return None,
            Self::Store(store) => {
                let lines = store.last(room, MAX_HISTORY).await;
                let first = lines.first().filter(|_| lines.len() >= MAX_HISTORY);
                Stored { complete_from: first.map_or(Position::START, before), lines }
            }
            Self::Log(history) => return history.last(room).await,
        })
    }
}

impl Past {
    /// The first messages behind this position, which is never before that of an earlier call, up to `now`; and a position up
    /// to which there are no others, if that is known. None if the archive does not answer in time. Cancel-safe.
    pub(crate) async fn next(
        &mut self,
        behind: Position,
        now: Position,
    ) -> (&[Line], Option<Position>) {
        match self {
            Self::None => (&[], None),
            Self::Store(store, room, read) => {
                let first = timeout(LONGEST_COMMIT, store.first(room, behind, PORTION)).await;
                *read = first.unwrap_or_default();
                (read, None)
            }
            Self::Log(past) => {
                let (lines, up_to) = past.next(behind, now).await;
                (lines, Some(up_to))
            }
        }
    }
}

/// A position before this line's and behind all others'.
pub(crate) fn before(line: &Line) -> Position {
    let Position { epoch, number } = line.position;
    Position { epoch, number: number.saturating_sub(1) }
}
