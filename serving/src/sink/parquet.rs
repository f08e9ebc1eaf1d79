//! A folder of Parquet files, each written whole: `PARTITION-FIRSTOFFSET.parquet`.
//!
//! A file that was written and not yet noted is written again after a crash under the same name, and so replaced.

use std::path::{Path, PathBuf};

use super::columns::SinkColumn;
use super::error::SinkError;
use super::runner::Part;

/// The folder and what its files look like.
#[derive(Debug)]
pub(super) struct ParquetFolder {
    pub(super) path: PathBuf,
    pub(super) columns: Vec<SinkColumn>,
}

impl ParquetFolder {
    pub(super) fn open(path: &Path, columns: Vec<SinkColumn>) -> Result<ParquetFolder, SinkError> {
        let failed = |source| SinkError::Io { action: "create the folder", path: path.to_path_buf(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        Ok(ParquetFolder { path: path.to_path_buf(), columns })
    }

    /// Writes one file with the records of `part`; on the disk when this returns.
    #[cfg(feature = "parquet")]
    pub(super) fn write(&self, part: &Part) -> Result<(), SinkError> {
        use super::columns::ParsedPrediction;
        use features::column::{ColumnBuilder, Table};

        let rows = part.len();
        let mut builders: Vec<ColumnBuilder> =
            self.columns.iter().map(|column| ColumnBuilder::new(column.ty, rows)).collect();
        for record in part.records() {
            let parsed = ParsedPrediction::parse(record.value, record.append_time)
                .map_err(|source| SinkError::Record { partition: part.partition, offset: record.offset, source })?;
            for (builder, column) in builders.iter_mut().zip(&self.columns) {
                builder.push(&parsed.value(column));
            }
        }
        let table = Table {
            names: self.columns.iter().map(|column| column.name.clone()).collect(),
            columns: builders.into_iter().map(ColumnBuilder::finish).collect(),
            rows,
        };
        let file = self.path.join(format!("{:04}-{:016}.parquet", part.partition, part.from));
        features::batch::write_table(&file, &table).map_err(|error| SinkError::Parquet(Box::new(error)))
    }

    /// This binary was built without Parquet; [`super::Sinks::start`] refuses such a sink.
    #[cfg(not(feature = "parquet"))]
    pub(super) fn write(&self, part: &Part) -> Result<(), SinkError> {
        let columns = self.columns.len();
        tracing::error!(path = %self.path.display(), partition = part.partition, columns, "no Parquet in this build");
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        Err(SinkError::Io { action: "write Parquet to", path: self.path.clone(), source })
    }
}
