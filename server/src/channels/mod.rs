//! Other ways in than the portal: SFTP, Zorgmail, GGD, LSP, paper. All map down to the raw row.

pub mod sftp;
