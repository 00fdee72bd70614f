//! The way of a delivery: receive, read, check, match, store, answer (architecture §3).
//! Memory is flat whatever the size of the file; a kill at any instant loses nothing and doubles nothing.

pub mod answer;
pub(crate) mod answer_files;
pub mod check;
pub mod decide;
pub mod freed;
pub mod judge;
mod lanes;
pub mod link;
pub mod lists;
pub mod matching;
pub mod measure;
pub mod mend;
pub mod noted;
pub mod own_file;
pub mod process;
pub mod read;
pub mod receive;
pub mod recheck;
pub mod reject;
pub mod release_list;
pub mod retain;
mod road;
pub mod scan;
pub mod show;
pub mod store;
pub mod suggest;
pub mod template;
pub mod tidy;
pub mod withdraw;

pub use road::{Blob, Clock, Road, work};
