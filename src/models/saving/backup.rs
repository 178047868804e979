//! Backups: all that a training run needs to go on in another process, in one file.

use std::path::Path;

use super::container::Container;
use super::file::{self, Manner};
use super::names::CALLBACKS;
use super::tensors::{Besides, load, save};
use crate::models::model::Model;
use crate::{Error, Result, Tensor};

impl Model {
    /// Writes weights and optimizer together with a run's own state (`run`, in JSON) and what its
    /// callbacks remember (`tensors`), in one step.
    pub(crate) fn save_backup(&self, path: &Path, run: String, tensors: &[Tensor]) -> Result<()> {
        let manner = Manner {
            overwrite: true,
            durable: true,
        };
        let more = Besides {
            run: Some(run),
            tensors,
            ..Besides::default()
        };
        let optimizer = self.compiled.as_ref().map(|compiled| &compiled.optimizer);
        save(&self.graph, optimizer, path, &manner, more)
    }

    /// Takes weights and optimizer from a backup, and returns the rest.
    pub(crate) fn load_backup(&mut self, path: &Path) -> Result<(String, Vec<Tensor>)> {
        let path = file::expanded(path);
        let container = Container::open(&path)?;
        let other = |what: &str| {
            Error::data(format!("`{}` is {what}", path.display()))
                .remedy("delete the file to begin anew, or choose another `backup_dir`")
        };
        let about = container.about.clone().unwrap_or_default();
        let Some(run) = about.run else {
            return Err(other("no backup of a training run"));
        };
        let compiled = self.compiled.as_ref();
        let own = compiled.map_or_else(String::new, |compiled| compiled.optimizer.kind());
        let steps = match &about.optimizer {
            Some((name, _)) if *name != own => {
                let what = format!("of a run with the optimizer `{name}`, not `{own}`");
                return Err(other(&what));
            }
            Some((_, steps)) => *steps,
            None => 0,
        };
        let ours = container.tensors.iter();
        let count = ours.filter(|entry| entry.name.starts_with(CALLBACKS));
        let names: Vec<String> = (0..count.count())
            .map(|i| format!("{CALLBACKS}{i}"))
            .collect();
        let mut read = container.read(&names)?;
        let tensors: Option<Vec<Tensor>> = names.iter().map(|name| read.remove(name)).collect();
        let tensors = tensors.ok_or_else(|| other("not whole"))?;
        let optimizer = self.compiled.as_mut().map(|c| &mut c.optimizer);
        load(&mut self.graph, optimizer, &path)?;
        if let Some(compiled) = &mut self.compiled {
            match steps {
                0 => compiled.optimizer.restart(),
                steps if compiled.optimizer.iterations() != steps => {
                    return Err(other("of a run with another optimizer"));
                }
                _ => {}
            }
        }
        Ok((run, tensors))
    }
}
