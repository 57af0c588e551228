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

/// The report on one submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// This program's version.
    pub(crate) version: String,
    /// The language of all texts in it.
    pub(crate) lang: Lang,
    /// The folder's name in a batch, or nothing.
    pub(crate) submission: Option<String>,
    /// Time of the report: RFC 3339, in UTC.
    pub(crate) date: String,
    /// True if the run was interrupted; each part is complete in itself.
    pub(crate) interrupted: bool,
    /// The programs that were checked: a server, a client, or both.
    pub(crate) parts: Vec<Part>,
    /// The marks, when a rubric was asked for.
    pub(crate) marks: Option<Marks>,
}

/// One program of a submission.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The kind of program.
    pub(crate) side: Side,
    /// Its start command.
    pub(crate) command: String,
    /// The profile that it was checked against.
    #[serde(with = "crate::checks::check::profile_name")]
    pub(crate) profile: Profile,
    /// Its dialect: found out, or given.
    pub(crate) dialect: Dialect,
    /// Remarks on the run itself, each a sentence.
    pub(crate) remarks: Vec<String>,
    /// Other files of the submission that might have been meant, best first.
    #[serde(default)]
    pub(crate) others: Vec<String>,
    /// The reason why it could not be checked at all.
    pub(crate) not_started: Option<NotStarted>,
    /// True if its dialect is not known: only checks that say nothing were made.
    #[serde(default)]
    pub(crate) unsure: bool,
    /// The outcomes, one for each check, in the catalogue's order.
    pub(crate) results: Vec<Outcome>,
    /// Duration of the run, in seconds.
    pub(crate) seconds: f64,
}

/// A program that cannot be checked, because it does not start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NotStarted {
    /// The reason.
    pub(crate) why: String,
    /// The last lines of its output, standard error behind standard output.
    pub(crate) printed: Vec<String>,
}

/// The outcome of one check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The check's name, such as `2.2-echo`.
    pub(crate) id: String,
    /// The requirement's number.
    pub(crate) requirement: String,
    pub(crate) level: Level,
    /// The title: a few words.
    pub(crate) title: String,
    pub(crate) verdict: Verdict,
    /// The reason for a verdict that is not simply a pass, in a sentence.
    pub(crate) reason: Option<String>,
    /// The observations, when the program is at fault.
    pub(crate) evidence: Option<Evidence>,
    /// Duration, in seconds, both attempts together.
    pub(crate) seconds: f64,
    /// The command that repeats just this check.
    pub(crate) repeat: String,
}

/// The observations behind a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Evidence {
    /// The expected output.
    pub(crate) expected: String,
    /// The actual output.
    pub(crate) came: String,
    /// The usual cause of such a fault, and its remedy.
    pub(crate) explanation: String,
    /// The last bytes that were sent to the program, escaped, oldest first, each behind its
    /// sender's name and a colon.
    pub(crate) sent: Vec<String>,
    pub(crate) conversation: Vec<Entry>,
    /// Number of entries missing in the middle of the transcript, and of those before them.
    pub(crate) omitted: Option<(usize, usize)>,
    /// The last lines that the program printed on standard error.
    pub(crate) stderr: Vec<String>,
}

/// The points of a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Marks {
    /// The rubric's own name for itself.
    pub(crate) rubric: String,
    /// The marks of each program.
    pub(crate) parts: Vec<PartMarks>,
    /// The sum of the points.
    pub(crate) points: f64,
    /// The maximum, also where a run that did not come to its end gives no points.
    pub(crate) of: f64,
}

/// The points of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartMarks {
    /// The kind of program.
    pub(crate) side: Side,
    /// The points reached.
    pub(crate) points: f64,
    /// The maximum.
    pub(crate) of: f64,
    /// The level that it reached, in percent.
    pub(crate) percent: f64,
    /// The description of that level, in the rubric's words.
    pub(crate) level: String,
    /// The arithmetic, line by line: `5 × 75 % = 3.75`.
    pub(crate) arithmetic: Vec<String>,
    /// The deductions, one for each thing that cost something. Together they are what is missing.
    pub(crate) lost: Vec<Loss>,
}

/// A deduction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Loss {
    pub(crate) points: f64,
    /// The reason, in a sentence.
    pub(crate) reason: String,
    /// The checks that caused it, by name. There are none if the program did not start.
    pub(crate) checks: Vec<String>,
}

impl Part {
    /// Returns whether there is any verdict for the program or against it. A program whose dialect
    /// is not known has none: the few checks that say nothing do not show whether it works.
    pub(crate) fn is_judged(&self) -> bool {
        let judged = |verdict| {
            matches!(verdict, Verdict::Pass | Verdict::NotStrict | Verdict::Flaky | Verdict::Fail)
        };
        self.not_started.is_some()
            || !self.unsure && self.results.iter().any(|outcome| judged(outcome.verdict))
    }
}

impl Report {
    /// Returns the number of results with this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.results().filter(|result| result.verdict == verdict).count()
    }

    /// All results, the server's before the client's.
    pub(crate) fn results(&self) -> impl Iterator<Item = &Outcome> {
        self.parts.iter().flat_map(|part| &part.results)
    }
}
