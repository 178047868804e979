//! Places for the nodes of a graph without cycles: in layers, each below those it follows, with few
//! crossings and straight lines. The method of Sugiyama, Tagawa and Toda.

/// What is to be placed.
pub(super) struct Graph {
    /// The size of each node: across the layers' direction, and along it.
    pub(super) sizes: Vec<(f64, f64)>,
    /// From which node to which; a node follows only those with lower numbers.
    pub(super) edges: Vec<(usize, usize)>,
}

/// Where everything is. The first number of a place is across the layers, the second along.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) size: (f64, f64),
    /// The middle of each node.
    pub(super) places: Vec<(f64, f64)>,
    /// The way of each edge, from the end of one node to the beginning of the next.
    pub(super) ways: Vec<Vec<(f64, f64)>>,
}

/// The room between nodes of a layer, and between layers.
const BESIDE: f64 = 28.0;
const BETWEEN: f64 = 34.0;
/// The room for an edge that passes a layer by.
const PASSING: f64 = 14.0;

/// A node in a layer: a real one, or where an edge passes by.
#[derive(Clone, Copy, Debug)]
struct Spot {
    layer: usize,
    width: f64,
    is_real: bool,
}

struct Layers {
    spots: Vec<Spot>,
    /// Between neighboring layers only.
    links: Vec<(usize, usize)>,
    /// The spots of each layer, in order.
    order: Vec<Vec<usize>>,
    /// For each edge the spots that it runs through.
    ways: Vec<Vec<usize>>,
}

pub(super) fn lay_out(graph: &Graph) -> Layout {
    let mut layers = Layers::new(graph);
    layers.untangle();
    let across = layers.places();
    let depths: Vec<f64> = layers
        .order
        .iter()
        .map(|layer| {
            let real = layer.iter().filter(|&&spot| layers.spots[spot].is_real);
            real.map(|&spot| graph.sizes[spot].1).fold(0.0, f64::max)
        })
        .collect();
    let mut middles = Vec::new();
    let mut end = 0.0;
    for depth in &depths {
        middles.push(end + depth / 2.0);
        end += depth + BETWEEN;
    }
    let along = |spot: usize| middles[layers.spots[spot].layer];
    let half_width = |spot: usize| layers.spots[spot].width / 2.0;
    let spots = || 0..layers.spots.len();
    let left = spots()
        .map(|s| across[s] - half_width(s))
        .fold(f64::INFINITY, f64::min);
    let right = spots()
        .map(|s| across[s] + half_width(s))
        .fold(f64::NEG_INFINITY, f64::max);
    let (left, right) = if left < right {
        (left, right)
    } else {
        (0.0, 0.0)
    };
    let place = |spot: usize| (across[spot] - left, along(spot));
    let ways = layers.ways.iter().map(|way| {
        let mut points = Vec::new();
        for (i, &spot) in way.iter().enumerate() {
            let (x, y) = place(spot);
            if layers.spots[spot].is_real {
                let half = graph.sizes[spot].1 / 2.0;
                points.push((x, if i == 0 { y + half } else { y - half }));
            } else {
                let half = depths[layers.spots[spot].layer] / 2.0;
                points.extend([(x, y - half), (x, y + half)]);
            }
        }
        points
    });
    Layout {
        size: (right - left, (end - BETWEEN).max(0.0)),
        places: (0..graph.sizes.len()).map(place).collect(),
        ways: ways.collect(),
    }
}

impl Layers {
    fn new(graph: &Graph) -> Layers {
        let count = graph.sizes.len();
        let rank = ranks(count, &graph.edges);
        let mut spots: Vec<Spot> = graph
            .sizes
            .iter()
            .zip(&rank)
            .map(|(size, &layer)| Spot {
                layer,
                width: size.0 + BESIDE,
                is_real: true,
            })
            .collect();
        let (mut links, mut ways) = (Vec::new(), Vec::new());
        for &(from, to) in &graph.edges {
            let mut way = vec![from];
            for layer in rank[from] + 1..rank[to] {
                way.push(spots.len());
                spots.push(Spot {
                    layer,
                    width: PASSING,
                    is_real: false,
                });
            }
            way.push(to);
            links.extend(way.windows(2).map(|pair| (pair[0], pair[1])));
            ways.push(way);
        }
        let deepest = rank.iter().copied().max().map_or(0, |rank| rank + 1);
        let mut order = vec![Vec::new(); deepest];
        for (spot, of) in spots.iter().enumerate() {
            order[of.layer].push(spot);
        }
        Layers {
            spots,
            links,
            order,
            ways,
        }
    }

