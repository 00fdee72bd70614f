//! Reading and judging files, as a sender sees it: through the built `cims check`.

mod cases;
mod child;
mod encodings;
mod example;
mod exports;
mod files;
mod hostile;
mod lanes;
mod programs;
mod robust;
mod rows;
mod same;
#[path = "../support/shown.rs"]
mod shown;
mod structure;
mod support;
mod template;
#[path = "../support/workbooks.rs"]
mod workbooks;
