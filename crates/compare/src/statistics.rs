//! What paired differences say: p by flipping signs, adjusted over several tests; win rates and effect sizes;
//! intervals of shares.
//!
//! A difference is one method's number minus another's, of the same text or output.

mod adjusted;
mod clopper_pearson;
mod effect_size;
mod sign_flips;
mod win_rate;

pub use adjusted::benjamini_hochberg;
pub use clopper_pearson::clopper_pearson;
pub use effect_size::effect_size;
pub use sign_flips::{FEWEST_PAIRS, SignFlips, sign_flips};
pub use win_rate::win_rate;