    /// The spots of the layer before (or after) that each spot is linked to.
    fn neighbors(&self, before: bool) -> Vec<Vec<usize>> {
        let mut neighbors = vec![Vec::new(); self.spots.len()];
        for &(from, to) in &self.links {
            let (of, neighbor) = if before { (to, from) } else { (from, to) };
            neighbors[of].push(neighbor);
        }
        neighbors
    }

    /// Orders each layer by where its neighbors are, forth and back, and keeps the best order.
    fn untangle(&mut self) {
        const SWEEPS: usize = 12;
        let (before, after) = (self.neighbors(true), self.neighbors(false));
        let mut best = (self.crossings(), self.order.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let is_down = sweep % 2 == 0;
            let neighbors = if is_down { &before } else { &after };
            let count = self.order.len();
            for i in 1..count {
                let layer = if is_down { i } else { count - 1 - i };
                let place = self.positions();
                let middle = |spot: usize| {
                    let neighbors = &neighbors[spot];
                    let sum: usize = neighbors.iter().map(|&n| place[n]).sum();
                    match neighbors.len() {
                        0 => place[spot] as f64,
                        count => sum as f64 / count as f64,
                    }
                };
                self.order[layer].sort_by(|&a, &b| middle(a).total_cmp(&middle(b)));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.order.clone());
            }
        }
        self.order = best.1;
    }

    /// Which one of its layer each spot is.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.spots.len()];
        for layer in &self.order {
            for (position, &spot) in layer.iter().enumerate() {
                positions[spot] = position;
            }
        }
        positions
    }

    fn crossings(&self) -> usize {
        let place = self.positions();
        let mut by_layer = vec![Vec::new(); self.order.len()];
        for &(from, to) in &self.links {
            by_layer[self.spots[from].layer].push((place[from], place[to]));
        }
        let crossings = by_layer.iter().map(|links| {
            let mut crossings = 0;
            for (i, a) in links.iter().enumerate() {
                let others = links[i + 1..].iter();
                crossings += others
                    .filter(|b| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1))
                    .count();
            }
            crossings
        });
        crossings.sum()
    }

    /// Where each spot is across: near its neighbors, in order, without overlapping.
    fn places(&self) -> Vec<f64> {
        const SWEEPS: usize = 25;
        let (before, after) = (self.neighbors(true), self.neighbors(false));
        // What leads from one alone to another alone is to be straight; other lines may lean.
        let pull = |from: usize, to: usize| match (after[from].len(), before[to].len()) {
            (1, 1) => 8.0,
            _ => 1.0,
        };
        let mut places = vec![0.0; self.spots.len()];
        for layer in &self.order {
            let wishes = vec![(0.0, 1.0); layer.len()];
            self.settle(layer, &wishes, &mut places);
        }
        let count = self.order.len();
        for sweep in 0..SWEEPS {
            let is_down = sweep % 2 == 0;
            // At first and in the end each layer follows the one before (or after) it alone, which
            // makes chains straight.
            let both = (SWEEPS - 9..SWEEPS - 1).contains(&sweep);
            for i in 0..count {
                let layer = &self.order[if is_down { i } else { count - 1 - i }];
                let wish = |&spot: &usize| {
                    let (mut sum, mut weight) = (0.0, 0.0);
                    if is_down || both {
                        for &other in &before[spot] {
                            sum += pull(other, spot) * places[other];
                            weight += pull(other, spot);
                        }
                    }
                    if !is_down || both {
                        for &other in &after[spot] {
                            sum += pull(spot, other) * places[other];
                            weight += pull(spot, other);
                        }
                    }
                    match weight {
                        0.0 => (places[spot], 0.1),
                        weight => (sum / weight, weight),
                    }
                };
                let wishes: Vec<(f64, f64)> = layer.iter().map(wish).collect();
                self.settle(layer, &wishes, &mut places);
            }
        }
        places
    }

    /// The places of a layer that are closest to the wishes (place and weight) and far enough
    /// apart: neighbors that would overlap move together.
    fn settle(&self, layer: &[usize], wishes: &[(f64, f64)], places: &mut [f64]) {
        // Without the widths before a spot, "far enough apart" becomes "not before".
        let mut offsets = Vec::with_capacity(layer.len());
        let mut offset = 0.0;
        for (i, &spot) in layer.iter().enumerate() {
            let width = self.spots[spot].width / 2.0;
            offset += if i > 0 { width } else { 0.0 };
            offsets.push(offset);
            offset += width;
        }
        // Blocks of spots that move together: their common place, weight, and how many.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        for ((wish, weight), offset) in wishes.iter().zip(&offsets) {
            blocks.push((wish - offset, *weight, 1));
            while let [.., before, last] = blocks[..]
                && before.0 > last.0
            {
                blocks.truncate(blocks.len() - 2);
                let weight = before.1 + last.1;
                let place = (before.0 * before.1 + last.0 * last.1) / weight;
                blocks.push((place, weight, before.2 + last.2));
            }
        }
        let settled = blocks
            .iter()
            .flat_map(|(place, _, count)| std::iter::repeat_n(*place, *count));
        for ((&spot, place), offset) in layer.iter().zip(settled).zip(&offsets) {
            places[spot] = place + offset;
        }
    }
}

