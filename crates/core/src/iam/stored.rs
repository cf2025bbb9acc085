//! Data as it is stored: its length in four bytes, the least significant first, and then itself, deflated.

use zlib_rs::{Inflate, InflateFlush, Status};

/// What nothing that Leasekey brings along exceeds.
const MOST: usize = 64 << 20;
/// Of the largest window that deflate knows.
const WINDOW_BITS: u8 = 15;

/// The data; none where it is damaged.
pub(super) fn inflated(stored: &[u8]) -> Option<Vec<u8>> {
    let (length, deflated) = stored.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= MOST)?;
    let mut data = vec![0; length];
    let mut inflate = Inflate::new(false, WINDOW_BITS);
    let status = inflate.decompress(deflated, &mut data, InflateFlush::Finish).ok()?;
    let whole = status == Status::StreamEnd && u64::try_from(length) == Ok(inflate.total_out());
    whole.then_some(data)
}
