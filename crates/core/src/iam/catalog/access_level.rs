//! The access levels that AWS names for each action.

/// What an action does to what it is applied to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads what a resource holds.
    Read,
    /// Makes, changes or deletes resources.
    Write,
    /// Grants or takes rights.
    PermissionsManagement,
    /// Changes tags only.
    Tagging,
}

impl AccessLevel {
    /// Every level, the least powerful first.
    pub const ALL: [Self; 5] =
        [Self::List, Self::Read, Self::Tagging, Self::Write, Self::PermissionsManagement];

    /// AWS's name for it, `Permissions management`.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
            Self::Tagging => "Tagging",
        }
    }

    pub(super) fn bit(self) -> u32 {
        match self {
            Self::List => 1,
            Self::Read => 2,
            Self::Write => 4,
            Self::PermissionsManagement => 8,
            Self::Tagging => 16,
        }
    }
}