/// The layer of each node: after all that it follows, and an input just before what takes it.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut rank = vec![0; count];
    let mut sorted: Vec<&(usize, usize)> = edges.iter().collect();
    sorted.sort();
    for &&(from, to) in &sorted {
        rank[to] = rank[to].max(rank[from] + 1);
    }
    for node in (0..count).rev() {
        let follows_any = edges.iter().any(|edge| edge.1 == node);
        let next = edges
            .iter()
            .filter(|edge| edge.0 == node)
            .map(|edge| rank[edge.1])
            .min();
        if let (false, Some(next)) = (follows_any, next) {
            rank[node] = next - 1;
        }
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(count: usize, edges: &[(usize, usize)]) -> Layout {
        lay_out(&Graph {
            sizes: vec![(100.0, 40.0); count],
            edges: edges.to_vec(),
        })
    }

    fn overlap(layout: &Layout) -> bool {
        let places = &layout.places;
        places.iter().enumerate().any(|(i, a)| {
            let mut others = places[i + 1..].iter();
            others.any(|b| (a.0 - b.0).abs() < 100.0 && (a.1 - b.1).abs() < 40.0)
        })
    }

    #[test]
    fn a_chain_is_straight_and_branches_are_symmetric() {
        let chain = boxes(3, &[(0, 1), (1, 2)]);
        assert!(
            chain
                .places
                .iter()
                .all(|place| place.0 == chain.places[0].0)
        );
        let diamond = boxes(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
        assert!(!overlap(&diamond));
        let middle = (diamond.places[1].0 + diamond.places[2].0) / 2.0;
        assert!((diamond.places[0].0 - middle).abs() < 1.0);
        assert!((diamond.places[3].0 - middle).abs() < 1.0);
    }

    #[test]
    fn an_edge_passes_nodes_by() {
        let layout = boxes(4, &[(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert!(!overlap(&layout));
        for node in [1, 2] {
            let (x, y) = layout.places[node];
            let passes =
                |point: &(f64, f64)| (point.0 - x).abs() < 50.0 && (point.1 - y).abs() < 19.0;
            assert!(!layout.ways[3].iter().any(passes));
        }
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        let edges = [(0, 4), (1, 3), (2, 5), (0, 3)];
        let mut layers = Layers::new(&Graph {
            sizes: vec![(10.0, 10.0); 6],
            edges: edges.to_vec(),
        });
        layers.untangle();
        assert_eq!(layers.crossings(), 0);
    }

    #[test]
    fn large_graphs_and_none_are_laid_out() {
        assert_eq!(boxes(0, &[]).size, (0.0, 0.0));
        let edges: Vec<(usize, usize)> = (0..300)
            .flat_map(|i| [(i, i + 1), (i, (i + 7).min(300))])
            .filter(|(from, to)| from < to)
            .collect();
        assert!(!overlap(&boxes(301, &edges)));
        let wide: Vec<(usize, usize)> = (1..40).flat_map(|i| [(0, i), (i, 40)]).collect();
        assert!(!overlap(&boxes(41, &wide)));
    }
}
