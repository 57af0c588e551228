//! Results of a run: what was found out about each program, as data.

use chat_drive::transcript::Entry;
use chat_protocol::options::profile::Profile;
use serde::{Deserialize, Serialize};

use crate::checks::check::Side;
use crate::dialect::Dialect;
use crate::text::Lang;
use crate::verdict::{Level, Verdict};

/// The version of [`Report`]'s JSON form. It changes whenever a reader could be surprised.
pub(crate) const FORMAT: u32 = 1;

/// Everything that was found out about one submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// This program's version.
    pub(crate) version: String,
    /// The language of all texts in it.
    pub(crate) lang: Lang,
    /// Whose it is: the folder's name in a batch, or nothing.
    pub(crate) submission: Option<String>,
    /// When it was made: RFC 3339, in UTC.
    pub(crate) date: String,
    /// The run was ended before its end; what is here is complete in itself.
    pub(crate) interrupted: bool,
    /// The programs that were checked: a server, a client, or both.
    pub(crate) parts: Vec<Part>,
    /// The marks, when a rubric was asked for.
    pub(crate) marks: Option<Marks>,
}

/// One program of a submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// What kind of program it is.
    pub(crate) side: Side,
    /// How it is started.
    pub(crate) command: String,
    /// What it was checked against.
    #[serde(with = "crate::checks::check::profile_name")]
    pub(crate) profile: Profile,
    /// What it speaks: found out, or given.
    pub(crate) dialect: Dialect,
    /// What the reader should know about the run itself, each a sentence.
    pub(crate) remarks: Vec<String>,
    /// Other files of the submission that might have been meant, best first.
    #[serde(default)]
    pub(crate) others: Vec<String>,
    /// Why it could not be checked at all.
    pub(crate) not_started: Option<NotStarted>,
    /// One for each check, in the catalogue's order.
    pub(crate) results: Vec<Outcome>,
    /// How long all of it took, in seconds.
    pub(crate) seconds: f64,
}

/// A program that cannot be checked, because it does not come so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NotStarted {
    /// What happened instead.
    pub(crate) why: String,
    /// The last lines of what it printed, standard error behind standard output.
    pub(crate) printed: Vec<String>,
}

/// The outcome of one check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The check's name, such as `2.2-echo`.
    pub(crate) id: String,
    /// The requirement's number.
    pub(crate) requirement: String,
    /// How much it weighs.
    pub(crate) level: Level,
    /// What is checked, in a few words.
    pub(crate) title: String,
    /// What became of it.
    pub(crate) verdict: Verdict,
    /// Why it is not simply a pass, in a sentence.
    pub(crate) reason: Option<String>,
    /// What was seen, when the program is at fault.
    pub(crate) evidence: Option<Evidence>,
    /// How long it took, in seconds, both attempts together.
    pub(crate) seconds: f64,
    /// The command that repeats just this check.
    pub(crate) repeat: String,
}

/// What was seen when a program did not do what is required.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// What should have come.
    pub(crate) expected: String,
    /// What came.
    pub(crate) came: String,
    /// How such a fault usually comes about, and what helps.
    pub(crate) explanation: String,
    /// The last bytes that were sent to the program, escaped, oldest first, as `who: bytes`.
    pub(crate) sent: Vec<String>,
    pub(crate) conversation: Vec<Entry>,
    /// How many entries of it are missing in its middle, and behind how many.
    pub(crate) omitted: Option<(usize, usize)>,
    /// The last lines that the program printed on standard error.
    pub(crate) stderr: Vec<String>,
}

/// The points of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Marks {
    /// The rubric's own name for itself.
    pub(crate) rubric: String,
    /// One for each program that was checked.
    pub(crate) parts: Vec<PartMarks>,
    /// The sum of the points.
    pub(crate) points: f64,
    /// What can be reached, also where a run that did not come to its end gives no points.
    pub(crate) of: f64,
}

/// The points of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartMarks {
    /// Which program.
    pub(crate) side: Side,
    /// The points it gets.
    pub(crate) points: f64,
    /// What it could get.
    pub(crate) of: f64,
    /// The level that it reached, in percent.
    pub(crate) percent: f64,
    /// What that level means, in the rubric's words.
    pub(crate) level: String,
    /// The arithmetic, line by line: `5 × 75 % = 3.75`.
    pub(crate) arithmetic: Vec<String>,
    /// Why it is not all, one for each thing that cost something. Together they are what is missing.
    pub(crate) lost: Vec<Loss>,
}

/// Something that cost points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loss {
    /// How many.
    pub(crate) points: f64,
    /// Why, in a sentence.
    pub(crate) reason: String,
    /// The checks that are to blame, by name. There are none if the program did not start.
    pub(crate) checks: Vec<String>,
}

impl Report {
    /// How many results have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.results().filter(|result| result.verdict == verdict).count()
    }

    /// All results, the server's before the client's.
    pub(crate) fn results(&self) -> impl Iterator<Item = &Outcome> {
        self.parts.iter().flat_map(|part| &part.results)
    }
}
