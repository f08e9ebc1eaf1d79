//! The form of a batch.

use proptest::prelude::*;

use super::*;

fn place() -> TopicPartition {
    TopicPartition { topic: "plays".into(), partition: 2 }
}

fn sealed() -> Vec<u8> {
    let mut batch = RecordBatch::new();
    batch.push(b"g1", b"{\"down\":1}").expect("push");
    batch.push(b"", b"").expect("push");
    batch.seal(258, 1_000_000)
}

#[test]
fn the_persisted_form_stays_as_it_is() {
    let golden = "01000000 02000000 0201000000000000 40420f0000000000 \
                  02000000 0a000000 6731 7b22646f776e223a317d \
                  00000000 00000000";
    let hex: String = sealed().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, golden.replace(' ', ""));
}

#[test]
fn records_come_back_with_their_offsets() {
    let batch = StoredBatch::open(Box::new(sealed()), &place(), 259).expect("open");
    assert_eq!((batch.base(), batch.end(), batch.append_time()), (258, 260, 1_000_000));
    let records: Vec<_> = batch.records().map(|r| (r.offset, r.key, r.value)).collect();
    assert_eq!(records, [(258, &b"g1"[..], &b"{\"down\":1}"[..]), (259, b"", b"")]);
    assert_eq!(batch.records_from(259).count(), 1);
    assert_eq!(batch.records_from(300).count(), 0);
}

#[test]
fn a_batch_cut_anywhere_is_an_error_that_names_its_place() {
    let bytes = sealed();
    for cut in 0..bytes.len() {
        let error = StoredBatch::open(Box::new(bytes[..cut].to_vec()), &place(), 259).expect_err("cut");
        let LogError::Corrupt { place: found, offset: 259, .. } = error else { panic!("{error}") };
        assert_eq!(found, place());
    }
}

#[test]
fn a_batch_with_bytes_behind_it_from_the_future_or_under_another_key_is_an_error() {
    let mut longer = sealed();
    longer.push(0);
    let mut newer = sealed();
    newer[0] = 2;
    for (bytes, last) in [(longer, 259), (newer, 259), (sealed(), 258)] {
        assert!(StoredBatch::open(Box::new(bytes), &place(), last).is_err());
    }
}

#[test]
fn a_record_that_is_too_large_leaves_the_batch_as_it_was() {
    let mut batch = RecordBatch::new();
    batch.push(b"k", b"v").expect("push");
    let before = batch.clone();
    let refused = batch.push_with(b"k", |out| out.resize(out.len() + MAX_RECORD, 0));
    assert_eq!(refused, Err(TooLarge { bytes: MAX_RECORD + 1, limit: MAX_RECORD }));
    assert_eq!(batch, before);
}

proptest! {
    #[test]
    fn any_records_survive_the_wire(
        records in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..9), proptest::collection::vec(any::<u8>(), 0..40)), 0..20),
    ) {
        let mut batch = RecordBatch::new();
        for (key, value) in &records {
            batch.push(key, value).expect("push");
        }
        let back = RecordBatch::from_wire(batch.to_wire()).expect("wire");
        let found: Vec<_> = back.iter().map(|(k, v)| (k.to_vec(), v.to_vec())).collect();
        prop_assert_eq!(found, records);
    }

    #[test]
    fn any_bytes_are_a_batch_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = StoredBatch::open(Box::new(bytes), &place(), 0);
    }
}
