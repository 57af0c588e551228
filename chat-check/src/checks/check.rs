//! Check: a constant with its subject, its profiles, and its body.

use chat_protocol::options::profile::Profile;
use serde::{Deserialize, Serialize};

use crate::checks::requirement::Number;
use crate::scene::Scene;
use crate::text::Text;
use crate::verdict::{Checked, Level};

/// The side that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Server,
    Client,
}

/// Profiles in which many clients talk with each other.
pub(crate) const MANY: &[Profile] = &[Profile::Basico, Profile::Sala, Profile::Grupal];

/// Profiles in which clients have names that the server knows.
pub(crate) const NAMED: &[Profile] = &[Profile::Sala, Profile::Grupal];

/// All profiles.
pub(crate) const EVERY: &[Profile] = &Profile::ALL;

/// No profile: the check is made only where a course asks for it by name.
pub(crate) const ASKED: &[Profile] = &[];

/// A check.
#[derive(Debug)]
pub(crate) struct Check {
    /// Its name: the requirement's number, and a word for its subject.
    pub(crate) id: &'static str,
    pub(crate) side: Side,
    pub(crate) level: Level,
    /// The profiles in which it is made.
    pub(crate) profiles: &'static [Profile],
    /// Checks that must hold before this one is made, by name.
    pub(crate) needs: &'static [&'static str],
    /// The title: a short sentence that is true when the check passes.
    pub(crate) title: Text,
    /// The usual cause of such a fault, and its remedy: for a student.
    pub(crate) explanation: Text,
    /// The body. It gets a fresh scene, and starts the program on it.
    pub(crate) body: fn(&mut Scene) -> Checked,
}

impl Check {
    /// The number of its requirement, as its name gives it.
    pub(crate) fn requirement(&self) -> Option<Number> {
        Number::parse(self.id.split_once('-')?.0)
    }
}

/// A profile in files: its name.
pub(crate) mod profile_name {
    use chat_protocol::options::profile::Profile;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(crate) fn serialize<S: Serializer>(
        profile: &Profile,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(profile.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Profile, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
