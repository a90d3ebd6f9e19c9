//! Where the panes stand: tabs and splits that a person can move, and the way back to how they were.

use super::context::View;
use super::panels::{Pane, Panels};
use egui_tiles::{Behavior, Container, Linear, LinearDir, Tile, TileId, Tiles, Tree, UiResponse};

/// The panes as a new user finds them: classes at the left, gallery, map and table in the middle, one
/// object at the right.
pub fn default_tree() -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut tab = |panes: &[Pane]| {
        let ids: Vec<TileId> = panes.iter().map(|p| tiles.insert_pane(*p)).collect();
        tiles.insert_tab_tile(ids)
    };
    let labels = tab(&[Pane::Labels, Pane::Jobs]);
    let middle = tab(&[Pane::Gallery, Pane::Image, Pane::Table, Pane::Evaluation]);
    let lower = tab(&[Pane::Map, Pane::Plots]);
    let inspector = tab(&[Pane::Inspector]);
    let mut right = Linear::new(LinearDir::Vertical, vec![inspector, lower]);
    right.shares.set_share(inspector, 0.55);
    right.shares.set_share(lower, 0.45);
    let right = tiles.insert_container(right);
    let mut root = Linear::new(LinearDir::Horizontal, vec![labels, middle, right]);
    root.shares.set_share(labels, 0.19);
    root.shares.set_share(middle, 0.5);
    root.shares.set_share(right, 0.31);
    let root = tiles.insert_container(root);
    Tree::new(egui::Id::unique("dock"), root, tiles)
}

/// Brings a pane to the front; a pane that was closed comes back.
pub fn show(tree: &mut Tree<Pane>, pane: Pane) {
    let found = tree.tiles.iter().find_map(|(id, tile)| match tile {
        Tile::Pane(p) if *p == pane => Some(*id),
        _ => None,
    });
    let id = match found {
        Some(id) => id,
        None => {
            let id = tree.tiles.insert_pane(pane);
            // Into the first tabs there are.
            let tabs = tree.tiles.iter().find_map(|(id, tile)| match tile {
                Tile::Container(Container::Tabs(_)) => Some(*id),
                _ => None,
            });
            match tabs.and_then(|t| tree.tiles.get_mut(t)) {
                Some(Tile::Container(container)) => container.add_child(id),
                _ => *tree = default_tree(),
            }
            id
        }
    };
    tree.make_active(|tile, _| tile == id);
}

/// Draws panes and tabs.
pub struct Dock<'a, 'v> {
    /// What the panes keep.
    pub panels: &'a mut Panels,
    /// What they see.
    pub view: &'a View<'v>,
}

impl Behavior<Pane> for Dock<'_, '_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let panels = &mut *self.panels;
        egui::Frame::NONE
            .inner_margin(6.0)
            .show(ui, |ui| panels.ui(*pane, ui, self.view));
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        let mut title = pane.title().to_owned();
        if *pane == Pane::Jobs {
            let running = self.view.jobs.running().len();
            if running > 0 {
                title = format!("{title} ({running})");
            }
        }
        title.into()
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions {
            all_panes_must_have_tabs: true,
            ..Default::default()
        }
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }
}
