//! The menus that actions stand in.

/// The menu an action stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Files and projects.
    File,
    /// Undo, redo, choosing.
    Edit,
    /// Labels and marks.
    Label,
    /// Embedding, searching, ranking, mapping.
    Objects,
    /// Panes, theme, zoom.
    View,
    /// Help.
    Help,
}

impl Menu {
    /// All, as they stand in the bar.
    pub const ALL: [Self; 6] = [
        Self::File,
        Self::Edit,
        Self::Label,
        Self::Objects,
        Self::View,
        Self::Help,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Edit => "Edit",
            Self::Label => "Label",
            Self::Objects => "Objects",
            Self::View => "View",
            Self::Help => "Help",
        }
    }
}
