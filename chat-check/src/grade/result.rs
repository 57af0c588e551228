//! Results of a run: what was found out about each program, as data.

use chat_drive::transcript::Entry;
use chat_protocol::options::profile::Profile;
use serde::{Deserialize, Serialize};

use crate::checks::check::Side;
use crate::dialect::Dialect;
use crate::text::Lang;
use crate::verdict::{Level, Verdict};

/// The version of [`Report`]'s JSON form. It changes whenever a reader could be surprised.
pub const FORMAT: u32 = 1;

/// Everything that was found out about one submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// This program's version.
    pub version: String,
    /// The language of all texts in it.
    pub lang: Lang,
    /// Whose it is: the folder's name in a batch, or nothing.
    pub submission: Option<String>,
    /// When it was made: RFC 3339, in UTC.
    pub date: String,
    /// The run was ended before its end; what is here is complete in itself.
    pub interrupted: bool,
    /// The programs that were checked: a server, a client, or both.
    pub parts: Vec<Part>,
    /// The marks, when a rubric was asked for.
    pub marks: Option<Marks>,
}

/// One program of a submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    /// What kind of program it is.
    pub side: Side,
    /// How it is started.
    pub command: String,
    /// What it was checked against.
    #[serde(with = "crate::checks::check::profile_name")]
    pub profile: Profile,
    /// What it speaks: found out, or given.
    pub dialect: Dialect,
    /// What the reader should know about the run itself, each a sentence.
    pub remarks: Vec<String>,
    /// Other files of the submission that might have been meant, best first.
    #[serde(default)]
    pub others: Vec<String>,
    /// Why it could not be checked at all.
    pub not_started: Option<NotStarted>,
    /// One for each check, in the catalogue's order.
    pub results: Vec<Outcome>,
    /// How long all of it took, in seconds.
    pub seconds: f64,
}

/// A program that cannot be checked, because it does not come so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotStarted {
    /// What happened instead.
    pub why: String,
    /// The last lines of what it printed, standard error behind standard output.
    pub printed: Vec<String>,
}

/// The outcome of one check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The check's name, such as `2.2-echo`.
    pub id: String,
    /// The requirement's number.
    pub requirement: String,
    /// How much it weighs.
    pub level: Level,
    /// What is checked, in a few words.
    pub title: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why it is not simply a pass, in a sentence.
    pub reason: Option<String>,
    /// What was seen, when the program is at fault.
    pub evidence: Option<Evidence>,
    /// How long it took, in seconds, both attempts together.
    pub seconds: f64,
    /// The command that repeats just this check.
    pub repeat: String,
}

/// What was seen when a program did not do what is required.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// What should have come.
    pub expected: String,
    /// What came.
    pub came: String,
    /// How such a fault usually comes about, and what helps.
    pub explanation: String,
    /// The last bytes that were sent to the program, escaped, oldest first, as `who: bytes`.
    pub sent: Vec<String>,
    /// The conversation.
    pub conversation: Vec<Entry>,
    /// How many entries of it are missing in its middle, and behind how many.
    pub omitted: Option<(usize, usize)>,
    /// The last lines that the program printed on standard error.
    pub stderr: Vec<String>,
}

/// The points of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// The rubric's own name for itself.
    pub rubric: String,
    /// One for each program that was checked.
    pub parts: Vec<PartMarks>,
    /// The sum of the points.
    pub points: f64,
    /// What can be reached, also where a run that did not come to its end gives no points.
    pub of: f64,
}

/// The points of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartMarks {
    /// Which program.
    pub side: Side,
    /// The points it gets.
    pub points: f64,
    /// What it could get.
    pub of: f64,
    /// The level that it reached, in percent.
    pub percent: f64,
    /// What that level means, in the rubric's words.
    pub level: String,
    /// The arithmetic, line by line: `5 × 75 % = 3.75`.
    pub arithmetic: Vec<String>,
    /// Why it is not all, one for each thing that cost something. Together they are what is missing.
    pub lost: Vec<Loss>,
}

/// Something that cost points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// How many.
    pub points: f64,
    /// Why, in a sentence.
    pub reason: String,
    /// The checks that are to blame, by name. There are none if the program did not start.
    pub checks: Vec<String>,
}

impl Report {
    /// How many results have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.results().filter(|result| result.verdict == verdict).count()
    }

    /// All results, the server's before the client's.
    pub fn results(&self) -> impl Iterator<Item = &Outcome> {
        self.parts.iter().flat_map(|part| &part.results)
    }
}
