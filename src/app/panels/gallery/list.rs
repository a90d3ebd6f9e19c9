//! What the gallery lists and where each object stands in it.

use crate::app::context::View;
use crate::app::listing::{Listing, Order, Placed};
use crate::app::live::Found;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which objects are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Source {
    /// All that the filter lets through.
    #[default]
    All,
    /// Those that were chosen.
    Selected,
    /// What a search brought, most similar first.
    Found,
    /// All, strangest first.
    Strangest,
    /// What to label next.
    Queue,
}

impl Source {
    /// All, in the order to offer them.
    pub const ALL: [Self; 5] = [
        Self::All,
        Self::Selected,
        Self::Found,
        Self::Strangest,
        Self::Queue,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Selected => "Selected",
            Self::Found => "Found",
            Self::Strangest => "Strangest",
            Self::Queue => "Label next",
        }
    }

    /// What it lists.
    pub fn help(self) -> &'static str {
        match self {
            Self::All => "All objects that the filter lets through",
            Self::Selected => "The selected objects; looking at one of them keeps the list",
            Self::Found => "What the newest search found, most similar first",
            Self::Strangest => "All objects that the filter lets through, strangest first",
            Self::Queue => "The objects whose labels would teach the classifier most",
        }
    }

    /// What its own order is called.
    pub fn own_order(self) -> &'static str {
        match self {
            Self::All | Self::Selected => "catalogue order",
            Self::Found => "most similar",
            Self::Strangest => "strangest",
            Self::Queue => "most useful",
        }
    }

    /// The order to sort by when a person asks for `asked`.
    fn order(self, asked: &Order) -> Order {
        if asked.column.is_empty() && self == Self::Strangest {
            return Order {
                column: "anomaly_rank".to_owned(),
                descending: asked.descending,
            };
        }
        asked.clone()
    }

    /// Its place in [`Source::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}

/// What a held order was made for.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    source: Source,
    order: Order,
    only: Option<Arc<Vec<u32>>>,
    survey: u64,
    visible: u64,
}

/// The gallery's list, made off the window's thread.
#[derive(Default)]
pub struct List {
    listing: Listing,
    placed: Option<Arc<Placed>>,
    asked: Option<Asked>,
    found: Option<(Arc<Found>, Arc<Vec<u32>>)>,
    chosen: Arc<Vec<u32>>,
    seen_selection: Option<u64>,
    /// Set when the gallery itself changes the selection: that leaves the list of chosen objects as it is.
    pub own_click: bool,
}

impl List {
    /// The newest list there is.
    pub fn placed(&self) -> Option<&Arc<Placed>> {
        self.placed.as_ref()
    }

    /// Whether a newer list is being made.
    pub fn is_pending(&self) -> bool {
        self.listing.is_pending()
    }

    /// The chosen objects as they are listed.
    pub fn chosen(&self) -> &Arc<Vec<u32>> {
        &self.chosen
    }

    /// Keeps the list in step with what it is made from. With `hold` the order stays while values
    /// change.
    pub fn follow(
        &mut self,
        ctx: &egui::Context,
        view: &View<'_>,
        source: Source,
        order: &Order,
        hold: bool,
    ) -> Option<Arc<Placed>> {
        self.follow_selection(view, source);
        let asked = Asked {
            source,
            order: source.order(order),
            only: self.only(view, source),
            survey: view.survey.generation,
            visible: view.visible.generation,
        };
        let holds = hold && self.placed.is_some() && self.asked.as_ref() == Some(&asked);
        if !holds {
            let from = (view.survey.generation, view.columns, view.live);
            let made = self
                .listing
                .get(ctx, from, view.visible, &asked.order, asked.only.as_ref());
            if made.is_some() {
                self.placed = made;
            }
            self.asked = Some(asked);
        }
        self.placed.clone()
    }

    /// While the chosen objects are listed they stay listed when one of them is looked at.
    fn follow_selection(&mut self, view: &View<'_>, source: Source) {
        let stays = source == Source::Selected && !self.chosen.is_empty();
        let own = std::mem::take(&mut self.own_click) && stays;
        if self.seen_selection == Some(view.selection.generation) {
            return;
        }
        self.seen_selection = Some(view.selection.generation);
        let set = view.selection.set();
        let within = match set.as_slice() {
            [one] => stays && self.chosen.binary_search(one).is_ok(),
            _ => false,
        };
        if !own && !within {
            self.chosen = set.clone();
        }
    }

    fn only(&mut self, view: &View<'_>, source: Source) -> Option<Arc<Vec<u32>>> {
        match source {
            Source::All | Source::Strangest => None,
            Source::Selected => Some(self.chosen.clone()),
            Source::Found => {
                let found = view.live.found.as_ref()?;
                let is_held = self.found.as_ref().is_some_and(|(f, _)| Arc::ptr_eq(f, found));
                if !is_held {
                    self.found = Some((found.clone(), Arc::new(found.order.clone())));
                }
                self.found.as_ref().map(|(_, order)| order.clone())
            }
            Source::Queue => {
                let free = |o: &u32| view.live.label_of(*o).is_none();
                let rows = view.live.suggestions.iter().map(|s| s.row as u32);
                Some(Arc::new(rows.filter(free).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strangest_come_first_unless_asked_otherwise() {
        let own = Source::Strangest.order(&Order::default());
        assert_eq!((own.column.as_str(), own.descending), ("anomaly_rank", false));
        let asked = Order {
            column: "mag_r".into(),
            descending: true,
        };
        assert_eq!(Source::Strangest.order(&asked), asked);
        assert_eq!(Source::Found.order(&Order::default()), Order::default());
        for (i, source) in Source::ALL.into_iter().enumerate() {
            assert_eq!(source.index(), i);
        }
    }
}
