//! What a run has found, and the forms in which it is told.

pub mod class;
pub mod console;
pub mod gradescope;
mod harmless;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod wording;

pub use self::harmless::harmless;
use crate::grade::result::Evidence;
use crate::text::Lang;

impl Evidence {
    /// The conversation, line by line, with a word for what is missing in it.
    pub(crate) fn told(&self, lang: Lang) -> Vec<String> {
        let mut lines: Vec<String> = self.conversation.iter().map(ToString::to_string).collect();
        if let Some((count, behind)) = self.omitted {
            let words = format!("({count} {})", wording::OMITTED.to(lang));
            lines.insert(behind.min(lines.len()), words);
        }
        lines
    }
}
