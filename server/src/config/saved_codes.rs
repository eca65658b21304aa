//! `[saved_codes]`.

use super::{SavedCodes, read::Reader};

pub(super) fn saved_codes(reader: &mut Reader) -> SavedCodes {
    SavedCodes {
        memory_mebibytes: reader.number("saved_codes.memory_mib", 76, 19..=4096),
    }
}
