//! What the tests of the repository share.
