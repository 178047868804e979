//! A stand-in for the Reuters newswires: short news about 46 topics, each with words of its own.

use super::dice::{Dice, mix};
use super::text::{self, COMMON, Vocabulary, Words};
use super::write_npz::{self, Array};
use super::{Work, files};
use crate::Result;
use crate::datasets::reuters;

const BUSINESS: &str = "said mln dlrs pct vs year bank company billion share quarter market prices \
    stock last government sales net rate trade corp inc april march february new group agreement \
    month report week exports imports production increase demand analysts officials expected \
    international foreign major total earlier rise fall compared average january december today \
    yesterday economic industry spokesman ministry president countries united states japan britain \
    german european dealers sources plan meeting talks decision price level higher lower growth \
    estimated figures announced statement capacity contract delivery tonnes shipment commission \
    committee policy domestic world annual period ended reported effective proposed unit assets debt";

/// How often each topic comes, and its own words.
const TOPICS: [(f32, &str); 46] = [
    (
        67.0,
        "cocoa icco bahia buffer beans bags temporao comissaria",
    ),
    (537.0, "grain maize corn barley cereals crop bushels usda"),
    (
        94.0,
        "vegetable palm soyoil rapeseed olein oils fats refined",
    ),
    (
        3972.0,
        "shr qtr loss profit revs dividend cts oper earnings shrs",
    ),
    (
        2423.0,
        "acquire acquisition merger stake bid offer takeover shareholders buyout",
    ),
    (22.0, "wheat winter bread flour durum harvest hard"),
    (62.0, "copper cathode mine codelco smelter concentrate"),
    (19.0, "housing starts permits homes dwellings builders"),
    (177.0, "money supply m1 m2 m3 reserves seasonally fed"),
    (139.0, "coffee ico quotas robusta arabica growers roasters"),
    (154.0, "sugar beet cane raws intervention tender sucrose"),
    (
        473.0,
        "deficit surplus tariffs protectionism gatt retaliation semiconductors",
    ),
    (62.0, "reserves gold sdrs holdings exchange central"),
    (209.0, "ship vessels port strike seamen freight gulf tanker"),
    (28.0, "cotton bales lint ginnings spinning textile"),
    (29.0, "beef carcass pork meat slaughter cwe"),
    (543.0, "crude oil barrels opec bpd wells refinery petroleum"),
    (51.0, "gas natural pipeline cubic feet reserves gasfield"),
    (86.0, "inflation consumer index cpi basket living"),
    (
        682.0,
        "dollar yen mark currency intervention sterling francs baker",
    ),
    (
        339.0,
        "interest prime discount repurchase lending bundesbank",
    ),
    (127.0, "gnp gdp economy forecast real output deflator"),
    (22.0, "meal soymeal feed cake pellets fishmeal"),
    (53.0, "aluminum aluminium alumina bauxite alcan smelters"),
    (81.0, "soybean soybeans oilseeds sunflower crush cgc"),
    (123.0, "ounces gold ore mill drilling ton grade"),
    (32.0, "tin itc malaysia pact stockpile penang"),
    (
        19.0,
        "uranium cobalt tungsten manganese nickel titanium strategic",
    ),
    (58.0, "cattle hogs herd feedlots calves livestock"),
    (30.0, "retail stores shops volume department clothing"),
    (
        58.0,
        "industrial output manufacturing factories utilization mining",
    ),
    (57.0, "steel iron ore furnaces mills ingots"),
    (51.0, "rubber inra latex buffer plantation tyres"),
    (16.0, "heating fuel distillate gallon gasoil cold"),
    (
        70.0,
        "unemployment jobless workforce jobs employed payrolls",
    ),
    (17.0, "leading indicators composite index orders"),
    (60.0, "current account payments balance invisibles"),
    (32.0, "zinc lead slab galvanizing sheet"),
    (24.0, "orange juice frozen concentrated florida citrus"),
    (38.0, "ethylene petrochemical styrene polymer plant benzene"),
    (31.0, "dlr paris louvre accord band parity"),
    (48.0, "gasoline unleaded octane stocks pump motor"),
    (30.0, "silver bullion comex ounce troy"),
    (34.0, "wholesale producer index wpi goods finished"),
    (21.0, "hog barrows gilts pork bellies lean"),
    (19.0, "lead batteries smelting secondary refined scrap"),
];

/// Rarer words, which fill the index.
const NAMES: usize = 9_000;
/// The usual number of words of a newswire.
const USUAL: f32 = 110.0;
/// The words that only say what the news is about: this part of all.
const TOPICAL: f32 = 0.16;

/// `reuters.npz` and `reuters_word_index.json`.
pub(in crate::datasets) fn write_reuters(work: &mut Work<'_>) -> Result<()> {
    let mut vocabulary = Vocabulary::new();
    let common = vocabulary.add(COMMON);
    let business = vocabulary.add(BUSINESS);
    let topics: Vec<Words> = TOPICS
        .iter()
        .map(|(_, words)| vocabulary.add(words))
        .collect();
    let names = vocabulary.add_names(NAMES, mix(work.seed, 7));
    let weights: Vec<(usize, f32)> = TOPICS
        .iter()
        .enumerate()
        .map(|(topic, (weight, _))| (topic, *weight))
        .collect();
    let mut labels = Vec::new();
    let count = work.size.total();
    let mut texts = text::texts(work, 1, count, |_, dice: &mut Dice| {
        let topic = dice.weighted(&weights);
        labels.push(topic as i64);
        let length = text::length(USUAL, dice);
        let word = |dice: &mut Dice| {
            let kind = dice.between(0.0, 1.0);
            if kind < TOPICAL {
                // News touches other topics, too.
                let about = match dice.chance(0.85) {
                    true => topic,
                    false => dice.weighted(&weights),
                };
                topics[about].any(dice)
            } else if kind < 0.5 {
                common.draw(dice)
            } else if kind < 0.88 {
                business.draw(dice)
            } else {
                names.draw(dice)
            }
        };
        (0..length).map(|_| word(dice)).collect()
    })?;
    let index = vocabulary.ranked(&mut texts);
    let arrays = [
        Array::of_lists("x", &texts),
        Array::of_integers("y", &labels),
    ];
    files::write(work.folder, reuters::FILE, |file| {
        write_npz::write(file, &arrays)
    })?;
    text::write_index(work.folder, reuters::WORD_INDEX, &index)
}
