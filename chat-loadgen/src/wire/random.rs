//! Pseudorandom numbers by index: the `SplitMix64` generator.

/// From the golden ratio: indices one apart become unrelated.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// One number of the generator `SplitMix64` (Steele, Lea and Flood, *Fast splittable pseudorandom
/// number generators*, OOPSLA 2014), for the state before it.
pub(crate) const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(STEP);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The state after `index` numbers of a sequence that begins at `seed`.
pub(crate) const fn state(seed: u64, index: u64) -> u64 {
    seed.wrapping_add(index.wrapping_mul(STEP))
}
