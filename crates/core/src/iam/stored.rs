//! Data as it is stored: its length in four bytes, the least significant first, and then itself, deflated.

/// What nothing that Leasekey brings along exceeds.
const MOST: usize = 64 << 20;

/// The data; none where it is damaged.
pub(super) fn inflated(stored: &[u8]) -> Option<Vec<u8>> {
    let (length, deflated) = stored.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= MOST)?;
    let mut data = vec![0; length];
    let parts = std::iter::once(deflated);
    let read = miniz_oxide::inflate::decompress_slice_iter_to_slice(&mut data, parts, false, true).ok()?;
    (read == length).then_some(data)
}
