//! Dropping files on a window as a file manager does: the source's side of XDND version 5
//! (freedesktop.org, "Drag-and-Drop Protocol for the X Window System").

use std::path::Path;
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, GrabStatus,
    PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const PATIENCE: Duration = Duration::from_secs(20);

/// The number of the window whose title is `name`, once it is mapped.
pub fn window_called(display: &str, name: &str) -> Option<Window> {
    let (x, screen) = RustConnection::connect(Some(display)).ok()?;
    let root = x.setup().roots[screen].root;
    let mut open = vec![root];
    while let Some(window) = open.pop() {
        let title = x
            .get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64)
            .ok()?
            .reply()
            .ok();
        if title.is_some_and(|t| t.value == name.as_bytes()) {
            return Some(window);
        }
        open.extend(x.query_tree(window).ok()?.reply().ok()?.children);
    }
    None
}

/// Drops files on a window: `at` a place (parts of its width and height), with the pointer held and let
/// go as a file manager does, so that the window hears of the pointer when the drag has ended and not
/// before; or in its middle, and nobody says where the pointer is.
pub fn drop_files(display: &str, target: Window, files: &[&Path], at: Option<(f64, f64)>) {
    let (x, screen) = RustConnection::connect(Some(display)).unwrap();
    let root = x.setup().roots[screen].root;
    let atom = |name: &str| {
        x.intern_atom(false, name.as_bytes())
            .unwrap()
            .reply()
            .unwrap()
            .atom
    };
    let (selection, uri_list, copy) = (
        atom("XdndSelection"),
        atom("text/uri-list"),
        atom("XdndActionCopy"),
    );
    let source = x.generate_id().unwrap();
    x.create_window(
        0,
        source,
        root,
        0,
        0,
        1,
        1,
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        &CreateWindowAux::new()
            .event_mask(EventMask::PROPERTY_CHANGE)
            .override_redirect(1),
    )
    .unwrap();
    // Only a window that can be seen may hold the pointer.
    x.map_window(source).unwrap();
    x.set_selection_owner(source, selection, x11rb::CURRENT_TIME)
        .unwrap();
    let uris: String = files
        .iter()
        .map(|f| format!("file://{}\r\n", percent_encoded(f)))
        .collect();

    let send = |kind: &str, data: [u32; 5]| {
        let message = ClientMessageEvent::new(32, target, atom(kind), data);
        x.send_event(false, target, EventMask::NO_EVENT, message).unwrap();
        x.flush().unwrap();
    };
    // Answers requests for the selection until a message of this kind comes.
    let until = |kind: &str| {
        let wanted = atom(kind);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match x.poll_for_event().unwrap() {
                Some(Event::SelectionRequest(ask)) => {
                    x.change_property8(
                        PropMode::REPLACE,
                        ask.requestor,
                        ask.property,
                        uri_list,
                        uris.as_bytes(),
                    )
                    .unwrap();
                    let answer = SelectionNotifyEvent {
                        response_type: SELECTION_NOTIFY_EVENT,
                        sequence: 0,
                        time: ask.time,
                        requestor: ask.requestor,
                        selection: ask.selection,
                        target: ask.target,
                        property: ask.property,
                    };
                    x.send_event(false, ask.requestor, EventMask::NO_EVENT, answer)
                        .unwrap();
                    x.flush().unwrap();
                }
                Some(Event::ClientMessage(message)) if message.type_ == wanted => return,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        panic!("the window never answered with {kind}");
    };
    let size = x.get_geometry(target).unwrap().reply().unwrap();
    let place = x
        .translate_coordinates(target, root, 0, 0)
        .unwrap()
        .reply()
        .unwrap();
    let (right, down) = at.unwrap_or((0.5, 0.5));
    let (px, py) = (
        place.dst_x + (f64::from(size.width) * right) as i16,
        place.dst_y + (f64::from(size.height) * down) as i16,
    );
    if at.is_some() {
        let grabbed = x
            .grab_pointer(
                false,
                source,
                EventMask::BUTTON_RELEASE,
                GrabMode::ASYNC,
                GrabMode::ASYNC,
                x11rb::NONE,
                x11rb::NONE,
                x11rb::CURRENT_TIME,
            )
            .unwrap();
        assert_eq!(grabbed.reply().unwrap().status, GrabStatus::SUCCESS);
        x.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, px, py).unwrap();
    }
    let at = ((px as u32) << 16) | (py as u32 & 0xffff);
    send("XdndEnter", [source, 5 << 24, uri_list, 0, 0]);
    send("XdndPosition", [source, 0, at, x11rb::CURRENT_TIME, copy]);
    until("XdndStatus");
    send("XdndDrop", [source, 0, x11rb::CURRENT_TIME, 0, 0]);
    x.ungrab_pointer(x11rb::CURRENT_TIME).unwrap();
    x.flush().unwrap();
    until("XdndFinished");
}

/// A path as it stands in a URI: letters, digits and `/-_.~` as they are.
fn percent_encoded(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap();
    path.to_str()
        .unwrap()
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                (b as char).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
