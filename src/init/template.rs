//! Ready-made projects, carried in the binary.

use std::path::PathBuf;

use super::{NewFile, ignore_file};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Template {
    /// American football, play by play: who wins, by how much, how many points.
    Nfl,
    /// League of Legends: who wins, at ten and fifteen minutes and minute by minute.
    Lol,
}

const NFL: &[(&str, &str)] = &[
    ("clutch.toml", include_str!("../../notebooks-data/nfl/clutch.toml")),
    ("views/game_score.sql", include_str!("../../notebooks-data/nfl/views/game_score.sql")),
    ("views/win_probability.sql", include_str!("../../notebooks-data/nfl/views/win_probability.sql")),
];

const LOL: &[(&str, &str)] = &[
    ("clutch.toml", include_str!("../../notebooks-data/lol/clutch.toml")),
    ("views/live_state.sql", include_str!("../../notebooks-data/lol/views/live_state.sql")),
    ("views/pick_state.sql", include_str!("../../notebooks-data/lol/views/pick_state.sql")),
    ("views/state_at_10.sql", include_str!("../../notebooks-data/lol/views/state_at_10.sql")),
    ("views/state_at_15.sql", include_str!("../../notebooks-data/lol/views/state_at_15.sql")),
];

impl Template {
    pub(super) fn files(self) -> Vec<NewFile> {
        let files = match self {
            Template::Nfl => NFL,
            Template::Lol => LOL,
        };
        let files = files.iter().map(|(path, text)| NewFile { path: PathBuf::from(path), text: (*text).to_owned() });
        files.chain([ignore_file()]).collect()
    }

    pub(super) fn next_steps(self, dir: &str) -> Vec<String> {
        match self {
            Template::Nfl => vec![
                format!("clutch data simulate nfl --project {dir} --seasons 3 --seed 7"),
                format!("clutch train --project {dir} --model win_probability"),
                format!("clutch serve --project {dir}"),
            ],
            Template::Lol => vec![
                format!("clutch data simulate lol --project {dir} --matches 3000 --seed 7"),
                format!("clutch train --project {dir} --model win_probability"),
                format!("clutch serve --project {dir}"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A view that is added to a project must be added here.
    #[test]
    fn every_file_of_the_projects_is_carried() {
        for (name, carried) in [("nfl", NFL), ("lol", LOL)] {
            let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks-data").join(name).join("views");
            let mut views: Vec<String> = std::fs::read_dir(dir)
                .expect("views")
                .map(|entry| format!("views/{}", entry.expect("entry").file_name().to_string_lossy()))
                .filter(|name| name.ends_with(".sql"))
                .collect();
            views.sort();
            let carried = carried.iter().map(|(path, _)| *path).filter(|path| path.starts_with("views/"));
            assert_eq!(carried.collect::<Vec<_>>(), views);
        }
    }
}
