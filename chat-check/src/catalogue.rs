//! All checks there are.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::requirement::Number;
use crate::scene::Scene;
use crate::text::Text;
use crate::verdict::{Checked, Level};

/// Which program is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server.
    Server,
    /// The client.
    Client,
}

/// What a program is checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Everybody hears everybody else (assignments S0 and S4).
    Basico,
    /// The same with names, and notices of who comes and goes (S2).
    Sala,
    /// One client at a time talks with the server's operator (S3).
    Practico,
    /// Names, rooms and private messages (S1).
    Grupal,
}

/// Profiles in which many clients talk with each other.
pub const MANY: &[Profile] = &[Profile::Basico, Profile::Sala, Profile::Grupal];

/// Profiles in which clients have names that the server knows.
pub const NAMED: &[Profile] = &[Profile::Sala, Profile::Grupal];

/// All profiles.
pub const EVERY: &[Profile] = &[Profile::Basico, Profile::Sala, Profile::Practico, Profile::Grupal];

/// One check.
#[derive(Debug)]
pub struct Check {
    /// Its name: the requirement's number, and a word for what is looked at.
    pub id: &'static str,
    /// Which program it is for.
    pub side: Side,
    /// How much it weighs.
    pub level: Level,
    /// In which profiles it is made.
    pub profiles: &'static [Profile],
    /// The checks without which this one says nothing, by name.
    pub needs: &'static [&'static str],
    /// What is checked, in a few words: a sentence that is true when it passes.
    pub title: Text,
    /// How a fault of this kind usually comes about, and what helps: for a student.
    pub explanation: Text,
    /// The check itself. It is given a fresh scene, and starts the program on it.
    pub body: fn(&mut Scene) -> Checked,
}

impl Check {
    /// The number of its requirement, as its name gives it.
    pub fn requirement(&self) -> Option<Number> {
        Number::parse(self.id.split_once('-')?.0)
    }
}

/// The checks of one program, those that others need before those others.
pub fn checks(side: Side) -> Vec<&'static Check> {
    match side {
        Side::Server => crate::server::CHECKS.concat(),
        Side::Client => crate::client::CHECKS.concat(),
    }
}
