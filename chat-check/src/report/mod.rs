//! Reports: the output forms for the results of a run.

pub(crate) mod class;
pub(crate) mod console;
pub(crate) mod gradescope;
mod harmless;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
mod people;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod wording;

use crate::grade::result::Evidence;
use crate::text::Lang;

impl Evidence {
    /// Returns the conversation, line by line, with a word for the missing entries.
    pub(crate) fn told(&self, lang: Lang) -> Vec<String> {
        let mut lines: Vec<String> = self.conversation.iter().map(ToString::to_string).collect();
        if let Some((count, behind)) = self.omitted {
            let words = format!("({count} {})", wording::OMITTED.to(lang));
            lines.insert(behind.min(lines.len()), words);
        }
        lines
    }
}
