//! Opening the window: which renderer, which files, and an error in words where there is no display.

use super::files::SystemPicker;
use super::shell::Window;
use std::path::PathBuf;
use std::sync::Arc;

/// What draws the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum RendererChoice {
    /// wgpu where there is a graphics card, else OpenGL.
    #[default]
    Auto,
    /// wgpu: Vulkan, Metal, DirectX.
    Wgpu,
    /// OpenGL, which is also the faster one without a graphics card.
    Glow,
}

/// What to open the window with.
#[derive(Debug, Clone, Default)]
pub struct LaunchOptions {
    /// Files, folders or a project to open.
    pub paths: Vec<PathBuf>,
    /// The project to open, made if there is none.
    pub project: Option<PathBuf>,
    /// What draws.
    pub renderer: RendererChoice,
}

/// Opens the window and returns when it is closed.
pub fn launch(options: LaunchOptions) -> anyhow::Result<()> {
    eframe::run_native(
        "astrolabel",
        native_options(renderer_of(options.renderer)),
        Box::new(move |cc| {
            let mut window = Window::new(cc, Arc::new(SystemPicker));
            if display() == Display::WithoutDrops {
                window.promise_no_drops();
            }
            window.open_at_start(options.project, options.paths);
            Ok(Box::new(window))
        }),
    )
    .map_err(|why| {
        anyhow::anyhow!(
            "the window can't be opened: {why}. Without a display the commands do the same work (`astrolabel --help`); \
             with one, try `--renderer glow` or `--renderer wgpu`"
        )
    })
}

/// What draws, where it was left open.
pub(super) fn renderer_of(choice: RendererChoice) -> eframe::Renderer {
    match choice {
        RendererChoice::Wgpu => eframe::Renderer::Wgpu,
        RendererChoice::Glow => eframe::Renderer::Glow,
        RendererChoice::Auto => best_renderer(),
    }
}

/// How the window is made.
pub(super) fn native_options(renderer: eframe::Renderer) -> eframe::NativeOptions {
    super::background::start_shared_threads();
    eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Astrolabel")
            .with_app_id("astrolabel")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([720.0, 480.0])
            .with_drag_and_drop(true),
        renderer,
        // A pixel is shown in the colour it was given; and noise for each pixel takes a processor that
        // plays the graphics card a good part of a frame.
        dithering: false,
        event_loop_builder: event_loop(),
        ..Default::default()
    }
}

/// What shows the window, as far as dropping files on it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Display {
    /// What winit finds by itself takes drops.
    AsFound,
    /// Wayland is there, and an X server beside it.
    PreferX11,
    /// Nothing but Wayland.
    WithoutDrops,
}

/// winit 0.30 hears of no file that is dropped on a Wayland window. Dropping is the way into this
/// program, so the X server that nearly every Wayland desktop has beside it (XWayland) is preferred.
#[cfg(target_os = "linux")]
fn display() -> Display {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    let is_wayland = set("WAYLAND_DISPLAY").or_else(|| set("WAYLAND_SOCKET")).is_some();
    let x = set("DISPLAY").map(|d| d.to_string_lossy().into_owned());
    display_of(is_wayland, x.as_deref(), |number| {
        // A variable can outlive its server, and then nothing would open at all.
        std::os::unix::net::UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).is_ok()
    })
}

#[cfg(not(target_os = "linux"))]
fn display() -> Display {
    Display::AsFound
}

#[cfg(any(target_os = "linux", test))]
fn display_of(is_wayland: bool, x: Option<&str>, answers: impl Fn(u32) -> bool) -> Display {
    if !is_wayland {
        return Display::AsFound;
    }
    // `:0` or `:0.0`; a server on another machine is not the one beside this Wayland.
    let number = x
        .and_then(|d| d.strip_prefix(':'))
        .and_then(|d| d.split('.').next()?.parse().ok());
    if number.is_some_and(answers) {
        Display::PreferX11
    } else {
        Display::WithoutDrops
    }
}

#[cfg(target_os = "linux")]
fn event_loop() -> Option<eframe::EventLoopBuilderHook> {
    use winit::platform::x11::EventLoopBuilderExtX11;
    let prefers = display() == Display::PreferX11;
    prefers.then(|| -> eframe::EventLoopBuilderHook {
        Box::new(|builder| {
            builder.with_x11();
        })
    })
}

#[cfg(not(target_os = "linux"))]
fn event_loop() -> Option<eframe::EventLoopBuilderHook> {
    None
}

/// wgpu if a real graphics card answers; a processor that pretends to be one is five times slower
/// through wgpu than through OpenGL.
fn best_renderer() -> eframe::Renderer {
    use eframe::wgpu;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = pollster_block(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    let has_card = adapters.iter().any(|a| {
        matches!(
            a.get_info().device_type,
            wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::IntegratedGpu
        )
    });
    if has_card {
        eframe::Renderer::Wgpu
    } else {
        eframe::Renderer::Glow
    }
}

/// Waits for a future that is ready at once, as wgpu's are on a desktop.
fn pollster_block<F: std::future::Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x11_is_preferred_where_it_answers_beside_wayland() {
        let zero = |n| n == 0;
        assert_eq!(display_of(true, Some(":0"), zero), Display::PreferX11);
        assert_eq!(display_of(true, Some(":0.0"), zero), Display::PreferX11);
        assert_eq!(
            display_of(true, Some(":1"), zero),
            Display::WithoutDrops,
            "no server there"
        );
        assert_eq!(
            display_of(true, Some("far:0"), zero),
            Display::WithoutDrops,
            "elsewhere"
        );
        assert_eq!(display_of(true, None, zero), Display::WithoutDrops);
        assert_eq!(display_of(false, Some(":0"), zero), Display::AsFound);
        assert_eq!(display_of(false, None, zero), Display::AsFound);
    }
}
