//! A stand-in for the IMDB reviews: praise and blame in words that say which it is.

use super::dice::{Dice, mix};
use super::text::{self, COMMON, Vocabulary, Words};
use super::write_npz::{self, Array};
use super::{Work, files};
use crate::Result;
use crate::datasets::imdb;

const FILM: &str = "film movie story character characters scene scenes plot acting actor actors director \
    show series role cast action comedy drama horror music end ending beginning screen camera \
    dialogue script life world man woman girl boy family war love death house night day year years \
    book version original sequel effects performance performances audience hollywood television dvd \
    cinema production budget song songs dance police town school mother father friend friends wife \
    husband children kids job line lines watch watching watched seen look looks play played plays \
    feel felt find found give gives take takes turn turns part moment moments minutes hour episode \
    murder killer money game dog city american british french japanese star stars writer writing \
    theme tension romance mystery fantasy adventure documentary cartoon animation history";
const PRAISE: &str = "great best love well excellent wonderful perfect beautiful brilliant amazing \
    superb fantastic enjoyed favorite loved outstanding touching powerful memorable masterpiece fun \
    funny highly recommended recommend classic enjoyable delightful moving charming gripping \
    stunning hilarious terrific fascinating unforgettable believable clever fresh flawless gem \
    heartwarming impressive incredible inspired magnificent marvelous refreshing remarkable \
    satisfying sensitive splendid subtle warm witty wonderfully beautifully perfectly brilliantly";
const BLAME: &str = "bad worst boring terrible awful waste poor stupid horrible dull worse poorly \
    lame crap ridiculous annoying disappointing disappointed mess badly unfortunately predictable \
    avoid pointless laughable pathetic dreadful cheap weak mediocre unconvincing tedious fails failed \
    failure garbage lousy painful wasted wooden nonsense flat forgettable incoherent insult \
    miserable unfunny unwatchable amateurish bland cliched contrived embarrassing endless hated \
    incompetent lacks ludicrous shallow sloppy terribly trash uninspired unbearable";

/// Rarer words, which fill the index.
const NAMES: usize = 12_000;
/// The usual number of words of a review.
const USUAL: f32 = 175.0;

struct Lists {
    common: Words,
    film: Words,
    praise: Words,
    blame: Words,
    names: Words,
    not: Words,
}

/// `imdb.npz` and `imdb_word_index.json`.
pub(in crate::datasets) fn write_imdb(work: &mut Work<'_>) -> Result<()> {
    let mut vocabulary = Vocabulary::new();
    let lists = Lists {
        common: vocabulary.add(COMMON),
        film: vocabulary.add(FILM),
        praise: vocabulary.add(PRAISE),
        blame: vocabulary.add(BLAME),
        not: vocabulary.add("not never hardly"),
        names: vocabulary.add_names(NAMES, mix(work.seed, 7)),
    };
    let mut texts = Vec::new();
    let mut labels = Vec::new();
    for (part, count) in [(1, work.size.train), (2, work.size.test)] {
        // Blame, then praise: the official file is in that order, too.
        let label = |index: usize| i64::from(index >= count / 2);
        labels.push((0..count).map(label).collect::<Vec<i64>>());
        texts.extend(text::texts(work, part, count, |index, dice| {
            review(&lists, label(index) == 1, dice)
        })?);
    }
    let index = vocabulary.ranked(&mut texts);
    let (train, test) = texts.split_at(work.size.train);
    let arrays = [
        Array::of_lists("x_test", test),
        Array::of_lists("x_train", train),
        Array::of_integers("y_train", &labels[0]),
        Array::of_integers("y_test", &labels[1]),
    ];
    files::write(work.folder, imdb::FILE, |file| {
        write_npz::write(file, &arrays)
    })?;
    text::write_index(work.folder, imdb::WORD_INDEX, &index)
}

/// The words of one review.
fn review(lists: &Lists, praises: bool, dice: &mut Dice) -> Vec<i64> {
    let length = text::length(USUAL, dice);
    // Some reviews are clear, some are torn, and a few say the opposite of what they mean.
    let clear = dice.weighted(&[(0.85, 5.0), (0.7, 3.0), (0.58, 1.5), (0.4, 0.5)]);
    let mut words = Vec::with_capacity(length + 1);
    while words.len() < length {
        let kind = dice.between(0.0, 1.0);
        if kind < 0.52 {
            words.push(lists.common.draw(dice));
        } else if kind < 0.80 {
            words.push(lists.film.draw(dice));
        } else if kind < 0.90 {
            words.push(lists.names.draw(dice));
        } else {
            let good = dice.chance(clear) == praises;
            // "not good" blames: who counts words alone is misled at times.
            let turned = dice.chance(0.15);
            if turned {
                words.push(lists.not.any(dice));
            }
            let list = match good != turned {
                true => lists.praise,
                false => lists.blame,
            };
            words.push(list.draw(dice));
        }
    }
    words
}
