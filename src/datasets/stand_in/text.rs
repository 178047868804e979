//! Words for generated texts: known ones by how often they are used, made-up names, and their ranks.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::dice::{Dice, mix};
use super::{Work, files};
use crate::{Error, Result, notebook};

/// The words that hold sentences together, the most frequent one first.
pub(super) const COMMON: &str = "the and a of to is in it i this that was as with for but on \
    you are not his have be he one all at they by an who so from like or just about out her has if \
    there some what good more when very up no she would even my only really which their had can \
    see were we than been do into get will time because how people other most also after many then \
    first being him these two did way them too could through over made does any think such where \
    know off before every here still should both own while between never under again since during";

/// Words that may be drawn: each list has its most frequent word first.
pub(super) struct Vocabulary {
    words: Vec<String>,
}

/// Where the words of a list are in the vocabulary.
#[derive(Clone, Copy)]
pub(super) struct Words {
    first: usize,
    count: usize,
}

impl Vocabulary {
    pub(super) fn new() -> Vocabulary {
        Vocabulary { words: Vec::new() }
    }

    /// Adds a list of words that are separated by spaces.
    pub(super) fn add(&mut self, list: &str) -> Words {
        let first = self.words.len();
        self.words
            .extend(list.split_whitespace().map(str::to_owned));
        Words {
            first,
            count: self.words.len() - first,
        }
    }

    /// Adds made-up names.
    pub(super) fn add_names(&mut self, count: usize, seed: u64) -> Words {
        const STARTS: [&str; 16] = [
            "ba", "ca", "do", "fe", "gri", "ha", "ja", "ko", "lu", "ma", "ne", "pe", "ro", "sta",
            "tho", "wi",
        ];
        const MIDDLES: [&str; 12] = [
            "l", "n", "r", "rd", "nd", "ll", "ck", "rl", "m", "st", "v", "tt",
        ];
        const ENDS: [&str; 14] = [
            "a", "o", "en", "er", "ing", "is", "ov", "son", "ley", "man", "elli", "ez", "ton", "ow",
        ];
        let mut dice = Dice::new(seed);
        let first = self.words.len();
        let mut taken: std::collections::HashSet<String> = self.words.iter().cloned().collect();
        while self.words.len() < first + count {
            let mut name = dice.pick(&STARTS).to_owned() + dice.pick(&MIDDLES);
            if dice.chance(0.6) {
                name += dice.pick(&["a", "e", "i", "o", "u"]);
                name += dice.pick(&MIDDLES);
            }
            name += dice.pick(&ENDS);
            if taken.insert(name.clone()) {
                self.words.push(name);
            }
        }
        Words { first, count }
    }

    /// The texts with each word as its rank, from 1 for the most frequent one, and the ranks in
    /// JSON. A word that is in two lists is one word.
    pub(super) fn ranked(&self, texts: &mut [Vec<i64>]) -> String {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for word in texts.iter().flatten() {
            *counts.entry(&self.words[*word as usize]).or_default() += 1;
        }
        let mut order: Vec<(&str, u64)> = counts.into_iter().collect();
        // Words that are equally frequent stay in the order of the alphabet.
        order.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let ranks: BTreeMap<&str, i64> = (1..)
            .zip(&order)
            .map(|(rank, (word, _))| (*word, rank))
            .collect();
        let of_word: Vec<i64> = self
            .words
            .iter()
            .map(|word| ranks.get(word.as_str()).copied().unwrap_or(0))
            .collect();
        for word in texts.iter_mut().flatten() {
            *word = of_word[*word as usize];
        }
        let entries: Vec<String> = ranks
            .iter()
            .map(|(word, rank)| format!("\"{word}\": {rank}"))
            .collect();
        format!("{{{}}}", entries.join(", "))
    }
}

impl Words {
    /// A word; those at the front come more often, as in real texts.
    pub(super) fn draw(self, dice: &mut Dice) -> i64 {
        let place = (self.count as f32).powf(dice.between(0.0, 1.0)) as usize;
        (self.first + place.clamp(1, self.count) - 1) as i64
    }

    /// A word; all come equally often.
    pub(super) fn any(self, dice: &mut Dice) -> i64 {
        (self.first + dice.count(0, self.count - 1)) as i64
    }
}

/// How many words a text has: about `usual`, with few short and some long ones.
pub(super) fn length(usual: f32, dice: &mut Dice) -> usize {
    let length = (usual.ln() + dice.normal() * 0.6).exp();
    length.clamp(11.0, 2000.0) as usize
}

/// Lets `write` write `count` texts, each from dice of its own.
pub(super) fn texts(
    work: &mut Work<'_>,
    part: u64,
    count: usize,
    mut write: impl FnMut(usize, &mut Dice) -> Vec<i64>,
) -> Result<Vec<Vec<i64>>> {
    const CHUNK: usize = 1000;
    let family = mix(work.seed, part);
    let mut all = Vec::with_capacity(count);
    for index in 0..count {
        all.push(write(index, &mut Dice::new(mix(family, index as u64 + 1))));
        if (index + 1) % CHUNK == 0 {
            work.advance(CHUNK);
            if notebook::interrupted() {
                return Err(Error::interrupted("generating the stand-in"));
            }
        }
    }
    work.advance(count % CHUNK);
    Ok(all)
}

/// Writes the word index.
pub(super) fn write_index(folder: &Path, name: &str, json: &str) -> Result<()> {
    files::write(folder, name, |file| file.write_all(json.as_bytes()))
}
