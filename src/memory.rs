//! How much memory this program may still take, so that running out of it is foreseen: what the
//! machine has left, what the limits of its group (a container, a batch system) and of its process
//! (`ulimit -v`) leave, and what a person allows by `ASTROLABEL_MEMORY`.
//!
//! Told from files below `/proc` and `/sys/fs/cgroup`; where there are none, nothing is known and
//! nothing is limited.

use std::path::{Path, PathBuf};

/// Environment variable for the most memory to reckon with: bytes, or a number and `K`, `M` or `G`.
pub const VARIABLE: &str = "ASTROLABEL_MEMORY";

/// Memory that may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// Bytes.
    pub bytes: u64,
    /// What ends first.
    pub limit: Limit,
}

/// What limits the memory of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// What the machine has left.
    Machine,
    /// The limit of a group of processes, such as a container.
    Group,
    /// The limit of this process's addresses.
    Process,
    /// What [`VARIABLE`] says.
    Asked,
}

impl Free {
    /// For people: `310 MB may be used within the limit of this container or job`.
    pub fn sentence(&self) -> String {
        let why = match self.limit {
            Limit::Machine => "on this machine".to_owned(),
            Limit::Group => "within the limit of this container or job".to_owned(),
            Limit::Process => "within this process's limit (ulimit -v)".to_owned(),
            Limit::Asked => format!("as {VARIABLE} says"),
        };
        format!("{} may be used {why}", human(self.bytes))
    }
}

/// The memory that may be taken now; `None` where nobody tells.
pub fn free() -> Option<Free> {
    let asked = std::env::var(VARIABLE).ok().and_then(|text| parse(&text));
    let asked = asked.map(|bytes| Free {
        bytes,
        limit: Limit::Asked,
    });
    least([free_below(Path::new("/")), asked])
}

/// As [`free`], without the variable and with the system's files below `root`.
pub fn free_below(root: &Path) -> Option<Free> {
    let proc = root.join("proc");
    let free = |bytes: Option<u64>, limit| bytes.map(|bytes| Free { bytes, limit });
    least([
        free(in_kb(&proc.join("meminfo"), "MemAvailable:"), Limit::Machine),
        free(left_to_group(root), Limit::Group),
        free(left_to_process(&proc), Limit::Process),
    ])
}

/// Bytes as `K`, `M` or `G` say them.
fn parse(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches(['B', 'b']);
    let (number, unit) = match text.chars().last()?.to_ascii_uppercase() {
        'K' => (&text[..text.len() - 1], 1e3),
        'M' => (&text[..text.len() - 1], 1e6),
        'G' => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = number.trim().parse().ok()?;
    (number >= 0.0 && number.is_finite()).then_some((number * unit) as u64)
}

/// `1.2 GB`, `310 MB`, `64 kB`.
pub fn human(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} kB", b / 1e3),
    }
}

fn least<const N: usize>(known: [Option<Free>; N]) -> Option<Free> {
    known.into_iter().flatten().min_by_key(|f| f.bytes)
}

/// The number behind `name` at the start of a line.
fn number(path: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let rest = text.lines().find_map(|l| l.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn in_kb(path: &Path, name: &str) -> Option<u64> {
    number(path, name)?.checked_mul(1024)
}

/// What the soft limit of addresses leaves.
fn left_to_process(proc: &Path) -> Option<u64> {
    let limit = number(&proc.join("self/limits"), "Max address space")?;
    let used = in_kb(&proc.join("self/status"), "VmSize:")?;
    Some(limit.saturating_sub(used))
}

/// What the groups of this process and those above them leave; their cached files don't count, since
/// they make room.
fn left_to_group(root: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut least: Option<u64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (top, names) = if controllers.is_empty() {
            // The second version: one tree.
            (
                root.join("sys/fs/cgroup"),
                ["memory.max", "memory.current", "inactive_file "],
            )
        } else if controllers.split(',').any(|c| c == "memory") {
            let names = [
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file ",
            ];
            (root.join("sys/fs/cgroup/memory"), names)
        } else {
            continue;
        };
        let mut group: PathBuf = top.join(path.trim_start_matches('/'));
        while group.starts_with(&top) {
            let limit = number(&group.join(names[0]), "");
            let used = number(&group.join(names[1]), "");
            if let (Some(limit), Some(used)) = (limit, used) {
                let cached = number(&group.join("memory.stat"), names[2]).unwrap_or(0);
                let left = limit.saturating_sub(used.saturating_sub(cached));
                least = Some(least.map_or(left, |l| l.min(left)));
            }
            if !group.pop() {
                break;
            }
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const MACHINE: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:  16000000 kB\nMemFree: 10 kB\nMemAvailable:    8000000 kB\n",
    );

    #[test]
    fn the_narrowest_limit_counts() {
        let unlimited = (
            "proc/self/limits",
            "Limit  Soft  Hard  Units\nMax address space         unlimited            unlimited            bytes\n",
        );
        let root = system(&[MACHINE, unlimited]);
        let machine = Free {
            bytes: 8_192_000_000,
            limit: Limit::Machine,
        };
        assert_eq!(free_below(root.path()), Some(machine));

        let limited = (
            "proc/self/limits",
            "Max address space         3221225472           unlimited   bytes\n",
        );
        let used = ("proc/self/status", "VmPeak: 9 kB\nVmSize:\t 1048576 kB\n");
        let root = system(&[MACHINE, limited, used]);
        let process = Free {
            bytes: 2 << 30,
            limit: Limit::Process,
        };
        assert_eq!(free_below(root.path()), Some(process));
        assert_eq!(free_below(&root.path().join("nowhere")), None);
    }

    #[test]
    fn groups_of_both_versions_limit_with_those_above_them() {
        let root = system(&[
            MACHINE,
            ("proc/self/cgroup", "0::/pod/job\n"),
            ("sys/fs/cgroup/pod/memory.max", "1000000000\n"),
            ("sys/fs/cgroup/pod/memory.current", "700000000\n"),
            (
                "sys/fs/cgroup/pod/memory.stat",
                "anon 1\ninactive_file 200000000\n",
            ),
            ("sys/fs/cgroup/pod/job/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/job/memory.current", "5\n"),
        ]);
        let second = Free {
            bytes: 500_000_000,
            limit: Limit::Group,
        };
        assert_eq!(free_below(root.path()), Some(second));
        let root = system(&[
            MACHINE,
            ("proc/self/cgroup", "9:cpu,cpuacct:/x\n5:memory:/job\n"),
            ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "400000000\n"),
            ("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "500000000\n"),
        ]);
        assert_eq!(
            free_below(root.path()).map(|f| (f.bytes, f.limit)),
            Some((0, Limit::Group))
        );
    }

    #[test]
    fn sizes_are_read_and_said_as_people_do() {
        let read: Vec<_> = ["2000", "64k", "1.5 GB", "300M", "", "much", "-1"]
            .map(parse)
            .to_vec();
        let said = [
            Some(2000),
            Some(64_000),
            Some(1_500_000_000),
            Some(300_000_000),
            None,
            None,
            None,
        ];
        assert_eq!(read, said);
        assert_eq!(human(1_240_000_000), "1.2 GB");
        assert_eq!(human(310_400_000), "310 MB");
    }
}
