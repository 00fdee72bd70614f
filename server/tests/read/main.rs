//! Reading and judging files, as a sender sees it: through the built `cims check`.

mod child;
mod encodings;
mod example;
mod files;
mod hostile;
mod lanes;
mod programs;
mod robust;
mod rows;
mod same;
mod structure;
mod support;
mod template;
