use super::*;
use crate::batch::fixture::{Folder, stream};
use crate::value::Value;

const HEADER: &str = "match_id,seq,points,odds,team,home,at\n";

fn store(folder: &Folder) -> HistoryStore {
    HistoryStore::new(&folder.path("state"), &stream())
}

fn import(store: &HistoryStore, files: &[PathBuf]) -> Vec<Added> {
    let mut import = store.begin(false).unwrap();
    let added = files.iter().map(|file| import.add(file, &|_| ()).unwrap()).collect();
    import.finish().unwrap();
    added
}

/// The order counter of every event.
fn events(store: &HistoryStore) -> Vec<i64> {
    store.read(&|_| ()).unwrap().times
}

fn names(store: &HistoryStore) -> Vec<String> {
    let entries = std::fs::read_dir(store.folder()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn counts(added: &Added) -> (u64, u64, u64) {
    (added.added, added.present, added.rejected)
}

#[test]
fn what_was_imported_is_read_in_the_order_of_import() {
    let folder = Folder::new();
    let store = store(&folder);
    let late = folder.write("z.csv", format!("{HEADER}a,3,,,,,\na,4,,,,,\n"));
    let early = folder.write("a.csv", format!("{HEADER}a,1,,,,,\na,2,,,,,\n"));
    import(&store, &[late]);
    import(&store, &[early]);
    assert_eq!(events(&store), [3, 4, 1, 2]);
    assert_eq!(store.rows().unwrap(), 4);
}

#[test]
fn importing_twice_adds_nothing() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\na,2,,,,,\n"));
    assert_eq!(counts(&import(&store, std::slice::from_ref(&file))[0]), (2, 0, 0));
    let before = names(&store);
    assert_eq!(counts(&import(&store, &[file])[0]), (0, 2, 0));
    assert_eq!(names(&store), before);
    assert_eq!(events(&store), [1, 2]);
}

#[test]
fn an_id_is_imported_once_within_a_file_and_across_files() {
    let folder = Folder::new();
    let store = store(&folder);
    let first = folder.write("a.csv", format!("{HEADER}a,1,5,,,,\na,1,6,,,,\n"));
    let second = folder.write("b.csv", format!("{HEADER}a,1,7,,,,\nb,1,8,,,,\n"));
    let added = import(&store, &[first, second]);
    assert_eq!(added.iter().map(counts).collect::<Vec<_>>(), [(1, 1, 0), (1, 1, 0)]);
    let points = store.read(&|_| ()).unwrap().table.column("points").unwrap().clone();
    assert_eq!([points.value(0), points.value(1)], [Value::Int(5), Value::Int(8)]);
}

#[test]
fn without_a_business_id_a_file_is_imported_once() {
    let folder = Folder::new();
    let mut without_id = stream().as_ref().clone();
    without_id.id = Vec::new();
    let store = HistoryStore::new(&folder.path("state"), &Arc::new(without_id));
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\na,1,,,,,\n"));
    assert_eq!(counts(&import(&store, std::slice::from_ref(&file))[0]), (2, 0, 0));
    assert_eq!(counts(&import(&store, &[file])[0]), (0, 2, 0));
}

#[test]
fn rejects_are_written_with_their_reasons_and_do_not_stop_the_import() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,x,,,,\na,2,,,,,\na,3,,y,,,\n"));
    let added = import(&store, std::slice::from_ref(&file)).remove(0);
    assert_eq!(counts(&added), (1, 0, 2));
    let text = std::fs::read_to_string(added.rejects.unwrap()).unwrap();
    let rejects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = serde_json::json!({
        "file": file, "row": 1, "field": "points", "reason": "`x` is no int", "raw": "a,1,x,,,,"
    });
    assert_eq!((rejects.len(), &rejects[0]), (2, &expected));
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_others() {
    let folder = Folder::new();
    let store = store(&folder);
    let good = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    let cut = folder.write("b.parquet", "PAR1....");
    let mut import = store.begin(false).unwrap();
    assert!(import.add(&cut, &|_| ()).is_err());
    import.add(&good, &|_| ()).unwrap();
    import.finish().unwrap();
    assert_eq!(events(&store), [1]);
}

#[test]
fn a_file_whose_part_could_not_be_named_can_be_imported_again() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    let mut import = store.begin(false).unwrap();
    let in_the_way = store.folder().join("manifest.json");
    std::fs::create_dir(&in_the_way).unwrap();
    assert!(import.add(&file, &|_| ()).is_err());
    std::fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(counts(&import.add(&file, &|_| ()).unwrap()), (1, 0, 0));
    import.finish().unwrap();
    assert_eq!(events(&store), [1]);
}

