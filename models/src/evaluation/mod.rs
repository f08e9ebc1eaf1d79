//! Metrics, group bootstrap and paired comparisons: once, for training, comparison and monitoring alike.
