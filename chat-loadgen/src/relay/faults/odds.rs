//! The odds of each fault, as the options give them.

use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::relay::log::Fault;
use crate::relay::options::{OneIn, RelayOptions};

/// The odds of all faults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odds {
    pub(super) drop: Option<OneIn>,
    pub(super) drop_all: Option<OneIn>,
    pub(super) dup: Option<OneIn>,
    pub(super) double: Option<OneIn>,
    pub(super) merge: Option<OneIn>,
    pub(super) corrupt: Option<OneIn>,
    pub(super) swap: Option<OneIn>,
    pub(super) late: Option<OneIn>,
    pub(super) stranger: Option<OneIn>,
    pub(super) echo: Option<OneIn>,
    pub(super) leak: Option<OneIn>,
}

impl Odds {
    pub(super) fn from_options(options: &RelayOptions) -> Self {
        let &RelayOptions { drop, drop_all, dup, double, merge, corrupt, .. } = options;
        let &RelayOptions { swap, late, stranger, echo, leak, .. } = options;
        Self { drop, drop_all, dup, double, merge, corrupt, swap, late, stranger, echo, leak }
    }

    pub(super) fn any(&self) -> bool {
        let Self { drop_all, echo, leak, .. } = self;
        self.of_deliveries().iter().any(|(odds, _)| odds.is_some())
            || drop_all.is_some()
            || echo.is_some()
            || leak.is_some()
    }

    fn of_deliveries(&self) -> [(Option<OneIn>, Fault); 8] {
        let Self { drop, dup, double, merge, corrupt, swap, late, stranger, .. } = *self;
        [
            (drop, Fault::Drop),
            (dup, Fault::Dup),
            (corrupt, Fault::Corrupt),
            (swap, Fault::Swap),
            (double, Fault::Double),
            (merge, Fault::Merge),
            (late, Fault::Late),
            (stranger, Fault::Stranger),
        ]
    }

    /// Chooses a delivery's fault, if any: each kind has its own chance, the first that hits wins.
    pub(super) fn choose(&self, chance: &mut Pcg64Mcg) -> Option<Fault> {
        let mut faults = self.of_deliveries().into_iter();
        faults.find(|&(odds, _)| hits(odds, chance)).map(|(_, fault)| fault)
    }
}

/// Returns whether a fault of these odds happens.
pub(super) fn hits(odds: Option<OneIn>, chance: &mut Pcg64Mcg) -> bool {
    odds.is_some_and(|OneIn(n)| chance.random_ratio(1, n.get()))
}
