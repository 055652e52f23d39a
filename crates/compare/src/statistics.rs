//! What paired differences say: p by flipping signs, adjusted over several tests; win rates and effect sizes.
//!
//! A difference is one method's number minus another's, of the same text or output.

mod adjusted;
mod effect_size;
mod sign_flips;
mod win_rate;

pub use adjusted::benjamini_hochberg;
pub use effect_size::effect_size;
pub use sign_flips::{FEWEST_PAIRS, SignFlips, sign_flips};
pub use win_rate::win_rate;