#[test]
fn an_import_that_dies_between_files_keeps_what_it_finished() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    let mut import = store.begin(false).unwrap();
    import.add(&file, &|_| ()).unwrap();
    drop(import);
    assert_eq!(events(&store), [1]);
}

#[test]
fn a_part_that_the_manifest_does_not_name_is_not_read_and_is_removed() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    import(&store, std::slice::from_ref(&file));
    // What a crash between writing a part and naming it leaves behind, and one in the middle of writing.
    std::fs::copy(store.folder().join("000001.parquet"), store.folder().join("000002.parquet")).unwrap();
    std::fs::write(store.folder().join(".000003.parquet.1-0.tmp"), "PAR1").unwrap();
    assert_eq!(events(&store), [1]);
    import(&store, &[file]);
    assert_eq!(names(&store), ["000001.parquet", "import.lock", "manifest.json"]);
}

#[test]
fn replacing_takes_effect_at_the_end_and_as_a_whole() {
    let folder = Folder::new();
    let store = store(&folder);
    let old = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    let new = folder.write("b.csv", format!("{HEADER}a,1,9,,,,\na,2,,,,,\n"));
    import(&store, &[old]);
    let mut import = store.begin(true).unwrap();
    import.add(&new, &|_| ()).unwrap();
    assert_eq!(events(&store), [1]);
    import.finish().unwrap();
    assert_eq!(events(&store), [1, 2]);
    assert_eq!(names(&store), ["000002.parquet", "import.lock", "manifest.json"]);
}

#[test]
fn replacing_given_up_leaves_the_old_history() {
    let folder = Folder::new();
    let store = store(&folder);
    let old = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    let new = folder.write("b.csv", format!("{HEADER}a,2,,,,,\n"));
    import(&store, &[old]);
    let mut replacing = store.begin(true).unwrap();
    replacing.add(&new, &|_| ()).unwrap();
    drop(replacing);
    assert_eq!(events(&store), [1]);
}

#[test]
fn a_second_import_is_refused_and_names_the_first() {
    let folder = Folder::new();
    let store = store(&folder);
    let first = store.begin(false).unwrap();
    let error = store.begin(false).unwrap_err();
    let expected = format!(
        "another import into stream `scores` is under way (process {}): wait for it to end",
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    drop(first);
    store.begin(false).unwrap();
}

#[test]
fn a_stream_without_history_says_how_to_get_some() {
    let folder = Folder::new();
    let error = store(&folder).read(&|_| ()).unwrap_err();
    assert!(error.to_string().contains("clutch data import --stream scores"), "{error}");
}

#[test]
fn a_broken_manifest_is_reported_and_can_be_replaced() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    import(&store, std::slice::from_ref(&file));
    std::fs::write(store.folder().join("manifest.json"), "{").unwrap();
    assert!(matches!(store.read(&|_| ()), Err(BatchError::Manifest { .. })));
    assert!(matches!(store.begin(false), Err(BatchError::Manifest { .. })));
    let mut import = store.begin(true).unwrap();
    import.add(&file, &|_| ()).unwrap();
    import.finish().unwrap();
    assert_eq!(events(&store), [1]);
}

#[test]
fn the_manifest_has_the_published_form() {
    let folder = Folder::new();
    let store = store(&folder);
    let file = folder.write("a.csv", format!("{HEADER}a,1,,,,,\n"));
    import(&store, &[file]);
    let text = std::fs::read_to_string(store.folder().join("manifest.json")).unwrap();
    insta::assert_snapshot!(text);
}
