//! Which partition a message key belongs to: as Kafka's Java client decides, so that any producer agrees.

/// MurmurHash2, 32 bits, with the seed of Kafka's Java client (0x9747b28c).
pub fn murmur2(key: &[u8]) -> u32 {
    const MIX: u32 = 0x5bd1_e995;
    // Keys are far below 4 GB; the hash folds in the length modulo 2^32, as Java's int does.
    let mut hash = 0x9747_b28c_u32 ^ key.len() as u32;
    let (words, rest) = key.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(MIX);
        let k = (k ^ (k >> 24)).wrapping_mul(MIX);
        hash = hash.wrapping_mul(MIX) ^ k;
    }
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * i);
        }
        hash = hash.wrapping_mul(MIX);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

/// The partition of a key among `partitions` (at least one; none is taken as one).
pub fn partition_of(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that the Kafka project's own test of its Java client expects.
    #[test]
    fn hashes_agree_with_kafkas_java_client() {
        for (key, hash) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()), hash.cast_unsigned(), "{key}");
        }
    }

    #[test]
    fn every_key_has_a_partition() {
        for length in 0..64_u8 {
            let key: Vec<u8> = (0..length).collect();
            assert!(partition_of(&key, 7) < 7);
            assert_eq!(partition_of(&key, 1), 0);
            assert_eq!(partition_of(&key, 0), 0);
        }
    }
}
