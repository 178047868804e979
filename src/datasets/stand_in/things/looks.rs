//! Where the things of each group are found, and the colors of its five members.

use crate::datasets::stand_in::canvas::Color;
use crate::datasets::stand_in::photograph::backdrop::Place::{
    self, Grass, Ground, Road, Room, Sand, Sea, Sky, Studio, Woods,
};

/// How the things of one group look.
pub(super) struct Look {
    /// Places are shared between groups: none gives a group away.
    pub(super) places: &'static [Place],
    /// The color of each class of the group, in the order of their labels.
    pub(super) colors: [Color; 5],
}

/// By coarse label.
pub(super) const LOOKS: [Look; 20] = [
    // aquatic_mammals
    Look {
        places: &[Sea, Sand],
        colors: [
            [0.45, 0.3, 0.2],
            [0.5, 0.58, 0.66],
            [0.35, 0.24, 0.16],
            [0.32, 0.33, 0.36],
            [0.16, 0.22, 0.34],
        ],
    },
    // fish
    Look {
        places: &[Sea, Studio],
        colors: [
            [0.95, 0.5, 0.1],
            [0.6, 0.5, 0.35],
            [0.4, 0.42, 0.5],
            [0.5, 0.56, 0.6],
            [0.55, 0.6, 0.4],
        ],
    },
    // flowers
    Look {
        places: &[Grass, Ground],
        colors: [
            [0.8, 0.4, 0.8],
            [0.9, 0.15, 0.1],
            [0.85, 0.1, 0.3],
            [0.98, 0.8, 0.1],
            [0.95, 0.45, 0.6],
        ],
    },
    // food_containers
    Look {
        places: &[Room, Studio],
        colors: [
            [0.2, 0.5, 0.25],
            [0.85, 0.85, 0.8],
            [0.8, 0.15, 0.15],
            [0.9, 0.75, 0.5],
            [0.75, 0.8, 0.95],
        ],
    },
    // fruit_and_vegetables
    Look {
        places: &[Room, Ground, Studio],
        colors: [
            [0.8, 0.1, 0.12],
            [0.8, 0.7, 0.6],
            [0.98, 0.55, 0.08],
            [0.7, 0.8, 0.25],
            [0.9, 0.7, 0.05],
        ],
    },
    // household_electrical_devices
    Look {
        places: &[Room, Studio],
        colors: [
            [0.9, 0.85, 0.7],
            [0.25, 0.25, 0.28],
            [0.95, 0.9, 0.5],
            [0.7, 0.12, 0.12],
            [0.1, 0.1, 0.14],
        ],
    },
    // household_furniture
    Look {
        places: &[Room],
        colors: [
            [0.85, 0.85, 0.92],
            [0.55, 0.32, 0.15],
            [0.55, 0.2, 0.25],
            [0.65, 0.45, 0.25],
            [0.4, 0.25, 0.14],
        ],
    },
    // insects
    Look {
        places: &[Grass, Ground],
        colors: [
            [0.95, 0.75, 0.1],
            [0.15, 0.35, 0.2],
            [0.3, 0.5, 0.95],
            [0.5, 0.75, 0.2],
            [0.4, 0.2, 0.1],
        ],
    },
    // large_carnivores
    Look {
        places: &[Woods, Grass],
        colors: [
            [0.3, 0.2, 0.13],
            [0.85, 0.7, 0.35],
            [0.8, 0.6, 0.3],
            [0.9, 0.5, 0.15],
            [0.5, 0.5, 0.52],
        ],
    },
    // large_man-made_outdoor_things
    Look {
        places: &[Sky, Grass],
        colors: [
            [0.6, 0.35, 0.3],
            [0.65, 0.62, 0.58],
            [0.8, 0.7, 0.6],
            [0.35, 0.35, 0.37],
            [0.5, 0.62, 0.75],
        ],
    },
    // large_natural_outdoor_scenes
    Look {
        places: &[Sky],
        colors: [
            [0.96, 0.96, 0.98],
            [0.12, 0.35, 0.12],
            [0.5, 0.45, 0.45],
            [0.7, 0.7, 0.3],
            [0.1, 0.35, 0.6],
        ],
    },
    // large_omnivores_and_herbivores
    Look {
        places: &[Grass, Sand],
        colors: [
            [0.75, 0.58, 0.35],
            [0.4, 0.22, 0.14],
            [0.15, 0.12, 0.1],
            [0.5, 0.5, 0.52],
            [0.65, 0.42, 0.25],
        ],
    },
    // medium_mammals
    Look {
        places: &[Woods, Grass],
        colors: [
            [0.85, 0.4, 0.12],
            [0.35, 0.3, 0.26],
            [0.7, 0.68, 0.65],
            [0.45, 0.43, 0.42],
            [0.08, 0.08, 0.09],
        ],
    },
    // non-insect_invertebrates
    Look {
        places: &[Sand, Ground],
        colors: [
            [0.85, 0.35, 0.2],
            [0.7, 0.1, 0.1],
            [0.7, 0.55, 0.3],
            [0.15, 0.12, 0.1],
            [0.85, 0.5, 0.5],
        ],
    },
    // people
    Look {
        places: &[Room, Studio, Grass],
        colors: [
            [0.95, 0.8, 0.7],
            [0.2, 0.4, 0.8],
            [0.9, 0.4, 0.6],
            [0.25, 0.25, 0.3],
            [0.75, 0.2, 0.25],
        ],
    },
    // reptiles
    Look {
        places: &[Sand, Ground],
        colors: [
            [0.3, 0.4, 0.2],
            [0.5, 0.4, 0.3],
            [0.3, 0.7, 0.3],
            [0.7, 0.6, 0.2],
            [0.35, 0.45, 0.25],
        ],
    },
    // small_mammals
    Look {
        places: &[Grass, Room],
        colors: [
            [0.9, 0.65, 0.35],
            [0.6, 0.58, 0.56],
            [0.75, 0.65, 0.55],
            [0.4, 0.36, 0.34],
            [0.7, 0.35, 0.15],
        ],
    },
    // trees
    Look {
        places: &[Grass, Sky],
        colors: [
            [0.8, 0.3, 0.1],
            [0.3, 0.5, 0.15],
            [0.35, 0.65, 0.2],
            [0.1, 0.3, 0.18],
            [0.55, 0.65, 0.3],
        ],
    },
    // vehicles_1
    Look {
        places: &[Road],
        colors: [
            [0.2, 0.3, 0.8],
            [0.95, 0.75, 0.1],
            [0.15, 0.15, 0.17],
            [0.75, 0.15, 0.12],
            [0.3, 0.45, 0.35],
        ],
    },
    // vehicles_2
    Look {
        places: &[Road, Grass],
        colors: [
            [0.15, 0.6, 0.2],
            [0.9, 0.9, 0.92],
            [0.8, 0.3, 0.25],
            [0.35, 0.38, 0.25],
            [0.9, 0.5, 0.05],
        ],
    },
];
