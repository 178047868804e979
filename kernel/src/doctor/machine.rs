//! The machine: processors and memory.

use std::path::{Path, PathBuf};

use kerust::{GpuSetup, gpu_setup};

use super::Finding;
use super::programs::{find, size};

/// With less memory than this, in bytes, compilers and training fail early.
const LITTLE_MEMORY: u64 = 1 << 30;

pub(super) fn look() -> Vec<Finding> {
    vec![processor(), graphics(), memory()]
}

fn processor() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = if cores == 1 {
        "1 core".to_owned()
    } else {
        format!("{cores} cores")
    };
    match processor_name() {
        Some(name) => Finding::ok("CPU", format!("{cores}, {name}")),
        None => Finding::ok("CPU", cores),
    }
}

fn processor_name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn graphics() -> Finding {
    const SUBJECT: &str = "GPU";
    let has_tool = find("nvidia-smi").is_some();
    match gpu_setup() {
        GpuSetup::Works(text) => Finding::ok(SUBJECT, text),
        GpuSetup::NotWanted => Finding::ok(SUBJECT, "not used: `KERUST_DEVICE` chooses the CPU"),
        GpuSetup::NoDriver | GpuSetup::NotBuilt if !has_tool => {
            Finding::ok(SUBJECT, "no NVIDIA GPU: everything is computed on the CPU")
        }
        GpuSetup::NotBuilt => Finding::warning(
            SUBJECT,
            "this build of kerust knows no GPUs: everything is computed on the CPU",
            "build it with the feature `cuda`",
        ),
        GpuSetup::NoDriver => Finding::warning(
            SUBJECT,
            "`nvidia-smi` is here, but the driver's library, `libcuda.so.1`, is not: everything is \
             computed on the CPU",
            "install NVIDIA's driver; start a container with `--gpus all`",
        ),
        GpuSetup::Fails(what, remedy) => {
            let text = format!("{what}: everything is computed on the CPU");
            Finding::warning(SUBJECT, text, remedy)
        }
    }
}

fn memory() -> Finding {
    const SUBJECT: &str = "memory";
    let Some(total) = from_table("MemTotal:") else {
        return Finding::ok(SUBJECT, "unknown on this system");
    };
    let available = from_table("MemAvailable:").unwrap_or(total);
    let mut text = format!("{}, {} of it free", size(total), size(available));
    let mut usable = available;
    let limits = [
        (container_limit(), "this container or service"),
        (process_limit(), "`ulimit -v`"),
    ];
    for (limit, by) in limits {
        if let Some(limit) = limit.filter(|limit| *limit < total) {
            text.push_str(&format!("; limited to {} by {by}", size(limit)));
            usable = usable.min(limit);
        }
    }
    if usable < LITTLE_MEMORY {
        return Finding::warning(
            SUBJECT,
            text,
            "close other programs or raise the limit: compiling and training may fail",
        );
    }
    Finding::ok(SUBJECT, text)
}

/// A line of the system's table of memory, in bytes.
fn from_table(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The least that a control group around this process allows.
fn container_limit() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, group) = (fields.next()?, fields.next()?);
            if controllers.is_empty() {
                least_above("/sys/fs/cgroup", group, "memory.max")
            } else if controllers.split(',').any(|name| name == "memory") {
                least_above("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes")
            } else {
                None
            }
        })
        .min()
}

/// The least number in the files called `name` from `group` up to `root`.
fn least_above(root: &str, group: &str, name: &str) -> Option<u64> {
    let root = Path::new(root);
    let mut folder: PathBuf = root.join(group.trim_start_matches('/'));
    let mut least = None;
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join(name))
            && let Ok(limit) = text.trim().parse::<u64>()
        {
            least = Some(least.map_or(limit, |least: u64| least.min(limit)));
        }
        if folder == root || !folder.pop() {
            return least;
        }
    }
}

fn process_limit() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: `getrlimit` writes to the structure, which lives as long as the call.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    (asked == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}
